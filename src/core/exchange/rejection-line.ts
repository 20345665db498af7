/** The log line of a rejection: the venue's code and text beside our name for it. */

import type { Output } from '../domain/outputs.ts';
import { type RejectionCode, REJECTIONS } from '../domain/reasons.ts';

export function rejectionLine(orderId: string, code: RejectionCode, timeMs: number): Output {
  const { venueCode, text } = REJECTIONS[code];
  return {
    type: 'log',
    timeMs,
    level: 'warning',
    event: 'order_rejected',
    msg: `Order rejected: ${text}`,
    fields: { order_id: orderId, reason: code, venue_code: venueCode },
  };
}
