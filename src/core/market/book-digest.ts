/**
 * Digest of a book's best levels, so that a receipt names the book it rests on and a replay can show the same one.
 *
 * Covers the best {@link DIGEST_LEVELS} levels a side, price and displayed quantity, best first, bids before asks.
 */

import { StateHash } from '../base/state-hash.ts';
import { type OrderBook, NO_PRICE } from './order-book.ts';

/** The venue's live window. */
const DIGEST_LEVELS = 15;

/** Sixteen hex digits. */
export function digestOf(book: OrderBook): string {
  const hash = new StateHash();
  for (const isBid of [true, false]) {
    let price = isBid ? book.bestBid : book.bestAsk;
    for (let level = 0; level < DIGEST_LEVELS && price !== NO_PRICE; level++) {
      hash.addNumber(price);
      hash.addNumber(book.quantityAt(isBid, price));
      price = book.nextWorse(isBid, price);
    }
  }
  return hash.digest();
}
