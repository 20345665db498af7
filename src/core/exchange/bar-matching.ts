/**
 * What one bar does to the orders of an instrument, where nothing finer is known: candle-only sessions, and time that is
 * played through after an outage.
 *
 * The order of events inside a bar is unknown and taken against us: first what the open decides (orders that wait for it,
 * triggers it has passed: they fill at the open), then stops, then resting limit orders, then stops that those entries
 * brought, then targets. A resting order fills at its own price and only where the bar trades through it; a touch is none.
 * A target never fills in the bar in which its entry did. A trailing stop follows the bars before and the open, never the
 * rest of the same bar. All fills on a bar together have at most the configured share of its volume; market orders wait
 * with what is left for the next open. Orders decided after the bar opened are left to the next, but for stops that only
 * reduce. Mark triggers are held against the mark's own bar, or the bar itself where there is none; they fill at their
 * price as far as the bar reached it. Takers pay the parametric costs on top.
 */

import { assert } from '../base/assert.ts';
import type { SeededRandom } from '../base/random.ts';
import type { FillTerms, ParametricTerms } from '../domain/fill-terms.ts';
import type { ClosureReason } from '../domain/reasons.ts';
import { type Lots, type Ticks, lots, markPrice, ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { Bar, BarPlay } from './bar.ts';
import { type ConditionalOrders, firesUpward, triggerLevel } from './conditional-orders.ts';
import type { FillBasis } from './fill-record.ts';
import { type ParametricPrice, measureActivity, parametricPrice } from './impact-model.ts';
import { reduceOnlyRoom } from './reduce-only.ts';
import type { RestingOrders } from './resting-orders.ts';
import type { OrderLookup, WorkingOrder } from './working-order.ts';

/** What the rules for bars ask of the exchange around them. */
export interface BarLink {
  fill(order: WorkingOrder, quantity: Lots, price: Ticks, basis: FillBasis): void;
  close(order: WorkingOrder, status: 'canceled' | 'expired', reason: ClosureReason): void;
  rest(order: WorkingOrder): void;
  /** Takes a waiting order out and checks it as at its arrival; false where the exchange refuses it. */
  fire(order: WorkingOrder, market: InstrumentMarket): boolean;
  /** Lets reduce-only orders leave that the position no longer supports. */
  shrink(instrument: number): void;
  /** Sequence number of the event in hand. */
  sequence(): number;
}

export class BarMatching {
  readonly #market: InstrumentMarket;
  readonly #account: Account;
  readonly #waiting: ConditionalOrders;
  readonly #resting: RestingOrders;
  readonly #terms: ParametricTerms;
  readonly #random: SeededRandom;
  readonly #link: BarLink;
  /** Orders that wait for the next open, oldest first. */
  readonly #queued = new Set<WorkingOrder>();
  #matchedUntilMs = Number.NEGATIVE_INFINITY;
  #bar: Bar = { openTimeMs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };
  #markBar: Bar | null = null;
  #isReconstructed = false;
  /** Lots that may still fill on the bar in hand. */
  #budget = 0;

  constructor(
    market: InstrumentMarket,
    account: Account,
    waiting: ConditionalOrders,
    resting: RestingOrders,
    terms: FillTerms,
    random: SeededRandom,
    link: BarLink,
  ) {
    this.#market = market;
    this.#account = account;
    this.#waiting = waiting;
    this.#resting = resting;
    this.#terms = terms.parametric;
    this.#random = random;
    this.#link = link;
  }

  /** Lets an order wait for the open of the next bar. */
  queue(order: WorkingOrder): void {
    order.place = 'queued';
    this.#queued.add(order);
  }

  remove(order: WorkingOrder): void {
    this.#queued.delete(order);
  }

  /** Plays a bar; false, and nothing happens, for one that was played already. */
  apply({ bar, endMs, markBar, isReconstructed, judgeMargin }: BarPlay): boolean {
    if (bar.openTimeMs < this.#matchedUntilMs) return false;
    this.#matchedUntilMs = endMs;
    this.#bar = bar;
    this.#markBar = markBar;
    this.#isReconstructed = isReconstructed;
    this.#budget = Math.floor(bar.volume * this.#terms.max_volume_share);
    this.#market.lastPrice = bar.open;
    if (this.#isReached()) this.#playOrders(bar, judgeMargin);
    else this.#passBy(judgeMargin);
    this.#market.lastPrice = bar.close;
    this.#closeMark(markBar);
    return true;
  }

  /** Whether the bar in hand does anything to any of the orders: most bars do nothing to orders that are far away. */
  #isReached(): boolean {
    for (const order of this.#queued) if (this.#isInTime(order)) return true;
    for (const order of this.#waiting) if (this.#isReachable(order)) return true;
    return this.#resting.isTradedThrough(this.#bar.low, this.#bar.high);
  }

  /** What {@link #playOrders} does where no order is reached. */
  #passBy(judgeMargin: () => void): void {
    const orders = this.#waiting.size + this.#resting.size;
    if (orders > 0) this.#link.shrink(this.#market.instrument.index);
    if (!this.#account.isFlat) this.#judgeExtremes(judgeMargin);
  }

  #playOrders(bar: Bar, judgeMargin: () => void): void {
    const standing = this.#waiting.all();
    this.#open(standing);
    const reached = [
      ...this.#resting.tradedThrough(true, bar.low),
      ...this.#resting.tradedThrough(false, bar.high),
    ];
    this.#stops(standing);
    this.#judgeExtremes(judgeMargin);
    for (const order of reached) this.#fillResting(order);
    this.#link.shrink(this.#market.instrument.index);
    this.#stops(this.#waiting.all().filter((order) => !standing.includes(order)));
    for (const order of standing)
      if (isTarget(order) && this.#isInRange(order)) this.#fireAt(order, this.#levelTicks(order));
    for (const order of this.#waiting.all()) this.#trail(order, false);
  }

  /** Where candles are all there is and the mark has none of its own, the bar's close stands in for it. */
  #closeMark(markBar: Bar | null): void {
    const market = this.#market;
    if (markBar !== null) market.mark = markPrice(Math.round(markBar.close));
    else if (market.hasBarsOnly && market.mark !== null)
      market.mark = markPrice(market.lastPrice * market.instrument.tickMark);
  }

  /** The venue closes a position of which the margin is used up: at the price of that moment, whatever the volume. */
  force(order: WorkingOrder): void {
    const quantity = lots(Math.min(order.remaining, reduceOnlyRoom(order, this.#account)));
    const { lastPrice } = this.#market;
    if (quantity > 0) this.#fillTaker(order, quantity, lastPrice, this.#price(order, quantity, lastPrice));
    if (!order.isClosed) this.#link.close(order, 'expired', 'market_remainder');
  }

  /** Shows the margin rules the way against the position first. Without a mark of its own the bar stands in for it. */
  #judgeExtremes(judgeMargin: () => void): void {
    const market = this.#market;
    const { mark } = market;
    const { tickMark } = market.instrument;
    market.isPlayingBar = true;
    const isDownFirst = this.#goesDownFirst();
    for (let turn = 0; turn < 2; turn++) {
      const isLow = (turn === 0) === isDownFirst;
      market.lastPrice = isLow ? this.#bar.low : this.#bar.high;
      const extreme = isLow ? this.#markBar?.low : this.#markBar?.high;
      if (mark !== null || extreme !== undefined)
        market.mark = markPrice(Math.round(extreme ?? market.lastPrice * tickMark));
      judgeMargin();
    }
    market.isPlayingBar = false;
    market.mark = mark;
  }

  #goesDownFirst(): boolean {
    return this.#account.netQuantity(this.#market.instrument.index) >= 0;
  }

  /** What the first trade of the bar decides. */
  #open(standing: readonly WorkingOrder[]): void {
    const { open } = this.#bar;
    for (const order of [...this.#queued]) if (this.#isInTime(order)) this.#take(order, open);
    for (const order of standing) this.#trail(order, true);
    const passed = standing.filter((order) => this.#mayFire(order) && this.#isPassedAtOpen(order));
    for (const order of passed.filter((each) => !isTarget(each))) this.#fireAt(order, open);
    for (const order of passed.filter(isTarget)) this.#fireAt(order, open);
    for (const isBid of [true, false]) {
      for (const order of this.#resting.tradedThrough(isBid, open)) this.#fillResting(order);
    }
    this.#link.shrink(this.#market.instrument.index);
  }

  /** Fires the stops that the bar reached: the way against the position first, the nearest to the open first. */
  #stops(orders: readonly WorkingOrder[]): void {
    const stops = orders.filter(
      (order) => !isTarget(order) && this.#mayFire(order) && this.#isInRange(order),
    );
    for (const isUpward of this.#goesDownFirst() ? [false, true] : [true, false]) {
      const side = stops.filter((order) => firesUpward(order) === isUpward);
      const sign = isUpward ? 1 : -1;
      side.sort((one, other) => sign * ((this.#level(one) ?? 0) - (this.#level(other) ?? 0)));
      for (const order of side) this.#fireAt(order, this.#levelTicks(order));
    }
  }

  #fireAt(order: WorkingOrder, reference: number): void {
    // An exit that fired or filled meanwhile has taken its sibling along.
    if (order.place !== 'waiting') return;
    if (this.#link.fire(order, this.#market)) this.#take(order, reference);
    this.#link.shrink(this.#market.instrument.index);
  }

  /** Matches an order that takes at a price of the bar; what is left rests, waits for the next open, or expires. */
  #take(order: WorkingOrder, reference: number): void {
    const { intent } = order;
    this.#queued.delete(order);
    const room = reduceOnlyRoom(order, this.#account);
    if (room === 0) {
      this.#link.close(order, 'canceled', 'reduce_only_shrunk');
      return;
    }
    const quantity = lots(Math.min(order.remaining, room, this.#budget));
    const priced = this.#price(order, quantity, reference);
    if (!isWithin(order, reference)) return this.#leave(order);
    if (intent.timeInForce === 'post_only')
      return this.#link.close(order, 'expired', 'post_only_would_cross');
    const isWhole = quantity === Math.min(order.remaining, room);
    if (intent.timeInForce === 'fok' && !(isWhole && isWithin(order, priced.price)))
      return this.#link.close(order, 'expired', 'fok_not_fillable');
    // A price beyond the limit would not have been had there: the order waits at its limit instead.
    if (quantity > 0 && isWithin(order, priced.price)) {
      this.#budget -= quantity;
      this.#fillTaker(order, quantity, reference, priced);
    }
    if (!order.isClosed) this.#leave(order);
  }

  #price(order: WorkingOrder, quantity: Lots, reference: number): ParametricPrice {
    const { instrument, bars } = this.#market;
    const { side } = order.intent;
    return parametricPrice(
      instrument,
      side,
      reference,
      quantity,
      this.#terms,
      measureActivity(bars),
      this.#random,
    );
  }

  #fillTaker(order: WorkingOrder, quantity: Lots, reference: number, priced: ParametricPrice): void {
    const away = order.isBid ? priced.spreadTicks : -priced.spreadTicks;
    const touch = (order.isBid ? Math.ceil(reference) : Math.floor(reference)) + away;
    this.#fill(order, quantity, priced.price, touch, priced.slippageTicks, reference, false);
  }

  #leave(order: WorkingOrder): void {
    const { price, timeInForce } = order.intent;
    if (price === null) this.queue(order);
    else if (timeInForce === 'gtc' || timeInForce === 'post_only') this.#link.rest(order);
    else this.#link.close(order, 'expired', timeInForce === 'fok' ? 'fok_not_fillable' : 'ioc_remainder');
  }

  #fillResting(order: WorkingOrder): void {
    const { price } = order.intent;
    assert(price !== null, 'a resting order has a price');
    if (order.place !== 'resting' || !this.#isInTime(order)) return;
    const quantity = lots(Math.min(order.remaining, reduceOnlyRoom(order, this.#account), this.#budget));
    if (quantity <= 0) return;
    this.#budget -= quantity;
    this.#fill(order, quantity, price, price, 0, price, true);
  }

  #fill(
    order: WorkingOrder,
    quantity: Lots,
    price: Ticks,
    touch: number,
    slippageTicks: number,
    reference: number,
    isMaker: boolean,
  ): void {
    this.#link.fill(order, quantity, price, {
      liquidity: isMaker ? 'maker' : 'taker',
      touch,
      slippageTicks,
      evidence: this.#link.sequence(),
      level: null,
      print: null,
      bar: { isReconstructed: this.#isReconstructed, midX2: Math.round(2 * reference) },
    });
  }

  /** Moves a trailing stop along: with the open, or with the whole bar once everything else of it is over. */
  #trail(order: WorkingOrder, isOpen: boolean): void {
    const { trigger, type } = order.intent;
    if (type !== 'trailing_stop' || trigger === null || !this.#isInTime(order)) return;
    const bar = this.#barOf(order);
    const best = isOpen ? bar.open : order.isBid ? bar.low : bar.high;
    const from = order.trailedFrom;
    const activation = trigger.price === null ? null : trigger.price * this.#market.instrument.tickMark;
    const isActive =
      !Number.isNaN(from) || activation === null || (order.isBid ? best <= activation : best >= activation);
    if (!isActive) return;
    if (Number.isNaN(from)) order.trailedFrom = best;
    else order.trailedFrom = order.isBid ? Math.min(from, best) : Math.max(from, best);
  }

  /** The bar that decides an order's trigger, in mark units. */
  #barOf(order: WorkingOrder): Pick<Bar, 'open' | 'high' | 'low'> {
    if (order.intent.trigger?.on === 'mark' && this.#markBar !== null) return this.#markBar;
    const { tickMark } = this.#market.instrument;
    const { open, high, low } = this.#bar;
    return { open: open * tickMark, high: high * tickMark, low: low * tickMark };
  }

  #level(order: WorkingOrder): number | null {
    return triggerLevel(order, this.#market.instrument);
  }

  /** The trigger's price in whole ticks, rounded against us, within what the bar traded at. */
  #levelTicks(order: WorkingOrder): number {
    const level = (this.#level(order) ?? Number.NaN) / this.#market.instrument.tickMark;
    const whole = order.isBid ? Math.ceil(level) : Math.floor(level);
    return ticks(Math.min(this.#bar.high, Math.max(this.#bar.low, whole)));
  }

  #isPassedAtOpen(order: WorkingOrder): boolean {
    const level = this.#level(order);
    const { open } = this.#barOf(order);
    return level !== null && (firesUpward(order) ? open >= level : open <= level);
  }

  /** A trailing stop moves along with every bar. */
  #isReachable(order: WorkingOrder): boolean {
    return order.intent.type === 'trailing_stop' || this.#isPassedAtOpen(order) || this.#isInRange(order);
  }

  #isInRange(order: WorkingOrder): boolean {
    const level = this.#level(order);
    const { high, low } = this.#barOf(order);
    return level !== null && (firesUpward(order) ? high >= level : low <= level);
  }

  /** Whether the order was there before the bar began. */
  #isInTime(order: WorkingOrder): boolean {
    return order.decisionTimeMs <= this.#bar.openTimeMs;
  }

  #mayFire(order: WorkingOrder): boolean {
    return this.#isInTime(order) || (order.intent.reduceOnly && !isTarget(order));
  }

  save() {
    return {
      queued: [...this.#queued].map(({ id }) => id),
      matchedUntilMs: this.#matchedUntilMs,
      bar: this.#bar,
      markBar: this.#markBar,
      isReconstructed: this.#isReconstructed,
      budget: this.#budget,
    };
  }

  restore(state: ReturnType<BarMatching['save']>, find: OrderLookup): void {
    this.#queued.clear();
    for (const id of state.queued) this.#queued.add(find(id));
    this.#matchedUntilMs = state.matchedUntilMs;
    this.#bar = state.bar;
    this.#markBar = state.markBar;
    this.#isReconstructed = state.isReconstructed;
    this.#budget = state.budget;
  }
}

/** The rules for bars of each instrument, over the orders that wait and rest there. */
export function barRules(
  markets: readonly InstrumentMarket[],
  account: Account,
  waiting: readonly ConditionalOrders[],
  resting: readonly RestingOrders[],
  terms: FillTerms,
  random: SeededRandom,
  link: BarLink,
): BarMatching[] {
  return markets.map((market, at) => {
    const [waits, rests] = [waiting[at], resting[at]];
    assert(waits !== undefined && rests !== undefined, `no orders of ${market.instrument.symbol}`);
    return new BarMatching(market, account, waits, rests, terms, random, link);
  });
}

function isTarget(order: WorkingOrder): boolean {
  return order.intent.type === 'take_profit';
}

function isWithin(order: WorkingOrder, price: number): boolean {
  const limit = order.intent.price;
  return limit === null || (order.isBid ? price <= limit : price >= limit);
}
