/**
 * Our resting orders of one instrument and their places in the queue.
 *
 * Queue model: at acceptance everything displayed at the price is ahead of us. Public trades at the price take from the
 * front; a displayed quantity below the queue ahead proves that orders ahead left, so it caps the queue. Cancels that
 * the display does not prove are assumed to be behind us (pessimistic). A print fills us only once the queue is gone, by
 * at most its own size over all our orders, best price first, then oldest; a print through our price finds no queue.
 * A price the book does not show has an unknown queue: it fills on prints through it only.
 *
 * Prints that the exchange stamped before our arrival never count. Prints stamped at or before the last frame are
 * already in its display: they shorten only the queue as it was before that frame.
 */

import type { OrderBook } from '../market/order-book.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { TickLadderBook } from '../market/tick-ladder-book.ts';
import { lots } from '../domain/units.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import type { WorkingOrder } from './working-order.ts';

/** Called for each order that a print fills. */
export type FillOrder = (order: WorkingOrder, quantity: number) => void;

export class RestingOrders {
  /** Number of our orders by price; a ladder, so that "is one of ours here" costs one array read. */
  readonly #counts: OrderBook = new TickLadderBook();
  readonly #bids = new Map<number, WorkingOrder[]>();
  readonly #asks = new Map<number, WorkingOrder[]>();
  readonly #stance: PaperExchangeSettings['stance'];
  size = 0;
  /** How many of them are reduce-only: most sessions have none, and are asked after every fill. */
  #reduceOnly = 0;

  constructor(stance: PaperExchangeSettings['stance']) {
    this.#stance = stance;
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

  add(order: WorkingOrder, price: number, market: InstrumentMarket): void {
    const levels = order.isBid ? this.#bids : this.#asks;
    const level = levels.get(price);
    if (level === undefined) levels.set(price, [order]);
    else level.push(order);
    this.#counts.set(order.isBid, price, this.#counts.quantityAt(order.isBid, price) + 1);
    this.size++;
    if (order.intent.reduceOnly) this.#reduceOnly++;
    order.acceptedSequence = market.bookSequence;
    order.acceptedBid = market.isBookValid ? market.book.bestBid : Number.NaN;
    order.acceptedAsk = market.isBookValid ? market.book.bestAsk : Number.NaN;
    if (this.#stance === 'optimistic') skipQueue(order);
    else if (market.isBookValid && market.shows(order.isBid, price))
      this.#seeQueue(order, market.book.quantityAt(order.isBid, price));
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

  /** A displayed quantity changed: caps the queues at that price. */
  onLevel(isBid: boolean, price: number, displayed: number): void {
    if (this.#counts.quantityAt(isBid, price) === 0) return;
    this.#capQueues(isBid, price, displayed);
  }

  /** A whole window was replaced: caps the queue at each of our prices that it shows. */
  onSnapshot(market: InstrumentMarket): void {
    if (this.size === 0) return;
    for (const [price] of this.#bids) {
      if (market.shows(true, price)) this.#capQueues(true, price, market.book.quantityAt(true, price));
    }
    for (const [price] of this.#asks) {
      if (market.shows(false, price)) this.#capQueues(false, price, market.book.quantityAt(false, price));
    }
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

  /** The opposite quote may have reached our prices: fills what it did, whole, as only the optimistic exchange does. */
  onTouch(bestBid: number, bestAsk: number, fill: FillOrder): void {
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

  #capQueues(isBid: boolean, price: number, displayed: number): void {
    for (const order of (isBid ? this.#bids : this.#asks).get(price) ?? []) this.#seeQueue(order, displayed);
  }

  #seeQueue(order: WorkingOrder, displayed: number): void {
    if (order.queueAheadByTrades === Number.POSITIVE_INFINITY) {
      order.queueAheadByTrades = displayed;
      order.queueAheadAtAcceptance = lots(displayed);
    }
    const isFirst = order.queueAhead === Number.POSITIVE_INFINITY;
    if (displayed >= order.queueAhead || (this.#stance === 'pessimistic' && !isFirst)) return;
    if (order.queueAhead !== Number.POSITIVE_INFINITY) order.cappedAhead += order.queueAhead - displayed;
    order.queueAhead = displayed;
  }
}

/** Nobody stands ahead of it. */
function skipQueue(order: WorkingOrder): void {
  order.queueAhead = 0;
  order.queueAheadByTrades = 0;
  order.queueAheadAtAcceptance = lots(0);
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
      order.queueAheadByTrades = Math.max(0, order.queueAheadByTrades - printed);
      order.queueAhead = isInFrame
        ? Math.min(order.queueAhead, order.queueAheadByTrades)
        : Math.max(0, order.queueAhead - printed);
      if (order.queueAhead < before && before !== Number.POSITIVE_INFINITY) {
        order.tradedAhead += before - order.queueAhead;
        order.printsAhead++;
      }
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
