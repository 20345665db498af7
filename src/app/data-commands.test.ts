import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIo } from '../../test/builders/captured-io.ts';
import { recordSession } from '../../test/builders/recorded-session.ts';
import { EventLogReader } from '../storage/event-log-reader.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { compactSession } from './compact-session.ts';
import { exportData } from './export-data.ts';
import { listData } from './list-data.ts';
import { replay } from './replay.ts';
import { verify } from './verify.ts';

let workspace = '';
let folder: SessionFolder;
beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-data-'));
  folder = await recordSession(workspace, { durationMs: 62_000 });
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

interface Line {
  readonly kind: string;
  readonly quantity?: string;
  readonly bids?: readonly unknown[];
  readonly asks?: readonly unknown[];
}

/** Every line of the log, without any other code of the export. */
function linesOf(session: SessionFolder): Line[] {
  const lines = [...new EventLogReader(session.eventsFolder).frames()].flatMap((frame) => frame.lines);
  return lines.map((line) => JSON.parse(line) as Line);
}

function textHash(session: SessionFolder): string {
  const hash = createHash('sha256');
  for (const frame of new EventLogReader(session.eventsFolder).frames()) {
    for (const line of frame.lines) hash.update(`${line}\n`);
  }
  return hash.digest('hex');
}

/** Exact sum of decimals, in units of 10^-10. */
function sumOf(values: readonly string[]): bigint {
  return values.reduce((sum, value) => {
    const [whole = '0', fraction = ''] = value.replace('-', '').split('.');
    const units = BigInt(whole) * 10n ** 10n + BigInt(fraction.padEnd(10, '0'));
    return sum + (value.startsWith('-') ? -units : units);
  }, 0n);
}

describe('la data export', () => {
  test('names a table that it wrote, in the line that shows how to read it, also where there are no trades', async () => {
    const short = mkdtempSync(path.join(tmpdir(), 'la-short-'));
    await recordSession(short, { durationMs: 5_000, killedAfterBlocks: 1 });
    const out = path.join(short, 'shown');
    const io = captureIo();
    expect(await exportData(short, 'latest', out, io)).toBe(0);
    expect(readdirSync(out)).not.toContain('trades');
    const table = /read_parquet\('(.*)\/\*\*\/\*\.parquet'\)/.exec(io.out())?.[1] ?? '';
    expect(readdirSync(table).length).toBeGreaterThan(0);
    rmSync(short, { recursive: true });
  });

  test('writes Parquet in Hive layout that DuckDB reads with the sums of the log and the journal', async () => {
    const out = path.join(workspace, 'export');
    const io = captureIo(true);
    expect(await exportData(workspace, 'latest', out, io)).toBe(0);
    const answer = JSON.parse(io.out()) as { rows: Record<string, number>; events: number };
    expect(readdirSync(path.join(out, 'trades'))).toEqual(['symbol=BTCUSDT']);
    expect(readdirSync(path.join(out, 'trades/symbol=BTCUSDT'))).toEqual(['date=2026-01-01']);
    expect(readdirSync(path.join(out, 'bars/symbol=BTCUSDT')).toSorted()).toEqual([
      'date=2025-12-31',
      'date=2026-01-01',
    ]);
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
    const lines = linesOf(folder);
    expect(answer.events).toBe(lines.length);
    const trades = lines.filter(({ kind }) => kind === 'trade');
    const levels = lines.map(({ bids = [], asks = [] }) => bids.length + asks.length);
    expect(await query(out, 'trades', 'count(*), sum(quantity)')).toEqual([
      String(trades.length),
      sumOf(trades.map(({ quantity = '0' }) => quantity)),
    ]);
    expect(await query(out, 'book_levels', 'count(*)')).toEqual([
      String(levels.reduce((sum, count) => sum + count, 0)),
    ]);
    expect(await query(out, 'bars', 'count(*)')).toEqual([
      String(lines.filter(({ kind }) => kind === 'bar').length),
    ]);
    const journal = new DatabaseSync(folder.journalFile, { readOnly: true });
    const column = (name: string, table: string): string[] =>
      journal
        .prepare(`SELECT ${name} AS value FROM ${table}`)
        .all()
        .map(({ value }) => String(value));
    for (const [table, name] of [
      ['fills', 'fee'],
      ['fills', 'price'],
      ['orders', 'filled_quantity'],
      ['ledger', 'amount'],
      ['equity', 'equity'],
    ] as const) {
      const values = column(name, table);
      expect(await query(out, table, `count(*), sum(${name})`)).toEqual([
        String(values.length),
        sumOf(values),
      ]);
    }
    journal.close();
    // A second export replaces the session's own files and leaves those of others.
    expect(await exportData(workspace, 'latest', out, captureIo())).toBe(0);
    expect(await query(out, 'trades', 'count(*)')).toEqual([String(trades.length)]);
  });

  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

  /** One row; decimals in units of 10^-10, counts as text. */
  async function query(out: string, table: string, columns: string): Promise<(string | bigint)[]> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(
      `SELECT ${columns} FROM read_parquet('${out}/${table}/**/*.parquet', hive_partitioning = true)`,
    );
    const row = result.getRowsJson()[0] ?? [];
    connection.closeSync();
    instance.closeSync();
    return row.map((value, index) => (index === 0 ? text(value) : sumOf([text(value)])));
  }
});

describe('la data compact', () => {
  test('makes the log several times smaller, with every line, verifiable and replayable as before', async () => {
    const before = textHash(folder);
    const io = captureIo(true);
    mkdirSync(folder.snapshotFolder, { recursive: true });
    expect(compactSession(workspace, 'latest', io)).toBe(0);
    // They tell places in a log that is no more.
    expect(existsSync(folder.snapshotFolder)).toBe(false);
    const answer = JSON.parse(io.out()) as { ratio: number; frames_after: number };
    expect(answer.ratio).toBeGreaterThan(3);
    expect(answer.frames_after).toBe(1);
    expect(textHash(folder)).toBe(before);
    expect(folder.readManifest().compaction?.text_hash).toBe(before);
    expect(await verify(workspace, 'latest', captureIo())).toBe(0);
    const replayed = captureIo(true);
    expect(await replay({ workspace, operand: 'latest', out: null }, replayed)).toBe(0);
    expect(JSON.parse(replayed.out())).toMatchObject({ matches_recording: true });
    expect(readdirSync(folder.path).filter((name) => name.startsWith('events'))).toEqual(['events']);
    const again = captureIo();
    expect(compactSession(workspace, 'latest', again)).toBe(0);
    expect(again.out()).toContain('compact already');
  });

  test('leaves a session alone that did not end, or whose log is not its own', async () => {
    const killed = await recordSession(workspace, { sessionId: 'killed-1', killedAfterBlocks: 30 });
    const io = captureIo();
    expect(compactSession(workspace, 'killed-1', io)).toBe(1);
    expect(io.err()).toContain('has not ended');
    const other = await recordSession(workspace, { sessionId: 'other-1', durationMs: 5_000 });
    rmSync(other.eventsFolder, { recursive: true });
    mkdirSync(other.eventsFolder);
    writeFileSync(path.join(other.eventsFolder, '000001.jsonl.zst'), readSegment(killed));
    const refused = captureIo();
    expect(compactSession(workspace, 'other-1', refused)).toBe(1);
    expect(refused.err()).toContain('is not the one that the session left');
    expect(existsSync(other.eventsFolder)).toBe(true);
  });
});

function readSegment(session: SessionFolder): Buffer {
  return readFileSync(path.join(session.eventsFolder, '000001.jsonl.zst'));
}

describe('la data ls', () => {
  test('lists sessions and data sets with span, rows and bytes', () => {
    const dataset = path.join(workspace, 'data/mine/trades/symbol=ETHUSDT/date=2025-05-01');
    mkdirSync(dataset, { recursive: true });
    writeFileSync(path.join(dataset, 'a.parquet'), Buffer.alloc(2_048));
    const io = captureIo(true);
    expect(listData(workspace, io)).toBe(0);
    const { data } = JSON.parse(io.out()) as { data: Record<string, unknown>[] };
    const manifest = folder.readManifest();
    expect(data.find(({ name }) => name === folder.id)).toMatchObject({
      kind: 'session',
      symbols: ['BTCUSDT'],
      from: manifest.started_at,
      to: manifest.ended_at,
      rows: manifest.events,
      bytes: readSegment(folder).length,
    });
    expect(data.at(-1)).toMatchObject({
      kind: 'dataset',
      name: 'mine',
      symbols: ['ETHUSDT'],
      from: '2025-05-01',
      bytes: 2_048,
    });
    const text = captureIo();
    expect(listData(workspace, text)).toBe(0);
    expect(text.out()).toMatch(/session {2}synthetic-1 +BTCUSDT +2026-01-01 00:00:0\d/);
    const empty = captureIo();
    expect(listData(path.join(workspace, 'nothing'), empty)).toBe(0);
    expect(empty.out()).toContain('Nothing was recorded');
  });
});
