/** Hands what was on its way to the exchange, at the time of its arrival. */

import type { ClosureReason } from '../domain/reasons.ts';
import type { PaperExchange } from '../exchange/paper-exchange.ts';
import type { WorkingOrder } from '../exchange/working-order.ts';
import { type AmendPayload, Due, type DuePayload } from './due.ts';

/** `sequence`: number of the event in hand. Returns false for an item that does not go to the exchange. */
export function arriveAtExchange(
  exchange: PaperExchange,
  kind: number,
  payload: DuePayload | null,
  nowMs: number,
  sequence: number,
): boolean {
  switch (kind) {
    case Due.orderArrival:
      exchange.arrive(payload as WorkingOrder, nowMs, sequence);
      return true;
    case Due.cancelArrival: {
      const { order, reason } = payload as { order: WorkingOrder; reason: ClosureReason };
      exchange.arriveCancel(order, nowMs, reason);
      return true;
    }
    case Due.amendArrival: {
      const { order, price, quantity } = payload as AmendPayload;
      exchange.arriveAmend(order, price, quantity, nowMs, sequence);
      return true;
    }
    default:
      return false;
  }
}
