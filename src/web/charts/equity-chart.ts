/**
 * Equity over time with the band of the three models, drawn by uPlot.
 *
 * Without the other two models there is the line alone. Limitation: floats, as all pixels are.
 */

import uPlot from 'uplot';
import type { EquityPoint } from '../../protocol/rows.ts';
import { amountText } from '../display/amount-text.ts';
import { clockText } from '../display/time-text.ts';
import type { ChartTheme } from './chart-theme.ts';

const HEIGHT_PX = 180;

export class EquityChart {
  readonly #element: HTMLElement;
  readonly #observer: ResizeObserver;
  #theme: ChartTheme;
  #hasBand = false;
  #plot: uPlot;

  constructor(element: HTMLElement, theme: ChartTheme) {
    this.#element = element;
    this.#theme = theme;
    this.#plot = this.#create([[], []]);
    this.#observer = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0) this.#plot.setSize({ width, height: HEIGHT_PX });
    });
    this.#observer.observe(element);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  applyTheme(theme: ChartTheme): void {
    const { data } = this.#plot;
    this.#theme = theme;
    this.#plot.destroy();
    this.#plot = this.#create(data);
  }

  draw(points: readonly EquityPoint[]): void {
    const seconds: number[] = [];
    const equity: number[] = [];
    const optimistic: (number | null)[] = [];
    const pessimistic: (number | null)[] = [];
    for (const point of points) {
      seconds.push(point.time_ms / 1_000);
      equity.push(Number(point.equity));
      optimistic.push(point.optimistic === null ? null : Number(point.optimistic));
      pessimistic.push(point.pessimistic === null ? null : Number(point.pessimistic));
    }
    const hasBand = optimistic.some((value) => value !== null);
    const data: uPlot.AlignedData = hasBand ? [seconds, equity, optimistic, pessimistic] : [seconds, equity];
    if (hasBand === this.#hasBand) {
      this.#plot.setData(data);
      return;
    }
    this.#hasBand = hasBand;
    this.#plot.destroy();
    this.#plot = this.#create(data);
  }

  #create(data: uPlot.AlignedData): uPlot {
    const theme = this.#theme;
    const value = (_plot: uPlot, raw: number | null): string => (raw === null ? '–' : raw.toFixed(2));
    const axis = { stroke: theme.text, grid: { stroke: theme.grid, width: 1 }, ticks: { show: false } };
    const edge = { stroke: theme.muted, width: 1, dash: [3, 3], points: { show: false }, value };
    return new uPlot(
      {
        width: Math.max(200, this.#element.clientWidth),
        height: HEIGHT_PX,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
        legend: { live: true },
        cursor: { points: { size: 6 } },
        scales: { y: { range: (_plot, low, high) => padRange(low, high) } },
        axes: [
          {
            ...axis,
            space: 80,
            values: (plot, ticks) =>
              ticks.map((tick) => (plot.data[0].length === 0 ? '' : clockText(tick * 1_000))),
          },
          { ...axis, size: 74, values: (_plot, ticks) => ticks.map((tick) => amountText(tick.toFixed(2))) },
        ],
        series: [
          {
            label: 'UTC',
            value: (_plot, raw) => clockText(raw === null ? null : raw * 1_000),
          },
          { label: 'Equity', stroke: theme.accent, width: 2, points: { show: false }, value },
          ...(this.#hasBand
            ? [
                { ...edge, label: 'Optimistic' },
                { ...edge, label: 'Pessimistic' },
              ]
            : []),
        ],
        bands: this.#hasBand ? [{ series: [2, 3], fill: theme.band }] : [],
      },
      data,
      this.#element,
    );
  }
}

/** A flat line stands in the middle and not on an edge. */
function padRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.00005, 0.01);
  return [low - pad, high + pad];
}
