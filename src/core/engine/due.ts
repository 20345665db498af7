/** What waits in the engine's schedule. */

import type { FillRecord, OrderRecord } from '../domain/order.ts';
import type { Lots, Ticks } from '../domain/units.ts';
import type { ClosureReason, StoppedReason } from '../domain/reasons.ts';
import type { WorkingOrder } from '../exchange/working-order.ts';

/** What a scheduled item is. */
export const Due = {
  orderArrival: 1,
  cancelArrival: 2,
  orderReport: 3,
  fillReport: 4,
  timer: 5,
  sessionEnd: 6,
  sample: 7,
  settlement: 8,
  stopStep: 9,
  tradeBar: 10,
  amendArrival: 11,
  blind: 12,
} as const;

/** New terms of a resting order on their way to the exchange; null leaves as is. */
export interface AmendPayload {
  readonly order: WorkingOrder;
  readonly price: Ticks | null;
  readonly quantity: Lots | null;
}

/** Something of one instrument at its own time. */
export interface InstrumentDue {
  readonly instrument: number;
  readonly atMs: number;
}

/** What an item carries, by its kind. */
export type DuePayload =
  | AmendPayload
  | WorkingOrder
  | { readonly order: WorkingOrder; readonly reason: ClosureReason }
  | { readonly report: OrderRecord }
  | { readonly fill: FillRecord }
  | { readonly timer: string }
  | { readonly end: StoppedReason }
  | InstrumentDue;
