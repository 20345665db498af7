/**
 * Market intake: what the bars say of trend, volatility and structure. The other agents build on its picture.
 *
 * Trend: up while the fast average stands above the slow one and both have risen over {@link SLOPE_BARS}; down likewise;
 * else flat. Regime: today's average range against its own median over {@link REGIME_BARS} bars.
 */

import type { BarSeries } from '../market/bar-series.ts';
import { averageClose, averageRange, findEqualLevel, findSwings, windowBars } from './bar-window.ts';

export type Trend = 'up' | 'down' | 'flat';
export type Regime = 'quiet' | 'normal' | 'volatile' | 'unknown';

/** What the bars say; prices in ticks, null where they do not tell. */
export interface MarketPicture {
  readonly trend: Trend;
  readonly emaFast: number;
  readonly emaSlow: number;
  /** Average true range. */
  readonly atr: number;
  readonly regime: Regime;
  /** Average range now over its median. */
  readonly regimeRatio: number | null;
  readonly swingHigh: number | null;
  readonly swingLow: number | null;
  readonly equalHighs: number | null;
  readonly equalLows: number | null;
}

const EMA_FAST = 20;
const EMA_SLOW = 50;
const ATR_BARS = 14;
const SLOPE_BARS = 3;
/** The regime compares with this many earlier ranges, one every {@link REGIME_STEP} bars. */
const REGIME_BARS = 100;
const REGIME_STEP = 5;
const QUIET_RATIO = 0.7;
const VOLATILE_RATIO = 1.5;
const SWING_REACH = 2;
const SWING_LOOKBACK = 60;
/** Two extremes are equal within this share of the average range. */
const EQUAL_SHARE = 0.1;

/** Closed bars needed before the picture is whole. */
export const INTAKE_HISTORY_BARS: number = Math.max(
  windowBars(EMA_SLOW) + SLOPE_BARS,
  windowBars(ATR_BARS) + REGIME_BARS,
);

/** Reads the closed bars; null while there are too few for averages and range. */
export function readMarket(bars: BarSeries): MarketPicture | null {
  const emaFast = averageClose(bars, EMA_FAST);
  const emaSlow = averageClose(bars, EMA_SLOW);
  const atr = averageRange(bars, ATR_BARS);
  if (emaFast === null || emaSlow === null || atr === null || bars.length < EMA_SLOW + SLOPE_BARS)
    return null;
  const fastSlope = emaFast - (averageClose(bars, EMA_FAST, SLOPE_BARS) ?? emaFast);
  const slowSlope = emaSlow - (averageClose(bars, EMA_SLOW, SLOPE_BARS) ?? emaSlow);
  const regimeRatio = compareRange(bars, atr);
  const highs = findSwings(bars, 'high', SWING_REACH, SWING_LOOKBACK);
  const lows = findSwings(bars, 'low', SWING_REACH, SWING_LOOKBACK);
  return {
    trend:
      emaFast > emaSlow && fastSlope > 0 && slowSlope > 0
        ? 'up'
        : emaFast < emaSlow && fastSlope < 0 && slowSlope < 0
          ? 'down'
          : 'flat',
    emaFast,
    emaSlow,
    atr,
    regime: regimeOf(regimeRatio),
    regimeRatio,
    swingHigh: highs[0]?.price ?? null,
    swingLow: lows[0]?.price ?? null,
    equalHighs: findEqualLevel(highs, atr * EQUAL_SHARE),
    equalLows: findEqualLevel(lows, atr * EQUAL_SHARE),
  };
}

/** Average range now over the median of earlier ones; null while too few bars are held to say. */
function compareRange(bars: BarSeries, atr: number): number | null {
  if (bars.length < REGIME_BARS + ATR_BARS + 1) return null;
  const earlier: number[] = [];
  for (let back = REGIME_STEP; back <= REGIME_BARS; back += REGIME_STEP) {
    const range = averageRange(bars, ATR_BARS, back);
    if (range !== null) earlier.push(range);
  }
  earlier.sort((a, b) => a - b);
  const median = earlier[Math.floor(earlier.length / 2)];
  return median === undefined || median === 0 ? null : atr / median;
}

function regimeOf(ratio: number | null): Regime {
  if (ratio === null) return 'unknown';
  if (ratio < QUIET_RATIO) return 'quiet';
  return ratio > VOLATILE_RATIO ? 'volatile' : 'normal';
}
