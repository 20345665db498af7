/**
 * Our resting orders of one instrument and their places in the queue.
 *
 * A print fills us only once the queue ahead (queue-position.ts) is gone, by at most its own size over all our orders, best
 * price first, then oldest; a print through our price finds no queue. A price without a known queue fills on prints
 * through it only.
 *
 * Prints that the exchange stamped before our arrival never count. Prints stamped at or before the last frame are
 * already in its display: they shorten only the queue as it was before that frame.
 */

import { type EventBlock, FLAG_BUY } from '../domain/event-block.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { TickLadderBook } from '../market/tick-ladder-book.ts';
import { type QueueTerms, enterQueue, loseDisplay, passPrint, seeDisplay } from './queue-position.ts';
import type { OrderLookup, WorkingOrder } from './working-order.ts';

/** Called for each order that a print fills. */
export type FillOrder = (order: WorkingOrder, quantity: number) => void;

export class RestingOrders {
  /** Number of our orders by price; a ladder, so that "is one of ours here" costs one bit. */
  readonly #counts = new TickLadderBook();
  readonly #bids = new Map<number, WorkingOrder[]>();
  readonly #asks = new Map<number, WorkingOrder[]>();
  readonly #market: InstrumentMarket;
  readonly #terms: QueueTerms;
  size = 0;
  /** How many of them are reduce-only: most sessions have none, and are asked after every fill. */
  #reduceOnly = 0;

  constructor(market: InstrumentMarket, terms: QueueTerms) {
    this.#market = market;
    this.#terms = terms;
  }

  get bestBid(): number {
    return this.#counts.bestBid;
  }

  get bestAsk(): number {
    return this.#counts.bestAsk;
  }

  /** Whether a print of this taker at this price could reach one of the orders. */
  isReachedBy(isTakerBuy: boolean, price: number): boolean {
    if (this.size === 0) return false;
    return isTakerBuy ? this.bestAsk !== NO_PRICE && this.bestAsk <= price : this.bestBid >= price;
  }

  add(order: WorkingOrder, price: number, nowMs: number): void {
    const levels = order.isBid ? this.#bids : this.#asks;
    const level = levels.get(price);
    if (level === undefined) levels.set(price, [order]);
    else level.push(order);
    this.#counts.set(order.isBid, price, this.#counts.quantityAt(order.isBid, price) + 1);
    this.size++;
    if (order.intent.reduceOnly) this.#reduceOnly++;
    order.acceptedSequence = this.#market.bookSequence;
    order.acceptedBid = this.#market.isBookValid ? this.#market.book.bestBid : Number.NaN;
    order.acceptedAsk = this.#market.isBookValid ? this.#market.book.bestAsk : Number.NaN;
    enterQueue(order, price, this.#market, nowMs, this.#terms);
  }

  remove(order: WorkingOrder, price: number): void {
    const levels = order.isBid ? this.#bids : this.#asks;
    const level = levels.get(price);
    const at = level?.indexOf(order) ?? -1;
    if (level === undefined || at < 0) return;
    level.splice(at, 1);
    if (level.length === 0) levels.delete(price);
    this.#counts.set(order.isBid, price, level.length);
    this.size--;
    if (order.intent.reduceOnly) this.#reduceOnly--;
  }

  /** A frame changed the levels in the rows after `row` and before `end`. */
  onLevels({ flags, price: prices, quantity }: EventBlock, row: number, end: number): void {
    if (this.size === 0) return;
    for (let at = row + 1; at < end; at++) {
      const isBid = ((flags[at] ?? 0) & FLAG_BUY) !== 0;
      const price = prices[at] ?? 0;
      if (!this.#counts.has(isBid, price)) continue;
      for (const order of (isBid ? this.#bids : this.#asks).get(price) ?? [])
        this.#see(order, quantity[at] ?? 0);
    }
  }

  /** A whole window was replaced. */
  onSnapshot(): void {
    if (this.size === 0) return;
    this.#seeSide(true, this.#bids);
    this.#seeSide(false, this.#asks);
  }

  /** A public trade: a taker sell reaches our bids, a taker buy our asks. */
  onTrade(
    isTakerBuy: boolean,
    price: number,
    quantity: number,
    exchangeTimeMs: number,
    frameTimeMs: number,
    fill: FillOrder,
  ): void {
    const isBid = !isTakerBuy;
    let best = isBid ? this.#counts.bestBid : this.#counts.bestAsk;
    let left = quantity;
    const isInFrame = exchangeTimeMs <= frameTimeMs;
    while (best !== NO_PRICE && left > 0 && (isBid ? best >= price : best <= price)) {
      const level = (isBid ? this.#bids : this.#asks).get(best) ?? [];
      const next = this.#counts.nextWorse(isBid, best);
      left = fillLevel(level, best === price, quantity, left, exchangeTimeMs, isInFrame, fill);
      best = next;
    }
  }

  /** Whether a bar of this range has gone through any of the orders. */
  isTradedThrough(low: number, high: number): boolean {
    if (this.size === 0) return false;
    const { bestBid, bestAsk } = this.#counts;
    return (bestBid !== NO_PRICE && bestBid > low) || (bestAsk !== NO_PRICE && bestAsk < high);
  }

  /** Orders of a side that trades at `extreme` have gone through: bids above it, asks below it; best price first, then oldest. */
  tradedThrough(isBid: boolean, extreme: number): WorkingOrder[] {
    const reached: WorkingOrder[] = [];
    let price = isBid ? this.#counts.bestBid : this.#counts.bestAsk;
    while (price !== NO_PRICE && (isBid ? price > extreme : price < extreme)) {
      reached.push(...((isBid ? this.#bids : this.#asks).get(price) ?? []));
      price = this.#counts.nextWorse(isBid, price);
    }
    return reached;
  }

  /** The opposite quote may have reached our prices: fills what it did, whole, as only the optimistic exchange does. */
  onTouch(bestBid: number, bestAsk: number, fill: FillOrder): void {
    const { bestBid: ourBid, bestAsk: ourAsk } = this.#counts;
    if ((ourBid === NO_PRICE || ourBid < bestAsk) && (ourAsk === NO_PRICE || ourAsk > bestBid)) return;
    const reached = [
      ...[...this.#bids].filter(([price]) => price >= bestAsk),
      ...[...this.#asks].filter(([price]) => price <= bestBid),
    ].flatMap(([, orders]) => orders);
    // One fill can cancel another order: what is closed meanwhile is out of reach.
    for (const order of reached) if (order.place === 'resting') fill(order, order.remaining);
  }

  /** Calls `visit` with each reduce-only order, which may leave meanwhile. */
  forEachReduceOnly(visit: (order: WorkingOrder) => void): void {
    if (this.#reduceOnly === 0) return;
    for (const levels of [this.#bids, this.#asks]) {
      for (const level of levels.values()) {
        for (const order of [...level]) if (order.intent.reduceOnly) visit(order);
      }
    }
  }

  #seeSide(isBid: boolean, levels: ReadonlyMap<number, readonly WorkingOrder[]>): void {
    for (const [price, orders] of levels) {
      const isShown = this.#market.shows(isBid, price);
      const displayed = isShown ? this.#market.book.quantityAt(isBid, price) : 0;
      for (const order of orders) {
        if (isShown) this.#see(order, displayed);
        else loseDisplay(order);
      }
    }
  }

  #see(order: WorkingOrder, displayed: number): void {
    seeDisplay(order, displayed, this.#market.bookExchangeTimeMs, this.#terms);
  }

  /** Ids by price, oldest first. */
  save() {
    return { bids: savePrices(this.#bids), asks: savePrices(this.#asks) };
  }

  /** Counts follow from the orders. */
  restore({ bids, asks }: ReturnType<RestingOrders['save']>, find: OrderLookup): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#counts.clear();
    this.size = 0;
    this.#reduceOnly = 0;
    for (const [levels, saved] of [[this.#bids, bids] as const, [this.#asks, asks] as const]) {
      for (const [price, ids] of saved) {
        const orders = ids.map(find);
        levels.set(price, orders);
        this.#counts.set(levels === this.#bids, price, orders.length);
        this.size += orders.length;
        this.#reduceOnly += orders.filter(({ intent }) => intent.reduceOnly).length;
      }
    }
  }
}

function savePrices(levels: ReadonlyMap<number, readonly WorkingOrder[]>) {
  return [...levels].map(([price, orders]) => [price, orders.map(({ id }) => id)] as const);
}

/** Lets one print pass the orders of one price, oldest first; returns what is left of it. */
function fillLevel(
  level: readonly WorkingOrder[],
  isAtPrice: boolean,
  printed: number,
  left: number,
  exchangeTimeMs: number,
  isInFrame: boolean,
  fill: FillOrder,
): number {
  // Filling removes orders from the level, so it is walked over a copy; prints that reach us are rare.
  for (const order of [...level]) {
    if (left <= 0) break;
    if (exchangeTimeMs < (order.arrivalTimeMs ?? Number.POSITIVE_INFINITY)) continue;
    let passed = left;
    if (isAtPrice) {
      const before = order.queueAhead;
      const ahead = isInFrame ? order.queueAheadByTrades : before;
      passed = Math.min(left, Math.max(0, printed - ahead));
      order.aheadBeforePrint = ahead;
      passPrint(order, printed, exchangeTimeMs, isInFrame);
    } else {
      order.aheadBeforePrint = Number.NaN;
      order.queueAhead = 0;
      order.queueAheadByTrades = 0;
    }
    const quantity = Math.min(passed, order.remaining);
    if (quantity > 0) {
      fill(order, quantity);
      left -= quantity;
    }
  }
  return left;
}
