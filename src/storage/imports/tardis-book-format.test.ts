import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { playedBook } from '../../../test/builders/played-book.ts';
import { type ImportResult, importFiles } from './import-files.ts';

const START_US = 1_735_689_600_000_000;
const BOOK = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';
const TRADES = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-tardis-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `us`: when the collector had it, behind the start; the exchange stamped it 2 ms before. */
function row(us: number, ...rest: (string | number | boolean)[]): string {
  return ['binance-futures', 'BTCUSDT', START_US + us - 2_000, START_US + us, ...rest].join(',');
}

async function bringIn(
  files: Readonly<Record<string, readonly string[]>>,
  skipsBad = false,
): Promise<ImportResult> {
  const paths = Object.entries(files).map(([name, lines]) => {
    const file = path.join(folder, name);
    writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));
    return file;
  });
  const scratch = path.join(folder, 'scratch');
  mkdirSync(scratch);
  const options = {
    files: paths,
    symbol: 'BTCUSDT',
    name: 'n',
    format: null,
    isMark: false,
    skipsBad,
    scratch,
  };
  return importFiles(path.join(folder, 'out'), options);
}

describe('order books of Tardis', () => {
  test('are played message by message with the trades beside them, in the order of receipt', async () => {
    const { rows, check } = await bringIn({
      'binance-futures_incremental_book_L2_2025-01-01_BTCUSDT.csv.gz': [
        BOOK,
        row(1_000, true, 'bid', '50000.1', '1.5'),
        row(1_000, true, 'bid', '50000', '2'),
        row(1_000, true, 'ask', '50000.2', '0.25'),
        row(3_000, false, 'bid', '50000.1', '0'),
        row(3_000, false, 'ask', '50000.2', '0.5'),
        row(3_400, false, 'bid', '50000.1', '3'),
        row(9_000, true, 'bid', '49000', '1'),
        row(9_000, true, 'ask', '49000.1', '1'),
        row(9_500, true, 'bid', '48999', '1'),
      ],
      'binance-futures_trades_2025-01-01_BTCUSDT.csv.gz': [
        TRADES,
        row(3_000, '7', 'sell', '50000.1', '1.5'),
        row(3_100, '8', 'buy', '50000.2', '0.01'),
      ],
    });
    expect(rows).toMatchObject({ book_levels: 9, trades: 2 });
    expect(check.findings).toMatchObject([{ line: 8, kind: 'gap' }]);
    expect(check.findings[0]?.text).toContain('begins anew');
    expect(await playedBook(path.join(folder, 'out'), START_US / 1_000)).toEqual([
      '1 snapshot +500001:15000 +500000:20000 -500002:2500',
      '3 trade -500001:15000',
      '3 delta +500001:0 -500002:5000',
      '3 trade +500002:100',
      '3 delta +500001:30000',
      '9 snapshot +490000:10000 -490001:10000',
      '9 delta +489990:10000',
    ]);
  });

  test('begin with what changes where there is no snapshot, and say so', async () => {
    const { check } = await bringIn({
      'book.csv.gz': [
        BOOK,
        row(0, false, 'bid', '50000.1', '1.25'),
        row(2_900, false, 'ask', '50001.1', '1'),
      ],
    });
    expect(check.findings).toMatchObject([{ line: 2, kind: 'gap' }]);
    expect(check.findings[0]?.text).toContain('no snapshot');
    expect(await playedBook(path.join(folder, 'out'), START_US / 1_000)).toEqual([
      '0 snapshot +500001:12500',
      '2 delta -500011:10000',
    ]);
  });

  test.each([
    ['a price of nothing', row(1, false, 'bid', '0', '1')],
    ['less than nothing', row(1, false, 'bid', '1', '-1')],
  ])('are not taken with %s', async (_, bad) => {
    const lines = [BOOK, row(0, true, 'bid', '50000', '1'), bad];
    const { rows, check } = await bringIn({ 'book.csv.gz': lines });
    expect(rows).toBeNull();
    expect(check.findings).toMatchObject([{ line: 3, kind: 'impossible' }]);
  });

  test.each([
    ['a side', row(0, true, 'buy', '50000', '1'), /book.csv.gz:2: expected side bid or ask, found "buy"/],
    ['a flag', row(0, 'yes', 'bid', '50000', '1'), /book.csv.gz:2: expected is_snapshot true or false/],
    ['a field', 'binance,BTCUSDT', /book.csv.gz:2: expected 8 fields, found "2"/],
  ])('name file and line of %s that is none', async (_, bad, message) => {
    await expect(bringIn({ 'book.csv.gz': [BOOK, bad] })).rejects.toThrow(message);
  });
});
