/**
 * Pairs the orders of two runs that come from the same decision.
 *
 * Orders that the strategy named are paired by that name; others by contract, side, type and the nearest decision time
 * within a tolerance. Limitation: where two runs trade differently for long, nearest is a guess, and says so by its times.
 */

import type { FillRow, OrderRow } from '../ports/journal-rows.ts';

export interface DecidedOrder {
  readonly order: OrderRow;
  /** In the order of their times. */
  readonly fills: readonly FillRow[];
}

/** One decision in both runs; null where a run did not make it. */
export interface DecisionPair {
  readonly a: DecidedOrder | null;
  readonly b: DecidedOrder | null;
}

export interface AlignmentOptions {
  /** Largest distance of two decisions that count as one. */
  readonly toleranceMs: number;
  /** Added to the times of `b` before they are compared: runs of different days start together. */
  readonly shiftMs: number;
}

export function decidedOrders(orders: readonly OrderRow[], fills: readonly FillRow[]): DecidedOrder[] {
  const byOrder = Map.groupBy(fills, ({ order_id: id }) => id);
  return orders.map((order) => ({ order, fills: byOrder.get(order.order_id) ?? [] }));
}

/** Returns every order of both runs once, in the order of decision times. */
export function alignOrders(
  a: readonly DecidedOrder[],
  b: readonly DecidedOrder[],
  { toleranceMs, shiftMs }: AlignmentOptions,
): DecisionPair[] {
  const waiting = Map.groupBy(b, (decided) => keyOf(decided));
  const pairs: DecisionPair[] = [];
  for (const one of a) {
    const candidates = waiting.get(keyOf(one)) ?? [];
    const place = nearest(one, candidates, toleranceMs, shiftMs);
    const [other = null] = place === null ? [] : candidates.splice(place, 1);
    pairs.push({ a: one, b: other });
  }
  for (const rest of waiting.values()) for (const one of rest) pairs.push({ a: null, b: one });
  const timeOf = ({ a: left, b: right }: DecisionPair): number =>
    left?.order.decision_time_ms ?? (right?.order.decision_time_ms ?? 0) + shiftMs;
  return pairs.toSorted((left, right) => timeOf(left) - timeOf(right));
}

function keyOf({ order }: DecidedOrder): string {
  const { symbol, side, type, client_order_id: name } = order;
  return name === null ? `${symbol} ${side} ${type}` : `${symbol} "${name}"`;
}

/** Place of the candidate decided nearest in time; a name is enough by itself. */
function nearest(
  one: DecidedOrder,
  candidates: readonly DecidedOrder[],
  toleranceMs: number,
  shiftMs: number,
): number | null {
  let best: number | null = null;
  let bestMs = one.order.client_order_id === null ? toleranceMs : Number.POSITIVE_INFINITY;
  for (const [place, { order }] of candidates.entries()) {
    const distanceMs = Math.abs(order.decision_time_ms + shiftMs - one.order.decision_time_ms);
    if (distanceMs < bestMs || (distanceMs === bestMs && best === null)) {
      best = place;
      bestMs = distanceMs;
    }
  }
  return best;
}
