/**
 * What waits in the schedule, as plain data: a payload that carries an order names it.
 *
 * An order that is closed already stands in no list any more; what was on its way to it still arrives, and comes too late:
 * such an order is saved with the payload.
 */

import { assert } from '../base/assert.ts';
import type { PaperExchange } from '../exchange/paper-exchange.ts';
import { WorkingOrder } from '../exchange/working-order.ts';
import type { ClosureReason } from '../domain/reasons.ts';
import { type AmendPayload, Due, type DuePayload } from './due.ts';

type CancelPayload = { readonly order: WorkingOrder; readonly reason: ClosureReason };
/** What is saved of an order: where it is found, or all of it. */
type OrderReference = string | ReturnType<WorkingOrder['save']>;

export type SavedPayload =
  | null
  | { readonly arriving: OrderReference }
  | { readonly canceling: OrderReference; readonly reason: ClosureReason }
  | {
      readonly amending: OrderReference;
      readonly price: AmendPayload['price'];
      readonly quantity: AmendPayload['quantity'];
    }
  | { readonly plain: Exclude<DuePayload, WorkingOrder | AmendPayload | CancelPayload> };

export function savePayload(kind: number, payload: DuePayload | null): SavedPayload {
  if (payload === null) return null;
  switch (kind) {
    case Due.orderArrival:
      return { arriving: refer(payload as WorkingOrder) };
    case Due.cancelArrival: {
      const { order, reason } = payload as CancelPayload;
      return { canceling: refer(order), reason };
    }
    case Due.amendArrival: {
      const { order, price, quantity } = payload as AmendPayload;
      return { amending: refer(order), price, quantity };
    }
    default:
      return { plain: payload as Exclude<DuePayload, WorkingOrder | AmendPayload | CancelPayload> };
  }
}

/** `exchange`: with its orders back in place. */
export function payloadRestorer(
  exchange: Pick<PaperExchange, 'find'>,
): (kind: number, saved: SavedPayload) => DuePayload | null {
  const resolve = (reference: OrderReference): WorkingOrder => {
    if (typeof reference !== 'string') return WorkingOrder.restore(reference);
    const order = exchange.find(reference, null);
    assert(order !== null, `no working order ${reference}`);
    return order;
  };
  return (_kind, saved) => {
    if (saved === null) return null;
    if ('arriving' in saved) return resolve(saved.arriving);
    if ('canceling' in saved) return { order: resolve(saved.canceling), reason: saved.reason };
    if ('amending' in saved)
      return { order: resolve(saved.amending), price: saved.price, quantity: saved.quantity };
    return saved.plain;
  };
}

function refer(order: WorkingOrder): OrderReference {
  return order.isClosed ? order.save() : order.id;
}
