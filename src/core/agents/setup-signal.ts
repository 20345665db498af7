/**
 * Setup signal: the two patterns that the pipeline trades.
 *
 * `pullback_ribbon`: in a trend, price has come back to the ribbon between the fast and the slow average and closed on the
 * trend's side of the slow one; a limit order waits at the fast average. `sweep_invalidation`: a bar pierced the last swing
 * or equal extremes, where stops gather, and closed back inside on more than usual volume; the stop lies beyond its
 * extreme. Prices in ticks; entries, stops and targets are rounded to the side that costs us.
 */

import type { Side } from '../domain/order.ts';
import type { BarSeries } from '../market/bar-series.ts';
import { averageVolume } from './bar-window.ts';
import type { MarketPicture } from './market-intake.ts';

export type SetupName = 'pullback_ribbon' | 'sweep_invalidation';

export interface Setup {
  readonly side: Side;
  /** Limit price; null = at market. */
  readonly entry: number | null;
  /** Price from which the distance to the stop counts. */
  readonly reference: number;
  readonly stop: number;
  readonly target: number;
}

export interface SetupReading {
  readonly setup: Setup | null;
  /** One snake_case word; `long` and `short` where there is a setup. */
  readonly verdict: string;
  readonly reason: string;
  /** What it was decided by: prices and distances in ticks, and what is neither. */
  readonly prices: Levels;
  readonly numbers: Levels;
}

type Levels = Readonly<Record<string, number | null>>;

export interface SetupParams {
  readonly stopAtr: number;
  readonly targetR: number;
  readonly volumeFactor: number;
  readonly trendFilter: boolean;
}

const VOLUME_BARS = 20;
/** A sweep's stop lies so far beyond the bar's extreme, as a share of the average range. */
const STOP_MARGIN_ATR = 0.1;

export function findPullback(bars: BarSeries, picture: MarketPicture, params: SetupParams): SetupReading {
  const { trend, emaFast, emaSlow, atr } = picture;
  const close = bars.close(0);
  const prices = { close, ema_fast: emaFast, ema_slow: emaSlow, atr };
  if (trend === 'flat') return none('no_trend', 'the averages show no trend', prices);
  const isLong = trend === 'up';
  const hasTouched = isLong ? bars.low(0) <= emaFast : bars.high(0) >= emaFast;
  if (!hasTouched) return none('no_pullback', 'price has not come back to the fast average', prices);
  const isHeld = isLong ? close > emaSlow : close < emaSlow;
  if (!isHeld) return none('ribbon_lost', 'the bar closed beyond the slow average', prices);
  const entry = isLong ? Math.floor(emaFast) : Math.ceil(emaFast);
  const distance = Math.ceil(params.stopAtr * atr);
  return found(isLong, entry, entry, distance, params.targetR, prices, 'pullback to the fast average');
}

export function findSweep(bars: BarSeries, picture: MarketPicture, params: SetupParams): SetupReading {
  const close = bars.close(0);
  const average = averageVolume(bars, VOLUME_BARS);
  const volumeRatio = average === null || average === 0 ? null : bars.volume(0) / average;
  const lowLevel = sweptLevel([picture.equalLows, picture.swingLow], bars.low(0), close, 1);
  const highLevel = sweptLevel([picture.equalHighs, picture.swingHigh], bars.high(0), close, -1);
  const level = lowLevel ?? highLevel;
  const prices = { close, swept: level, atr: picture.atr };
  const numbers = { volume_ratio: volumeRatio === null ? null : Math.round(volumeRatio * 100) / 100 };
  if (level === null) return none('no_sweep', 'no extreme was pierced and reclaimed', prices, numbers);
  if (lowLevel !== null && highLevel !== null)
    return none('both_swept', 'both sides were pierced in one bar', prices, numbers);
  const isLong = lowLevel !== null;
  if (volumeRatio === null || volumeRatio < params.volumeFactor) {
    return none('thin_volume', 'the reclaim came on too little volume', prices, numbers);
  }
  if (params.trendFilter && picture.trend === (isLong ? 'down' : 'up')) {
    return none('against_trend', 'the reclaim stands against the trend', prices, numbers);
  }
  const margin = Math.ceil(STOP_MARGIN_ATR * picture.atr);
  const distance = isLong ? close - bars.low(0) + margin : bars.high(0) - close + margin;
  const reason = 'an extreme was swept and reclaimed';
  return found(isLong, null, close, distance, params.targetR, prices, reason, numbers);
}

/** The first level that the bar's extreme passed and its close came back from; `inward` is the sign of the way back. */
function sweptLevel(
  levels: readonly (number | null)[],
  extreme: number,
  close: number,
  inward: 1 | -1,
): number | null {
  return (
    levels.find(
      (level) => level !== null && (level - extreme) * inward > 0 && (close - level) * inward > 0,
    ) ?? null
  );
}

function found(
  isLong: boolean,
  entry: number | null,
  reference: number,
  distance: number,
  targetR: number,
  prices: Levels,
  reason: string,
  numbers: Levels = {},
): SetupReading {
  const sign = isLong ? 1 : -1;
  const stop = reference - sign * distance;
  const target = reference + sign * Math.ceil(distance * targetR);
  if (stop <= 0 || target <= 0)
    return none('out_of_range', 'stop or target would lie below the first tick', prices, numbers);
  const setup: Setup = { side: isLong ? 'buy' : 'sell', entry, reference, stop, target };
  const verdict = isLong ? 'long' : 'short';
  return { setup, verdict, reason, prices: { ...prices, stop, target }, numbers };
}

function none(verdict: string, reason: string, prices: Levels, numbers: Levels = {}): SetupReading {
  return { setup: null, verdict, reason, prices, numbers };
}
