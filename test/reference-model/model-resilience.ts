/**
 * How fast what trades took from the touch comes back, measured as docs/fill-model.md says; shares no code with the product.
 *
 * Eight levels at most are watched at a time, each in a place of its own; a new one takes the last place that is free, and
 * places are gone through from the first on.
 */

import type { ModelMarket } from './model-market.ts';

const PLACES = 8;
const WATCHED_MS = 10_000;
const BREAK_MS = 2_000;
const ENOUGH = 20;
const FADING = 0.99;
const FASTEST_PER_MS = 0.001;

interface Touch {
  price: number | null;
  shown: number;
  /** Lots printed there since the last frame, and in the gap before it. */
  printed: number;
  printedBefore: number;
}

interface Watched {
  readonly isBid: boolean;
  readonly price: number;
  /** What it shows when all is back, and what was taken of it. */
  readonly whole: number;
  readonly taken: number;
  readonly sinceMs: number;
  /** Share of what was taken that is not back yet. */
  missing: number;
}

const newTouch = (): Touch => ({ price: null, shown: 0, printed: 0, printedBefore: 0 });

export class ModelResilience {
  readonly #touches = { bid: newTouch(), ask: newTouch() };
  readonly #places: (Watched | null)[] = Array.from({ length: PLACES }, () => null);
  #frameMs = Number.NEGATIVE_INFINITY;
  #over = 0;
  #cameBack = 0;
  #missed = 0;

  /** Share of what is missing that comes back in one ms; null before enough was seen. */
  ratePerMs(): number | null {
    if (this.#over < ENOUGH || this.#missed === 0) return null;
    const rate = this.#cameBack / this.#missed;
    return rate < 0 ? 0 : rate > FASTEST_PER_MS ? FASTEST_PER_MS : rate;
  }

  print(takerBuys: boolean, price: number, quantity: number): void {
    const touch = takerBuys ? this.#touches.ask : this.#touches.bid;
    if (touch.price === price) touch.printed += quantity;
  }

  /** After a frame was judged. */
  frame(market: ModelMarket, nowMs: number): void {
    const passedMs = nowMs - this.#frameMs;
    this.#frameMs = nowMs;
    const isWhole = market.isValid && passedMs <= BREAK_MS;
    for (const [place, watched] of this.#places.entries()) {
      if (watched !== null && this.#isOver(watched, market, nowMs, isWhole ? passedMs : null)) {
        this.#places[place] = null;
        this.#over++;
        this.#cameBack *= FADING;
        this.#missed *= FADING;
      }
    }
    for (const isBid of [true, false]) {
      const touch = isBid ? this.#touches.bid : this.#touches.ask;
      if (isWhole) this.#watch(touch, isBid, market, nowMs);
      const best = market.best(isBid);
      touch.printedBefore = best === touch.price ? touch.printed : 0;
      touch.printed = 0;
      touch.price = best;
      touch.shown = best === null ? 0 : market.shown(isBid, best);
    }
  }

  /** Counts what a frame says of a watched level; whether that was the last of it. `passedMs` null: the data broke. */
  #isOver(watched: Watched, market: ModelMarket, nowMs: number, passedMs: number | null): boolean {
    const { isBid, price } = watched;
    const opposite = market.best(!isBid);
    if (passedMs === null || opposite === null || !market.covers(isBid, price)) return true;
    if (isBid ? opposite <= price : opposite >= price) return true;
    const missing = Math.max(0, (watched.whole - market.shown(isBid, price)) / watched.taken);
    this.#missed += watched.missing * passedMs;
    this.#cameBack += watched.missing - missing;
    watched.missing = missing;
    return missing === 0 || nowMs - watched.sinceMs >= WATCHED_MS;
  }

  /** Whether trades took a quarter or more of the touch: then its way back is watched. */
  #watch(touch: Touch, isBid: boolean, market: ModelMarket, nowMs: number): void {
    const { price } = touch;
    const printed = touch.printed + touch.printedBefore;
    if (price === null || printed === 0 || !market.covers(isBid, price)) return;
    const shown = market.shown(isBid, price);
    const lost = touch.shown - shown;
    if (4 * lost < touch.shown) return;
    if (this.#places.some((watched) => watched?.isBid === isBid && watched.price === price)) return;
    const place = this.#places.lastIndexOf(null);
    if (place < 0) return;
    const taken = Math.min(lost, printed);
    this.#places[place] = { isBid, price, whole: shown + taken, taken, sinceMs: nowMs, missing: 1 };
  }
}
