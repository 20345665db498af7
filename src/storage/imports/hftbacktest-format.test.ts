import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NpzEvent, npzOf } from '../../../test/builders/packed-files.ts';
import { playedBook } from '../../../test/builders/played-book.ts';
import { type ImportResult, importFiles } from './import-files.ts';

const START_MS = 1_735_689_600_000;
const BOTH = 2 ** 31 + 2 ** 30;
const BUY = 2 ** 29;
const SELL = 2 ** 28;
const [DEPTH, TRADE, CLEAR, SNAPSHOT] = [1, 2, 3, 4];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-npz-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An event `ms` behind the start, received a millisecond after the exchange stamped it. */
function event(ms: number, kind: number, side: number, price: number, quantity: number): NpzEvent {
  const receivedMs = START_MS + ms;
  return { flags: BOTH + kind + side, exchangeMs: receivedMs - 1, receivedMs, price, quantity };
}

async function bringIn(events: readonly NpzEvent[], isCompressed = true): Promise<ImportResult> {
  const file = path.join(folder, 'btcusdt_20250101.npz');
  writeFileSync(file, npzOf(events, isCompressed));
  const scratch = path.join(folder, 'scratch');
  mkdirSync(scratch);
  const asked = { files: [file], symbol: 'BTCUSDT', name: 'n', format: null, isMark: false };
  return importFiles(path.join(folder, 'out'), { ...asked, skipsBad: false, scratch });
}

const snapshot = [
  event(10, CLEAR, BUY, 49_990, 0),
  event(10, SNAPSHOT, BUY, 50_000.1, 1.5),
  event(10, SNAPSHOT, BUY, 49_990, 2),
  event(10, CLEAR, SELL, 50_010, 0),
  event(10, SNAPSHOT, SELL, 50_000.2, 0.25),
];

describe('event files of hftbacktest', () => {
  test('are played as a book: one message an instant of receipt, the trades beside it', async () => {
    const { rows, check } = await bringIn([
      ...snapshot,
      event(20, DEPTH, BUY, 50_000.1, 0),
      event(20, DEPTH, SELL, 50_000.2, 0.5),
      event(20, TRADE, SELL, 50_000.1, 1.5),
      // What only the exchange stamped reached nobody.
      { ...event(25, TRADE, BUY, 1, 1), flags: 2 ** 31 + TRADE + BUY },
      event(30, TRADE, BUY, 50_000.2, 0.01),
      // Set twice within an instant: the last counts.
      event(40, DEPTH, BUY, 50_000, 9),
      event(40, DEPTH, BUY, 50_000, 3),
    ]);
    expect(check.findings).toEqual([]);
    expect(rows).toMatchObject({ book_levels: 6, trades: 2 });
    expect(await playedBook(path.join(folder, 'out'), START_MS)).toEqual([
      '10 snapshot +500001:15000 +499900:20000 -500002:2500',
      '20 trade -500001:15000',
      '20 delta +500001:0 -500002:5000',
      '30 trade +500002:100',
      '40 delta +500000:30000',
    ]);
  });

  test('clear a side from the touch to a price, or all of it; levels beyond stay', async () => {
    await bringIn([
      ...snapshot,
      event(20, CLEAR, BUY, 50_000, 0),
      event(20, SNAPSHOT, BUY, 50_000.3, 4),
      event(30, CLEAR, SELL, Number.NaN, 0),
      event(30, SNAPSHOT, SELL, 50_001, 7),
      event(40, CLEAR, 0, Number.NaN, 0),
      event(40, DEPTH, BUY, 49_000, 1),
      event(40, DEPTH, SELL, 49_001, 1),
    ]);
    expect(await playedBook(path.join(folder, 'out'), START_MS)).toEqual([
      '10 snapshot +500001:15000 +499900:20000 -500002:2500',
      '20 delta +500001:0 +500003:40000',
      '30 delta -500002:0 -500010:70000',
      '40 delta +499900:0 +500003:0 +490000:10000 -500010:0 -490010:10000',
    ]);
  });

  test('are read as NumPy stores them without compression', async () => {
    const { rows, check } = await bringIn(snapshot, false);
    expect([rows?.book_levels, check.findings]).toEqual([3, []]);
  });

  test('that begin without a snapshot are built from what changes, and that is said', async () => {
    const { check } = await bringIn([event(10, DEPTH, BUY, 50_000, 1), event(20, DEPTH, SELL, 50_001, 1)]);
    expect(check.findings).toMatchObject([{ line: 1, kind: 'gap' }]);
    expect(check.findings[0]?.text).toContain('no snapshot before it');
  });
});
