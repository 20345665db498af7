/**
 * The trades of a folder in the layout of `la data import` and `la data export` as a market without a book; read in pieces,
 * see parquet-pieces.ts.
 */

import path from 'node:path';
import { EventBlock } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { toStorageError } from '../storage-error.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import {
  type ParquetFacts,
  type ParquetPiece,
  decimalsOfColumn,
  parquetRows,
  planPieces,
  readPieces,
  requireSymbol,
  units,
  withDuckDb,
} from './parquet-pieces.ts';

const BLOCK_ROWS = 4_096;
const TRADES = { name: 'trades', key: 'coalesce(exchange_ms, received_ms)' } as const;

interface TradeSource {
  readonly folder: string;
  readonly symbol: string;
  readonly pieces: readonly ParquetPiece[];
  readonly facts: ParquetFacts;
}

/** Throws StorageError where the folder does not hold trades of the symbol. */
export async function openParquetTrades(folder: string, symbol: string): Promise<Dataset> {
  requireSymbol(folder, 'trades', symbol);
  try {
    const { plan, price, quantity } = await withDuckDb(async (connection) => {
      const decimals = [decimalsOfColumn('price'), decimalsOfColumn('quantity')].join(', ');
      const rows = parquetRows(folder, 'trades', symbol, null);
      const reader = await connection.runAndReadAll(`SELECT ${decimals} FROM ${rows}`);
      const [found = []] = reader.getRows();
      return {
        plan: await planPieces(connection, folder, [TRADES], symbol),
        ...{ price: Number(found[0]), quantity: Number(found[1]) },
      };
    });
    const source: TradeSource = { folder: path.resolve(folder), symbol, ...plan };
    return {
      ...{ priceSource: 'trades', barMs: null, priceDecimals: price, quantityDecimals: quantity },
      notes: [
        'There is no book: takers pay the parametric price, resting orders fill by trades through their price.',
      ],
      feed: (instrument, span) => feedOf(source, instrument, span),
    };
  } catch (error) {
    throw toStorageError(error, `read the trades of ${symbol} in ${folder}`);
  }
}

function feedOf(source: TradeSource, instrument: Instrument, span: DatasetSpan): DatasetFeed {
  const { firstMs, lastMs } = source.facts;
  const startMs = Math.max(firstMs, span.fromMs ?? firstMs);
  const endMs = Math.min(lastMs, span.toMs ?? lastMs);
  if (!(endMs >= startMs)) throw invalidLine(source.folder, 0, 'trades between --from and --to', 'none');
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => blocksOf(source, instrument, startMs, endMs, firstSequence),
  };
}

async function* blocksOf(
  { folder, symbol, pieces }: TradeSource,
  instrument: Instrument,
  startMs: number,
  endMs: number,
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  const tickScale = 10 ** (FILE_DECIMALS - instrument.priceDecimals);
  const lotScale = 10 ** (FILE_DECIMALS - instrument.quantityDecimals);
  const columns = [
    ...[`CAST(${TRADES.key} AS DOUBLE)`, units('price'), units('quantity')],
    "CAST(side = 'buy' AS DOUBLE)",
  ];
  const queryOf = ({ fromMs, toMs, days }: ParquetPiece): string =>
    `SELECT ${columns.join(', ')} FROM ${parquetRows(folder, TRADES.name, symbol, days.get(TRADES.name) ?? [])} ` +
    `WHERE ${TRADES.key} >= ${Math.max(fromMs, startMs)} AND ${TRADES.key} < ${Math.min(toMs, endMs + 1)} ORDER BY 1, sequence`;
  const wanted = pieces.filter(({ fromMs, toMs }) => fromMs <= endMs && toMs > startMs);
  const block = new EventBlock(BLOCK_ROWS);
  block.reset(firstSequence);
  for await (const [timeMs, price, quantity, isBuy] of readPieces(folder, wanted, queryOf)) {
    for (const [at, atMs] of timeMs?.entries() ?? []) {
      const size = lots(Math.floor((quantity?.[at] ?? 0) / lotScale));
      if (size === 0) continue;
      const tick = ticks(Math.max(1, Math.round((price?.[at] ?? 0) / tickScale)));
      block.appendTrade(instrument.index, atMs, atMs, isBuy?.[at] === 1 ? 'buy' : 'sell', tick, size);
      if (block.hasRoom(1)) continue;
      yield block;
      block.reset(block.firstSequence + block.events);
    }
  }
  if (block.events > 0) yield block;
}
