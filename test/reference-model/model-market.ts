/**
 * The public market as the reference model keeps it: plain lists of levels, the last price, the mark, and what our own
 * takers took of each price. Slow on purpose: every question is answered by looking through the list.
 */

import { ModelResilience } from './model-resilience.ts';
import type { Level } from './scenario.ts';

/** Lots of ours that a level hides, and until when they have faded. */
interface Taken extends Level {
  readonly atMs: number;
}

/** A full book that was fetched. */
interface Tail {
  readonly levels: readonly Level[];
  readonly atMs: number;
  readonly sequence: number;
}

/** A level that a taker can meet. */
export interface Reachable {
  readonly price: number;
  readonly isExtrapolated: boolean;
  /** The event that tells of it. */
  readonly evidence: number;
}

/** Less of ours than this hides nothing any more. */
const HARDLY_ANYTHING = 0.5;

export class ModelMarket {
  /** Levels shown now, in no order. */
  levels: Level[] = [];
  /** What of ours each price still hides. */
  taken: Taken[] = [];
  /** What the last full book showed; null before the first. */
  tail: Tail | null = null;
  readonly resilience = new ModelResilience();
  /** Whether time has given back anything that we took. */
  hasFaded = false;
  readonly #tailAgeMs: number;
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

  /** `tailAgeMs`: an older full book tells nothing. */
  constructor(tailAgeMs: number) {
    this.#tailAgeMs = tailAgeMs;
  }

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

  /**
   * What a taker within its limit meets, best first: nothing unless the touch is marketable; behind the window, what the
   * last full book shows there.
   */
  reach(isBid: boolean, limit: number | null, nowMs: number): Reachable[] {
    const isWithin = ({ price }: Level): boolean =>
      limit === null || (isBid ? price >= limit : price <= limit);
    const shown = this.side(isBid).filter(isWithin);
    if (shown.length === 0) return [];
    const behind = this.#youngTail(nowMs).filter(
      (level) => level.isBid === isBid && !this.covers(isBid, level.price) && isWithin(level),
    );
    const sequence = this.tail?.sequence ?? 0;
    return [
      ...shown.map(({ price }) => ({ price, isExtrapolated: false, evidence: this.frameSequence })),
      ...behind.map(({ price }) => ({ price, isExtrapolated: true, evidence: sequence })),
    ];
  }

  /** Lots that stand before a new order behind the window; null where nobody knows. */
  tailQueue(isBid: boolean, price: number, nowMs: number): number | null {
    const side = this.#youngTail(nowMs).filter((level) => level.isBid === isBid);
    const isReached = side.some((level) => (isBid ? level.price <= price : level.price >= price));
    if (!isReached) return null;
    const mean = side.reduce((sum, { quantity }) => sum + quantity, 0) / side.length;
    return Math.max(quantityIn(side, isBid, price), Math.ceil(mean));
  }

  #youngTail(nowMs: number): readonly Level[] {
    return this.tail === null || nowMs - this.tail.atMs > this.#tailAgeMs ? [] : this.tail.levels;
  }

  /** Lots at a price that are still there for us. */
  free(isBid: boolean, price: number): number {
    const levels = this.covers(isBid, price) ? this.levels : (this.tail?.levels ?? []);
    return quantityIn(levels, isBid, price) - Math.ceil(quantityIn(this.taken, isBid, price));
  }

  /** What is taken again fades from now on, with what was taken before. */
  take(isBid: boolean, price: number, quantity: number, atMs: number): void {
    const before = quantityIn(this.taken, isBid, price);
    const others = this.taken.filter((level) => level.isBid !== isBid || level.price !== price);
    this.taken = [...others, { isBid, price, quantity: before + quantity, atMs }];
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
    // A stamp that went back makes nothing older.
    if (isGood) this.goodAtMs = Math.max(this.goodAtMs, shownMs);
    this.isValid = isGood && nowMs - shownMs <= staleMs;
    this.resilience.frame(this, nowMs);
    const rate = this.resilience.ratePerMs();
    this.taken = this.taken
      .map((level) => {
        const faded =
          rate === null ? level.quantity : level.quantity * Math.exp(-rate * (nowMs - level.atMs));
        if (Math.ceil(faded) < Math.ceil(level.quantity)) this.hasFaded = true;
        const isShown = this.covers(level.isBid, level.price);
        const most = isShown ? this.shown(level.isBid, level.price) : faded;
        return { ...level, quantity: Math.min(faded, most), atMs: nowMs };
      })
      .filter(({ quantity }) => quantity >= HARDLY_ANYTHING);
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
