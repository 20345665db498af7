/** Schedules what an output sets off: the strategy learns of orders and fills one response latency later. */

import type { Output } from '../domain/outputs.ts';
import { Due, type DuePayload } from './due.ts';
import type { Schedule } from './schedule.ts';

/** `arrivalMs`: when a report that leaves the exchange now reaches us. */
export function scheduleReport(
  output: Output,
  arrivalMs: (nowMs: number) => number,
  schedule: Schedule<DuePayload>,
): void {
  if (output.type === 'order') {
    // Our own gate's denial travels nowhere.
    const isOurs = output.order.status === 'denied';
    const dueMs = isOurs ? output.timeMs : arrivalMs(output.timeMs);
    schedule.add(dueMs, Due.orderReport, { report: output.order });
  } else if (output.type === 'fill') {
    const { fill } = output;
    schedule.add(output.timeMs + fill.receipt.responseLatencyMs, Due.fillReport, { fill });
  }
}
