/**
 * Digest of a book's best levels, so that a receipt names the book it rests on and a replay can show the same one.
 *
 * Covers the best {@link DIGEST_LEVELS} levels a side, price and displayed quantity, best first, bids before asks. Worked
 * out at most once a frame and only when something fills.
 */

import { StateHash } from '../base/state-hash.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';

/** The venue's live window. */
const DIGEST_LEVELS = 15;

export class BookDigest {
  #sequence = -1;
  #text = '';

  /** Sixteen hex digits; the same for every fill on one frame. */
  of(market: InstrumentMarket): string {
    if (market.bookSequence === this.#sequence) return this.#text;
    const hash = new StateHash();
    for (const isBid of [true, false]) {
      let price = isBid ? market.book.bestBid : market.book.bestAsk;
      for (let level = 0; level < DIGEST_LEVELS && price !== NO_PRICE; level++) {
        hash.addNumber(price);
        hash.addNumber(market.book.quantityAt(isBid, price));
        price = market.book.nextWorse(isBid, price);
      }
    }
    this.#sequence = market.bookSequence;
    this.#text = hash.digest();
    return this.#text;
  }
}
