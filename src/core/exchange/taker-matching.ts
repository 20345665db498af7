/**
 * Fills orders that take: against the displayed book, level by level, or at the parametric price where there is none.
 *
 * Behind a displayed window the walk goes on through the last full book while that is young enough; what fills there is
 * extrapolated. Invariant: nothing fills beyond the limit, beyond what is displayed or estimated, nor twice on what we took
 * before and what has not come back since.
 */

import { assert } from '../base/assert.ts';
import type { SeededRandom } from '../base/random.ts';
import { restoreEach } from '../base/saved-state.ts';
import type { ClosureReason } from '../domain/reasons.ts';
import { type Lots, type Ticks, lots, ticks } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { ConsumedLiquidity } from './consumed-liquidity.ts';
import type { FillTerms } from '../domain/fill-terms.ts';
import type { FillBasis } from './fill-record.ts';
import { measureActivity, parametricPrice } from './impact-model.ts';
import { Resilience } from './resilience.ts';
import type { WorkingOrder } from './working-order.ts';

/** What matching asks of the exchange around it. */
export interface MatchingLink {
  /** Lots a reduce-only order may still fill; Infinity for other orders. */
  reduceOnlyRoom(order: WorkingOrder): number;
  /** Books one fill. */
  fill(order: WorkingOrder, quantity: Lots, price: Ticks, basis: FillBasis): void;
  /** Sequence number of the event in hand. */
  sequence(): number;
  nowMs(): number;
}

export class TakerMatching {
  readonly #consumed: readonly ConsumedLiquidity[];
  readonly #resilience: readonly Resilience[];
  readonly #terms: FillTerms;
  readonly #random: SeededRandom;
  readonly #link: MatchingLink;

  constructor(
    markets: readonly InstrumentMarket[],
    terms: FillTerms,
    random: SeededRandom,
    link: MatchingLink,
  ) {
    this.#random = random;
    this.#consumed = markets.map(() => new ConsumedLiquidity());
    this.#resilience = markets.map(() => new Resilience());
    this.#terms = terms;
    this.#link = link;
  }

  /** A new frame: what we took is compared with it, and what others took is watched on its way back. */
  onFrame(market: InstrumentMarket, nowMs: number): void {
    const { index } = market.instrument;
    const resilience = this.#resilience[index];
    if (resilience === undefined) return;
    resilience.onFrame(market, nowMs);
    this.#consumed[index]?.update(market, nowMs, this.ratePerMs(index));
  }

  observeTrade(instrument: number, isTakerBuy: boolean, price: number, quantity: number): void {
    this.#resilience[instrument]?.onTrade(isTakerBuy, price, quantity);
  }

  /** Share of consumed size that returns in one ms on this market; null until measured. */
  ratePerMs(instrument: number): number | null {
    return this.#terms.stance === 'pessimistic' ? null : (this.#resilience[instrument]?.ratePerMs ?? null);
  }

  /**
   * Matches an arriving order against the book, or at the parametric price. Returns what becomes of the rest: `rests`, or why
   * it expires; without meaning where nothing is left.
   */
  match(order: WorkingOrder, market: InstrumentMarket, isParametric: boolean): ClosureReason | 'rests' {
    const { price: limit, timeInForce } = order.intent;
    if (isParametric && limit === null) {
      this.#fillParametric(order, market);
      return 'market_remainder';
    }
    if (isParametric && market.hasTradesOnly) return this.#matchTape(order, market);
    const touch = order.isBid ? market.book.bestAsk : market.book.bestBid;
    const isMarketable =
      touch !== NO_PRICE && (limit === null || (order.isBid ? touch <= limit : touch >= limit));
    if (timeInForce === 'post_only' && isMarketable) return 'post_only_would_cross';
    if (timeInForce === 'fok' && this.#fillable(order, market, touch) < order.remaining)
      return 'fok_not_fillable';
    if (isMarketable) this.#walk(order, market, touch);
    if (limit === null) return 'market_remainder';
    return timeInForce === 'ioc' ? 'ioc_remainder' : 'rests';
  }

  /** A limit order where trades are all there is: it takes whole at the parametric price, or not at all. */
  #matchTape(order: WorkingOrder, market: InstrumentMarket): ClosureReason | 'rests' {
    const { timeInForce } = order.intent;
    const last = market.lastPriceOrMid ?? Number.NaN;
    const isMarketable = isWithinLimit(order, last);
    if (timeInForce === 'post_only' && isMarketable) return 'post_only_would_cross';
    if (isMarketable) this.#fillParametric(order, market);
    if (timeInForce === 'fok') return 'fok_not_fillable';
    return timeInForce === 'ioc' ? 'ioc_remainder' : 'rests';
  }

  /** Takes from the opposite side from the touch on, until the order, its limit or the display is exhausted. */
  #walk(order: WorkingOrder, market: InstrumentMarket, touch: number): void {
    const isBid = !order.isBid;
    const consumed = this.#consumed[order.intent.instrument];
    let price = touch;
    let number = 1;
    while (price !== NO_PRICE && order.remaining > 0 && isWithinLimit(order, price)) {
      const isShown = market.shows(isBid, price);
      const displayed = quantityAt(market, isBid, price);
      const takenBefore = consumed?.taken(isBid, price) ?? 0;
      const available = displayed - takenBefore;
      const quantity = Math.min(available, order.remaining, this.#link.reduceOnlyRoom(order));
      if (quantity > 0) {
        consumed?.take(isBid, price, quantity, this.#link.nowMs());
        const level = {
          number,
          price: ticks(price),
          displayed: lots(displayed),
          takenBefore: lots(takenBefore),
          filled: lots(quantity),
          isExtrapolated: !isShown,
        };
        const evidence = isShown ? market.bookSequence : market.tail.sequence;
        this.#link.fill(order, lots(quantity), ticks(price), {
          ...{ liquidity: 'taker', touch, slippageTicks: 0, evidence },
          ...{ level, print: null },
        });
      }
      if (order.remaining === 0 || this.#link.reduceOnlyRoom(order) === 0) return;
      price = this.#nextWorse(market, isBid, price);
      number++;
    }
  }

  /** Lots that walking the book would fill. */
  #fillable(order: WorkingOrder, market: InstrumentMarket, touch: number): number {
    const isBid = !order.isBid;
    const consumed = this.#consumed[order.intent.instrument];
    let sum = 0;
    let price = touch;
    while (price !== NO_PRICE && isWithinLimit(order, price)) {
      sum += Math.max(0, quantityAt(market, isBid, price) - (consumed?.taken(isBid, price) ?? 0));
      price = this.#nextWorse(market, isBid, price);
    }
    return Math.min(sum, this.#link.reduceOnlyRoom(order));
  }

  /** The next displayed level, behind the window the next of a tail that is young enough. */
  #nextWorse(market: InstrumentMarket, isBid: boolean, price: number): number {
    const next = market.book.nextWorse(isBid, price);
    // The pessimist leaves unfilled what nobody sees.
    if (next !== NO_PRICE || this.#terms.stance === 'pessimistic') return next;
    if (this.#link.nowMs() - market.tail.timeMs > this.#terms.tail_max_age_ms) return NO_PRICE;
    const from = isBid ? Math.min(price, market.worstBidShown) : Math.max(price, market.worstAskShown);
    return market.tail.nextWorse(isBid, from);
  }

  #fillParametric(order: WorkingOrder, market: InstrumentMarket): void {
    const reference = market.lastPriceOrMid;
    assert(reference !== null, 'a parametric fill needs a price');
    const quantity = lots(Math.min(order.remaining, this.#link.reduceOnlyRoom(order)));
    const { side } = order.intent;
    const { price, spreadTicks, slippageTicks } = parametricPrice(
      market.instrument,
      side,
      reference,
      quantity,
      this.#terms.parametric,
      measureActivity(market.bars),
      this.#random,
    );
    // A price beyond its limit would not have been had.
    if (!isWithinLimit(order, price)) return;
    const touch = order.isBid ? Math.ceil(reference) + spreadTicks : Math.floor(reference) - spreadTicks;
    const evidence = this.#link.sequence();
    this.#link.fill(order, quantity, price, {
      ...{ liquidity: 'taker', touch, slippageTicks, evidence },
      ...{ level: null, print: null },
    });
  }

  save() {
    return {
      consumed: this.#consumed.map((consumed) => consumed.save()),
      resilience: this.#resilience.map((resilience) => resilience.save()),
    };
  }

  restore({ consumed, resilience }: ReturnType<TakerMatching['save']>): void {
    restoreEach(this.#consumed, consumed);
    restoreEach(this.#resilience, resilience);
  }
}

/** Lots displayed at a price, or estimated where the window does not reach. */
function quantityAt(market: InstrumentMarket, isBid: boolean, price: number): number {
  const source = market.shows(isBid, price) ? market.book : market.tail;
  return source.quantityAt(isBid, price);
}

function isWithinLimit(order: WorkingOrder, price: number): boolean {
  const limit = order.intent.price;
  return limit === null || (order.isBid ? price <= limit : price >= limit);
}
