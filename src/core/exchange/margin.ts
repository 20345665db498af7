/**
 * Initial margin of orders and the money left for new ones.
 *
 * Formulas: initial margin = notional / leverage; an opening order also sets its taker fee aside. Available = wallet -
 * position margin - reserved, plus unrealized profit or loss in cross mode. Source: the venue's help pages and section
 * 5.11 of the wire reference ("account arithmetic"); roundings go against the account.
 */

import { divideCeiling } from '../base/fixed-point.ts';
import { notional, timesRateUp } from '../domain/instrument.ts';
import { type Lots, type Money, type Rate, ZERO_MONEY, lots, money, ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { WorkingOrder } from './working-order.ts';

/** Money to set aside for a working order: for the part of it that would grow the position, at its limit or the touch. */
export function orderReserve(
  order: WorkingOrder,
  market: InstrumentMarket,
  account: Account,
  takerFeeRate: Rate,
): Money {
  const value = growingValue(order, market, account);
  if (value === 0n) return ZERO_MONEY;
  return money(divideCeiling(value, BigInt(account.modes.leverage)) + timesRateUp(value, takerFeeRate));
}

/** Notional of the part of an order that would grow its position, at its limit or the touch, in a session of bars the last close; 0 without a price. */
export function growingValue(order: WorkingOrder, market: InstrumentMarket, account: Account): Money {
  const growing = growingQuantity(order, account);
  const touch = order.isBid ? market.book.bestAsk : market.book.bestBid;
  const price = order.intent.price ?? (market.hasBook ? touch : market.lastPrice);
  if (growing === 0 || price === NO_PRICE) return ZERO_MONEY;
  return notional(market.instrument, ticks(price), growing);
}

/** Lots by which an order would grow its position if it filled now, alone; 0 for one that only reduces. */
export function growingQuantity(order: WorkingOrder, account: Account): Lots {
  const { intent } = order;
  if (intent.reduceOnly) return lots(0);
  const held = account.position(intent.instrument, intent.positionSide).quantity;
  const reducing = order.isBid ? Math.max(0, -held) : Math.max(0, held);
  return lots(Math.max(0, order.remaining - reducing));
}

export function availableMoney(account: Account, reserved: Money): Money {
  const free = account.wallet - account.positionMargin - reserved;
  return money(account.modes.marginMode === 'cross' ? free + account.unrealized : free);
}
