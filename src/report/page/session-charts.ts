/**
 * Equity, drawdown and exposure over one axis of time, as inline SVG. Needs no script: a readout stands on every column
 * of the wide chart and is shown by the style sheet while the pointer is there; marks carry their words in a `<title>`.
 *
 * Drawn twice, for wide pages and for phones, because text in an SVG shrinks with it; the style sheet shows one.
 */

import { displayMoney, displaySignedMoney, displayTime } from '../display-text.ts';
import { type HtmlText, html } from '../html-text.ts';
import type { TradeRow } from '../../ports/journal-rows.ts';
import {
  type Box,
  type Point,
  type TimeScale,
  type ValueScale,
  placeAt,
  thin,
  timeScale,
  timeTicks,
  valueScale,
} from './chart-scale.ts';
import type { BandPoint, ChartSeries } from './chart-series.ts';

interface Layout {
  readonly className: string;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly equity: readonly [top: number, bottom: number];
  readonly drawdown: readonly [top: number, bottom: number];
  readonly exposure: readonly [top: number, bottom: number];
  readonly timeTicksMax: number;
  /** A longer series is drawn by the extremes of each column. */
  readonly columns: number;
  /** Columns that answer the pointer. */
  readonly probes: number;
}

const WIDE: Layout = {
  ...{ className: 'chart wide', width: 1_040, height: 508, left: 4, right: 966 },
  ...{ equity: [40, 262], drawdown: [300, 368], exposure: [406, 474] },
  ...{ timeTicksMax: 9, columns: 480, probes: 160 },
};
const NARROW: Layout = {
  ...{ className: 'chart narrow', width: 360, height: 412, left: 2, right: 306 },
  ...{ equity: [26, 200], drawdown: [236, 290], exposure: [326, 384] },
  ...{ timeTicksMax: 4, columns: 150, probes: 0 },
};

const EQUITY_LINES = 5;
const SMALL_LINES = 2;
const MARK = 4.5;
/** More marks than this would hide the curve. */
const MARKED_TRADES_MAX = 150;

export function drawSessionCharts(series: ChartSeries, trades: readonly TradeRow[]): HtmlText {
  return html`${drawChart(series, trades, WIDE)}${drawChart(series, trades, NARROW)}`;
}

function drawChart(series: ChartSeries, trades: readonly TradeRow[], layout: Layout): HtmlText {
  const box = ([top, bottom]: readonly [number, number]): Box => ({
    left: layout.left,
    right: layout.right,
    top,
    bottom,
  });
  const time = timeScale(series.fromMs, series.toMs, box(layout.equity));
  const values = (points: readonly Point[]): number[] => points.map(({ value }) => value);
  const equity = thin(series.equity, layout.columns);
  const drawdown = thin(series.drawdown, layout.columns);
  const band = series.band.flatMap(({ low, high }) => [low, high]);
  const scales = {
    equity: valueScale([...values(equity), ...band], box(layout.equity), EQUITY_LINES),
    drawdown: valueScale([0, ...values(drawdown)], box(layout.drawdown), SMALL_LINES),
    exposure: valueScale(
      [0, ...values(series.long), ...values(series.short)],
      box(layout.exposure),
      SMALL_LINES,
    ),
  };
  const opening = series.equity[0]?.value ?? 0;
  const first = displayMoney(opening.toFixed(2));
  const last = displayMoney((series.equity.at(-1)?.value ?? 0).toFixed(2));
  return html`<svg
    class="${layout.className}"
    viewBox="0 0 ${layout.width} ${layout.height}"
    role="img"
    aria-label="Equity from ${first} to ${last} USDT, its drawdown, and what was held"
  >
    ${series.doubtful.map(({ from, to }) => drawDoubt(time, from, to, layout))} ${drawTimeAxis(time, layout)}
    ${drawPanel('Equity, USDT', scales.equity, layout, layout.equity)}
    <line
      class="opening"
      x1="${layout.left}"
      x2="${layout.right}"
      y1="${px(scales.equity.at(opening))}"
      y2="${px(scales.equity.at(opening))}"
    />
    ${drawBand(series.band, time, scales.equity, layout.columns)}
    <path class="curve" d="${linePath(equity, time, scales.equity)}" />
    ${drawPanel('Drawdown, % below the highest equity', scales.drawdown, layout, layout.drawdown)}
    <path class="down" d="${areaPath(drawdown, time, scales.drawdown)}" />
    ${drawPanel('Held, USDT: long above, short below', scales.exposure, layout, layout.exposure)}
    <path class="long" d="${areaPath(thin(series.long, layout.columns), time, scales.exposure)}" />
    <path class="short" d="${areaPath(thin(series.short, layout.columns), time, scales.exposure)}" />
    ${layout.probes === 0 ? html`` : drawProbes(series, time, layout)}
    ${trades.length > MARKED_TRADES_MAX ? html`` : trades.flatMap((trade) => drawTrade(trade, series, time, scales.equity))}
  </svg>`;
}

function drawPanel(
  title: string,
  scale: ValueScale,
  layout: Layout,
  [top]: readonly [number, number],
): HtmlText {
  return html`<text class="panel" x="${layout.left}" y="${top - 9}">${title}</text> ${scale.ticks.map(
      (value) =>
        html`<line
            class="${value === 0 ? 'zero' : 'grid'}"
            x1="${layout.left}"
            x2="${layout.right}"
            y1="${px(scale.at(value))}"
            y2="${px(scale.at(value))}"
          /><text class="tick" x="${layout.right + 6}" y="${px(scale.at(value))}" dy="0.34em"
            >${groupDigits(value, scale.decimals)}</text
          >`,
    )}`;
}

function drawTimeAxis(time: TimeScale, layout: Layout): HtmlText {
  const [top] = layout.equity;
  const [, bottom] = layout.exposure;
  return html`${timeTicks(time, layout.timeTicksMax).map(({ timeMs, text }) => {
      const x = time.at(timeMs);
      const anchor = x < layout.left + 16 ? 'start' : x > layout.right - 16 ? 'end' : 'middle';
      return html`<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${bottom}" /><text
          class="tick"
          x="${px(x)}"
          y="${bottom + 17}"
          text-anchor="${anchor}"
          >${text}</text
        >`;
    })}<text class="tick" x="${layout.width}" y="${bottom + 17}" text-anchor="end">UTC</text>`;
}

function drawDoubt(time: TimeScale, fromMs: number, toMs: number, layout: Layout): HtmlText {
  const [top] = layout.equity;
  const [, bottom] = layout.exposure;
  const x = time.at(fromMs);
  // A stretch of a second in a week is to be seen too.
  const width = Math.max(1.5, time.at(toMs) - x);
  return html`<rect class="doubt" x="${px(x)}" y="${top}" width="${px(width)}" height="${bottom - top}"
    ><title>Doubtful market data, ${displayTime(fromMs)} to ${displayTime(toMs)}</title></rect
  >`;
}

function drawBand(band: readonly BandPoint[], time: TimeScale, scale: ValueScale, columns: number): HtmlText {
  if (band.length < 2) return html``;
  const edge = (name: 'low' | 'high'): readonly Point[] =>
    thin(
      band.map((point) => ({ timeMs: point.timeMs, value: point[name] })),
      columns,
    );
  const there = linePath(edge('high'), time, scale);
  const back = linePath(edge('low').toReversed(), time, scale).replace('M', 'L');
  return html`<path class="band" d="${there}${back}Z" />`;
}

function drawTrade(trade: TradeRow, series: ChartSeries, time: TimeScale, scale: ValueScale): HtmlText[] {
  const marks: HtmlText[] = [];
  const isShown = (timeMs: number): boolean => timeMs >= series.fromMs && timeMs <= series.toMs;
  const heightAt = (timeMs: number): number =>
    scale.at(series.equity[placeAt(series.equity, timeMs)]?.value ?? 0);
  if (isShown(trade.entry_time_ms)) {
    const x = time.at(trade.entry_time_ms);
    const y = heightAt(trade.entry_time_ms);
    const tip = trade.side === 'long' ? -MARK : MARK;
    const words = `Trade ${trade.trade_id}: ${trade.side} ${trade.quantity} ${trade.symbol} at ${trade.entry_price ?? '?'}, ${displayTime(trade.entry_time_ms)}`;
    const shape = `${px(x - MARK)},${px(y - tip)} ${px(x + MARK)},${px(y - tip)} ${px(x)},${px(y + tip)}`;
    marks.push(html`<polygon class="entry" points="${shape}"><title>${words}</title></polygon>`);
  }
  if (isShown(trade.exit_time_ms)) {
    const outcome = trade.net_pnl.startsWith('-') ? 'loss' : 'gain';
    const words = `Trade ${trade.trade_id}: out at ${trade.exit_price ?? '?'} (${trade.exit_reason}), ${displaySignedMoney(trade.net_pnl)} USDT, ${displayTime(trade.exit_time_ms)}`;
    marks.push(
      html`<circle
        class="exit ${outcome}"
        cx="${px(time.at(trade.exit_time_ms))}"
        cy="${px(heightAt(trade.exit_time_ms))}"
        r="${MARK - 1}"
        ><title>${words}</title></circle
      >`,
    );
  }
  return marks;
}

/** Columns that show the values of their moment while the pointer is on them. */
function drawProbes(series: ChartSeries, time: TimeScale, layout: Layout): HtmlText {
  const { left, right, probes, width } = layout;
  const [top] = layout.equity;
  const [, bottom] = layout.exposure;
  const step = (right - left) / probes;
  return html`${Array.from({ length: probes }, (_, index) => {
    const x = left + (index + 0.5) * step;
    const timeMs = series.fromMs + ((index + 0.5) / probes) * (time.toMs - time.fromMs);
    const valueAt = (points: readonly Point[]): number => points[placeAt(points, timeMs)]?.value ?? 0;
    const held = valueAt(series.long) + valueAt(series.short);
    const words = [
      `${displayTime(timeMs)} UTC`,
      `equity ${displayMoney(valueAt(series.equity).toFixed(2))}`,
      `drawdown ${Math.abs(valueAt(series.drawdown)).toFixed(2)} %`,
      held === 0 ? 'flat' : `${held > 0 ? 'long' : 'short'} ${displayMoney(Math.abs(held).toFixed(2), 0)}`,
    ].join(' · ');
    return html`<g class="probe"
      ><rect x="${px(left + index * step)}" y="${top}" width="${px(step)}" height="${bottom - top}" /><g
        ><line x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${bottom}" /><text x="${width}" y="12"
          >${words}</text
        ></g
      ></g
    >`;
  })}`;
}

function linePath(points: readonly Point[], time: TimeScale, scale: ValueScale): string {
  return points
    .map(
      ({ timeMs, value }, index) => `${index === 0 ? 'M' : 'L'}${px(time.at(timeMs))} ${px(scale.at(value))}`,
    )
    .join('');
}

/** The area between a series and zero. */
function areaPath(points: readonly Point[], time: TimeScale, scale: ValueScale): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  const zero = px(scale.at(0));
  return `M${px(time.at(first.timeMs))} ${zero}${linePath(points, time, scale).replace('M', 'L')}L${px(time.at(last.timeMs))} ${zero}Z`;
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

function groupDigits(value: number, decimals: number): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}
