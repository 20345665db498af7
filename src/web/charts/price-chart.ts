/**
 * Candles with our entries and exits, working orders, stops, targets, liquidation price and shaded bad data.
 *
 * Drawn by lightweight-charts on a canvas. A snapshot sets everything anew; after that only what changed is touched: the
 * live bar by `update`, lines by their key, markers when fills came. Pixels are floats; nothing here flows back.
 */

import {
  type AutoscaleInfo,
  type CandlestickData,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
  CandlestickSeries,
  CrosshairMode,
  LineStyle,
  createChart,
  createSeriesMarkers,
} from 'lightweight-charts';
import type { Candle, Fill } from '../../protocol/rows.ts';
import { amountText } from '../display/amount-text.ts';
import type { Replica } from '../replica/replica.ts';
import { lowerBound } from '../replica/row-list.ts';
import type { ChartTheme } from './chart-theme.ts';
import { groupFills } from './fill-groups.ts';
import { type PriceLevel, describeBeyond, listPriceLevels, viewWithLevels } from './price-lines.ts';
import { StretchShading } from './stretch-shading.ts';

/** Bars in view at first, the rest is a drag away; fewer where one would be narrower than this. */
const BARS_IN_VIEW = 120;
const BAR_WIDTH_MIN_PX = 7;
/** On a chart narrower than this the words beside the marks would cover each other and the bars. */
const WORDS_WIDTH_MIN_PX = 600;

export class PriceChart {
  readonly #element: HTMLElement;
  readonly #chart: IChartApi;
  readonly #series: ISeriesApi<'Candlestick'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  readonly #shading = new StretchShading();
  readonly #lines = new Map<string, { readonly level: PriceLevel; readonly line: IPriceLine }>();
  /** Names the lines that are out of view. */
  readonly #beyond = document.createElement('p');
  #theme: ChartTheme;
  /** What is drawn: a key of generation and symbol, and the newest bar of it. */
  #drawn = '';
  #lastOpenMs = Number.NEGATIVE_INFINITY;
  #barsDrawn = 0;
  #fillsDrawn = '';
  #openTimesMs: number[] = [];

  /** `onFill`: a marker was clicked. */
  constructor(element: HTMLElement, theme: ChartTheme, onFill: (fillId: string) => void) {
    this.#element = element;
    this.#theme = theme;
    this.#chart = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false, fontFamily: 'inherit' },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6 },
    });
    this.#series = this.#chart.addSeries(CandlestickSeries, {
      borderVisible: false,
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => this.#widen(original()),
    });
    this.#markers = createSeriesMarkers(this.#series, []);
    this.#series.attachPrimitive(this.#shading);
    this.#chart.subscribeClick(({ hoveredInfo }) => {
      if (typeof hoveredInfo?.objectId === 'string') onFill(hoveredInfo.objectId);
    });
    this.#beyond.className = 'beyond';
    element.append(this.#beyond);
    this.applyTheme(theme);
  }

  destroy(): void {
    this.#chart.remove();
    this.#beyond.remove();
  }

  applyTheme(theme: ChartTheme): void {
    this.#theme = theme;
    this.#chart.applyOptions({
      layout: { background: { color: theme.surface }, textColor: theme.text },
      grid: { vertLines: { color: theme.grid }, horzLines: { color: theme.grid } },
      rightPriceScale: { borderColor: theme.grid },
      timeScale: { borderColor: theme.grid },
    });
    this.#series.applyOptions({
      upColor: theme.up,
      wickUpColor: theme.up,
      downColor: theme.down,
      wickDownColor: theme.down,
    });
    for (const { line } of this.#lines.values()) this.#series.removePriceLine(line);
    this.#lines.clear();
    this.#fillsDrawn = '';
  }

  draw(replica: Replica, symbol: string): void {
    const candles = replica.candles.get(symbol) ?? [];
    const intervalMs = replica.session?.interval_ms ?? 60_000;
    const key = `${replica.generation} ${symbol}`;
    const isWhole = this.#drawn !== key || candles.length < this.#barsDrawn;
    if (isWhole) this.#setBars(candles, replica.instrument(symbol)?.price_decimals ?? 2, this.#drawn === '');
    else this.#updateBars(candles);
    this.#drawn = key;
    this.#drawFills(replica.fills, symbol, intervalMs, key);
    this.#drawLines(listPriceLevels(symbol, replica.orders.values(), replica.positions.get(symbol)));
    const stretches = replica.quality
      .filter((row) => row.symbol === symbol)
      .map((row) => ({ fromMs: row.from_ms, toMs: row.to_ms }));
    this.#nameBeyond();
    this.#shading.show(stretches, this.#openTimesMs, intervalMs, this.#theme.shade);
  }

  #setBars(candles: readonly Candle[], priceDecimals: number, isFirst: boolean): void {
    this.#series.applyOptions({
      priceFormat: { type: 'price', precision: priceDecimals, minMove: 10 ** -priceDecimals },
    });
    this.#series.setData(candles.map(barOf));
    this.#openTimesMs = candles.map((candle) => candle.open_time_ms);
    this.#lastOpenMs = candles.at(-1)?.open_time_ms ?? Number.NEGATIVE_INFINITY;
    this.#barsDrawn = candles.length;
    if (isFirst && candles.length > 0) {
      this.#chart.timeScale().setVisibleLogicalRange({
        from: candles.length - Math.min(BARS_IN_VIEW, this.#element.clientWidth / BAR_WIDTH_MIN_PX),
        to: candles.length + 6,
      });
    }
  }

  #updateBars(candles: readonly Candle[]): void {
    // The bar that was live may have been closed by the same message that opened the next one.
    const from = lowerBound(candles, this.#lastOpenMs, (candle) => candle.open_time_ms);
    for (const candle of candles.slice(from)) {
      this.#series.update(barOf(candle));
      if (candle.open_time_ms > this.#lastOpenMs) this.#openTimesMs.push(candle.open_time_ms);
      this.#lastOpenMs = candle.open_time_ms;
    }
    this.#barsDrawn = candles.length;
  }

  #drawFills(fills: readonly Fill[], symbol: string, intervalMs: number, key: string): void {
    const drawn = `${key} ${fills.length} ${fills.at(-1)?.fill_id ?? ''}`;
    if (drawn === this.#fillsDrawn) return;
    this.#fillsDrawn = drawn;
    const first = this.#openTimesMs[0] ?? Number.POSITIVE_INFINITY;
    const hasWords = this.#element.clientWidth >= WORDS_WIDTH_MIN_PX;
    const groups = groupFills(
      fills.filter((fill) => fill.symbol === symbol && fill.time_ms >= first),
      intervalMs,
    );
    const markers = groups.map(({ openMs, side, quantity, count, fillId }): SeriesMarker<Time> => ({
      id: fillId,
      time: toChartTime(openMs),
      position: side === 'buy' ? 'belowBar' : 'aboveBar',
      shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
      color: side === 'buy' ? this.#theme.up : this.#theme.down,
      text: hasWords
        ? `${side === 'buy' ? '+' : '−'}${amountText(quantity)}${count === 1 ? '' : ` (${count})`}`
        : '',
    }));
    this.#markers.setMarkers(markers);
  }

  #drawLines(levels: readonly PriceLevel[]): void {
    const wanted = new Map(levels.map((level) => [level.key, level]));
    for (const [key, { line }] of this.#lines) {
      if (wanted.has(key)) continue;
      this.#series.removePriceLine(line);
      this.#lines.delete(key);
    }
    for (const level of levels) {
      const drawn = this.#lines.get(level.key);
      if (drawn === undefined) {
        this.#lines.set(level.key, { level, line: this.#series.createPriceLine(this.#lineOptions(level)) });
      } else if (drawn.level.price !== level.price || drawn.level.title !== level.title) {
        drawn.line.applyOptions({ price: level.price, title: level.title });
        this.#lines.set(level.key, { level, line: drawn.line });
      }
    }
  }

  #widen(info: AutoscaleInfo | null): AutoscaleInfo | null {
    if (info === null || info.priceRange === null) return info;
    const { minValue: low, maxValue: high } = info.priceRange;
    const view = viewWithLevels(
      { low, high },
      [...this.#lines.values()].map(({ level }) => level),
    );
    return { ...info, priceRange: { minValue: view.low, maxValue: view.high } };
  }

  #nameBeyond(): void {
    const high = this.#series.coordinateToPrice(0);
    const low = this.#series.coordinateToPrice(this.#chart.panes()[0]?.getHeight() ?? 0);
    const levels = [...this.#lines.values()].map(({ level }) => level);
    const text = high === null || low === null ? '' : describeBeyond(levels, { low, high });
    if (this.#beyond.textContent !== text) this.#beyond.textContent = text;
  }

  #lineOptions({
    price,
    role,
    title,
  }: PriceLevel): Parameters<ISeriesApi<'Candlestick'>['createPriceLine']>[0] {
    const { up, down, accent, warn, danger } = this.#theme;
    const color = { buy: up, sell: down, stop: warn, target: accent, entry: accent, liquidation: danger }[
      role
    ];
    const style = {
      buy: LineStyle.Dashed,
      sell: LineStyle.Dashed,
      stop: LineStyle.SparseDotted,
      target: LineStyle.SparseDotted,
      entry: LineStyle.Solid,
      liquidation: LineStyle.LargeDashed,
    }[role];
    return { price, title, color, lineWidth: 1, lineStyle: style, axisLabelVisible: true };
  }
}

function barOf(candle: Candle): CandlestickData<UTCTimestamp> {
  return {
    time: toChartTime(candle.open_time_ms),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

/** lightweight-charts counts in seconds. */
function toChartTime(timeMs: number): UTCTimestamp {
  return (timeMs / 1_000) as UTCTimestamp;
}
