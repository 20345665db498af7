/** The displayed book as plain levels, best first. */

import type { Lots, Ticks } from '../domain/units.ts';
import { NO_PRICE, type OrderBook } from './order-book.ts';

export interface BookLevel {
  readonly price: Ticks;
  readonly quantity: Lots;
}

export interface BookLevels {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** At most `count` levels a side. */
export function readLevels(book: OrderBook, count: number): BookLevels {
  return { bids: readSide(book, true, count), asks: readSide(book, false, count) };
}

function readSide(book: OrderBook, isBid: boolean, count: number): BookLevel[] {
  const levels: BookLevel[] = [];
  let price = isBid ? book.bestBid : book.bestAsk;
  while (price !== NO_PRICE && levels.length < count) {
    levels.push({ price: price as Ticks, quantity: book.quantityAt(isBid, price) as Lots });
    price = book.nextWorse(isBid, price);
  }
  return levels;
}
