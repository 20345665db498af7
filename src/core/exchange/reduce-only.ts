/** Reduce-only orders: how much they may still fill, and which of them their position no longer supports. */

import type { Account } from '../ledger/account.ts';
import type { ConditionalOrders } from './conditional-orders.ts';
import type { RestingOrders } from './resting-orders.ts';
import type { WorkingOrder } from './working-order.ts';

/** Lots a reduce-only order may still fill without growing or turning its position; Infinity for other orders. */
export function reduceOnlyRoom({ intent, isBid }: WorkingOrder, account: Account): number {
  if (!intent.reduceOnly) return Number.POSITIVE_INFINITY;
  const held = account.position(intent.instrument, intent.positionSide).quantity;
  return isBid ? Math.max(0, -held) : Math.max(0, held);
}

/** Cancels orders that the position no longer supports; those that wait may be larger than it, not without it. */
export function cancelUnsupported(
  waiting: ConditionalOrders | undefined,
  resting: RestingOrders | undefined,
  account: Account,
  cancel: (order: WorkingOrder) => void,
): void {
  if (waiting !== undefined && waiting.size > 0)
    for (const order of waiting) if (reduceOnlyRoom(order, account) === 0) cancel(order);
  if (resting === undefined || resting.size === 0) return;
  resting.forEachReduceOnly((order) => {
    if (reduceOnlyRoom(order, account) < order.remaining) cancel(order);
  });
}
