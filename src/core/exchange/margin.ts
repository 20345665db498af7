/**
 * Initial margin of orders and the money left for new ones.
 *
 * Formulas: initial margin = notional / leverage; an opening order also sets its taker fee aside. Available = wallet -
 * position margin - reserved, plus unrealized profit or loss in cross mode. Source: the venue's help pages and section
 * 5.11 of the wire reference ("account arithmetic"); roundings go against the account.
 */

import { divideCeiling } from '../base/fixed-point.ts';
import { type Instrument, notional, timesRateUp } from '../domain/instrument.ts';
import { type Lots, type Money, type Rate, type Ticks, ZERO_MONEY, money } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';

/** Money set aside for opening `quantity` lots at `price`. */
export function openingReserve(
  instrument: Instrument,
  price: Ticks,
  quantity: Lots,
  leverage: number,
  takerFeeRate: Rate,
): Money {
  if (quantity <= 0) return ZERO_MONEY;
  const value = notional(instrument, price, quantity);
  return money(divideCeiling(value, BigInt(leverage)) + timesRateUp(value, takerFeeRate));
}

export function availableMoney(account: Account, reserved: Money, marginMode: 'isolated' | 'cross'): Money {
  const free = account.wallet - account.positionMargin - reserved;
  return money(marginMode === 'cross' ? free + account.unrealized : free);
}

/** Largest position notional that the risk table allows at this leverage; null where the venue gave no table. */
export function tierLimit(instrument: Instrument, leverage: number): Money | null {
  if (instrument.tiers.length === 0) return null;
  let limit: Money = ZERO_MONEY;
  for (const tier of instrument.tiers) {
    if (tier.maxLeverage >= leverage && tier.endNotional > limit) limit = tier.endNotional;
  }
  return limit;
}
