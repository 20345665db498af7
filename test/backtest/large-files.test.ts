/**
 * Data that is larger than the memory it may take: played by a process of its own with a small heap, whose memory must not
 * grow by what the data weigh: held whole, both break the limit of the heap.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlayedData } from './played-data.ts';

const HEAP_MB = 64;
/** A loaded machine. */
const LIMIT_MS = 120_000;
const GROWN_MB_MAX = 125;
const LEVELS = 10;
const TEN_DAYS_MS = 864_000_000;
const START_MS = 1_735_689_600_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-large-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Played {
  readonly played: PlayedData;
  readonly grownMb: number;
}

async function playApart(data: string): Promise<Played> {
  const script = path.join(import.meta.dirname, 'play-data.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning', script],
    ...[data, 'XYZUSDT'],
  ]);
  return JSON.parse(stdout) as Played;
}

/** A recorded session of so many updates of twenty levels, with a trade behind each. */
function writeBook(prefix: string, updates: number): void {
  const levels = (first: number, step: number, change: number): string =>
    Array.from(
      { length: LEVELS },
      (_, at) => `${(first + step * at) / 10}:${((change + at) % 50) + 1}.5`,
    ).join(' ');
  const parts: Record<'l2' | 'trades', string[]> = {
    l2: ['seq,recv_us,kind,event_ms,tx_ms,first_id,last_id,prev_id,bids,asks'],
    trades: ['seq,recv_us,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker,type'],
  };
  parts.l2.push(`1,1,s,,,,100,,${levels(1_000, -1, 0)},${levels(1_001, 1, 0)}`);
  for (let at = 0; at < updates; at++) {
    const timeMs = START_MS + at * 10;
    const ids = `${100 + at},${101 + at},${100 + at}`;
    const sides = `${levels(1_000, -1, at)},${levels(1_001, 1, 3 * at)}`;
    parts.l2.push(`${2 * at + 2},1,u,${timeMs},${timeMs},${ids},${sides}`);
    parts.trades.push(`${2 * at + 3},1,${timeMs},${timeMs},${at},100.${at % 2},0.5,${at % 2},MARKET`);
  }
  for (const [name, lines] of Object.entries(parts))
    writeFileSync(`${prefix}-${name}.csv.gz`, gzipSync(`${lines.join('\n')}\n`, { level: 1 }));
}

/** Trades of ten days in the layout of an import. */
async function writeTrades(out: string, trades: number): Promise<void> {
  mkdirSync(path.join(out, 'trades'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const stepMs = Math.floor(TEN_DAYS_MS / trades);
  await connection.run(
    `COPY (SELECT 'x' AS session_id, i AS sequence, ${START_MS} + i * ${stepMs} AS received_ms, received_ms AS exchange_ms, ` +
      `CASE WHEN i % 3 = 0 THEN 'buy' ELSE 'sell' END AS side, CAST(100 + (i % 7) / 10 AS DECIMAL(28,10)) AS price, ` +
      `CAST(1 + (i % 5) / 2 AS DECIMAL(28,10)) AS quantity, 'XYZUSDT' AS symbol, ` +
      `strftime(make_timestamp(received_ms * 1000), '%Y-%m-%d') AS date FROM range(${trades}) AS given(i)) ` +
      `TO '${path.join(out, 'trades')}' (FORMAT parquet, PARTITION_BY (symbol, date))`,
  );
  connection.closeSync();
  instance.closeSync();
}

describe('data larger than memory', { timeout: LIMIT_MS }, () => {
  test('a recorded order book is played in a small part of what it weighs', async () => {
    const updates = 45_000;
    const prefix = path.join(folder, 'binance-um-xyzusdt-2025');
    writeBook(prefix, updates);
    const { played, grownMb } = await playApart(prefix);
    expect(played).toMatchObject({
      events: 2 * updates + 1,
      rows: (2 * LEVELS + 1) * (updates + 1) + updates,
    });

    expect(grownMb).toBeLessThan(GROWN_MB_MAX);
  });

  test('Parquet trades are played in a small part of what they weigh, in the order of their time', async () => {
    const trades = 1_000_000;
    const out = path.join(folder, 'trades-of-days');
    await writeTrades(out, trades);
    const { played, grownMb } = await playApart(out);
    const times = createHash('sha256');
    const stepMs = Math.floor(TEN_DAYS_MS / trades);
    times.update(Float64Array.from({ length: trades }, (_, at) => START_MS + at * stepMs));
    expect(played.hash.split(' ')[2]).toBe(times.digest('hex').slice(0, 8));
    expect(played).toMatchObject({ events: trades, rows: trades });

    expect(grownMb).toBeLessThan(GROWN_MB_MAX);
  });
});
