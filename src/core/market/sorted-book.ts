/** The plain order book: two sorted arrays. Slow and obvious; the oracle for the ladder. */

import { type OrderBook, NO_PRICE } from './order-book.ts';

export class SortedBook implements OrderBook {
  /** [price, quantity], best first. */
  readonly #bids: [number, number][] = [];
  readonly #asks: [number, number][] = [];

  get bestBid(): number {
    return this.#bids[0]?.[0] ?? NO_PRICE;
  }

  get bestAsk(): number {
    return this.#asks[0]?.[0] ?? NO_PRICE;
  }

  clear(): void {
    this.#bids.length = 0;
    this.#asks.length = 0;
  }

  set(isBid: boolean, price: number, quantity: number): void {
    const levels = isBid ? this.#bids : this.#asks;
    const at = levels.findIndex(([other]) => (isBid ? other <= price : other >= price));
    const found = at >= 0 ? levels[at] : undefined;
    if (found !== undefined && found[0] === price) {
      if (quantity === 0) levels.splice(at, 1);
      else found[1] = quantity;
    } else if (quantity > 0) {
      levels.splice(at < 0 ? levels.length : at, 0, [price, quantity]);
    }
  }

  quantityAt(isBid: boolean, price: number): number {
    return (isBid ? this.#bids : this.#asks).find(([other]) => other === price)?.[1] ?? 0;
  }

  nextWorse(isBid: boolean, price: number): number {
    const levels = isBid ? this.#bids : this.#asks;
    return levels.find(([other]) => (isBid ? other < price : other > price))?.[0] ?? NO_PRICE;
  }

  levelCount(isBid: boolean): number {
    return (isBid ? this.#bids : this.#asks).length;
  }
}
