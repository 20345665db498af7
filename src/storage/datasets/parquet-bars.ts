/**
 * A folder in the layout of `la data import` and `la data export` as a market: its bars (with the mark's bars and the
 * settlements beside them), else its trades.
 *
 * Read by DuckDB, sorted by time, a chunk at a time; exact decimals leave it as integers of 10^-8. One symbol at a time.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type MarkPrice, RATE_DECIMALS, markPrice, rate } from '../../core/domain/units.ts';
import { StorageError, toStorageError } from '../storage-error.ts';
import type { BarSources } from './bar-dataset.ts';
import type { BarBatch, BarFileFacts, BarTable } from './bar-file.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';
import type { FundingRow } from './funding-file.ts';

const UNIT = 10 ** FILE_DECIMALS;
const RATE_UNIT = 10 ** RATE_DECIMALS;

/** Whether a path is such a folder. */
export function isParquetFolder(folder: string): boolean {
  return existsSync(path.join(folder, 'bars')) || existsSync(path.join(folder, 'trades'));
}

/** Throws StorageError where the folder does not hold bars of the symbol. */
export async function openParquetBars(folder: string, symbol: string): Promise<BarSources> {
  try {
    return await withDuckDb(async (connection) => {
      const source = parquetTable(folder, 'bars', symbol);
      const bars = await readBars(connection, folder, source, 'last');
      if (bars === null)
        throw invalidLine(folder, 0, `bars of ${symbol}`, (await symbolsOf(connection, folder)) || 'none');
      const marks = await readBars(connection, folder, source, 'mark');
      const hasFunding = existsSync(path.join(folder, 'funding', `symbol=${symbol}`));
      return { bars, marks, funding: hasFunding ? await readFunding(connection, folder, symbol) : [] };
    });
  } catch (error) {
    throw toStorageError(error, `read ${folder}`);
  }
}

/** Runs `work` with a database of its own in memory. DuckDB is loaded only here. */
export async function withDuckDb<Result>(
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const { DuckDBInstance: Instance } = await import('@duckdb/node-api');
  const instance = await Instance.create(':memory:', { threads: '2', memory_limit: '512MB' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The rows of a table and symbol, to stand behind FROM. */
export function parquetTable(folder: string, table: string, symbol: string): string {
  const files = path.join(folder, table, `symbol=${symbol}`, '**', '*.parquet').replaceAll("'", "''");
  return `read_parquet('${files}', hive_partitioning = true)`;
}

async function symbolsOf(connection: DuckDBConnection, folder: string): Promise<string> {
  const files = path.join(folder, 'bars', '**', '*.parquet').replaceAll("'", "''");
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT symbol FROM read_parquet('${files}', hive_partitioning = true) ORDER BY symbol`,
  );
  return reader.getRows().flat().join(', ');
}

/** All bars of a kind in memory; null where there are none. */
async function readBars(
  connection: DuckDBConnection,
  folder: string,
  source: string,
  kind: 'last' | 'mark',
): Promise<BarTable | null> {
  const columns = ['open', 'high', 'low', 'close', 'coalesce(volume, 0)'].map(
    (name) => `CAST(trunc(${name} * ${UNIT}) AS DOUBLE)`,
  );
  const query = `SELECT CAST(open_ms AS DOUBLE), ${columns.join(', ')} FROM ${source} WHERE price_kind = '${kind}' QUALIFY row_number() OVER (PARTITION BY open_ms) = 1 ORDER BY open_ms`;
  let reader;
  try {
    reader = await connection.runAndReadAll(query);
  } catch (error) {
    // DuckDB says so where no file lies below the pattern.
    if (error instanceof Error && /No files found/.test(error.message)) return null;
    throw error;
  }
  const values = reader.getColumns().map((column) => Float64Array.from(column as number[]));
  const [openMs, open, high, low, close, volume] = values;
  if (openMs === undefined || open === undefined || high === undefined) return null;
  if (low === undefined || close === undefined || volume === undefined || openMs.length === 0) return null;
  const batch: BarBatch = { count: openMs.length, openMs, open, high, low, close, volume };
  const facts = factsOf(batch);
  if (!Number.isFinite(facts.lengthMs))
    throw invalidLine(folder, 0, 'at least two bars', String(batch.count));
  return {
    path: folder,
    facts,
    async *batches() {
      yield batch;
    },
  };
}

function factsOf({ count, openMs, open, high, low, close, volume }: BarBatch): BarFileFacts {
  let lengthMs = Number.POSITIVE_INFINITY;
  for (let at = 1; at < count; at++) lengthMs = Math.min(lengthMs, (openMs[at] ?? 0) - (openMs[at - 1] ?? 0));
  return {
    ...{ count, firstMs: openMs[0] ?? 0, lastMs: openMs[count - 1] ?? 0, lengthMs },
    priceDecimals: Math.max(...[open, high, low, close].map(decimalsOf)),
    volumeDecimals: decimalsOf(volume),
  };
}

/** The fewest decimals that hold all values (integers of 10^-8). */
export function decimalsOf(values: Float64Array): number {
  let decimals = 0;
  for (const value of values) while (value % 10 ** (FILE_DECIMALS - decimals) !== 0) decimals++;
  return decimals;
}

async function readFunding(
  connection: DuckDBConnection,
  folder: string,
  symbol: string,
): Promise<readonly FundingRow[]> {
  const reader = await connection.runAndReadAll(
    `SELECT CAST(settlement_ms AS DOUBLE), CAST(rate * ${RATE_UNIT} AS DOUBLE), CAST(mark * ${UNIT} AS DOUBLE) ` +
      `FROM ${parquetTable(folder, 'funding', symbol)} ORDER BY settlement_ms`,
  );
  return reader.getRows().map(([settlementMs, fraction, mark]) => {
    if (typeof settlementMs !== 'number' || typeof fraction !== 'number')
      throw new StorageError('invalid_data', `${folder}: a settlement without time or rate`);
    const known: MarkPrice | null = typeof mark === 'number' ? markPrice(mark) : null;
    return { settlementMs, rate: rate(fraction), mark: known };
  });
}
