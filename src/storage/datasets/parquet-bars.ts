/**
 * The bars of a folder in the layout of `la data import` and `la data export` as a market, with the mark's bars and the
 * settlements beside them.
 *
 * Read in pieces, see parquet-pieces.ts, and looked through once when it is opened. Up to {@link KEPT_BARS_MAX} bars are
 * kept for the next readings; of more, each reading goes to the files again. One symbol at a time.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type MarkPrice, RATE_DECIMALS, markPrice, rate } from '../../core/domain/units.ts';
import { StorageError, toStorageError } from '../storage-error.ts';
import type { BarSources } from './bar-dataset.ts';
import { type BarBatch, type BarFileFacts, type BarTable, KEPT_BARS_MAX } from './bar-file.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';
import type { FundingRow } from './funding-file.ts';
import {
  type ParquetPiece,
  parquetRows,
  planPieces,
  readPieces,
  requireSymbol,
  units,
  withDuckDb,
} from './parquet-pieces.ts';

const UNIT = 10 ** FILE_DECIMALS;
const RATE_UNIT = 10 ** RATE_DECIMALS;
const BARS = { name: 'bars', key: 'open_ms' } as const;

/** Throws StorageError where the folder does not hold bars of the symbol. */
export async function openParquetBars(folder: string, symbol: string): Promise<BarSources> {
  requireSymbol(folder, 'bars', symbol);
  try {
    const { pieces, funding } = await withDuckDb(async (connection) => ({
      pieces: (await planPieces(connection, folder, [BARS], symbol)).pieces,
      funding: existsSync(path.join(folder, 'funding', `symbol=${symbol}`))
        ? await readFunding(connection, folder, symbol)
        : [],
    }));
    const bars = await openBars(folder, symbol, pieces, 'last');
    if (bars === null) throw invalidLine(folder, 0, `bars of ${symbol}`, 'none but of marks');
    return { bars, marks: await openBars(folder, symbol, pieces, 'mark'), funding };
  } catch (error) {
    throw toStorageError(error, `read ${folder}`);
  }
}

/** Looks through all bars of a kind; null where there are none. */
async function openBars(
  folder: string,
  symbol: string,
  pieces: readonly ParquetPiece[],
  kind: 'last' | 'mark',
): Promise<BarTable | null> {
  const read = (): AsyncGenerator<BarBatch> => readBars(folder, symbol, pieces, kind);
  const kept: BarBatch[] = [];
  let facts: BarFileFacts | null = null;
  for await (const batch of read()) {
    facts = addFacts(facts, batch);
    if (facts.count <= KEPT_BARS_MAX) kept.push(batch);
  }
  if (facts === null) return null;
  if (!Number.isFinite(facts.lengthMs))
    throw invalidLine(folder, 0, 'at least two bars', String(facts.count));
  const isKept = facts.count <= KEPT_BARS_MAX;
  return {
    path: folder,
    facts,
    async *batches() {
      yield* isKept ? kept : read();
    },
  };
}

/** Bars in order of their time; of several of one time the first. */
async function* readBars(
  folder: string,
  symbol: string,
  pieces: readonly ParquetPiece[],
  kind: 'last' | 'mark',
): AsyncGenerator<BarBatch> {
  const columns = ['open', 'high', 'low', 'close', 'coalesce(volume, 0)'].map(units);
  const queryOf = ({ fromMs, toMs, days }: ParquetPiece): string =>
    `SELECT CAST(open_ms AS DOUBLE), ${columns.join(', ')} ` +
    `FROM ${parquetRows(folder, BARS.name, symbol, days.get(BARS.name) ?? [])} ` +
    `WHERE price_kind = '${kind}' AND open_ms >= ${fromMs} AND open_ms < ${toMs} ORDER BY open_ms, sequence`;
  let previousMs = Number.NEGATIVE_INFINITY;
  for await (const found of readPieces(folder, pieces, queryOf)) {
    const [times = EMPTY] = found;
    const isFirst = times.map((openMs) => {
      const isNew = openMs > previousMs;
      previousMs = Math.max(previousMs, openMs);
      return isNew ? 1 : 0;
    });
    const [openMs = EMPTY, open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY] =
      found.map((column) => column.filter((_, at) => isFirst[at] === 1));
    if (openMs.length > 0) yield { count: openMs.length, openMs, open, high, low, close, volume };
  }
}

const EMPTY = new Float64Array(0);

function addFacts(before: BarFileFacts | null, batch: BarBatch): BarFileFacts {
  const { count, openMs, open, high, low, close, volume } = batch;
  let lengthMs = before?.lengthMs ?? Number.POSITIVE_INFINITY;
  let previousMs = before?.lastMs ?? Number.NEGATIVE_INFINITY;
  for (const timeMs of openMs) {
    lengthMs = Math.min(lengthMs, timeMs - previousMs);
    previousMs = timeMs;
  }
  return {
    count: (before?.count ?? 0) + count,
    firstMs: before?.firstMs ?? openMs[0] ?? 0,
    ...{ lastMs: previousMs, lengthMs },
    priceDecimals: Math.max(before?.priceDecimals ?? 0, ...[open, high, low, close].map(decimalsOf)),
    volumeDecimals: Math.max(before?.volumeDecimals ?? 0, decimalsOf(volume)),
  };
}

/** The fewest decimals that hold all values (integers of 10^-8). */
function decimalsOf(values: Float64Array): number {
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
      `FROM ${parquetRows(folder, 'funding', symbol, null)} ORDER BY settlement_ms`,
  );
  return reader.getRows().map(([settlementMs, fraction, mark]) => {
    if (typeof settlementMs !== 'number' || typeof fraction !== 'number')
      throw new StorageError('invalid_data', `${folder}: a settlement without time or rate`);
    const known: MarkPrice | null = typeof mark === 'number' ? markPrice(mark) : null;
    return { settlementMs, rate: rate(fraction), mark: known };
  });
}
