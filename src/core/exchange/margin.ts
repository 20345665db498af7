/**
 * Initial margin of orders and the money left for new ones.
 *
 * Formulas: initial margin = notional / leverage; an opening order also sets its taker fee aside. Available = wallet -
 * position margin - reserved, plus unrealized profit or loss in cross mode. Source: the venue's help pages and section
 * 5.11 of the wire reference ("account arithmetic"); roundings go against the account.
 */

import { divideCeiling } from '../base/fixed-point.ts';
import { type Instrument, notional, timesRateUp } from '../domain/instrument.ts';
import { type Money, type Rate, ZERO_MONEY, lots, money, ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { WorkingOrder } from './working-order.ts';

/** Money to set aside for a working order: for the part of it that would grow the position, at its limit or the touch. */
export function orderReserve(
  order: WorkingOrder,
  market: InstrumentMarket,
  account: Account,
  terms: { readonly leverage: number; readonly takerFeeRate: Rate },
): Money {
  const { intent } = order;
  if (intent.reduceOnly) return ZERO_MONEY;
  const held = account.position(intent.instrument).quantity;
  const reducing = order.isBid ? Math.max(0, -held) : Math.max(0, held);
  const growing = order.remaining - reducing;
  const touch = order.isBid ? market.book.bestAsk : market.book.bestBid;
  const price = intent.price ?? (touch === NO_PRICE ? market.lastPrice : touch);
  if (growing <= 0 || price === NO_PRICE) return ZERO_MONEY;
  const value = notional(market.instrument, ticks(price), lots(growing));
  return money(divideCeiling(value, BigInt(terms.leverage)) + timesRateUp(value, terms.takerFeeRate));
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
