/**
 * A fill in words and numbers: what was decided on, what the order met, why it filled, what it cost.
 *
 * Every number is the receipt's own text, unrounded; nothing is worked out here but differences of times.
 */

import type { ReceiptDocument, TouchDocument } from '../core/domain/receipt-document.ts';

/** What of its order explains a fill. */
export interface ExplainedOrder {
  readonly type: string;
  readonly time_in_force: string;
  readonly quantity: string;
  readonly price: string | null;
}

const LABEL_WIDTH = 10;
const FORCED =
  'the venue closed the position: its margin was used up at this mark; the fee of that stands in the ledger as liquidation_fee';
const COST_NAMES = ['spread', 'latency', 'impact', 'slippage'] as const;

/** Lines of the story, each ended by LF. `order` null = not kept. */
export function explainFill(receipt: ReceiptDocument, order: ExplainedOrder | null): string {
  return tellFillStory(receipt, order)
    .map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}\n`)
    .join('');
}

/** The story's parts under their labels, in its order. */
export function tellFillStory(
  receipt: ReceiptDocument,
  order: ExplainedOrder | null,
): readonly (readonly [label: string, text: string])[] {
  const { side, quantity, symbol, price, liquidity, notional } = receipt;
  return [
    [
      'Fill',
      `${receipt.fill_id} of order ${receipt.order_id}${order === null ? '' : `, ${tellOrder(order)}`}`,
    ],
    ['Result', `${liquidity} ${side} of ${quantity} ${symbol} at ${price} (${notional} USDT)`],
    ...(isForced(receipt) ? [['Forced', FORCED] as const] : []),
    ['Decided', tellDecision(receipt)],
    ['Arrived', tellArrival(receipt)],
    ...(receipt.queue === null ? [] : [['Queue', tellQueue(receipt.queue, receipt)] as const]),
    ['Filled', tellFill(receipt)],
    ['Learned', `your strategy heard of it ${receipt.latency.response_ms} ms later`],
    ['Cost', tellCost(receipt)],
    ['Fee', tellFee(receipt)],
    ['Mark', receipt.mark_price ?? 'not known yet'],
    ['Evidence', tellEvidence(receipt)],
    ['Model', tellModel(receipt)],
  ];
}

/** Whether the order was the venue's own, of a liquidation. */
function isForced({ order_id: id }: ReceiptDocument): boolean {
  return /-l\d+-\d+$/.test(id);
}

function tellOrder({ type, time_in_force: timeInForce, quantity, price }: ExplainedOrder): string {
  return `${type} ${timeInForce} ${quantity}${price === null ? '' : ` at ${price}`}`;
}

function tellDecision({ decision, side, model }: ReceiptDocument): string {
  if (isOfBar(model)) return `at ${clock(decision.time_ms)}, on the candles closed by then`;
  if (decision.best_bid === null || decision.best_ask === null)
    return `at ${clock(decision.time_ms)}, without a book that could be trusted`;
  const name = side === 'buy' ? 'ask' : 'bid';
  const opposite = side === 'buy' ? decision.best_ask : decision.best_bid;
  const own = side === 'buy' ? `bid ${decision.best_bid}` : `ask ${decision.best_ask}`;
  return `at ${clock(decision.time_ms)}; the best ${name} was ${opposite} (best ${own}, mid ${decision.mid ?? '?'})`;
}

function tellArrival(receipt: ReceiptDocument): string {
  const { latency, book, queue } = receipt;
  const way = isForced(receipt)
    ? `at once, because the order was the venue's own`
    : latency.request_ms === null
      ? `at the exchange since ${clock(latency.arrival_time_ms)}`
      : `your order reached the exchange ${latency.request_ms} ms later, at ${clock(latency.arrival_time_ms)}`;
  const met = queue ?? book;
  return met === null ? way : `${way}; there ${tellTouch(met)}`;
}

function tellTouch({ best_bid: bid, best_ask: ask }: TouchDocument): string {
  return `the best bid was ${bid ?? 'unknown'}, the best ask ${ask ?? 'unknown'}`;
}

function tellQueue(queue: NonNullable<ReceiptDocument['queue']>, receipt: ReceiptDocument): string {
  if (queue.ahead_at_acceptance === null)
    return `the book did not show ${receipt.price}, so how much stood ahead of it there was not known`;
  const left = [
    `${queue.traded_ahead} traded away by ${count(queue.prints_ahead, 'print')}`,
    `${queue.canceled_ahead} counted as cancelled by the model`,
    `${queue.capped_ahead} gone because the book showed less`,
  ];
  return `${queue.ahead_at_acceptance} stood ahead of it at ${receipt.price}; of that ${left.join(', ')}`;
}

function tellFill(receipt: ReceiptDocument): string {
  const { level, print, quantity, price, side, book } = receipt;
  const at = `at ${clock(receipt.time_ms)}`;
  if (print !== null) {
    const ahead = receipt.queue?.ahead_before_print ?? null;
    const way =
      ahead === null
        ? `went through your price, so no queue counted`
        : `was at your price, with ${ahead} still ahead of you`;
    return `${at} a public trade of ${print.quantity} at ${print.price} ${way}; you got ${quantity}`;
  }
  if (level !== null) {
    const taken = level.taken_before === '0' ? '' : `, of which you had taken ${level.taken_before} before`;
    const place = level.number === 1 ? `the best ${side === 'buy' ? 'ask' : 'bid'}` : `level ${level.number}`;
    const guess = level.extrapolated ? '; beyond the visible book, so extrapolated' : '';
    const last = receipt.reconstructed ? '; the market was gone, this was its last good book' : '';
    return `${at} it took ${quantity} at ${price}, ${place}, which showed ${level.displayed}${taken}${guess}${last}`;
  }
  if (isOfBar(receipt.model))
    return receipt.liquidity === 'maker'
      ? `${at}, the end of a candle that traded through your price; you got ${quantity} at ${price}`
      : `${at}, the end of the candle in which it took ${quantity} at ${price}, a price of the parametric model`;
  return `${at} it took ${quantity} at ${price}, ${book === null ? 'a price of the parametric model' : 'on the book'}`;
}

function tellCost({ costs, decision, model }: ReceiptDocument): string {
  if (costs.total === null)
    return `not known: there was no mid price at the decision or at the fill to measure it from`;
  const parts = COST_NAMES.map((name) => `${name} ${costs[name] ?? '?'}`).join(', ');
  const seenText = isOfBar(model) ? 'the close' : `the mid ${decision.mid ?? ''}`;
  const isGain = costs.total.startsWith('-');
  const amount = isGain ? costs.total.slice(1) : costs.total;
  return `${amount} USDT ${isGain ? 'better' : 'worse'} than ${seenText} you saw: ${parts}`;
}

function tellFee({ fee, liquidity }: ReceiptDocument): string {
  const tier = fee.tier === null ? '' : `, VIP ${fee.tier}`;
  return `${fee.amount} USDT: ${fee.rate} of the notional (${liquidity}${tier})`;
}

function tellEvidence({ evidence_sequence: sequence, book, print, level, model }: ReceiptDocument): string {
  const unseen = isOfBar(model) ? 'the candle' : 'the newest event of the market';
  const market = book === null && level === null ? unseen : 'the book frame';
  const what = print === null ? market : 'the public trade';
  const seen = book === null ? '' : `; book frame ${book.sequence}, digest ${book.hash}`;
  return `event ${sequence} of the event log, ${what}${seen}`;
}

/** Whether the rules for bars filled. */
function isOfBar(model: ReceiptDocument['model']): boolean {
  return 'bars' in model.parameters;
}

function tellModel({ model }: ReceiptDocument): string {
  const parameters = Object.entries(model.parameters).map(([name, value]) => `${name} ${value}`);
  return `${model.name} (${parameters.join(', ')})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** UTC to the millisecond. */
function clock(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ');
}
