/** How much history a strategy needs, in bars of the session, when it also reads longer ones. */

import { type Interval, intervalMs, isInterval } from '../base/time.ts';
import type { StrategyInstance } from './strategy.ts';

/** Bars of `barMs` that must be closed before the strategy's first order. */
export function historyNeed(
  { historyBars, intervals }: Pick<StrategyInstance, 'historyBars' | 'intervals'>,
  barMs: number,
): number {
  const needs = Object.entries(intervals ?? {}).map(([interval, bars]) => {
    const ratio = intervalMs(interval as Interval) / barMs;
    // Counted from anywhere inside of a longer bar, which is then not whole.
    return Math.ceil(ratio * (bars + 1));
  });
  return Math.max(historyBars, ...needs);
}

/** Intervals that are not made of whole bars of the session's own, or are no longer than they. */
export function unfitIntervals({ intervals }: Pick<StrategyInstance, 'intervals'>, barMs: number): string[] {
  return Object.keys(intervals ?? {}).filter((interval) => {
    if (!isInterval(interval)) return true;
    const lengthMs = intervalMs(interval);
    return lengthMs <= barMs || lengthMs % barMs !== 0;
  });
}
