/**
 * The equity curve as inline SVG, with the entries and exits of the closed trades on it. Needs no script: every marker
 * carries its words in a `<title>`.
 */

import { displayMoney, displaySignedMoney, displayTime } from './display-text.ts';
import { type HtmlText, html } from './html-text.ts';
import type { EquityFacts, TradeFacts } from './session-facts.ts';

const WIDTH = 960;
const HEIGHT = 300;
const LEFT = 78;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;
const GRID_LINES = 4;
const MARKER = 5;

/** Columns of the curve; a longer series is drawn by the extremes of each column. */
const COLUMNS_MAX = 600;
/** Trades marked; of more the last ones are. */
const MARKED_TRADES_MAX = 400;

interface Point {
  readonly timeMs: number;
  readonly value: number;
}

/** Returns the chart; null with fewer than two samples. */
export function drawEquityChart(
  equity: readonly EquityFacts[],
  trades: readonly TradeFacts[],
): HtmlText | null {
  const points = thin(equity.map(({ time_ms: timeMs, equity: value }) => ({ timeMs, value: Number(value) })));
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.timeMs <= first.timeMs) return null;

  const values = points.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = high === low ? Math.max(Math.abs(high) * 0.001, 1) : (high - low) * 0.06;
  const bottom = low - margin;
  const range = high + margin - bottom;
  const x = (timeMs: number): number =>
    LEFT + ((timeMs - first.timeMs) / (last.timeMs - first.timeMs)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - bottom) / range) * (HEIGHT - TOP - BOTTOM);
  const at = (point: Point): string => `${x(point.timeMs).toFixed(1)},${y(point.value).toFixed(1)}`;

  const grid = Array.from({ length: GRID_LINES + 1 }, (_, line) => {
    const value = bottom + (range * line) / GRID_LINES;
    const height = y(value).toFixed(1);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${height}" y2="${height}" />
      <text class="tick" x="${LEFT - 8}" y="${height}" dy="0.32em" text-anchor="end"
        >${displayMoney(value.toFixed(2))}</text
      >`;
  });
  const opening = y(first.value).toFixed(1);
  const markers = trades
    .slice(-MARKED_TRADES_MAX)
    .flatMap((trade) => drawTrade(trade, points, first.timeMs, last.timeMs, x, y));
  const label = `Equity from ${displayMoney(first.value.toFixed(2))} to ${displayMoney(last.value.toFixed(2))} USDT`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    ${grid}
    <line class="opening" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${opening}" y2="${opening}" />
    <polyline class="curve" points="${points.map(at).join(' ')}" />
    ${markers}
    <text class="tick" x="${LEFT}" y="${HEIGHT - 6}">${displayTime(first.timeMs)}</text>
    <text class="tick" x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">
      ${displayTime(last.timeMs)} UTC
    </text>
  </svg>`;
}

function drawTrade(
  trade: TradeFacts,
  points: readonly Point[],
  firstMs: number,
  lastMs: number,
  x: (timeMs: number) => number,
  y: (value: number) => number,
): HtmlText[] {
  const markers: HtmlText[] = [];
  const isShown = (timeMs: number): boolean => timeMs >= firstMs && timeMs <= lastMs;
  if (isShown(trade.entry_time_ms)) {
    const left = x(trade.entry_time_ms);
    const height = y(valueAt(points, trade.entry_time_ms));
    const tip = trade.side === 'long' ? -MARKER : MARKER;
    const corners = [
      [left - MARKER, height - tip],
      [left + MARKER, height - tip],
      [left, height + tip],
    ];
    const words = `Trade ${trade.trade_id}: ${trade.side} ${trade.quantity} ${trade.symbol} at ${trade.entry_price ?? '?'}, ${displayTime(trade.entry_time_ms)}`;
    const shape = corners.map((corner) => corner.map((value) => value.toFixed(1)).join(',')).join(' ');
    markers.push(html`<polygon class="entry" points="${shape}"><title>${words}</title></polygon>`);
  }
  if (isShown(trade.exit_time_ms)) {
    const outcome = trade.net_pnl.startsWith('-') ? 'loss' : 'gain';
    const words = `Trade ${trade.trade_id}: out at ${trade.exit_price ?? '?'} (${trade.exit_reason}), ${displaySignedMoney(trade.net_pnl)} USDT, ${displayTime(trade.exit_time_ms)}`;
    const height = y(valueAt(points, trade.exit_time_ms)).toFixed(1);
    markers.push(
      html`<circle
        class="exit ${outcome}"
        cx="${x(trade.exit_time_ms).toFixed(1)}"
        cy="${height}"
        r="${MARKER - 1}"
        ><title>${words}</title></circle
      >`,
    );
  }
  return markers;
}

/** The curve's value at or before a time. */
function valueAt(points: readonly Point[], timeMs: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((points[middle]?.timeMs ?? Number.POSITIVE_INFINITY) <= timeMs) low = middle;
    else high = middle - 1;
  }
  return points[low]?.value ?? 0;
}

/** Keeps the first, lowest, highest and last sample of each column, in order, so that no extreme is lost. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= 4 * COLUMNS_MAX) return points;
  const perColumn = Math.ceil(points.length / COLUMNS_MAX);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += perColumn) {
    const column = points.slice(start, start + perColumn);
    const values = column.map(({ value }) => value);
    const places = [
      0,
      values.indexOf(Math.min(...values)),
      values.indexOf(Math.max(...values)),
      column.length - 1,
    ];
    for (const place of [...new Set(places)].toSorted((a, b) => a - b)) {
      const point = column[place];
      if (point !== undefined) kept.push(point);
    }
  }
  return kept;
}
