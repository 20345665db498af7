/**
 * The receipt of a fill for the dashboard: the receipt as it was kept, its story, and the books of its moments, which are
 * read from the event log.
 */

import { existsSync } from 'node:fs';
import type { ReceiptDocument } from '../../core/domain/receipt-document.ts';
import { ROWS_MAX } from '../../protocol/messages.ts';
import type { Receipt } from '../../protocol/rest.ts';
import type { Fill, Order } from '../../protocol/rows.ts';
import { explainFill } from '../../report/explain-fill.ts';
import { RecordsError, type ReceiptAnswer } from '../../server/session-records.ts';
import { JournalReader } from '../../storage/journal-reader.ts';
import { readRecordedBooks } from '../../storage/recorded-view.ts';
import type { SessionFolder } from '../../storage/session-folder.ts';

/** Throws RecordsError `unknown_fill` for a fill that the session has not, or of which it kept no receipt. */
export function answerReceipt(folder: SessionFolder, fillId: string): ReceiptAnswer {
  const { fill, order, document } = readFill(folder, fillId);
  const arrivalMs = document.liquidity === 'taker' ? document.latency.arrival_time_ms : document.time_ms;
  const [atDecision, atArrival] = readRecordedBooks(
    folder.eventsFolder,
    document.symbol,
    [document.decision.time_ms, arrivalMs],
    ROWS_MAX.book_levels,
  );
  return {
    fill,
    order,
    text: explainFill(document, order)
      .split('\n')
      .filter((line) => line !== ''),
    book_at_decision: atDecision ?? null,
    book_at_arrival: atArrival ?? null,
    book_hash: document.book?.hash ?? null,
    levels_used:
      document.level === null ? [] : [{ price: document.level.price, quantity: document.level.filled }],
    queue_steps: listQueueSteps(document),
    prints: listPrints(document),
    evidence_sequence: document.evidence_sequence,
    document: { ...document },
  };
}

function readFill(
  folder: SessionFolder,
  fillId: string,
): { fill: Fill; order: Order | null; document: ReceiptDocument } {
  const none = new RecordsError('unknown_fill', `there is no receipt of fill ${JSON.stringify(fillId)}`);
  if (!existsSync(folder.journalFile)) throw none;
  const journal = JournalReader.open(folder.journalFile);
  try {
    const fill = journal.fill(fillId);
    const document = journal.receipt(fillId);
    if (fill === null || document === null) throw none;
    const order = journal.order(fill.order_id);
    return {
      fill,
      order: order === null ? null : { ...order, queue_ahead: null },
      document,
    };
  } finally {
    journal.close();
  }
}

/** The way to the front, summed up: what was ahead, what traded, what left. The sums are known as of the fill. */
function listQueueSteps({ queue, time_ms: timeMs }: ReceiptDocument): Receipt['queue_steps'] {
  if (queue === null || queue.ahead_at_acceptance === null) return [];
  const ahead = queue.ahead_before_print ?? '0';
  return [
    {
      time_ms: queue.accepted_time_ms,
      kind: 'accepted',
      quantity: queue.ahead_at_acceptance,
      ahead: queue.ahead_at_acceptance,
    },
    { time_ms: timeMs, kind: 'traded', quantity: queue.traded_ahead, ahead },
    { time_ms: timeMs, kind: 'canceled', quantity: queue.canceled_ahead, ahead },
  ];
}

function listPrints({ print, side, quantity }: ReceiptDocument): Receipt['prints'] {
  if (print === null) return [];
  return [
    {
      time_ms: print.exchange_time_ms,
      side: side === 'buy' ? 'sell' : 'buy',
      price: print.price,
      quantity: print.quantity,
      used: quantity,
    },
  ];
}
