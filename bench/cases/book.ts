/**
 * The tick ladder against a book of two Maps that looks for the best price anew when it is deleted, on the recorded levels.
 *
 * The touch after every frame goes into the check, so both must agree on each of them.
 */

import { EventKind, FLAG_BUY, FLAG_LAST } from '../../src/core/domain/event-block.ts';
import { NO_PRICE } from '../../src/core/market/order-book.ts';
import { TickLadderBook } from '../../src/core/market/tick-ladder-book.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { loadTile } from '../harness/recorded-tiles.ts';

/** What both books are asked for. */
interface Book {
  readonly bestBid: number;
  readonly bestAsk: number;
  clear(): void;
  set(isBid: boolean, price: number, quantity: number): void;
}

class MapBook implements Book {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  bestBid = NO_PRICE;
  bestAsk = NO_PRICE;

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.bestBid = NO_PRICE;
    this.bestAsk = NO_PRICE;
  }

  set(isBid: boolean, price: number, quantity: number): void {
    const side = isBid ? this.#bids : this.#asks;
    if (quantity === 0) {
      side.delete(price);
      if (isBid && price === this.bestBid) this.bestBid = highest(side);
      if (!isBid && price === this.bestAsk) this.bestAsk = lowest(side);
      return;
    }
    side.set(price, quantity);
    if (isBid) this.bestBid = Math.max(this.bestBid, price);
    else if (this.bestAsk === NO_PRICE || price < this.bestAsk) this.bestAsk = price;
  }
}

function highest(side: ReadonlyMap<number, number>): number {
  let best = NO_PRICE;
  for (const price of side.keys()) if (price > best) best = price;
  return best;
}

function lowest(side: ReadonlyMap<number, number>): number {
  let best = NO_PRICE;
  for (const price of side.keys()) if (best === NO_PRICE || price < best) best = price;
  return best;
}

/** Level updates in columns; a frame is a run of them. */
interface Updates {
  readonly flags: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  /** Index after the last update of each frame. */
  readonly frameEnds: readonly number[];
}

async function readUpdates(): Promise<Updates> {
  const { blocks, rows } = await loadTile();
  const flags = new Uint8Array(rows);
  const price = new Int32Array(rows);
  const quantity = new Float64Array(rows);
  const frameEnds: number[] = [];
  let at = 0;
  for (const block of blocks) {
    for (let row = 0; row < block.length; row++) {
      if (block.kind[row] !== EventKind.level) continue;
      flags[at] = block.flags[row] ?? 0;
      price[at] = block.price[row] ?? 0;
      quantity[at] = block.quantity[row] ?? 0;
      at++;
      if (((block.flags[row] ?? 0) & FLAG_LAST) !== 0) frameEnds.push(at);
    }
  }
  return { flags, price, quantity, frameEnds };
}

function applyFrame(book: Book, { flags, price, quantity }: Updates, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    book.set(((flags[row] ?? 0) & FLAG_BUY) !== 0, price[row] ?? 0, quantity[row] ?? 0);
  }
}

async function measureBook(create: () => Book): Promise<Sample> {
  const updates = await readUpdates();
  const book = create();
  return measureRounds({
    units: updates.frameEnds.at(-1) ?? 0,
    run: () => {
      book.clear();
      let from = 0;
      let sum = 0;
      for (const to of updates.frameEnds) {
        applyFrame(book, updates, from, to);
        from = to;
        sum = (sum * 31 + book.bestBid * 3 + book.bestAsk) % 1_000_000_007;
      }
      return `${updates.frameEnds.length} frames, touch ${book.bestBid} ${book.bestAsk}, sum ${sum}`;
    },
  });
}

export const bookCase: BenchCase = {
  name: 'book',
  title: 'recorded level updates into an order book: tick ladder against Map with rescan',
  needsData: true,
  variants: [
    { name: 'ladder', unit: 'levels', measure: () => measureBook(() => new TickLadderBook()) },
    { name: 'map', unit: 'levels', measure: () => measureBook(() => new MapBook()) },
  ],
  sameWork: [['ladder', 'map']],
  conclusions: [
    {
      kind: 'ratio',
      label: 'ladder / map',
      numerator: 'ladder',
      denominator: 'map',
      goal: { atLeast: 5 },
    },
  ],
};
