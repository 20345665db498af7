/**
 * When a position, or the account, has too little left: the margin against maintenance, and the mark at which it falls to it.
 *
 * Isolated: margin of the position + unrealized profit <= its maintenance margin. Cross: wallet + unrealized profit of all
 * positions - what closing them and opening the resting orders would cost in fees <= the maintenance margin of positions
 * and resting orders; long and short of one contract stand on a common step of its table. Source: the venue's help pages on
 * forced liquidation (cross as since March 2024). {@link liquidationMark} solves exactly that inequality on the mark grid,
 * so the price shown is the price acted on.
 */

import { divideFloor, powerOfTen } from '../base/fixed-point.ts';
import { type Instrument, timesRateUp } from '../domain/instrument.ts';
import {
  type MarkPrice,
  type Money,
  type Rate,
  MARK_DECIMALS,
  ZERO_MONEY,
  markPrice,
  money,
} from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { Position } from '../ledger/position.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { type TierRule, maintenanceMargin } from './risk-tiers.ts';

/**
 * What the mark is worth to one margin: the lots whose value moves with it, and what stands against that value. In
 * 10^-16 USDT, so that the value of a mark is exact: whether a margin is used up is decided without rounding.
 */
export interface MarginLine {
  readonly instrument: Instrument;
  /** Signed. */
  readonly quantity: number;
  /** Used up while the value of `quantity` at the mark <= this. */
  readonly floor: bigint;
}

/** Units of 10^-16 USDT in one of money. */
const FINE = 10n ** BigInt(MARK_DECIMALS);

/** Terms of the account that maintenance depends on. */
export interface MaintenanceTerms {
  readonly tierRule: TierRule;
  readonly takerFeeRate: Rate;
  readonly liquidationFeeRate: Rate;
}

/** Resting orders of the account, as far as cross margin counts them. */
export interface PendingOrders {
  /** Maintenance margin and taker fee of what would grow positions. */
  readonly maintenance: Money;
  readonly openingFees: Money;
}

export const NO_PENDING: PendingOrders = { maintenance: ZERO_MONEY, openingFees: ZERO_MONEY };

/** Maintenance margin of one isolated position. */
export function positionMaintenance(position: Position, account: Account, rule: TierRule): Money {
  return maintenanceMargin(position.instrument, position.openValue, account.modes.leverage, rule);
}

/** Maintenance margin of every position of a cross account; long and short of a contract share its step. */
export function crossMaintenance(account: Account, rule: TierRule): Money {
  let sum = 0n;
  let pooled = 0n;
  const { positions } = account;
  for (let slot = 0; slot < positions.length; slot++) {
    const position = positions[slot];
    if (position === undefined) continue;
    pooled += position.openValue;
    if (positions[slot + 1]?.instrument === position.instrument) continue;
    sum += maintenanceMargin(position.instrument, money(pooled), account.modes.leverage, rule);
    pooled = 0n;
  }
  return money(sum);
}

/** Fees that closing every position at its entry would cost: what the venue takes off the cross margin beforehand. */
function closingFees(account: Account, terms: MaintenanceTerms): Money {
  let sum = 0n;
  for (const { openValue } of account.positions) {
    sum += timesRateUp(openValue, terms.takerFeeRate) + timesRateUp(openValue, terms.liquidationFeeRate);
  }
  return money(sum);
}

/** The margin of one isolated position; null when it is flat. */
export function isolatedLine(
  position: Position,
  account: Account,
  terms: MaintenanceTerms,
): MarginLine | null {
  if (position.quantity === 0) return null;
  const needed = positionMaintenance(position, account, terms.tierRule);
  const margin = position.isolatedMargin(account.modes.leverage);
  const { instrument, quantity, cost } = position;
  return { instrument, quantity, floor: (needed - margin + cost) * FINE };
}

/** What of a cross account stands against the value of its positions: they are liquidated while their value <= this. */
function crossFloor(account: Account, terms: MaintenanceTerms, pending: PendingOrders): Money {
  let cost = 0n;
  for (const position of account.positions) cost += position.cost;
  const needed = crossMaintenance(account, terms.tierRule) + pending.maintenance;
  return money(needed + closingFees(account, terms) + pending.openingFees - account.wallet + cost);
}

/** Value of the net quantity of one instrument in 10^-16 USDT, exact; its cost while it has no price. */
function netValue(account: Account, market: InstrumentMarket): bigint {
  const { instrument, valuationPrice } = market;
  if (valuationPrice !== null)
    return BigInt(valuationPrice) * lotValue(instrument, account.netQuantity(instrument.index));
  let cost = 0n;
  for (const position of account.positions) if (position.instrument === instrument) cost += position.cost;
  return cost * FINE;
}

/** What one mark unit is worth to a quantity, in 10^-16 USDT. */
function lotValue(instrument: Instrument, quantity: number): bigint {
  return BigInt(quantity) * powerOfTen(MARK_DECIMALS - instrument.quantityDecimals);
}

/** Equity of a cross account above what it must keep, in 10^-16 USDT: at or below zero its margin is used up. */
export function crossSlack(
  account: Account,
  markets: readonly InstrumentMarket[],
  terms: MaintenanceTerms,
  pending: PendingOrders,
): bigint {
  let slack = -crossFloor(account, terms, pending) * FINE;
  for (const market of markets) slack += netValue(account, market);
  return slack;
}

/** The margin of a cross account seen from one instrument, the others at their marks; null where its net is zero. */
export function crossLine(
  account: Account,
  markets: readonly InstrumentMarket[],
  index: number,
  terms: MaintenanceTerms,
  pending: PendingOrders,
): MarginLine | null {
  const market = markets[index];
  const quantity = account.netQuantity(index);
  if (market === undefined || quantity === 0) return null;
  let floor = crossFloor(account, terms, pending) * FINE;
  for (const other of markets) if (other !== market) floor -= netValue(account, other);
  return { instrument: market.instrument, quantity, floor };
}

/** Whether the margin is used up at a mark: the one condition that liquidates. */
export function isUsedUp(line: MarginLine, mark: MarkPrice): boolean {
  return BigInt(mark) * lotValue(line.instrument, line.quantity) <= line.floor;
}

/**
 * The first mark at which {@link isUsedUp} holds, exact on the mark grid: the highest such for a long (rounded down), the
 * lowest for a short (rounded up). null where no positive mark does it.
 */
export function liquidationMark({ instrument, quantity, floor }: MarginLine): MarkPrice | null {
  const unit = lotValue(instrument, quantity);
  const solved = quantity > 0 ? divideFloor(floor, unit) : -divideFloor(floor, -unit);
  const highest = BigInt(Number.MAX_SAFE_INTEGER);
  // Beyond the grid it holds nowhere or everywhere, by the side.
  if (quantity > 0 ? solved <= 0n : solved > highest) return null;
  return markPrice(Number(solved <= 0n ? 1n : solved > highest ? highest : solved));
}

/** The mark at which an isolated position has lost its whole margin; null where no positive mark does it. */
export function bankruptcyMark(position: Position, account: Account): MarkPrice | null {
  if (position.quantity === 0) return null;
  const { instrument, quantity, cost } = position;
  const margin = position.isolatedMargin(account.modes.leverage);
  return liquidationMark({ instrument, quantity, floor: (cost - margin) * FINE });
}
