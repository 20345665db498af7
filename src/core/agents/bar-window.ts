/**
 * What the agents compute from closed bars: averages, ranges and turning points over a fixed window.
 *
 * Pure functions of the bars held, so that a session that was interrupted sees the same numbers as one that was not, and a
 * longer history changes them by less than e^-8 of their weight. Prices are in ticks.
 */

import { ATR, EMA } from 'trading-signals';
import type { BarSeries } from '../market/bar-series.ts';

/** Bars behind an average of length n: the rest of an exponential average beyond 4 n bars weighs e^-8. */
const WINDOW_LENGTHS = 4;

/** Bars that {@link averageClose} and {@link averageRange} of this length want to see. */
export function windowBars(length: number): number {
  return WINDOW_LENGTHS * length;
}

/** Exponential average of closes as of `back` bars ago, in ticks; null while fewer than `length` bars are held. */
export function averageClose(bars: BarSeries, length: number, back = 0): number | null {
  const ema = new EMA(length);
  const oldest = Math.min(bars.length, back + windowBars(length)) - 1;
  for (let at = oldest; at >= back; at--) ema.add(bars.close(at));
  return ema.getResult();
}

/** Wilder's average true range as of `back` bars ago, in ticks; null while too few bars are held. */
export function averageRange(bars: BarSeries, length: number, back = 0): number | null {
  const atr = new ATR(length);
  const oldest = Math.min(bars.length, back + windowBars(length)) - 1;
  for (let at = oldest; at >= back; at--) {
    atr.add({ high: bars.high(at), low: bars.low(at), close: bars.close(at) });
  }
  return atr.getResult();
}

/** Mean volume of the `length` bars before the newest, in lots; null while fewer are held. */
export function averageVolume(bars: BarSeries, length: number): number | null {
  if (bars.length < length + 1) return null;
  let sum = 0;
  for (let back = 1; back <= length; back++) sum += bars.volume(back);
  return sum / length;
}

export interface TurningPoint {
  /** Bars back of the bar that turned. */
  readonly back: number;
  /** Its extreme, ticks. */
  readonly price: number;
}

/**
 * Swing highs or lows, newest first: bars whose extreme no bar within `reach` on either side exceeds. The newest `reach`
 * bars cannot be swings yet: what follows them is not known.
 */
export function findSwings(
  bars: BarSeries,
  side: 'high' | 'low',
  reach: number,
  lookback: number,
): TurningPoint[] {
  const found: TurningPoint[] = [];
  const oldest = Math.min(bars.length - 1, lookback) - reach;
  for (let back = reach; back <= oldest; back++) {
    const price = side === 'high' ? bars.high(back) : bars.low(back);
    let isSwing = true;
    for (let step = 1; step <= reach && isSwing; step++) {
      isSwing =
        side === 'high'
          ? bars.high(back - step) <= price && bars.high(back + step) < price
          : bars.low(back - step) >= price && bars.low(back + step) > price;
    }
    if (isSwing) found.push({ back, price });
  }
  return found;
}

/** The newest two swings that lie within `tolerance` ticks of one another: a level at which stops gather; null for none. */
export function findEqualLevel(swings: readonly TurningPoint[], tolerance: number): number | null {
  for (const [at, { price }] of swings.entries()) {
    const twin = swings.slice(at + 1).find((other) => Math.abs(other.price - price) <= tolerance);
    if (twin !== undefined) return (price + twin.price) / 2;
  }
  return null;
}
