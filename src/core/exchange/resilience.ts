/**
 * How fast displayed size returns at a price that public trades consumed, measured on this market.
 *
 * Estimator: an observation opens when the touch of the last frame lost a quarter or more of its display and public trades
 * printed there; what those trades took is its deficit of 1. Each later frame shows how much of it is still missing. The
 * rate is all that came back, less what left again, over the deficit times the time it stood open: the maximum likelihood
 * estimate of an exponential recovery, which counts the levels that never recovered with their time. An observation ends
 * when nothing is missing, after {@link HORIZON_MS}, or (unfinished, with what it showed so far) when its price leaves the
 * window, the market crosses it, or the data breaks. Null below {@link MIN_OBSERVATIONS}; old observations fade.
 * Limits: one rate for both sides and all sizes; recovery slower than the horizon shows as no recovery.
 */

import { restoreEach } from '../base/saved-state.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';

/** A level that lost less of its display was not consumed. */
const MIN_LOSS_SHARE = 0.25;
const HORIZON_MS = 10_000;
/** Frames further apart are a break of the data: nothing is known of the time between. */
const MAX_FRAME_GAP_MS = 2_000;
const MIN_OBSERVATIONS = 20;
/** Weight that all earlier observations keep when one ends: about the last 100 count. */
const KEPT = 0.99;
const MAX_OPEN = 8;
/** Nothing recovers faster than this: half in 700 ms. */
const MAX_RATE_PER_MS = 0.001;

/** The touch of one side as the last frame showed it, and what printed there since. */
class SeenTouch {
  price = NO_PRICE;
  shown = 0;
  traded = 0;
  /** Prints of the frame gap before: a frame can show a print before it is told. */
  tradedBefore = 0;

  save() {
    const { price, shown, traded, tradedBefore } = this;
    return { price, shown, traded, tradedBefore };
  }

  restore(state: ReturnType<SeenTouch['save']>): void {
    this.price = state.price;
    this.shown = state.shown;
    this.traded = state.traded;
    this.tradedBefore = state.tradedBefore;
  }
}

/** A level on its way back. */
class Observation {
  isOpen = false;
  isBid = false;
  price = NO_PRICE;
  /** Display at which nothing is missing any more, and what one deficit is; lots. */
  whole = 0;
  consumed = 1;
  missing = 0;
  openedMs = 0;

  save() {
    const { isOpen, isBid, price, whole, consumed, missing, openedMs } = this;
    return { isOpen, isBid, price, whole, consumed, missing, openedMs };
  }

  restore(state: ReturnType<Observation['save']>): void {
    this.isOpen = state.isOpen;
    this.isBid = state.isBid;
    this.price = state.price;
    this.whole = state.whole;
    this.consumed = state.consumed;
    this.missing = state.missing;
    this.openedMs = state.openedMs;
  }
}

export class Resilience {
  readonly #bid = new SeenTouch();
  readonly #ask = new SeenTouch();
  readonly #observations = Array.from({ length: MAX_OPEN }, () => new Observation());
  #openCount = 0;
  #frameMs = Number.NEGATIVE_INFINITY;
  #ended = 0;
  /** Deficits that came back, and deficit x ms; faded. */
  #returned = 0;
  #exposureMs = 0;

  /** Share of a deficit that returns in one ms; null until measured. */
  get ratePerMs(): number | null {
    if (this.#ended < MIN_OBSERVATIONS || this.#exposureMs === 0) return null;
    return Math.min(MAX_RATE_PER_MS, Math.max(0, this.#returned / this.#exposureMs));
  }

  onTrade(isTakerBuy: boolean, price: number, quantity: number): void {
    const touch = isTakerBuy ? this.#ask : this.#bid;
    if (price === touch.price) touch.traded += quantity;
  }

  /** Compares a new frame with the one before. */
  onFrame(market: InstrumentMarket, nowMs: number): void {
    const sinceMs = nowMs - this.#frameMs;
    this.#frameMs = nowMs;
    const isUnbroken = market.isBookValid && sinceMs <= MAX_FRAME_GAP_MS;
    if (this.#openCount > 0) this.#follow(market, nowMs, isUnbroken ? sinceMs : Number.NaN);
    this.#look(market, true, this.#bid, isUnbroken, nowMs);
    this.#look(market, false, this.#ask, isUnbroken, nowMs);
  }

  /** `sinceMs` NaN: the data broke. */
  #follow(market: InstrumentMarket, nowMs: number, sinceMs: number): void {
    for (const open of this.#observations) {
      if (!open.isOpen) continue;
      const { isBid, price } = open;
      const opposite = isBid ? market.book.bestAsk : market.book.bestBid;
      const isCrossed = isBid ? opposite <= price : opposite >= price;
      if (Number.isNaN(sinceMs) || isCrossed || !market.shows(isBid, price)) {
        this.#end(open);
        continue;
      }
      const missing = Math.max(0, (open.whole - market.book.quantityAt(isBid, price)) / open.consumed);
      this.#exposureMs += open.missing * sinceMs;
      this.#returned += open.missing - missing;
      open.missing = missing;
      if (missing === 0 || nowMs - open.openedMs >= HORIZON_MS) this.#end(open);
    }
  }

  /** Opens an observation where the touch was consumed, and takes the new touch. */
  #look(
    market: InstrumentMarket,
    isBid: boolean,
    touch: SeenTouch,
    isUnbroken: boolean,
    nowMs: number,
  ): void {
    const traded = touch.traded + touch.tradedBefore;
    if (isUnbroken && traded > 0 && market.shows(isBid, touch.price)) {
      const shown = market.book.quantityAt(isBid, touch.price);
      const lost = touch.shown - shown;
      if (lost >= touch.shown * MIN_LOSS_SHARE)
        this.#open(isBid, touch.price, shown, Math.min(lost, traded), nowMs);
    }
    const best = isBid ? market.book.bestBid : market.book.bestAsk;
    touch.tradedBefore = best === touch.price ? touch.traded : 0;
    touch.traded = 0;
    touch.price = best;
    touch.shown = best === NO_PRICE ? 0 : market.book.quantityAt(isBid, best);
  }

  #open(isBid: boolean, price: number, shown: number, consumed: number, nowMs: number): void {
    let free: Observation | null = null;
    for (const open of this.#observations) {
      if (!open.isOpen) free = open;
      else if (open.isBid === isBid && open.price === price) return;
    }
    if (free === null) return;
    free.isOpen = true;
    free.isBid = isBid;
    free.price = price;
    free.whole = shown + consumed;
    free.consumed = consumed;
    free.missing = 1;
    free.openedMs = nowMs;
    this.#openCount++;
  }

  #end(open: Observation): void {
    open.isOpen = false;
    this.#openCount--;
    this.#ended++;
    this.#returned *= KEPT;
    this.#exposureMs *= KEPT;
  }

  save() {
    return {
      bid: this.#bid.save(),
      ask: this.#ask.save(),
      observations: this.#observations.map((observation) => observation.save()),
      openCount: this.#openCount,
      frameMs: this.#frameMs,
      ended: this.#ended,
      returned: this.#returned,
      exposureMs: this.#exposureMs,
    };
  }

  restore(state: ReturnType<Resilience['save']>): void {
    this.#bid.restore(state.bid);
    this.#ask.restore(state.ask);
    restoreEach(this.#observations, state.observations);
    this.#openCount = state.openCount;
    this.#frameMs = state.frameMs;
    this.#ended = state.ended;
    this.#returned = state.returned;
    this.#exposureMs = state.exposureMs;
  }
}
