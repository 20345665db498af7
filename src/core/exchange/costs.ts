/**
 * Splits what a fill cost against the market the strategy saw: price - decision mid = spread + latency + impact + slippage.
 *
 * Each part is signed so that positive costs the account, in money over the filled quantity. Half ticks of the mids are
 * rounded up in the total and the spread; the latency part takes what remains, so the parts always add up exactly.
 */

import { assert } from '../base/assert.ts';
import { divideCeiling } from '../base/fixed-point.ts';
import type { Instrument } from '../domain/instrument.ts';
import { type Money, money } from '../domain/units.ts';

export interface FillCosts {
  /** (Fill price - mid at decision) x quantity: the sum of the others. */
  readonly total: Money | null;
  readonly spread: Money | null;
  readonly latency: Money | null;
  readonly impact: Money | null;
  readonly slippage: Money | null;
}

const UNKNOWN: FillCosts = { total: null, spread: null, latency: null, impact: null, slippage: null };

/**
 * `touch`: the best opposite price at arrival for takers, the fill price itself for makers. `slippageTicks`: random part
 * of a parametric fill, 0 on a book. Unknown mids give null parts.
 */
export function splitCosts(
  instrument: Instrument,
  isBuy: boolean,
  quantity: number,
  price: number,
  touch: number,
  slippageTicks: number,
  arrivalMidX2: number | null,
  decisionMidX2: number | null,
): FillCosts {
  if (arrivalMidX2 === null || decisionMidX2 === null) return UNKNOWN;
  const sign = isBuy ? 1n : -1n;
  const unit = BigInt(quantity) * instrument.tickLotMoney;
  const total = divideCeiling(sign * BigInt(2 * price - decisionMidX2) * unit, 2n);
  const spread = divideCeiling(sign * BigInt(2 * touch - arrivalMidX2) * unit, 2n);
  const slippage = BigInt(slippageTicks) * unit;
  const impact = sign * BigInt(price - touch) * unit - slippage;
  const latency = total - spread - impact - slippage;
  // Worked out on its own, the drift of the mid is what remained, but for the half unit that the roundings moved.
  const drift = sign * BigInt(arrivalMidX2 - decisionMidX2) * unit;
  const rounding = 2n * latency - drift;
  assert(rounding >= -1n && rounding <= 1n, 'the costs of a fill do not add up to its distance from the mid');
  return {
    total: money(total),
    spread: money(spread),
    latency: money(latency),
    impact: money(impact),
    slippage: money(slippage),
  };
}
