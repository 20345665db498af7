/**
 * The order book of a folder in the layout of `la data import` and `la data export` as a market, with the trades beside it;
 * read in pieces, see parquet-pieces.ts.
 *
 * A message is told when the collector had it, never before the exchange stamped it; of one instant trades first, because
 * the book shows the market after them. Limits: it is played from its begin; marks and settlements are not.
 */

import path from 'node:path';
import { EventBlock, EventKind, type FrameEventKind, isFrameKind } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { StorageError, toStorageError } from '../storage-error.ts';
import { NO_MARKS } from './book-dataset.ts';
import { FILE_DECIMALS } from './csv-rows.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import {
  type ParquetFacts,
  type ParquetPiece,
  decimalsOfColumn,
  hasTable,
  parquetRows,
  planPieces,
  readPieces,
  requireSymbol,
  units,
  withDuckDb,
} from './parquet-pieces.ts';

const BLOCK_ROWS = 4_096;
const BOOK = 'book_levels';
const TRADES = 'trades';
/** When a message is told, ms. */
const TOLD_MS = 'greatest(received_ms, coalesce(exchange_ms, received_ms))';

interface BookSource {
  readonly folder: string;
  readonly symbol: string;
  readonly pieces: readonly ParquetPiece[];
  readonly facts: ParquetFacts;
}

/** Throws StorageError where the folder does not hold a book of the symbol. */
export async function openParquetBooks(folder: string, symbol: string): Promise<Dataset> {
  requireSymbol(folder, BOOK, symbol);
  const tables = [BOOK, ...(hasTable(folder, path.join(TRADES, `symbol=${symbol}`)) ? [TRADES] : [])];
  try {
    const found = await withDuckDb(async (connection) => {
      const decimals: number[][] = [];
      for (const table of tables) {
        const reader = await connection.runAndReadAll(
          `SELECT ${decimalsOfColumn('price')}, ${decimalsOfColumn('quantity')} FROM ${parquetRows(folder, table, symbol, null)}`,
        );
        decimals.push((reader.getRows()[0] ?? []).map(Number));
      }
      const keyed = tables.map((name) => ({ name, key: TOLD_MS }));
      return { decimals, plan: await planPieces(connection, folder, keyed, symbol) };
    });
    const source: BookSource = { folder: path.resolve(folder), symbol, ...found.plan };
    return {
      ...{ priceSource: 'stream', barMs: null },
      priceDecimals: Math.max(...found.decimals.map(([price = 0]) => price)),
      quantityDecimals: Math.max(...found.decimals.map(([, quantity = 0]) => quantity)),
      notes: [
        NO_MARKS,
        ...(tables.length === 1 ? ['There are no trades beside the book: resting orders do not fill.'] : []),
      ],
      feed: (instrument, span) => feedOf(source, instrument, span),
    };
  } catch (error) {
    throw toStorageError(error, `read the order book of ${symbol} in ${folder}`);
  }
}

function feedOf(source: BookSource, instrument: Instrument, span: DatasetSpan): DatasetFeed {
  const { firstMs: startMs, lastMs } = source.facts;
  const endMs = Math.min(lastMs, span.toMs ?? lastMs);
  if (!(endMs > startMs) || (span.fromMs !== null && span.fromMs > startMs))
    throw new StorageError(
      'invalid_data',
      `${source.folder}: a recorded book is played from its begin, ${new Date(startMs).toISOString()}, at most to ${new Date(lastMs).toISOString()}`,
    );
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => blocksOf(source, instrument, endMs, firstSequence),
  };
}

async function* blocksOf(
  { folder, symbol, pieces }: BookSource,
  instrument: Instrument,
  endMs: number,
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  const writer = new FrameWriter(instrument, firstSequence);
  const wanted = pieces.filter(({ fromMs }) => fromMs <= endMs);
  const queryOf = (piece: ParquetPiece): string => queryFor(folder, symbol, piece, endMs);
  for await (const columns of readPieces(folder, wanted, queryOf)) {
    const rows = columns[0]?.length ?? 0;
    for (let row = 0; row < rows; row++) writer.add(columns, row);
    yield* writer.takeFull();
  }
  writer.finish();
  yield* writer.takeFull();
  if (writer.rest.events > 0) yield writer.rest;
}

/** Columns: told ms, exchange ms, sequence, kind, whether bid or bought, price, quantity. */
function queryFor(
  folder: string,
  symbol: string,
  { fromMs, toMs, days }: ParquetPiece,
  endMs: number,
): string {
  const part = (table: string, order: string, kind: string, isBuy: string, level: string): string =>
    `SELECT CAST(${TOLD_MS} AS DOUBLE) AS told, CAST(coalesce(exchange_ms, -1) AS DOUBLE) AS stamped, CAST(sequence AS DOUBLE) AS seq, ` +
    `CAST(${kind} AS DOUBLE) AS kind, CAST(${isBuy} AS DOUBLE) AS buy, ${units('price')} AS price, ` +
    `${units('quantity')} AS quantity, ${order} AS part, ${level} AS place ` +
    `FROM ${parquetRows(folder, table, symbol, days.get(table) ?? [])} ` +
    `WHERE ${TOLD_MS} >= ${fromMs} AND ${TOLD_MS} < ${Math.min(toMs, endMs + 1)}`;
  const kind = `CASE frame WHEN 'book_snapshot' THEN ${EventKind.bookSnapshot} WHEN 'book_delta' THEN ${EventKind.bookDelta} ELSE ${EventKind.bookTail} END`;
  const parts = [
    ...(days.has(TRADES) ? [part(TRADES, '0', String(EventKind.trade), "side = 'buy'", '0')] : []),
    ...(days.has(BOOK) ? [part(BOOK, '1', kind, "side = 'bid'", 'level')] : []),
  ];
  return `SELECT told, stamped, seq, kind, buy, price, quantity FROM (${parts.join(' UNION ALL ')}) ORDER BY told, seq, part, kind, buy DESC, place, price, quantity`;
}

interface Level {
  readonly isBid: boolean;
  readonly price: number;
  readonly quantity: number;
}

/** Puts levels of one message together and writes blocks. */
class FrameWriter {
  /** The block that is written to. */
  rest: EventBlock = new EventBlock(BLOCK_ROWS);
  readonly #instrument: Instrument;
  readonly #tickScale: number;
  readonly #lotScale: number;
  #frame = { toldMs: 0, exchangeMs: 0, sequence: Number.NaN, kind: EventKind.bookDelta as FrameEventKind };
  readonly #levels: Level[] = [];
  readonly #full: EventBlock[] = [];

  constructor(instrument: Instrument, firstSequence: number) {
    this.#instrument = instrument;
    this.#tickScale = 10 ** (FILE_DECIMALS - instrument.priceDecimals);
    this.#lotScale = 10 ** (FILE_DECIMALS - instrument.quantityDecimals);
    this.rest.reset(firstSequence);
  }

  /** The blocks that nothing more will be written to. */
  takeFull(): readonly EventBlock[] {
    return this.#full.splice(0);
  }

  add(columns: readonly Float64Array[], row: number): void {
    const cell = (column: number): number => columns[column]?.[row] ?? Number.NaN;
    const [toldMs, exchangeMs, sequence, kind, buy] = [cell(0), cell(1), cell(2), cell(3), cell(4)];
    const [given, amount] = [cell(5), cell(6)];
    const price = Math.max(1, Math.round(given / this.#tickScale));
    const quantity = Math.floor(amount / this.#lotScale);
    const isSame = sequence === this.#frame.sequence && kind === this.#frame.kind;
    if (!isSame) this.finish();
    if (!isFrameKind(kind)) {
      if (quantity === 0) return;
      const { index } = this.#instrument;
      this.#room(1).appendTrade(
        index,
        toldMs,
        exchangeMs,
        buy === 1 ? 'buy' : 'sell',
        ticks(price),
        lots(quantity),
      );
      return;
    }
    if (!isSame) this.#frame = { toldMs, exchangeMs, sequence, kind };
    this.#levels.push({ isBid: buy === 1, price, quantity });
  }

  /** Writes the message whose levels have been collected. */
  finish(): void {
    const count = this.#levels.length;
    if (count === 0) return;
    const { index } = this.#instrument;
    const { toldMs, exchangeMs, kind } = this.#frame;
    const block = this.#room(count + 1);
    block.appendBook(kind, index, toldMs, exchangeMs, count);
    for (const [at, { isBid, price, quantity }] of this.#levels.entries())
      block.appendLevel(index, toldMs, exchangeMs, isBid, ticks(price), lots(quantity), at === count - 1);
    this.#levels.length = 0;
    this.#frame = { ...this.#frame, sequence: Number.NaN };
  }

  #room(rows: number): EventBlock {
    if (this.rest.hasRoom(rows)) return this.rest;
    const full = this.rest;
    if (full.events > 0) this.#full.push(full);
    this.rest = new EventBlock(Math.max(rows, BLOCK_ROWS));
    this.rest.reset(full.firstSequence + full.events);
    return this.rest;
  }
}
