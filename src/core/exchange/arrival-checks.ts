/**
 * What the exchange checks when an order arrives, in its order of precedence: size, price band, position to close,
 * liquidation price, market, tier, liquidation at once, balance. Codes and texts: reasons.ts.
 */

import { divideCeiling } from '../base/fixed-point.ts';
import { RATE_ONE } from '../domain/units.ts';
import { markNotional } from '../domain/instrument.ts';
import type { RejectionCode } from '../domain/reasons.ts';
import { type Money, lots, money } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { availableMoney, growingQuantity, growingValue } from './margin.ts';
import type { MarginModel } from './margin-model.ts';
import type { OrderIndex } from './order-index.ts';
import { maintenanceMargin, tierLimit } from './risk-tiers.ts';
import type { WorkingOrder } from './working-order.ts';

/** What the checks look at besides the order and its market. */
export interface ArrivalContext {
  readonly account: Account;
  /** Orders on their way or at the exchange, the arriving one with its reserve among them. */
  readonly orders: OrderIndex;
  readonly margin: MarginModel;
  readonly fillModel: 'book' | 'parametric';
}

/** Returns why the exchange refuses the order, or null. */
export function checkArrival(
  order: WorkingOrder,
  market: InstrumentMarket,
  context: ArrivalContext,
): RejectionCode | null {
  const { intent } = order;
  const { instrument } = market;
  if (intent.quantity < instrument.minQuantity) return 'quantity_below_minimum';
  const maximum = intent.price === null ? instrument.maxMarketQuantity : instrument.maxLimitQuantity;
  if (intent.quantity > maximum) return 'quantity_above_maximum';
  // Price and book matter when a conditional order fires, not when it begins to wait.
  const band = order.isConditional ? null : checkBand(order, market);
  if (band !== null) return band;
  if (intent.reduceOnly) {
    const refusal = checkClosing(order, market, context);
    if (refusal !== null) return refusal;
  }
  const opposite = order.isBid ? market.book.bestAsk : market.book.bestBid;
  const hasPrice =
    context.fillModel === 'parametric'
      ? market.lastPriceOrMid !== null
      : market.isBookValid && (intent.price !== null || opposite !== NO_PRICE);
  if (!hasPrice && !order.isConditional) return 'no_market';
  return intent.reduceOnly ? null : checkOpening(order, market, context);
}

/** A reduce-only order needs a position of the other side, and no price or stop beyond where the venue closes it itself. */
function checkClosing(
  order: WorkingOrder,
  market: InstrumentMarket,
  { account, margin }: ArrivalContext,
): RejectionCode | null {
  const { intent } = order;
  const position = account.position(intent.instrument, intent.positionSide);
  const { quantity: held } = position;
  if (held === 0)
    return intent.positionSide === undefined ? 'reduce_only_without_position' : 'position_not_found';
  if (held > 0 === order.isBid) return 'reduce_only_same_direction';
  const liquidation = margin.liquidationMark(position);
  if (liquidation === null) return null;
  const isBeyond = (price: number): boolean => {
    const mark = price * market.instrument.tickMark;
    return held > 0 ? mark < liquidation : mark > liquidation;
  };
  if (!order.isConditional && intent.price !== null && isBeyond(intent.price))
    return held > 0 ? 'price_below_liquidation' : 'price_above_liquidation';
  const isStop = intent.type === 'stop_market' || intent.type === 'stop_limit';
  const stop = intent.trigger?.price ?? null;
  if (order.isConditional && isStop && stop !== null && isBeyond(stop))
    return held > 0 ? 'stop_not_above_liquidation' : 'stop_not_below_liquidation';
  return null;
}

function checkOpening(
  order: WorkingOrder,
  market: InstrumentMarket,
  context: ArrivalContext,
): RejectionCode | null {
  const { account, orders } = context;
  const { instrument } = market;
  const growing = growingValue(order, market, account);
  if (growing > 0n) {
    const limit = tierLimit(instrument, account.modes.leverage);
    if (limit !== null && mostValueWith(order, market, growing, context) > limit) {
      if (valueWith(order, market, context) > limit) return 'tier_limit_exceeded';
    }
    if (!order.isConditional && wouldBeLiquidated(order, market, context)) return 'would_be_liquidated';
  }
  return order.reserved > 0n && availableMoney(account, orders.reserved) < 0n ? 'insufficient_balance' : null;
}

/**
 * No less than {@link valueWith}, without a look at each order: every order of the contract that could count, whole, and
 * every position.
 */
function mostValueWith(
  order: WorkingOrder,
  market: InstrumentMarket,
  growing: Money,
  { account, orders }: ArrivalContext,
): Money {
  const { index, tickLotMoney } = market.instrument;
  let open = orders.openTicksLots(index, order.isBid);
  if (account.modes.marginMode === 'cross') open += orders.openTicksLots(index, !order.isBid);
  let value = growing + open * tickLotMoney;
  for (const position of account.positions)
    if (position.instrument === market.instrument) value += position.openValue;
  return money(value);
}

/**
 * Open value of the order's side once it and all resting orders of that side fill; what is still on its way the venue
 * does not know. In cross mode the venue counts the
 * long and the short of a contract together.
 */
function valueWith(
  order: WorkingOrder,
  market: InstrumentMarket,
  { account, orders }: ArrivalContext,
): Money {
  const isCross = account.modes.marginMode === 'cross';
  let value = 0n;
  for (const position of account.positions) {
    if (position.instrument !== market.instrument) continue;
    const isSameSide = position.quantity > 0 === order.isBid;
    if (isSameSide || (isCross && position.slot !== null)) value += position.openValue;
  }
  for (const other of orders.working()) {
    if (other.intent.instrument !== order.intent.instrument) continue;
    if (other !== order && other.place !== 'resting') continue;
    if (other.isBid === order.isBid || (isCross && other.intent.positionSide !== undefined))
      value += growingValue(other, market, account);
  }
  return money(value);
}

/** Whether an isolated position would stand at or below its maintenance margin as soon as the order fills. */
function wouldBeLiquidated(
  order: WorkingOrder,
  market: InstrumentMarket,
  { account, margin }: ArrivalContext,
): boolean {
  const { valuationPrice: mark, instrument } = market;
  if (mark === null || account.modes.marginMode === 'cross') return false;
  const position = account.position(order.intent.instrument, order.intent.positionSide);
  const isTurning = position.quantity !== 0 && position.quantity > 0 !== order.isBid;
  const opened = entryValue(order, market, account);
  const before = isTurning ? 0n : position.openValue;
  const quantity = growingQuantity(order, account) + (isTurning ? 0 : Math.abs(position.quantity));
  const sign = order.isBid ? 1n : -1n;
  const value = money(before + opened);
  const { leverage } = account.modes;
  const posted =
    (isTurning ? 0n : position.isolatedMargin(leverage)) + divideCeiling(opened, BigInt(leverage));
  const gain = markNotional(instrument, mark, lots(order.isBid ? quantity : -quantity)) - sign * value;
  return posted + gain <= maintenanceMargin(instrument, value, leverage, margin.terms.tierRule);
}

/** Value at which the growing part would be entered: at the best opposite price where that is better than its limit. */
function entryValue(order: WorkingOrder, market: InstrumentMarket, account: Account): Money {
  const { price } = order.intent;
  const touch = order.isBid ? market.book.bestAsk : market.book.bestBid;
  const value = growingValue(order, market, account);
  const isTaking = price !== null && touch !== NO_PRICE && (order.isBid ? touch < price : touch > price);
  return isTaking ? money((value * BigInt(touch)) / BigInt(price)) : value;
}

/** Price protection: a buy at most mark x (1 + p), a sell at least mark x (1 - p). Source: the venue's trading-pairs page. */
function checkBand(order: WorkingOrder, market: InstrumentMarket): RejectionCode | null {
  const { price } = order.intent;
  if (price === null || market.mark === null) return null;
  const { instrument } = market;
  const scaled = BigInt(price) * BigInt(instrument.tickMark) * RATE_ONE;
  const mark = BigInt(market.mark);
  if (order.isBid && scaled > mark * (RATE_ONE + BigInt(instrument.priceProtect)))
    return 'buy_price_above_band';
  if (!order.isBid && scaled < mark * (RATE_ONE - BigInt(instrument.priceProtect)))
    return 'sell_price_below_band';
  return null;
}
