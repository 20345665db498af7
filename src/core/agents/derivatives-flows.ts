/**
 * Derivatives flows: whether the funding rate says that one side is crowded.
 *
 * Rates are fractions per settlement interval (0.0001 = 0.01 %), positive = longs pay. The gate compares them per eight
 * hours, so that contracts of other intervals are judged alike. It sees the last settled rate, the only one that the
 * public stream tells for certain.
 */

import { HOUR_MS } from '../base/time.ts';
import { type Rate, RATE_DECIMALS } from '../domain/units.ts';

export type FlowVerdict = 'neutral' | 'crowded_longs' | 'crowded_shorts' | 'unknown';

export interface FlowReading {
  readonly verdict: FlowVerdict;
  /** Fraction per eight hours; null where the venue did not say. */
  readonly ratePerEightHours: number | null;
  /** Time to the next settlement, ms; null where unknown. */
  readonly toSettlementMs: number | null;
}

const GATE_HOURS = 8;

/** `crowdedRate`: the fraction per eight hours from which a side counts as crowded. */
export function readFlows(
  settledRate: Rate | null,
  intervalHours: number,
  nextSettlementMs: number | null,
  nowMs: number,
  crowdedRate: number,
): FlowReading {
  const ratePerEightHours =
    settledRate === null ? null : (settledRate / 10 ** RATE_DECIMALS) * (GATE_HOURS / intervalHours);
  const toSettlementMs = nextSettlementMs === null ? null : Math.max(0, nextSettlementMs - nowMs);
  if (ratePerEightHours === null) return { verdict: 'unknown', ratePerEightHours, toSettlementMs };
  const verdict =
    ratePerEightHours >= crowdedRate
      ? 'crowded_longs'
      : ratePerEightHours <= -crowdedRate
        ? 'crowded_shorts'
        : 'neutral';
  return { verdict, ratePerEightHours, toSettlementMs };
}

/** Hours to the next settlement for display, one decimal; null where unknown. */
export function hoursUntil(toSettlementMs: number | null): number | null {
  return toSettlementMs === null ? null : Math.round((toSettlementMs / HOUR_MS) * 10) / 10;
}
