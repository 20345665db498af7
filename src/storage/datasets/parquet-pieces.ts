/**
 * Reads tables in the layout of `la data import` and `la data export` (TABLE/symbol=…/date=YYYY-MM-DD/*.parquet) in pieces of
 * time: each is sorted and handed over by DuckDB for itself, a few thousand rows at once.
 *
 * Memory: a piece is whole days, at least {@link PIECE_ROWS} rows where there are so many; DuckDB sorts it within
 * {@link MEMORY_LIMIT} and goes to disk beyond. Exact decimals leave it as integers of 10^-8.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS } from '../../core/base/time.ts';
import { StorageError, toStorageError } from '../storage-error.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';

const MEMORY_LIMIT = '512MB';
const PIECE_ROWS = 250_000;
const UNIT = 10 ** FILE_DECIMALS;

/** A table of a folder, and the ms in it by which its rows are played. */
export interface ParquetTable {
  readonly name: string;
  readonly key: string;
}

/** What a table of one symbol holds. */
export interface ParquetFacts {
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A span of keys, and the days that hold rows in it, by table. */
export interface ParquetPiece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly days: ReadonlyMap<string, readonly string[]>;
}

/** Whether the folder has a table at all. */
export function hasTable(folder: string, table: string): boolean {
  return existsSync(path.join(folder, table));
}

/** Throws StorageError `invalid_data` where the table does not hold the symbol, naming what it holds. */
export function requireSymbol(folder: string, table: string, symbol: string): void {
  if (existsSync(path.join(folder, table, `symbol=${symbol}`))) return;
  const found = readdirSync(path.join(folder, table))
    .filter((name) => name.startsWith('symbol='))
    .map((name) => name.slice('symbol='.length));
  throw invalidLine(
    folder,
    0,
    `${table.replace('_', ' ')} of ${symbol}`,
    found.toSorted().join(', ') || 'none',
  );
}

/** Runs `work` with a database of its own in memory. DuckDB is loaded only here. */
export async function withDuckDb<Result>(
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const database = await openDuckDb();
  try {
    return await work(database.connection);
  } finally {
    database.close();
  }
}

async function openDuckDb(): Promise<{ readonly connection: DuckDBConnection; close(): void }> {
  const { DuckDBInstance: Instance } = await import('@duckdb/node-api');
  const spill = mkdtempSync(path.join(tmpdir(), 'la-duckdb-'));
  const instance = await Instance.create(':memory:', {
    ...{ threads: '2', memory_limit: MEMORY_LIMIT, temp_directory: spill },
  });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(spill, { recursive: true, force: true });
    },
  };
}

/** The rows of a table and symbol, to stand behind FROM; `days` null = all. */
export function parquetRows(
  folder: string,
  table: string,
  symbol: string,
  days: readonly string[] | null,
): string {
  const parts = days?.map((day) => [`date=${day}`, '*.parquet']) ?? [['**', '*.parquet']];
  const files = parts.map((part) => path.join(folder, table, `symbol=${symbol}`, ...part));
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  return `read_parquet([${list}], hive_partitioning = true)`;
}

/** The value in integers of 10^-8. */
export function units(column: string): string {
  return `CAST(trunc(${column} * ${UNIT}) AS DOUBLE)`;
}

/** The fewest decimals that hold all values of a column. */
export function decimalsOfColumn(column: string): string {
  const integer = `CAST(trunc(${column} * ${UNIT}) AS BIGINT)`;
  const cases = Array.from({ length: FILE_DECIMALS }, (_, decimals) => {
    const step = 10 ** (FILE_DECIMALS - decimals);
    return `WHEN ${integer} % ${step} = 0 THEN ${decimals}`;
  });
  return `CAST(coalesce(max(CASE ${cases.join(' ')} ELSE ${FILE_DECIMALS} END), 0) AS DOUBLE)`;
}

/** Cuts the tables of a symbol into pieces of time. All must be there. Throws what DuckDB throws. */
export async function planPieces(
  connection: DuckDBConnection,
  folder: string,
  tables: readonly ParquetTable[],
  symbol: string,
): Promise<{ readonly facts: ParquetFacts; readonly pieces: readonly ParquetPiece[] }> {
  const days: DayRows[] = [];
  for (const { name, key } of tables) {
    const reader = await connection.runAndReadAll(
      `SELECT CAST(date AS VARCHAR), CAST(min(${key}) AS DOUBLE), CAST(max(${key}) AS DOUBLE), CAST(count(*) AS DOUBLE) ` +
        `FROM ${parquetRows(folder, name, symbol, null)} GROUP BY 1`,
    );
    for (const [date, firstMs, lastMs, rows] of reader.getRows()) {
      if (typeof date !== 'string' || typeof firstMs !== 'number' || typeof lastMs !== 'number')
        throw new StorageError('invalid_data', `${folder}: rows without a time in ${name}`);
      days.push({ table: name, date, firstMs, lastMs, rows: Number(rows) });
    }
  }
  const facts: ParquetFacts = {
    rows: days.reduce((sum, { rows }) => sum + rows, 0),
    firstMs: Math.min(...days.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...days.map(({ lastMs }) => lastMs)),
  };
  const cuts = cutDays(days);
  const pieces = cuts.map((fromMs, at) => {
    const toMs = cuts[at + 1] ?? Number.MAX_SAFE_INTEGER;
    const inside = days.filter(({ firstMs, lastMs }) => firstMs < toMs && lastMs >= fromMs);
    const byTable = Map.groupBy(inside, ({ table }) => table);
    const dates = [...byTable].map(([table, rows]) => [table, rows.map(({ date }) => date)] as const);
    return { fromMs, toMs, days: new Map(dates) };
  });
  return { facts, pieces };
}

interface DayRows {
  readonly table: string;
  readonly date: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly rows: number;
}

/** The times at which pieces begin: midnights, but for the first. */
function cutDays(days: readonly DayRows[]): readonly number[] {
  const cuts = [Number.MIN_SAFE_INTEGER];
  let rows = 0;
  const byDate = [...Map.groupBy(days, ({ date }) => date)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  for (const [date, parts] of byDate) {
    if (rows >= PIECE_ROWS) {
      cuts.push(Math.floor(Date.parse(date) / DAY_MS) * DAY_MS);
      rows = 0;
    }
    rows += parts.reduce((sum, part) => sum + part.rows, 0);
  }
  return cuts;
}

/**
 * Yields the rows of the pieces' queries in columns of numbers, some thousand at a time; null is NaN. Throws StorageError.
 */
export async function* readPieces(
  folder: string,
  pieces: readonly ParquetPiece[],
  queryOf: (piece: ParquetPiece) => string,
): AsyncGenerator<readonly Float64Array[]> {
  if (pieces.length === 0) return;
  const database = await openDuckDb();
  try {
    for (const piece of pieces) {
      const result = await database.connection.stream(queryOf(piece));
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        yield chunk.getColumns().map((column) => Float64Array.from(column, numberOf));
      }
    }
  } catch (error) {
    throw toStorageError(error, `read ${folder}`);
  } finally {
    database.close();
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
