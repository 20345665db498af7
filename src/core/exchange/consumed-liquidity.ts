/**
 * What our own taker fills took from the displayed book, remembered while the level lasts.
 *
 * The venue's frames do not know of our fills, so a level we emptied is still displayed. It is not there for us again:
 * availability is the displayed quantity less what we took, so that newly displayed size can fill us. What we took fades
 * at the rate at which consumed levels of this market were seen to recover; while that is not measured it does not fade.
 * When the display shrinks below what we took, that much of it is forgotten, and all of it with the level. A price that has
 * left the displayed window may stand behind it unchanged, so nothing is forgotten of it but by fading.
 * Limit: the oldest of more than {@link MAX_LEVELS} prices is forgotten.
 */

import type { InstrumentMarket } from '../market/instrument-market.ts';

/** Prices remembered: more than one sweep of any recorded full book takes, because what is forgotten is there again. */
const MAX_LEVELS = 10_000;
/** Lots below which what is left of a consumption is nothing. */
const NOTHING = 0.5;

interface Consumption {
  readonly isBid: boolean;
  readonly price: number;
  taken: number;
  /** Until when it has faded. */
  atMs: number;
}

export class ConsumedLiquidity {
  readonly #levels = new Map<number, Consumption>();

  /** Lots of the displayed quantity that we already took, rounded up. */
  taken(isBid: boolean, price: number): number {
    return this.#levels.size === 0 ? 0 : Math.ceil(this.#levels.get(key(isBid, price))?.taken ?? 0);
  }

  /** Notes a fill of ours against a level. */
  take(isBid: boolean, price: number, quantity: number, nowMs: number): void {
    const level = this.#levels.get(key(isBid, price));
    if (level !== undefined) {
      level.taken += quantity;
      level.atMs = nowMs;
      return;
    }
    this.#levels.set(key(isBid, price), { isBid, price, taken: quantity, atMs: nowMs });
    if (this.#levels.size <= MAX_LEVELS) return;
    const [oldest] = this.#levels.keys();
    if (oldest !== undefined) this.#levels.delete(oldest);
  }

  /** Lets time pass and compares with the book after a new frame. `ratePerMs`: null while recovery is not measured. */
  update(market: InstrumentMarket, nowMs: number, ratePerMs: number | null): void {
    if (this.#levels.size === 0) return;
    const { book } = market;
    for (const [at, level] of this.#levels) {
      if (ratePerMs !== null) level.taken *= Math.exp(-ratePerMs * (nowMs - level.atMs));
      level.atMs = nowMs;
      if (market.shows(level.isBid, level.price))
        level.taken = Math.min(level.taken, book.quantityAt(level.isBid, level.price));
      if (level.taken < NOTHING) this.#levels.delete(at);
    }
  }

  save() {
    return [...this.#levels.values()].map((level) => ({ ...level }));
  }

  restore(levels: ReturnType<ConsumedLiquidity['save']>): void {
    this.#levels.clear();
    for (const level of levels) this.#levels.set(key(level.isBid, level.price), level);
  }
}

function key(isBid: boolean, price: number): number {
  return price * 2 + (isBid ? 1 : 0);
}
