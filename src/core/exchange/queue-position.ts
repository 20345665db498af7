/**
 * Where a resting order stands in the queue of its price, and what moves it forward.
 *
 * At acceptance everything displayed at the price is ahead; behind the window, what the last full book shows there, at
 * least a mean level of it. Public trades at the price take from the front. A displayed decrease that they do not explain
 * is cancels: of it, the share (ahead / displayed) ^ exponent was ahead of us, rounded down (the power model; exponent 1 =
 * cancels fall evenly, larger = later in the queue). A display below the queue ahead proves that orders ahead left.
 * Trades count as an explanation for {@link EXPLAINS_MS} after their stamp, which may be that much too early.
 */

import type { FillTerms } from '../domain/fill-terms.ts';
import { lots } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { WorkingOrder } from './working-order.ts';

/** The venue tells a trade's time in whole seconds. */
const EXPLAINS_MS = 1_000;

/** Of the stances, optimistic means that there are no queues, pessimistic that nothing but trades shortens one. */
export type QueueTerms = Pick<FillTerms, 'queue_exponent' | 'tail_max_age_ms' | 'stance'>;

/** Places a newly accepted order. */
export function enterQueue(
  order: WorkingOrder,
  price: number,
  market: InstrumentMarket,
  nowMs: number,
  terms: QueueTerms,
): void {
  const { isBid } = order;
  const { tail } = market;
  if (terms.stance === 'optimistic') startAt(order, 0);
  if (terms.stance === 'optimistic' || !market.isBookValid) return;
  if (market.shows(isBid, price)) {
    seeDisplay(order, market.book.quantityAt(isBid, price), market.bookExchangeTimeMs, terms);
  } else if (nowMs - tail.timeMs <= terms.tail_max_age_ms && tail.reaches(isBid, price)) {
    startAt(order, Math.max(tail.quantityAt(isBid, price), tail.meanQuantity(isBid) ?? 0));
  }
}

/** A frame showed the quantity at the order's price. */
export function seeDisplay(
  order: WorkingOrder,
  displayed: number,
  frameTimeMs: number,
  { queue_exponent: exponent, stance }: QueueTerms,
): void {
  const before = order.displayed;
  if (order.queueAheadByTrades === Number.POSITIVE_INFINITY) startAt(order, displayed);
  else if (stance === 'pessimistic') return;
  else if (displayed < before) {
    const explained = Math.min(before - displayed, order.unexplainedTrades);
    order.unexplainedTrades -= explained;
    passCancels(order, before - explained, before - displayed - explained, exponent);
  }
  if (displayed < order.queueAhead) {
    order.cappedAhead += order.queueAhead - displayed;
    order.queueAhead = displayed;
  }
  if (frameTimeMs >= order.lastPrintMs + EXPLAINS_MS) order.unexplainedTrades = 0;
  order.displayed = displayed;
}

/** Of `shown` displayed lots `canceled` left without a trade: a share of them was ahead. */
function passCancels(order: WorkingOrder, shown: number, canceled: number, exponent: number): void {
  if (canceled === 0) return;
  const ahead = Math.floor(canceled * Math.min(1, order.queueAhead / shown) ** exponent);
  order.queueAhead -= ahead;
  order.canceledAhead += ahead;
}

/** The price left the window: what happens to its display meanwhile is not seen. */
export function loseDisplay(order: WorkingOrder): void {
  order.displayed = Number.NaN;
}

/** A print passed the queue at its own price. `isInFrame`: the last frame shows it already. */
export function passPrint(
  order: WorkingOrder,
  printed: number,
  exchangeTimeMs: number,
  isInFrame: boolean,
): void {
  const before = order.queueAhead;
  order.queueAheadByTrades = Math.max(0, order.queueAheadByTrades - printed);
  order.queueAhead = isInFrame
    ? Math.min(order.queueAhead, order.queueAheadByTrades)
    : Math.max(0, order.queueAhead - printed);
  if (order.queueAhead < before && before !== Number.POSITIVE_INFINITY) {
    order.tradedAhead += before - order.queueAhead;
    order.printsAhead++;
  }
  order.unexplainedTrades += printed;
  order.lastPrintMs = Math.max(order.lastPrintMs, exchangeTimeMs);
}

function startAt(order: WorkingOrder, ahead: number): void {
  order.queueAhead = ahead;
  order.queueAheadByTrades = ahead;
  order.queueAheadAtAcceptance = lots(ahead);
}
