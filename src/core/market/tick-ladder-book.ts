/**
 * The fast order book: a window of ticks indexed by price, with a three-level bitmap to find the next level.
 *
 * Invariant: a level lies in the window when its price does, else in the `far` map of its side; the best price of a
 * side that has any level in the window is in the window. The window is moved when the touch leaves its inner half.
 * Levels are set in O(1); the next level is found by at most three bitmap words a step.
 */

import { assert } from '../base/assert.ts';
import { type OrderBook, NO_PRICE } from './order-book.ts';

/** Ticks in the window: 32^3 words of bitmap above it make one root word per 32,768 ticks. */
const WINDOW = 131_072;
const LEAF_WORDS = WINDOW / 32;
const BRANCH_WORDS = LEAF_WORDS / 32;

/** One side's levels inside the window. */
class LadderSide {
  readonly quantity = new Float64Array(WINDOW);
  readonly leaf = new Int32Array(LEAF_WORDS);
  readonly branch = new Int32Array(BRANCH_WORDS);
  readonly far = new Map<number, number>();
  count = 0;

  insert(slot: number): void {
    this.leaf[slot >> 5] = (this.leaf[slot >> 5] ?? 0) | (1 << (slot & 31));
    this.branch[slot >> 10] = (this.branch[slot >> 10] ?? 0) | (1 << ((slot >> 5) & 31));
    this.count++;
  }

  remove(slot: number): void {
    const word = (this.leaf[slot >> 5] ?? 0) & ~(1 << (slot & 31));
    this.leaf[slot >> 5] = word;
    if (word === 0) this.branch[slot >> 10] = (this.branch[slot >> 10] ?? 0) & ~(1 << ((slot >> 5) & 31));
    this.count--;
  }

  /** Lowest used slot >= from, or -1. */
  above(from: number): number {
    if (from >= WINDOW) return -1;
    let word = from >> 5;
    let bits = (this.leaf[word] ?? 0) & (-1 << (from & 31));
    if (bits !== 0) return (word << 5) + lowestBit(bits);
    word++;
    if (word >= LEAF_WORDS) return -1;
    let branch = word >> 5;
    bits = (this.branch[branch] ?? 0) & (-1 << (word & 31));
    while (bits === 0) {
      if (++branch >= BRANCH_WORDS) return -1;
      bits = this.branch[branch] ?? 0;
    }
    word = (branch << 5) + lowestBit(bits);
    return (word << 5) + lowestBit(this.leaf[word] ?? 0);
  }

  /** Highest used slot <= from, or -1. */
  below(from: number): number {
    if (from < 0) return -1;
    let word = from >> 5;
    let bits = (this.leaf[word] ?? 0) & (-1 >>> (31 - (from & 31)));
    if (bits !== 0) return (word << 5) + highestBit(bits);
    word--;
    if (word < 0) return -1;
    let branch = word >> 5;
    bits = (this.branch[branch] ?? 0) & (-1 >>> (31 - (word & 31)));
    while (bits === 0) {
      if (--branch < 0) return -1;
      bits = this.branch[branch] ?? 0;
    }
    word = (branch << 5) + highestBit(bits);
    return (word << 5) + highestBit(this.leaf[word] ?? 0);
  }

  clear(): void {
    for (let slot = this.above(0); slot >= 0; slot = this.above(slot + 1)) {
      this.quantity[slot] = 0;
      this.remove(slot);
    }
    this.far.clear();
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

/** Stands for both sides of every book that never had a level, a megabyte each: a session of candles has none. */
const NO_LEVELS = new LadderSide();

export class TickLadderBook implements OrderBook {
  #bids = NO_LEVELS;
  #asks = NO_LEVELS;
  /** Price of slot 0. */
  #base = 0;
  #isPlaced = false;
  bestBid = NO_PRICE;
  bestAsk = NO_PRICE;

  clear(): void {
    if (!this.#isPlaced) return;
    this.#bids.clear();
    this.#asks.clear();
    this.bestBid = NO_PRICE;
    this.bestAsk = NO_PRICE;
  }

  set(isBid: boolean, price: number, quantity: number): void {
    if (!this.#isPlaced) this.#place(price);
    const side = isBid ? this.#bids : this.#asks;
    const slot = price - this.#base;
    if (slot < 0 || slot >= WINDOW) {
      this.#setFar(isBid, side, price, quantity);
      return;
    }
    const before = side.quantity[slot] ?? 0;
    side.quantity[slot] = quantity;
    if (quantity > 0) {
      if (before === 0) {
        side.insert(slot);
        if (isBid ? price > this.bestBid : this.bestAsk === NO_PRICE || price < this.bestAsk)
          this.#setBest(isBid, price);
      }
    } else if (before > 0) {
      side.remove(slot);
      if (price === (isBid ? this.bestBid : this.bestAsk)) this.#setBest(isBid, this.nextWorse(isBid, price));
    }
  }

  quantityAt(isBid: boolean, price: number): number {
    const side = isBid ? this.#bids : this.#asks;
    const slot = price - this.#base;
    if (slot >= 0 && slot < WINDOW) return side.quantity[slot] ?? 0;
    return side.far.size === 0 ? 0 : (side.far.get(price) ?? 0);
  }

  /** Whether a level stands at the price: one bit, where {@link quantityAt} reads a word of a far larger table. */
  has(isBid: boolean, price: number): boolean {
    const side = isBid ? this.#bids : this.#asks;
    const slot = price - this.#base;
    if (slot >= 0 && slot < WINDOW) return ((side.leaf[slot >> 5] ?? 0) & (1 << (slot & 31))) !== 0;
    return side.far.has(price);
  }

  nextWorse(isBid: boolean, price: number): number {
    const side = isBid ? this.#bids : this.#asks;
    const from = price - this.#base;
    const slot = isBid ? side.below(Math.min(from - 1, WINDOW - 1)) : side.above(Math.max(from + 1, 0));
    const found = slot < 0 ? NO_PRICE : slot + this.#base;
    // Far levels lie outside of the window: none of them can come between two prices inside.
    const isInside = slot >= 0 && from >= 0 && from < WINDOW;
    return isInside || side.far.size === 0 ? found : nearestFar(side.far, isBid, price, found);
  }

  levelCount(isBid: boolean): number {
    const side = isBid ? this.#bids : this.#asks;
    return side.count + side.far.size;
  }

  #setBest(isBid: boolean, price: number): void {
    if (isBid) this.bestBid = price;
    else this.bestAsk = price;
    const slot = price - this.#base;
    if (
      price !== NO_PRICE &&
      (slot < WINDOW / 4 || slot >= (WINDOW / 4) * 3) &&
      this.#base + slot > WINDOW / 4
    ) {
      this.#recentre(price);
    }
  }

  #setFar(isBid: boolean, side: LadderSide, price: number, quantity: number): void {
    assert(price >= 0, 'a price lies below zero');
    const best = isBid ? this.bestBid : this.bestAsk;
    if (quantity > 0) {
      side.far.set(price, quantity);
      if (best === NO_PRICE || (isBid ? price > best : price < best)) this.#setBest(isBid, price);
    } else if (side.far.delete(price) && price === best) {
      this.#setBest(isBid, this.nextWorse(isBid, price));
    }
  }

  #place(price: number): void {
    this.#base = Math.max(0, price - WINDOW / 2);
    this.#bids = new LadderSide();
    this.#asks = new LadderSide();
    this.#isPlaced = true;
  }

  /** Moves the window so that `price` lies in its middle, carrying every level over. */
  #recentre(price: number): void {
    const oldBase = this.#base;
    const newBase = Math.max(0, price - WINDOW / 2);
    if (newBase === oldBase) return;
    for (const side of [this.#bids, this.#asks]) {
      const levels: [number, number][] = [...side.far];
      for (let slot = side.above(0); slot >= 0; slot = side.above(slot + 1)) {
        levels.push([slot + oldBase, side.quantity[slot] ?? 0]);
      }
      side.clear();
      for (const [level, quantity] of levels) {
        const slot = level - newBase;
        if (slot >= 0 && slot < WINDOW) {
          side.quantity[slot] = quantity;
          side.insert(slot);
        } else {
          side.far.set(level, quantity);
        }
      }
    }
    this.#base = newBase;
  }

  /** The levels a side, best first: prices and their quantities in turn. Where its window stands decides nothing. */
  save() {
    return { bids: this.#levels(true), asks: this.#levels(false) };
  }

  restore(state: ReturnType<TickLadderBook['save']>): void {
    this.clear();
    for (const [isBid, levels] of [[true, state.bids] as const, [false, state.asks] as const]) {
      for (let at = 0; at < levels.length; at += 2) this.set(isBid, levels[at] ?? 0, levels[at + 1] ?? 0);
    }
  }

  #levels(isBid: boolean): number[] {
    const levels: number[] = [];
    let price = isBid ? this.bestBid : this.bestAsk;
    for (; price !== NO_PRICE; price = this.nextWorse(isBid, price))
      levels.push(price, this.quantityAt(isBid, price));
    return levels;
  }
}

function nearestFar(
  far: ReadonlyMap<number, number>,
  isBid: boolean,
  price: number,
  inWindow: number,
): number {
  let best = inWindow;
  for (const level of far.keys()) {
    if (isBid ? level < price && level > best : level > price && (best === NO_PRICE || level < best))
      best = level;
  }
  return best;
}
