/** What reduce-only orders may still do: they never grow or turn a position. */

import type { Account } from '../ledger/account.ts';
import type { ConditionalOrders } from './conditional-orders.ts';
import type { RestingOrders } from './resting-orders.ts';
import type { WorkingOrder } from './working-order.ts';

/** Lots a reduce-only order may still fill; Infinity for other orders. */
export function reduceOnlyRoom(order: WorkingOrder, account: Account): number {
  if (!order.intent.reduceOnly) return Number.POSITIVE_INFINITY;
  const held = account.position(order.intent.instrument).quantity;
  return order.isBid ? Math.max(0, -held) : Math.max(0, held);
}

/**
 * Gives to `drop` the reduce-only orders of one instrument that its position no longer supports; those that wait may be
 * larger than it, not without it.
 */
export function dropUnsupported(
  waiting: ConditionalOrders | undefined,
  resting: RestingOrders | undefined,
  account: Account,
  drop: (order: WorkingOrder) => void,
): void {
  waiting?.forEach((order) => {
    if (order.intent.reduceOnly && reduceOnlyRoom(order, account) === 0) drop(order);
  });
  if (resting === undefined || resting.size === 0) return;
  resting.forEachReduceOnly((order) => {
    if (reduceOnlyRoom(order, account) < order.remaining) drop(order);
  });
}
