/**
 * The public market as the reference model keeps it: plain lists of levels, the last price, the mark, and what our own
 * takers took of each price. Slow on purpose: every question is answered by looking through the list.
 */

import type { Level } from './scenario.ts';

export class ModelMarket {
  /** Levels shown now, in no order. */
  levels: Level[] = [];
  /** Lots of ours that each displayed level still hides. */
  taken: Level[] = [];
  isValid = false;
  /** Whether the book is a window (a snapshot) or everything (updates). */
  #isWindow = true;
  #worstBid = Number.POSITIVE_INFINITY;
  #worstAsk = Number.NEGATIVE_INFINITY;
  /** When the last good frame was the market. */
  goodAtMs = Number.NEGATIVE_INFINITY;
  frameExchangeMs = Number.NEGATIVE_INFINITY;
  frameSequence = 0;
  lastPrice: number | null = null;
  lastTradeMs = Number.NEGATIVE_INFINITY;
  mark: bigint | null = null;

  /** Best first. */
  side(isBid: boolean): Level[] {
    return this.levels
      .filter((level) => level.isBid === isBid)
      .toSorted((one, other) => (isBid ? other.price - one.price : one.price - other.price));
  }

  best(isBid: boolean): number | null {
    return this.side(isBid)[0]?.price ?? null;
  }

  shown(isBid: boolean, price: number): number {
    return quantityIn(this.levels, isBid, price);
  }

  /** Whether the frame says anything about this price, be it that nothing is there. */
  covers(isBid: boolean, price: number): boolean {
    if (!this.#isWindow) return true;
    return isBid ? price >= this.#worstBid : price <= this.#worstAsk;
  }

  /** Lots at a price that are still there for us. */
  free(isBid: boolean, price: number): number {
    return this.shown(isBid, price) - quantityIn(this.taken, isBid, price);
  }

  take(isBid: boolean, price: number, quantity: number): void {
    const before = quantityIn(this.taken, isBid, price);
    this.taken = withLevel(this.taken, { isBid, price, quantity: before + quantity });
  }

  replace(levels: readonly Level[]): void {
    this.levels = [...levels];
    this.#isWindow = true;
    const prices = (isBid: boolean): number[] => this.side(isBid).map(({ price }) => price);
    this.#worstBid = Math.min(...prices(true));
    this.#worstAsk = Math.max(...prices(false));
  }

  /** From the first update on, everything is shown. */
  beginUpdate(): void {
    this.#isWindow = false;
  }

  change(level: Level): void {
    this.levels = withLevel(this.levels, level);
  }

  /** After a whole frame: is it a market, and what of ours does it no longer hide. */
  finishFrame(nowMs: number, exchangeMs: number | null, sequence: number, staleMs: number): void {
    const bid = this.best(true);
    const ask = this.best(false);
    const isGood = bid !== null && ask !== null && bid < ask;
    this.frameSequence = sequence;
    this.frameExchangeMs = exchangeMs ?? -1;
    const shownMs = exchangeMs === null ? nowMs : Math.min(nowMs, exchangeMs);
    if (isGood) this.goodAtMs = shownMs;
    this.isValid = isGood && nowMs - shownMs <= staleMs;
    this.taken = this.taken
      .map((level) =>
        this.covers(level.isBid, level.price)
          ? { ...level, quantity: Math.min(level.quantity, this.shown(level.isBid, level.price)) }
          : level,
      )
      .filter(({ quantity }) => quantity > 0);
  }

  /** Best bid plus best ask: twice the mid; null without a good book. */
  twiceMid(): number | null {
    const bid = this.best(true);
    const ask = this.best(false);
    return this.isValid && bid !== null && ask !== null ? bid + ask : null;
  }
}

function quantityIn(levels: readonly Level[], isBid: boolean, price: number): number {
  return levels.find((level) => level.isBid === isBid && level.price === price)?.quantity ?? 0;
}

function withLevel(levels: readonly Level[], level: Level): Level[] {
  const others = levels.filter((other) => other.isBid !== level.isBid || other.price !== level.price);
  return level.quantity > 0 ? [...others, level] : others;
}
