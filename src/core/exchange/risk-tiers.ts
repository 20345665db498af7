/**
 * The venue's risk table: which step a position stands on, what it must keep as maintenance margin, what leverage it may use.
 *
 * Maintenance margin = open value x rate of one step, flat: the rate holds for the whole position, without a deduction for
 * the steps below. Source: the venue's help pages on liquidation and tiers (the formula on open value and the worked
 * example); which step's rate counts is told in two ways, hence {@link TierRule}.
 */

import { type Instrument, timesRateUp } from '../domain/instrument.ts';
import type { RejectionCode } from '../domain/reasons.ts';
import { type Money, type Rate, RATE_ONE, ZERO_MONEY, rate } from '../domain/units.ts';

/**
 * Which step's rate a position pays. position: the step its open value stands on (the API's description). leverage: that
 * of the chosen leverage, where it is the higher one (the help page's example).
 */
export type TierRule = 'position' | 'leverage';

/**
 * Index of the step that a position of this open value stands on; beyond the table, the last. -1 without a table. The
 * end of a step belongs to it.
 */
export function tierIndex(instrument: Instrument, openValue: Money): number {
  const { tiers } = instrument;
  for (let index = 0; index < tiers.length; index++) {
    const tier = tiers[index];
    if (tier !== undefined && openValue <= tier.endNotional) return index;
  }
  return tiers.length - 1;
}

/**
 * Rate of maintenance margin for a position of this open value. Without a table: half of the smallest initial margin,
 * which is what every step of the venue's published tables up to 20 times leverage has.
 */
export function maintenanceRate(
  instrument: Instrument,
  openValue: Money,
  leverage: number,
  rule: TierRule,
): Rate {
  const index = tierIndex(instrument, openValue);
  const tier = instrument.tiers[index];
  if (tier === undefined) return rate(Math.ceil(Number(RATE_ONE) / (2 * instrument.maxLeverage)));
  if (rule === 'position') return tier.maintenanceRate;
  let highest = tier.maintenanceRate;
  // The deepest step that still allows the chosen leverage.
  for (const other of instrument.tiers) {
    if (other.maxLeverage >= leverage && other.maintenanceRate > highest) highest = other.maintenanceRate;
  }
  return highest;
}

/** Maintenance margin of a position of this open value (>= 0), rounded up. */
export function maintenanceMargin(
  instrument: Instrument,
  openValue: Money,
  leverage: number,
  rule: TierRule,
): Money {
  if (openValue === 0n) return ZERO_MONEY;
  return timesRateUp(openValue, maintenanceRate(instrument, openValue, leverage, rule));
}

/** Largest position value that the risk table allows at this leverage; null where the venue gave no table. */
export function tierLimit(instrument: Instrument, leverage: number): Money | null {
  if (instrument.tiers.length === 0) return null;
  let limit: Money = ZERO_MONEY;
  for (const tier of instrument.tiers) {
    if (tier.maxLeverage >= leverage && tier.endNotional > limit) limit = tier.endNotional;
  }
  return limit;
}

/** What the venue looks at before it changes leverage, margin mode or position mode. */
export interface AccountUse {
  readonly hasOrders: boolean;
  readonly hasPositions: boolean;
  /** Largest open value of one position of the contract. */
  readonly openValue: Money;
}

/**
 * Why the venue refuses a new leverage, or null. A whole number within the contract's limits and within what the step of
 * the position allows (20005), and no open orders (20006). Source: the venue's error table and help pages.
 */
export function refuseLeverage(
  instrument: Instrument,
  leverage: number,
  use: AccountUse,
): RejectionCode | null {
  if (!Number.isInteger(leverage) || leverage < instrument.minLeverage || leverage > instrument.maxLeverage)
    return 'leverage_invalid';
  const limit = tierLimit(instrument, leverage);
  if (limit !== null && use.openValue > limit) return 'leverage_invalid';
  return use.hasOrders ? 'open_orders_exist' : null;
}

/** Why the venue refuses another margin mode (20006), or null: no open position and no order may exist. */
export function refuseMarginMode(use: AccountUse): RejectionCode | null {
  return use.hasOrders || use.hasPositions ? 'open_orders_exist' : null;
}

/** Why the venue refuses another position mode, or null: with a position 20009, with an order 20006. */
export function refusePositionMode(use: AccountUse): RejectionCode | null {
  if (use.hasPositions) return 'position_mode_fixed';
  return use.hasOrders ? 'open_orders_exist' : null;
}
