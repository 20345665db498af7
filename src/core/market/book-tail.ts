/**
 * The levels of the last full book of one instrument, best first: an estimate of what lies behind the displayed window.
 *
 * Invariant: on each side prices go strictly away from the touch. Limit: the nearest {@link MAX_TAIL_LEVELS} of a side.
 */

import { assert } from '../base/assert.ts';
import { MAX_TAIL_LEVELS } from '../domain/event-block.ts';
import { NO_PRICE } from './order-book.ts';

class TailSide {
  readonly price = new Float64Array(MAX_TAIL_LEVELS);
  readonly quantity = new Float64Array(MAX_TAIL_LEVELS);
  count = 0;
  sum = 0;

  save() {
    const { count } = this;
    return {
      price: [...this.price.subarray(0, count)],
      quantity: [...this.quantity.subarray(0, count)],
      sum: this.sum,
    };
  }

  restore({ price, quantity, sum }: ReturnType<TailSide['save']>): void {
    this.price.set(price);
    this.quantity.set(quantity);
    this.count = price.length;
    this.sum = sum;
  }
}

export class BookTail {
  readonly #bids = new TailSide();
  readonly #asks = new TailSide();
  /** When it was the market, engine time; -Infinity before the first. */
  timeMs = Number.NEGATIVE_INFINITY;
  /** Sequence number of the event that brought it. */
  sequence = 0;

  /** Empties the tail for a new one. */
  begin(timeMs: number, sequence: number): void {
    this.timeMs = timeMs;
    this.sequence = sequence;
    for (const side of [this.#bids, this.#asks]) {
      side.count = 0;
      side.sum = 0;
    }
  }

  add(isBid: boolean, price: number, quantity: number): void {
    const side = isBid ? this.#bids : this.#asks;
    assert(side.count < MAX_TAIL_LEVELS, `a tail has more than ${MAX_TAIL_LEVELS} levels`);
    const previous = side.count === 0 ? price : (side.price[side.count - 1] ?? price);
    const isOrdered = side.count === 0 || (isBid ? price < previous : price > previous);
    assert(isOrdered && quantity > 0, 'the levels of a tail are in order and hold something');
    side.price[side.count] = price;
    side.quantity[side.count] = quantity;
    side.count++;
    side.sum += quantity;
  }

  /** Lots at a price; 0 where there is no level. */
  quantityAt(isBid: boolean, price: number): number {
    const side = isBid ? this.#bids : this.#asks;
    const at = firstAtOrBehind(side, isBid, price);
    return side.price[at] === price && at < side.count ? (side.quantity[at] ?? 0) : 0;
  }

  /** The next level strictly behind `price`, or {@link NO_PRICE}. */
  nextWorse(isBid: boolean, price: number): number {
    const side = isBid ? this.#bids : this.#asks;
    const at = firstAtOrBehind(side, isBid, isBid ? price - 1 : price + 1);
    return at < side.count ? (side.price[at] ?? NO_PRICE) : NO_PRICE;
  }

  /** Mean lots of a level of the side, rounded up; null for a side without levels. */
  meanQuantity(isBid: boolean): number | null {
    const side = isBid ? this.#bids : this.#asks;
    return side.count === 0 ? null : Math.ceil(side.sum / side.count);
  }

  /** Whether `price` lies within the levels held. */
  reaches(isBid: boolean, price: number): boolean {
    const side = isBid ? this.#bids : this.#asks;
    const worst = side.count === 0 ? Number.NaN : (side.price[side.count - 1] ?? Number.NaN);
    return isBid ? price >= worst : price <= worst;
  }

  save() {
    const { timeMs, sequence } = this;
    return { timeMs, sequence, bids: this.#bids.save(), asks: this.#asks.save() };
  }

  restore(state: ReturnType<BookTail['save']>): void {
    this.timeMs = state.timeMs;
    this.sequence = state.sequence;
    this.#bids.restore(state.bids);
    this.#asks.restore(state.asks);
  }
}

/** Index of the first level at `price` or behind it; `count` where there is none. */
function firstAtOrBehind(side: TailSide, isBid: boolean, price: number): number {
  let low = 0;
  let high = side.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const level = side.price[middle] ?? 0;
    if (isBid ? level > price : level < price) low = middle + 1;
    else high = middle;
  }
  return low;
}
