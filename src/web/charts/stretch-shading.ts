/**
 * Shades stretches of doubtful data behind the candles: a primitive of lightweight-charts.
 *
 * A stretch seldom begins on a bar; its edges are placed between bars by the share of the interval that has passed.
 */

import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
} from 'lightweight-charts';
import { lowerBound } from '../replica/row-list.ts';

/** What the renderer is given to draw on. */
type DrawingTarget = Parameters<IPrimitivePaneRenderer['draw']>[0];

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch shorter than this many pixels is drawn this wide, so that it can be seen. */
const WIDTH_MIN_PX = 2;

export class StretchShading implements ISeriesPrimitive {
  #chart: IChartApi | null = null;
  #requestUpdate: () => void = () => {};
  #stretches: readonly Stretch[] = [];
  #openTimesMs: readonly number[] = [];
  #intervalMs = 1;
  #color = '';
  readonly #views: readonly IPrimitivePaneView[];

  constructor() {
    const renderer: IPrimitivePaneRenderer = {
      draw: () => {},
      drawBackground: (target) => this.#draw(target),
    };
    this.#views = [{ zOrder: () => 'bottom', renderer: () => renderer }];
  }

  attached({ chart, requestUpdate }: SeriesAttachedParameter): void {
    this.#chart = chart;
    this.#requestUpdate = requestUpdate;
  }

  detached(): void {
    this.#chart = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  show(
    stretches: readonly Stretch[],
    openTimesMs: readonly number[],
    intervalMs: number,
    color: string,
  ): void {
    this.#stretches = uniteStretches(stretches);
    this.#openTimesMs = openTimesMs;
    this.#intervalMs = intervalMs;
    this.#color = color;
    this.#requestUpdate();
  }

  #draw(target: DrawingTarget): void {
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio, bitmapSize }) => {
      context.fillStyle = this.#color;
      for (const { fromMs, toMs } of this.#stretches) {
        const from = this.#coordinate(fromMs);
        const to = this.#coordinate(toMs);
        if (from === null || to === null) continue;
        const left = Math.round(from * horizontalPixelRatio);
        const width = Math.max(WIDTH_MIN_PX, Math.round((to - from) * horizontalPixelRatio));
        if (left + width > 0 && left < bitmapSize.width) context.fillRect(left, 0, width, bitmapSize.height);
      }
    });
  }

  /** A bar's middle stands at its index; its left edge half an index before it. */
  #coordinate(timeMs: number): number | null {
    const times = this.#openTimesMs;
    const first = times[0];
    if (this.#chart === null || first === undefined) return null;
    const index = Math.max(0, lowerBound(times, timeMs + 1, (time) => time) - 1);
    const passed = (timeMs - (times[index] ?? first)) / this.#intervalMs;
    // The time scale answers for whole indices only.
    const middle = this.#chart.timeScale().logicalToCoordinate(index as Logical);
    const next = this.#chart.timeScale().logicalToCoordinate((index + 1) as Logical);
    if (middle === null || next === null) return null;
    return middle + (Math.min(1, Math.max(0, passed)) - 0.5) * (next - middle);
  }
}

/** Stretches that overlap as one, so that a place is shaded once, however many complaints there are about it. */
export function uniteStretches(stretches: readonly Stretch[]): Stretch[] {
  const united: Stretch[] = [];
  for (const stretch of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = united.at(-1);
    if (last === undefined || stretch.fromMs > last.toMs) united.push(stretch);
    else united[united.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, stretch.toMs) };
  }
  return united;
}
