import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInstrument } from '../../core/domain/instrument.ts';
import { zipOf } from '../../../test/builders/packed-files.ts';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import { openParquetBars } from '../datasets/parquet-bars.ts';
import { type ImportOptions, type ImportResult, importFiles } from './import-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-import-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  const bytes = Buffer.from(content);
  writeFileSync(
    file,
    name.endsWith('.gz') ? gzipSync(bytes) : name.endsWith('.zip') ? zipOf(bytes, 'data.csv') : bytes,
  );
  return file;
}

let runs = 0;
async function bringIn(
  files: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  const scratch = path.join(folder, `scratch-${++runs}`);
  mkdirSync(scratch);
  return importFiles(path.join(folder, 'out'), {
    ...{ files, symbol: 'BTCUSDT', name: `n${runs}`, format: null, isMark: false, skipsBad: false, scratch },
    ...options,
  });
}

/** Bars that were stored: open time and close in 10^-8. */
async function storedBars(): Promise<number[][]> {
  const { bars } = await openParquetBars(path.join(folder, 'out'), 'BTCUSDT');
  const found: number[][] = [];
  for await (const { count, openMs, close, volume } of bars.batches()) {
    for (let at = 0; at < count; at++) found.push([openMs[at] ?? 0, close[at] ?? 0, volume[at] ?? 0]);
  }
  return found;
}

/** Trades that were stored: time, whether the taker bought, ticks, lots. */
async function storedTrades(): Promise<number[][]> {
  const out = path.join(folder, 'out');
  const dataset = await openDataset({ data: out, marks: null, funding: null, symbol: 'BTCUSDT' });
  const feed = dataset.feed(createInstrument(BTCUSDT, 0), { fromMs: null, toMs: null, historyBars: 0 });
  const found: number[][] = [];
  for await (const block of feed.blocks(1)) {
    for (let row = 0; row < block.length; row++) {
      const isBuy = (block.flags[row] ?? 0) & 2;
      found.push([block.receivedTimeMs[row] ?? 0, isBuy, block.price[row] ?? 0, block.quantity[row] ?? 0]);
    }
  }
  return found;
}

const KLINE_TAIL = '1735689899999,1,1,1,1,0';
const BARS = [
  [1735689600000, 10_000_000_000, 150_000_000],
  [1735689660000, 10_100_000_000, 34],
];

describe('an import', () => {
  test.each([
    [
      'binance klines with a header, zipped',
      'a.zip',
      `open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n1735689600000,100,101,99,100,1.5,${KLINE_TAIL}\n1735689660000,100,101,99,101,3.4e-7,${KLINE_TAIL}\n`,
    ],
    [
      'binance klines without one, in microseconds',
      'b.csv',
      `1735689600000000,100,101,99,100,1.5,${KLINE_TAIL}\n1735689660000000,100,101,99,101,0.00000034,${KLINE_TAIL}\n`,
    ],
    [
      'freqtrade candles',
      'BTC_USDT_USDT-1m-futures.json',
      '[[1735689600000,100,101,99,100,1.5],[1735689660000,100,101,99,101,3.4e-7]]',
    ],
    [
      'our own columns',
      'c.csv.gz',
      'open_time_ms,open,high,low,close,volume\n1735689600000,100,101,99,100,1.5\n1735689660000,100,101,99,101,0.00000034\n',
    ],
  ])('takes %s', async (_what, name, content) => {
    const { rows, check } = await bringIn([write(name, content)]);
    expect(check.findings).toEqual([]);
    expect(rows?.bars).toBe(2);
    expect(await storedBars()).toEqual(BARS);
  });

  test.each([
    [
      'binance aggregated trades',
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n5,50000.1,0.01,7,8,1735689600100,true\n6,50000.2,0.02,9,9,1735689600200,false\n',
    ],
    [
      'the same without a header',
      '5,50000.1,0.01,7,8,1735689600100,True,True\n6,50000.2,0.02,9,9,1735689600200,False,True\n',
    ],
    [
      'binance trades',
      '5,50000.1,0.01,500.001,1735689600100,true\n6,50000.2,0.02,1000.004,1735689600200,false\n',
    ],
    [
      'tardis trades',
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nbinance-futures,BTCUSDT,1735689600100000,1735689600150000,5,sell,50000.1,0.01\nbinance-futures,BTCUSDT,1735689600200000,1735689600250000,6,buy,50000.2,0.02\n',
    ],
    [
      'our own columns',
      'recv_us,trade_ms,trade_id,price,qty,taker_side\n1735689600150000,1735689600100,5,50000.1,0.01,sell\n1735689600250000,1735689600200,6,50000.2,0.02,buy\n',
    ],
  ])('takes %s', async (_what, content) => {
    expect((await bringIn([write('trades.csv', content)])).rows?.trades).toBe(2);
    expect(await storedTrades()).toEqual([
      [1735689600100, 0, 500_001, 100],
      [1735689600200, 2, 500_002, 200],
    ]);
  });

  test('brings bars, marks and settlements of one contract together', async () => {
    const bars = write(
      'bars.csv',
      'open_time_ms,open,high,low,close,volume\n1735689600000,100,101,99,100,1.5\n1735689660000,100,101,99,101,2\n',
    );
    await bringIn([bars]);
    await bringIn([bars], { isMark: true });
    const funding = 'calc_time,funding_interval_hours,last_funding_rate\n1735689600007,8,0.0001\n';
    await bringIn([write('funding.zip', funding)]);
    const sources = await openParquetBars(path.join(folder, 'out'), 'BTCUSDT');
    expect(sources.bars.facts).toMatchObject({
      count: 2,
      lengthMs: 60_000,
      priceDecimals: 0,
      volumeDecimals: 1,
    });
    expect(sources.marks?.facts.count).toBe(2);
    expect(sources.funding).toEqual([{ settlementMs: 1735689600007, rate: 100_000_000, mark: null }]);
  });

  test('tells gaps, duplicates and rows out of order with their lines, and stores the rest sorted', async () => {
    const row = (minute: number, close = 100): string =>
      `${1735689600000 + minute * 60_000},100,101,99,${close},1`;
    const text = ['open_time_ms,open,high,low,close,volume', row(0), row(2), row(1), row(2), row(6)].join(
      '\n',
    );
    const { check, rows } = await bringIn([write('bars.csv', text)]);
    expect(check.findings.map(({ line, kind, text: said }) => [line, kind, said])).toEqual([
      [4, 'out_of_order', expect.stringMatching(/00:01:00.000Z comes behind .*00:02/)],
      [5, 'duplicate', expect.stringMatching(/stands in line 3 too$/)],
      [6, 'gap', expect.stringMatching(/^3 bars missing before it, from 2025-01-01T00:03/)],
    ]);
    expect(rows?.bars).toBe(4);
    expect((await storedBars()).map(([openMs = 0]) => (openMs - 1735689600000) / 60_000)).toEqual([
      0, 1, 2, 6,
    ]);
  });

  test('refuses a file that holds a header alone', async () => {
    const file = write('klines.csv', 'open_time_ms,open,high,low,close,volume\n');
    await expect(bringIn([file])).rejects.toThrow(`${file}: expected at least one row, found none`);
  });

  test('imports nothing that cannot be, unless it may leave it out', async () => {
    const row = (minute: number, rest: string): string => `${1735689600000 + minute * 60_000},${rest}`;
    const good = [row(0, '100,101,99,100,1'), row(1, '100,101,99,100,1')];
    const bad = [
      row(2, '100,101,99,98,1'),
      row(3, '100,101,99,0,1'),
      row(4, 'a,b,c,d,e'),
      row(1, '100,101,99,101,1'),
    ];
    const file = write('bars.csv', ['open_time_ms,open,high,low,close,volume', ...good, ...bad].join('\n'));
    const refused = await bringIn([file]);
    expect(refused.rows).toBeNull();
    expect(refused.check.findings.map(({ line, kind }) => [line, kind])).toEqual([
      [4, 'impossible'],
      [5, 'impossible'],
      [6, 'impossible'],
      [7, 'contradiction'],
    ]);
    expect((await bringIn([file], { skipsBad: true })).rows?.bars).toBe(2);
  });

  test.each([
    ['no.csv', 'a,b\n1,2\n', /no.csv:1: expected one of .*binance-klines.*, found "a,b"/],
    ['width.csv', 'funding_time_ms,funding_rate\n1,2\n3\n', /width.csv:3: expected 2 fields, found "1"/],
    ['time.csv', 'funding_time_ms,funding_rate\nnow,2\n', /time.csv:2: expected a time, found "now"/],
    ['broken.zip', '', /expected/],
    ['x.json', '[[1,2],3]', /row 1: expected six numbers/],
  ])('refuses %s with %j', async (name, content, message) => {
    const file = write(name, content);
    if (name === 'broken.zip') writeFileSync(file, 'no zip');
    await expect(bringIn([file])).rejects.toThrow(message);
  });
});
