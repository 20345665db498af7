/**
 * CVD divergence: whether aggressive buying and selling agree with the price.
 *
 * The cumulative volume delta is the sum of taker buys minus taker sells, from public trades. With a bar in the window that
 * was not heard whole there is no verdict. Bearish: the closes of the last bars make a new high that the delta does not;
 * bullish likewise below.
 */

import type { BarSeries } from '../market/bar-series.ts';

export type DivergenceVerdict = 'none' | 'bearish_divergence' | 'bullish_divergence' | 'unknown';

export interface DivergenceReading {
  readonly verdict: DivergenceVerdict;
  /** Delta of the newest bar and over the window, lots; null where not all of it was heard. */
  readonly barDelta: number | null;
  readonly windowDelta: number | null;
  /** Newest closed bars in a row that were heard whole, at most the window. */
  readonly barsHeard: number;
}

/** Bars of the window, and those at its end in which a new extreme is looked for. */
const CVD_WINDOW_BARS = 20;
const RECENT_BARS = 4;

/** `delta`: taker buys less taker sells of the bar `back` bars ago, lots; null where it is not known. */
export function readDivergence(bars: BarSeries, delta: (back: number) => number | null): DivergenceReading {
  const deltas: number[] = [];
  while (deltas.length < Math.min(CVD_WINDOW_BARS, bars.length)) {
    const one = delta(deltas.length);
    if (one === null) break;
    deltas.push(one);
  }
  const barDelta = deltas[0] ?? null;
  if (deltas.length < CVD_WINDOW_BARS) {
    return { verdict: 'unknown', barDelta, windowDelta: null, barsHeard: deltas.length };
  }
  let cumulative = 0;
  const earlier = new Extremes();
  const recent = new Extremes();
  for (let back = CVD_WINDOW_BARS - 1; back >= 0; back--) {
    cumulative += deltas[back] ?? 0;
    (back < RECENT_BARS ? recent : earlier).add(bars.close(back), cumulative);
  }
  const verdict =
    recent.high > earlier.high && recent.deltaHigh < earlier.deltaHigh
      ? 'bearish_divergence'
      : recent.low < earlier.low && recent.deltaLow > earlier.deltaLow
        ? 'bullish_divergence'
        : 'none';
  return { verdict, barDelta, windowDelta: cumulative, barsHeard: deltas.length };
}

/** Highest and lowest close and delta of a stretch. */
class Extremes {
  high = Number.NEGATIVE_INFINITY;
  low = Number.POSITIVE_INFINITY;
  deltaHigh = Number.NEGATIVE_INFINITY;
  deltaLow = Number.POSITIVE_INFINITY;

  add(close: number, delta: number): void {
    this.high = Math.max(this.high, close);
    this.low = Math.min(this.low, close);
    this.deltaHigh = Math.max(this.deltaHigh, delta);
    this.deltaLow = Math.min(this.deltaLow, delta);
  }
}
