/**
 * Reads a recorded Hyperliquid session: `PREFIX-book` (the whole 20-level book in each row) and `PREFIX-trades`.
 *
 * The two files have no common sequence, so they are merged by receive time, the book first. A trade whose id was seen
 * before is a repeat after a reconnect and is left out.
 */

import { readRows } from './data-file.ts';
import { RecordingBuilder, type Recording } from './recording.ts';

const BOOK_COLUMNS = ['recv_us', 'event_ms', 'bids', 'asks'];
const TRADE_COLUMNS = ['recv_us', 'trade_ms', 'trade_id', 'price', 'qty', 'taker_side'];

export interface HyperliquidFiles {
  readonly book: string;
  readonly trades: string;
}

export async function readHyperliquidSession(files: HyperliquidFiles): Promise<Recording> {
  const builder = new RecordingBuilder();
  for await (const row of readRows(files.book, BOOK_COLUMNS)) {
    const receivedUs = row.requiredInteger(0);
    const place = {
      order: receivedUs,
      exchangeMs: row.requiredInteger(1),
      arrivalMs: Math.floor(receivedUs / 1_000),
    };
    builder.addBook(place, true, row.levels(2), row.levels(3));
  }
  const seen = new Set<string>();
  let repeats = 0;
  for await (const row of readRows(files.trades, TRADE_COLUMNS)) {
    const id = row.text(2);
    if (seen.has(id)) {
      repeats++;
      continue;
    }
    seen.add(id);
    const side = row.text(5);
    if (side !== 'buy' && side !== 'sell') throw row.wrong(5, 'buy or sell');
    const receivedUs = row.requiredInteger(0);
    const place = {
      order: receivedUs,
      exchangeMs: row.requiredInteger(1),
      arrivalMs: Math.floor(receivedUs / 1_000),
    };
    builder.addTrade(place, row.decimal(3), row.decimal(4), side === 'buy');
  }
  return builder.finish(repeats === 0 ? [] : [`${repeats} trades repeated after a reconnect were left out.`]);
}
