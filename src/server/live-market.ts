/**
 * Shows the engine's markets and orders in the protocol's names, as of the last whole block.
 *
 * What the engine does not know is null. Nothing here changes anything.
 */

import { formatMarkPrice, formatPrice, formatQuantity, formatRate } from '../core/domain/instrument.ts';
import { lots, ticks } from '../core/domain/units.ts';
import type { EngineView } from '../core/engine/engine-parts.ts';
import type { WorkingOrder } from '../core/exchange/working-order.ts';
import type { InstrumentMarket } from '../core/market/instrument-market.ts';
import { NO_PRICE } from '../core/market/order-book.ts';
import type { Book, Candle, Level, Market } from '../protocol/rows.ts';

/** `timeMs`: what *now* is for the engine. */
export function describeMarket(market: InstrumentMarket, timeMs: number): Market {
  const { instrument, lastPrice, mark, index, nextSettlementMs, settledRate } = market;
  return {
    symbol: instrument.symbol,
    time_ms: timeMs,
    last_price: lastPrice === NO_PRICE ? null : formatPrice(instrument, ticks(lastPrice)),
    mark_price: mark === null ? null : formatMarkPrice(mark),
    index_price: index === null ? null : formatMarkPrice(index),
    // The venue's forecast for the next settlement is not part of the engine's inputs; its last word on a past one is.
    funding_rate: settledRate === null ? null : formatRate(settledRate),
    next_funding_time_ms: nextSettlementMs,
  };
}

/** The best `levels` of both sides; null before the first frame. */
export function describeBook(market: InstrumentMarket, levels: number): Book | null {
  if (market.bookTimeMs === Number.NEGATIVE_INFINITY) return null;
  return {
    symbol: market.instrument.symbol,
    time_ms: market.bookTimeMs,
    is_valid: market.isBookValid,
    bids: describeSide(market, true, levels),
    asks: describeSide(market, false, levels),
  };
}

function describeSide({ book, instrument }: InstrumentMarket, isBid: boolean, levels: number): Level[] {
  const side: Level[] = [];
  let price = isBid ? book.bestBid : book.bestAsk;
  while (price !== NO_PRICE && side.length < levels) {
    side.push([
      formatPrice(instrument, ticks(price)),
      formatQuantity(instrument, lots(book.quantityAt(isBid, price))),
    ]);
    price = book.nextWorse(isBid, price);
  }
  return side;
}

/** The newest closed bars, oldest first. */
export function describeBars(market: InstrumentMarket, limit: number): Candle[] {
  const { bars, instrument } = market;
  const candles: Candle[] = [];
  for (let back = Math.min(limit, bars.length) - 1; back >= 0; back--) {
    candles.push({
      symbol: instrument.symbol,
      open_time_ms: bars.openTimeMs(back),
      open: formatPrice(instrument, ticks(bars.open(back))),
      high: formatPrice(instrument, ticks(bars.high(back))),
      low: formatPrice(instrument, ticks(bars.low(back))),
      close: formatPrice(instrument, ticks(bars.close(back))),
      volume: formatQuantity(instrument, lots(bars.volume(back))),
      is_closed: true,
    });
  }
  return candles;
}

/** Displayed quantity before a working order at its price; null where it does not rest in the book. */
export function queueAheadOf(
  { intent, place, queueAhead }: WorkingOrder,
  { markets }: EngineView,
): string | null {
  const instrument = markets[intent.instrument]?.instrument;
  return instrument !== undefined && place === 'resting' && Number.isFinite(queueAhead)
    ? formatQuantity(instrument, lots(queueAhead))
    : null;
}
