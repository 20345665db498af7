/** What a folder with an imported order book of BTCUSDT plays, in words. */

import { expect } from 'vitest';
import { EventKind, FLAG_BUY } from '../../src/core/domain/event-block.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import { openDataset } from '../../src/storage/datasets/open-dataset.ts';
import { BTCUSDT } from './session.ts';

/** Each event: time behind `startMs` in ms, kind, and side, price, quantity of its levels. */
export async function playedBook(data: string, startMs: number): Promise<unknown[]> {
  const dataset = await openDataset({ data, marks: null, funding: null, symbol: 'BTCUSDT' });
  expect(dataset).toMatchObject({
    priceSource: 'stream',
    barMs: null,
    priceDecimals: 1,
    quantityDecimals: 2,
  });
  const feed = dataset.feed(createInstrument(BTCUSDT, 0), { fromMs: null, toMs: null, historyBars: 0 });
  const names = new Map<number, string>([
    [EventKind.bookSnapshot, 'snapshot'],
    [EventKind.bookDelta, 'delta'],
    [EventKind.trade, 'trade'],
  ]);
  const found: unknown[] = [];
  for await (const block of feed.blocks(1)) {
    for (let at = 0; at < block.length; at++) {
      const kind = block.kind[at] ?? 0;
      const atMs = (block.receivedTimeMs[at] ?? 0) - startMs;
      const name = names.get(kind);
      const isBuy = ((block.flags[at] ?? 0) & FLAG_BUY) !== 0;
      const level = `${isBuy ? '+' : '-'}${block.price[at]}:${block.quantity[at]}`;
      if (kind === EventKind.level) found.push(`${String(found.pop())} ${level}`);
      else found.push(kind === EventKind.trade ? `${atMs} ${name} ${level}` : `${atMs} ${name}`);
    }
  }
  return found;
}
