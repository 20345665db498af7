/** Hands what was on its way to the exchange or to the strategy, at the time of its arrival. */

import type { FillRecord, OrderRecord } from '../domain/order.ts';
import type { ClosureReason } from '../domain/reasons.ts';
import type { PaperExchange } from '../exchange/paper-exchange.ts';
import type { WorkingOrder } from '../exchange/working-order.ts';
import { type AmendPayload, Due, type DuePayload } from './due.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { StrategyHost } from './strategy-host.ts';

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

/** Tells the strategy what was on its way to it; only a session that trades lets it act on that. */
export function arriveAtStrategy(
  host: StrategyHost,
  lifecycle: Lifecycle,
  kind: number,
  payload: DuePayload | null,
): boolean {
  switch (kind) {
    case Due.orderReport:
      host.reportOrder((payload as { report: OrderRecord }).report, lifecycle.isTrading);
      return true;
    case Due.fillReport:
      host.reportFill((payload as { fill: FillRecord }).fill, lifecycle.isTrading);
      return true;
    case Due.timer:
      if (lifecycle.state !== 'stopping') host.timer((payload as { timer: string }).timer);
      return true;
    default:
      return false;
  }
}
