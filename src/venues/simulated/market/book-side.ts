/**
 * One side of the venue's own order book: the quantity resting at each price, best price first by rank.
 *
 * Invariant: prices are unique and sorted, no level is empty. Changes near the best price are cheap (the best level lies
 * at the end of the arrays); a change `n` levels away from it moves `n` entries.
 */

import { assert } from '../../../core/base/assert.ts';

export class BookSide {
  readonly isBid: boolean;
  /** Worst price first, so that the touch is at the end. */
  readonly #ticks: number[] = [];
  readonly #lots: number[] = [];

  constructor(isBid: boolean) {
    this.isBid = isBid;
  }

  /** Number of price levels. */
  get size(): number {
    return this.#ticks.length;
  }

  /** Price of the level `rank` places behind the best one (0 = best); null beyond the last level. */
  ticksAt(rank: number): number | null {
    return this.#ticks[this.#ticks.length - 1 - rank] ?? null;
  }

  /** Quantity of the level `rank` places behind the best one; 0 beyond the last level. */
  lotsAt(rank: number): number {
    return this.#lots[this.#lots.length - 1 - rank] ?? 0;
  }

  /** Best price; null on an empty side. */
  best(): number | null {
    return this.ticksAt(0);
  }

  /** Worst price; null on an empty side. */
  worst(): number | null {
    return this.#ticks[0] ?? null;
  }

  /** Quantity at a price; 0 where nothing rests. */
  lotsAtPrice(ticks: number): number {
    const index = this.#indexOf(ticks);
    return this.#ticks[index] === ticks ? (this.#lots[index] ?? 0) : 0;
  }

  /** Sets the quantity at a price; 0 removes the level. */
  set(ticks: number, lots: number): void {
    const index = this.#indexOf(ticks);
    if (this.#ticks[index] === ticks) {
      if (lots > 0) this.#lots[index] = lots;
      else this.#remove(index);
    } else if (lots > 0) {
      if (index === this.#ticks.length) {
        this.#ticks.push(ticks);
        this.#lots.push(lots);
      } else {
        this.#ticks.splice(index, 0, ticks);
        this.#lots.splice(index, 0, lots);
      }
    }
  }

  /** Sets the quantity of the level at `rank`; 0 removes the level. */
  setAt(rank: number, lots: number): void {
    const index = this.#ticks.length - 1 - rank;
    assert(index >= 0, 'a book level that does not exist was changed');
    if (lots > 0) this.#lots[index] = lots;
    else this.#remove(index);
  }

  /** Drops the levels behind the best `keep` ones. */
  trim(keep: number): void {
    const excess = this.#ticks.length - keep;
    if (excess <= 0) return;
    this.#ticks.splice(0, excess);
    this.#lots.splice(0, excess);
  }

  /** Adds a level behind all others; `ticks` must be worse than the worst price. */
  extend(ticks: readonly number[], lots: readonly number[]): void {
    this.#ticks.unshift(...ticks.toReversed());
    this.#lots.unshift(...lots.toReversed());
  }

  clear(): void {
    this.#ticks.length = 0;
    this.#lots.length = 0;
  }

  #remove(index: number): void {
    if (index === this.#ticks.length - 1) {
      this.#ticks.pop();
      this.#lots.pop();
    } else {
      this.#ticks.splice(index, 1);
      this.#lots.splice(index, 1);
    }
  }

  /** Index of the price, or where it would have to be inserted. */
  #indexOf(ticks: number): number {
    let low = 0;
    let high = this.#ticks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#ticks[middle] ?? 0;
      const isWorse = this.isBid ? at < ticks : at > ticks;
      if (isWorse) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
