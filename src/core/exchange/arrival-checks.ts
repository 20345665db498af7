/** What the exchange checks when an order arrives, in its order of precedence: size, price band, reduce-only, tier, balance. */

import { RATE_ONE } from '../domain/units.ts';
import { notional } from '../domain/instrument.ts';
import type { RejectionCode } from '../domain/reasons.ts';
import { type Money, lots, ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { availableMoney, tierLimit } from './margin.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import type { WorkingOrder } from './working-order.ts';

/** Returns why the exchange refuses the order, or null. `reserved` includes the order's own reserve. */
export function checkArrival(
  order: WorkingOrder,
  market: InstrumentMarket,
  account: Account,
  reserved: Money,
  settings: PaperExchangeSettings,
): RejectionCode | null {
  const { intent } = order;
  const { instrument } = market;
  if (intent.quantity < instrument.minQuantity) return 'quantity_below_minimum';
  const maximum = intent.price === null ? instrument.maxMarketQuantity : instrument.maxLimitQuantity;
  if (intent.quantity > maximum) return 'quantity_above_maximum';
  // Price and book matter when a conditional order fires, not when it begins to wait.
  const band = order.isConditional ? null : checkBand(order, market);
  if (band !== null) return band;
  const held = account.position(intent.instrument).quantity;
  if (intent.reduceOnly) {
    if (held === 0) return 'reduce_only_without_position';
    if (held > 0 === order.isBid) return 'reduce_only_same_direction';
  }
  const opposite = order.isBid ? market.book.bestAsk : market.book.bestBid;
  const hasPrice =
    settings.fillModel === 'parametric'
      ? market.lastPriceOrMid !== null
      : market.isBookValid && (intent.price !== null || opposite !== NO_PRICE);
  if (!hasPrice && !order.isConditional) return 'no_market';
  if (intent.reduceOnly) return null;
  const after = Math.abs(held + (order.isBid ? intent.quantity : -intent.quantity));
  if (after > Math.abs(held)) {
    const limit = tierLimit(instrument, settings.leverage);
    const price = intent.price ?? ticks(opposite === NO_PRICE ? Math.max(market.lastPrice, 0) : opposite);
    if (limit !== null && notional(instrument, price, lots(after)) > limit) return 'tier_limit_exceeded';
  }
  if (order.reserved > 0n && availableMoney(account, reserved, settings.marginMode) < 0n)
    return 'insufficient_balance';
  return null;
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
