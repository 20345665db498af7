/** Why an order stands where it does, why it ended, and why a wish never became one. */

import type { Denial, Order } from '../../protocol/rows.ts';
import { amountText } from '../display/amount-text.ts';
import { clockText, spanText } from '../display/time-text.ts';
import { plainWord, reasonSentence } from '../display/words.ts';
import { type Replica, isWorking } from '../replica/replica.ts';
import type { Explanation, ExplanationPart } from './explanation.ts';

export function explainOrder(order: Order, replica: Replica): Explanation {
  const parts: ExplanationPart[] = [
    { label: 'Decided', value: clockText(order.decision_time_ms, true) },
    {
      label: 'At the exchange',
      value:
        order.arrival_time_ms === null
          ? 'not there yet'
          : `${clockText(order.arrival_time_ms, true)} (${spanText(order.arrival_time_ms - order.decision_time_ms)} under way)`,
    },
  ];
  if (order.closed_time_ms !== null)
    parts.push({ label: 'Over', value: clockText(order.closed_time_ms, true) });
  if (order.trigger !== null) parts.push({ label: 'Fires', value: triggerText(order) });
  if (order.queue_ahead !== null)
    parts.push({ label: 'Ahead of it in the queue', value: amountText(order.queue_ahead) });
  parts.push({
    label: 'Filled',
    value: `${amountText(order.filled_quantity)} of ${amountText(order.quantity)}`,
  });
  if (order.tag !== null) parts.push({ label: 'The strategy calls it', value: plainWord(order.tag) });
  for (const fill of replica.fills.filter(({ order_id: id }) => id === order.order_id)) {
    parts.push({
      label: `Fill at ${clockText(fill.time_ms, true)}`,
      value: `${amountText(fill.quantity)} @ ${amountText(fill.price)}`,
      fillId: fill.fill_id,
    });
  }
  return {
    title: `Order ${order.client_order_id ?? order.order_id}`,
    value: `${order.side} ${amountText(order.quantity)} ${order.symbol}, ${plainWord(order.status)}`,
    sentences: orderSentences(order),
    parts,
    addsUp: null,
  };
}

function orderSentences(order: Order): string[] {
  const sentences: string[] = [];
  if (isWorking(order)) {
    if (order.trigger !== null) sentences.push('It waits for its trigger; nothing of it is in the book.');
    else if (order.queue_ahead !== null)
      sentences.push(
        'It rests in the book. It fills only by public trades at its price once the quantity ahead of it is gone, or when trades go through its price; a quote that merely touches it fills nothing.',
      );
    else sentences.push('It is on its way.');
  }
  if (order.reason !== null) sentences.push(reasonSentence(order.reason));
  if (order.reduce_only) sentences.push('It may only reduce the position.');
  return sentences;
}

/** When a conditional order fires, as a phrase. */
export function triggerText({ trigger }: Order): string {
  if (trigger === null) return 'at once';
  const source = trigger.on === 'mark' ? 'mark price' : 'last price';
  if (trigger.trail_bps !== null) {
    const from = trigger.price === null ? '' : ` once at ${amountText(trigger.price)}`;
    return `${trigger.trail_bps} bps behind the best ${source}${from}`;
  }
  return `${source} at ${amountText(trigger.price)}`;
}

export function explainDenial(denial: Denial): Explanation {
  return {
    title: 'Denied by the risk gate',
    value: plainWord(denial.reason),
    sentences: [reasonSentence(denial.reason), 'A denied order was never sent. The numbers that decided it:'],
    parts: Object.entries(denial.numbers).map(([name, value]) => ({
      label: plainWord(name),
      value: String(value),
    })),
    addsUp: null,
  };
}
