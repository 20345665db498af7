/** The trades of a folder in the layout of `la data import` and `la data export` as a market; see parquet-bars.ts. */

import path from 'node:path';
import { EventBlock } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { toStorageError } from '../storage-error.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import { decimalsOf, parquetTable, withDuckDb } from './parquet-bars.ts';

const UNIT = 10 ** FILE_DECIMALS;
const BLOCK_ROWS = 4_096;

/** In columns, in order of their time; prices and quantities in integers of 10^-8. All in memory. */
interface Trades {
  readonly timeMs: Float64Array;
  readonly price: Float64Array;
  readonly quantity: Float64Array;
  /** 1 = the taker bought. */
  readonly isBuy: Float64Array;
}

/** Throws StorageError where the folder does not hold trades of the symbol. */
export async function openParquetTrades(folder: string, symbol: string): Promise<Dataset> {
  const columns = [
    'CAST(coalesce(exchange_ms, received_ms) AS DOUBLE)',
    `CAST(trunc(price * ${UNIT}) AS DOUBLE)`,
    `CAST(trunc(quantity * ${UNIT}) AS DOUBLE)`,
    "CAST(side = 'buy' AS DOUBLE)",
  ];
  const query = `SELECT ${columns.join(', ')} FROM ${parquetTable(folder, 'trades', symbol)} ORDER BY 1, sequence`;
  try {
    const [timeMs, price, quantity, isBuy] = await withDuckDb(async (connection) =>
      (await connection.runAndReadAll(query))
        .getColumns()
        .map((column) => Float64Array.from(column as number[])),
    );
    if (timeMs === undefined || price === undefined || quantity === undefined || isBuy === undefined)
      throw invalidLine(folder, 0, `trades of ${symbol}`, 'none');
    const trades: Trades = { timeMs, price, quantity, isBuy };
    return {
      ...{ priceSource: 'trades', barMs: null },
      ...{ priceDecimals: decimalsOf(price), quantityDecimals: decimalsOf(quantity) },
      notes: [
        'There is no book: takers pay the parametric price, resting orders fill by trades through their price.',
      ],
      feed: (instrument, span) => feedOf(path.resolve(folder), trades, instrument, span),
    };
  } catch (error) {
    throw toStorageError(error, `read the trades of ${symbol} in ${folder}`);
  }
}

function feedOf(folder: string, trades: Trades, instrument: Instrument, span: DatasetSpan): DatasetFeed {
  const { timeMs } = trades;
  const startMs = Math.max(timeMs[0] ?? 0, span.fromMs ?? 0);
  const endMs = Math.min(timeMs.at(-1) ?? 0, span.toMs ?? Number.POSITIVE_INFINITY);
  if (timeMs.length === 0 || endMs < startMs)
    throw invalidLine(folder, 0, 'trades between --from and --to', 'none');
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => blocksOf(trades, instrument, startMs, endMs, firstSequence),
  };
}

async function* blocksOf(
  { timeMs, price, quantity, isBuy }: Trades,
  instrument: Instrument,
  startMs: number,
  endMs: number,
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  const tickScale = 10 ** (FILE_DECIMALS - instrument.priceDecimals);
  const lotScale = 10 ** (FILE_DECIMALS - instrument.quantityDecimals);
  const block = new EventBlock(BLOCK_ROWS);
  block.reset(firstSequence);
  for (const [at, atMs] of timeMs.entries()) {
    const size = lots(Math.floor((quantity[at] ?? 0) / lotScale));
    if (atMs < startMs || atMs > endMs || size === 0) continue;
    const at1 = ticks(Math.max(1, Math.round((price[at] ?? 0) / tickScale)));
    block.appendTrade(instrument.index, atMs, atMs, isBuy[at] === 1 ? 'buy' : 'sell', at1, size);
    if (block.hasRoom(1)) continue;
    yield block;
    block.reset(block.firstSequence + block.events);
  }
  if (block.events > 0) yield block;
}
