/** Scales of the charts: where a time and a value stand, and which of them deserve a line. */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/base/time.ts';

/** Steps of a time axis that people count in. */
const TIME_STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR_MS),
  ...[1, 2, 7, 14, 30, 90, 180, 365].map((count) => count * DAY_MS),
];
/** Steps of a value axis within one power of ten. */
const VALUE_STEPS = [1, 2, 2.5, 5, 10];

/** Room of a panel within its chart, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface TimeScale {
  readonly fromMs: number;
  readonly toMs: number;
  /** Pixels from the left, within the box. */
  at(timeMs: number): number;
}

export function timeScale(fromMs: number, toMs: number, { left, right }: Box): TimeScale {
  const at = (timeMs: number): number =>
    left + ((Math.min(Math.max(timeMs, fromMs), toMs) - fromMs) / (toMs - fromMs)) * (right - left);
  return { fromMs, toMs, at };
}

export interface ValueScale {
  readonly low: number;
  readonly high: number;
  /** Pixels from the top. */
  at(value: number): number;
  /** Round values within the scale, the lowest first. */
  readonly ticks: readonly number[];
  /** Decimals that tell the ticks apart. */
  readonly decimals: number;
}

/** A scale over `values` that ends at round numbers; `lines`: about how many of them. */
export function valueScale(values: readonly number[], { top, bottom }: Box, lines: number): ValueScale {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(most > least)) {
    const reach = Math.max(Math.abs(least) * 0.001, 0.01);
    least -= reach;
    most += reach;
  }
  const step = roundStep((most - least) / lines);
  const low = Math.floor(least / step) * step;
  const high = Math.ceil(most / step) * step;
  const count = Math.round((high - low) / step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (isWhole(step) ? 0 : 1));
  return {
    low,
    high,
    at: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((low + index * step).toFixed(decimals))),
    decimals,
  };
}

/** Whether a step is 1, 2, 5 or 10 of its power of ten, so that a digit less tells it. */
function isWhole(step: number): boolean {
  const leading = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return Math.abs(leading - Math.round(leading)) < 1e-6;
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return (VALUE_STEPS.find((step) => step * power >= raw * 0.999) ?? 10) * power;
}

/** At most `most` round times within the scale, on the UTC grid. */
export function timeTicks(
  { fromMs, toMs }: TimeScale,
  most: number,
): { readonly timeMs: number; readonly text: string }[] {
  const span = toMs - fromMs;
  const step = TIME_STEPS_MS.find((candidate) => span / candidate <= most) ?? span;
  const ticks: { timeMs: number; text: string }[] = [];
  for (let timeMs = Math.ceil(fromMs / step) * step; timeMs <= toMs; timeMs += step)
    ticks.push({ timeMs, text: tickText(timeMs, step) });
  return ticks;
}

function tickText(timeMs: number, step: number): string {
  const iso = new Date(timeMs).toISOString();
  if (step >= DAY_MS) return iso.slice(5, 10);
  if (timeMs % DAY_MS === 0) return iso.slice(5, 10);
  return step >= MINUTE_MS ? iso.slice(11, 16) : iso.slice(11, 19);
}

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

/** Keeps the first, lowest, highest and last point of each of `columns`, in order, so that no extreme is lost. */
export function thin(points: readonly Point[], columns: number): readonly Point[] {
  if (points.length <= 4 * columns) return points;
  const perColumn = Math.ceil(points.length / columns);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += perColumn) {
    const end = Math.min(start + perColumn, points.length);
    let least = start;
    let most = start;
    for (let place = start; place < end; place++) {
      const value = points[place]?.value ?? 0;
      if (value < (points[least]?.value ?? 0)) least = place;
      if (value > (points[most]?.value ?? 0)) most = place;
    }
    for (const place of [...new Set([start, least, most, end - 1])].toSorted((a, b) => a - b)) {
      const point = points[place];
      if (point !== undefined) kept.push(point);
    }
  }
  return kept;
}

/** Place of the last point at or before a time; 0 where there is none. */
export function placeAt(points: readonly Point[], timeMs: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((points[middle]?.timeMs ?? Number.POSITIVE_INFINITY) <= timeMs) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}
