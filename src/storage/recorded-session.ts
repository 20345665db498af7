/**
 * Reads a recorded order-book session straight into event blocks, for replays and benchmarks.
 *
 * A session is named by its prefix. `PREFIX-l2` and `PREFIX-trades` (Binance: a snapshot and diffs, merged by `seq`; a
 * `PREFIX-mark` beside them gives marks), or `PREFIX-book` and `PREFIX-trades` (Hyperliquid: whole books, merged by the
 * collector's clock), each `.csv.gz`. Rules: diffs older than the snapshot are dropped and the chain of update ids must
 * be whole; trades that no order on the market made (insurance fund) and repeated trade ids are dropped.
 * Assumption: receive time is the exchange's event time made never to decrease, because the collectors' clocks were off
 * by more than the latencies. Limitation: everything is kept in memory.
 */

import path from 'node:path';
import { DecimalError } from '../core/base/fixed-point.ts';
import { EventBlock, EventKind, NO_TIME } from '../core/domain/event-block.ts';
import {
  type Instrument,
  type InstrumentSpec,
  createInstrument,
  parseMarkPrice,
  parsePrice,
  parseQuantity,
} from '../core/domain/instrument.ts';
import type { Side } from '../core/domain/order.ts';
import {
  type RecordedRow,
  cellInteger,
  cellIntegerOrNull,
  cellText,
  invalidRow,
  readRecordedFile,
} from './recorded-file.ts';
import { GridFinder, describeInstrument } from './recorded-instrument.ts';
import { StorageError } from './storage-error.ts';

const DIFF_HEADER = 'seq,recv_us,kind,event_ms,tx_ms,first_id,last_id,prev_id,bids,asks';
const DIFF_TRADES_HEADER = 'seq,recv_us,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker,type';
const MARK_HEADER =
  'seq,recv_us,event_ms,mark_price,index_price,est_settle_price,funding_rate,next_funding_ms';
const BOOK_HEADER = 'recv_us,event_ms,bids,asks';
const BOOK_TRADES_HEADER = 'recv_us,trade_ms,trade_id,price,qty,taker_side';

const BLOCK_CAPACITY = 4_096;
const BINANCE_FUNDING_HOURS = 8;
const HYPERLIQUID_FUNDING_HOURS = 1;
/** Trades of other types did not come from the book. Empty: the stream (spot) has no types. */
const MARKET_TRADE_TYPES: ReadonlySet<string> = new Set(['', 'MARKET']);

/** Column of the exchange's event time in each kind of row. */
const EVENT_TIME_COLUMN = { diff: 3, book: 1, diffTrade: 2, bookTrade: 1, mark: 2 } as const;

export interface RecordedSession {
  readonly instrument: InstrumentSpec;
  /** Consecutive blocks, instrument index 0; not reused. */
  readonly blocks: readonly EventBlock[];
  readonly events: number;
  readonly rows: number;
}

export interface RecordedSessionOptions {
  /** Default: from the prefix (`…-btcusdt-…` is BTCUSDT). */
  readonly symbol?: string;
  /** Default: worked out from the data, without limits. */
  readonly instrument?: InstrumentSpec;
  /** Sequence number of the first event, default 1. */
  readonly firstSequence?: number;
}

/** What one row becomes; `key` orders the rows of all files. */
interface Item {
  readonly key: number;
  readonly kind: keyof typeof EVENT_TIME_COLUMN;
  readonly row: RecordedRow;
}

interface Recording {
  readonly items: readonly Item[];
  readonly fundingIntervalHours: number;
}

/** Throws StorageError: `not_found` naming the missing file, `invalid_data` naming file and line. */
export function loadRecordedSession(prefix: string, options: RecordedSessionOptions = {}): RecordedSession {
  const recording = readBinance(prefix) ?? readHyperliquid(prefix);
  if (recording === null) {
    throw new StorageError(
      'not_found',
      `there is no recorded session ${prefix}: neither ${prefix}-l2.csv.gz nor ${prefix}-book.csv.gz`,
    );
  }
  const spec = options.instrument ?? deriveInstrument(prefix, recording, options.symbol);
  const blocks = new BlockRow(options.firstSequence ?? 1);
  const writer = new SessionWriter(createInstrument(spec, 0), blocks, startTimeMs(recording.items));
  for (const item of recording.items) {
    try {
      writer.append(item);
    } catch (error) {
      throw error instanceof DecimalError ? invalidRow(item.row, error.message, error) : error;
    }
  }
  return { instrument: spec, blocks: blocks.all, events: blocks.events, rows: blocks.rows };
}

function readBinance(prefix: string): Recording | null {
  const diffs = readRecordedFile(`${prefix}-l2.csv.gz`, DIFF_HEADER);
  if (diffs === null) return null;
  const bySequence = (kind: Item['kind']) => (row: RecordedRow) => ({
    key: cellInteger(row, 0, 'seq'),
    kind,
    row,
  });
  const items: Item[] = [
    ...diffs.map(bySequence('diff')),
    ...readTrades(prefix, DIFF_TRADES_HEADER).map(bySequence('diffTrade')),
    ...(readRecordedFile(`${prefix}-mark.csv.gz`, MARK_HEADER) ?? []).map(bySequence('mark')),
  ];
  return { items: items.toSorted((a, b) => a.key - b.key), fundingIntervalHours: BINANCE_FUNDING_HOURS };
}

function readHyperliquid(prefix: string): Recording | null {
  const books = readRecordedFile(`${prefix}-book.csv.gz`, BOOK_HEADER);
  if (books === null) return null;
  const byArrival = (rows: readonly RecordedRow[], kind: Item['kind']): Item[] => {
    let key = 0;
    return rows.map((row) => {
      key = Math.max(key, cellInteger(row, 0, 'recv_us'));
      return { key, kind, row };
    });
  };
  // Trades first: of what arrived together, the book shows the market after its trades.
  const items = [
    ...byArrival(readTrades(prefix, BOOK_TRADES_HEADER), 'bookTrade'),
    ...byArrival(books, 'book'),
  ];
  return { items: items.toSorted((a, b) => a.key - b.key), fundingIntervalHours: HYPERLIQUID_FUNDING_HOURS };
}

function readTrades(prefix: string, header: string): RecordedRow[] {
  const file = `${prefix}-trades.csv.gz`;
  const rows = readRecordedFile(file, header);
  if (rows === null) throw new StorageError('not_found', `the recorded session ${prefix} lacks ${file}`);
  return rows;
}

function deriveInstrument(prefix: string, recording: Recording, symbol: string | undefined): InstrumentSpec {
  const grid = new GridFinder();
  for (const { kind, row } of recording.items) {
    if (kind === 'diff' || kind === 'book') {
      grid.addLevels(cellText(row, kind === 'diff' ? 8 : 2));
      grid.addLevels(cellText(row, kind === 'diff' ? 9 : 3));
    } else if (kind !== 'mark') {
      grid.addPrice(cellText(row, kind === 'diffTrade' ? 5 : 3));
      grid.addQuantity(cellText(row, kind === 'diffTrade' ? 6 : 4));
    }
  }
  return describeInstrument(symbol ?? symbolOf(prefix), recording.fundingIntervalHours, grid);
}

/** `binance-um-btcusdt-20230404T2358` and `hyperliquid-perp-btc-20250904T1946` are both BTCUSDT. */
function symbolOf(prefix: string): string {
  const name = path.basename(prefix).split('-')[2]?.toUpperCase();
  if (name === undefined) throw new StorageError('not_found', `${prefix} does not name its symbol; give one`);
  return name.endsWith('USDT') ? name : `${name}USDT`;
}

/** The first time that the exchange says: a snapshot from REST has none of its own. */
function startTimeMs(items: readonly Item[]): number {
  for (const { kind, row } of items) {
    const timeMs = cellIntegerOrNull(row, EVENT_TIME_COLUMN[kind], 'event_ms');
    if (timeMs !== null) return timeMs;
  }
  return 0;
}

/** A row of blocks being filled, one after the other. */
class BlockRow {
  readonly all: EventBlock[] = [];
  #nextSequence: number;
  #firstSequence: number;

  constructor(firstSequence: number) {
    this.#firstSequence = firstSequence;
    this.#nextSequence = firstSequence;
  }

  get events(): number {
    return this.#nextSequence - this.#firstSequence;
  }

  get rows(): number {
    return this.all.reduce((sum, block) => sum + block.length, 0);
  }

  /** The block for the next event, which the caller appends whole. */
  open(rows: number): EventBlock {
    let block = this.all.at(-1);
    if (block === undefined || !block.hasRoom(rows)) {
      block = new EventBlock(Math.max(rows, BLOCK_CAPACITY));
      block.reset(this.#nextSequence);
      this.all.push(block);
    }
    this.#nextSequence++;
    return block;
  }
}

class SessionWriter {
  readonly #instrument: Instrument;
  readonly #blocks: BlockRow;
  readonly #tradeIds = new Set<string>();
  /** Diffs that arrived before the first snapshot. */
  #early: RecordedRow[] = [];
  #snapshotId: number | null = null;
  /** Last update id applied; null until the first diff after a snapshot. */
  #lastId: number | null = null;
  #nowMs: number;

  constructor(instrument: Instrument, blocks: BlockRow, startMs: number) {
    this.#instrument = instrument;
    this.#blocks = blocks;
    this.#nowMs = startMs;
  }

  append({ kind, row }: Item): void {
    switch (kind) {
      case 'diff':
        return cellText(row, 2) === 's' ? this.#appendSnapshot(row) : this.#appendDiff(row);
      case 'book': {
        const eventMs = cellInteger(row, 1, 'event_ms');
        return this.#appendLevels(EventKind.bookSnapshot, row, eventMs, eventMs, 2);
      }
      case 'diffTrade': {
        if (!MARKET_TRADE_TYPES.has(cellText(row, 8))) return undefined;
        const isBuyerMaker = cellInteger(row, 7, 'buyer_is_maker') === 1;
        const eventMs = cellInteger(row, 2, 'event_ms');
        return this.#appendTrade(
          row,
          eventMs,
          cellInteger(row, 3, 'trade_ms'),
          4,
          isBuyerMaker ? 'sell' : 'buy',
        );
      }
      case 'bookTrade': {
        const side = cellText(row, 5);
        if (side !== 'buy' && side !== 'sell') throw invalidRow(row, 'taker_side must be buy or sell');
        const tradeMs = cellInteger(row, 1, 'trade_ms');
        return this.#appendTrade(row, tradeMs, tradeMs, 2, side);
      }
      case 'mark':
        return this.#appendMark(row);
    }
  }

  #appendSnapshot(row: RecordedRow): void {
    this.#snapshotId = cellInteger(row, 6, 'last_id');
    this.#lastId = null;
    const eventMs = cellIntegerOrNull(row, 3, 'event_ms');
    this.#appendLevels(EventKind.bookSnapshot, row, eventMs ?? this.#nowMs, eventMs ?? NO_TIME, 8);
    const early = this.#early;
    this.#early = [];
    for (const diff of early) this.#appendDiff(diff);
  }

  #appendDiff(row: RecordedRow): void {
    if (this.#snapshotId === null) {
      this.#early.push(row);
      return;
    }
    const firstId = cellInteger(row, 5, 'first_id');
    const lastId = cellInteger(row, 6, 'last_id');
    const previousId = cellIntegerOrNull(row, 7, 'prev_id');
    const isSpot = previousId === null;
    if (this.#lastId === null) {
      if (isSpot ? lastId <= this.#snapshotId : lastId < this.#snapshotId) return;
      const firstNeeded = isSpot ? this.#snapshotId + 1 : this.#snapshotId;
      if (firstId > firstNeeded) {
        throw invalidRow(row, `updates ${firstNeeded} to ${firstId - 1} after the snapshot are missing`);
      }
    } else if (isSpot ? firstId !== this.#lastId + 1 : previousId !== this.#lastId) {
      throw invalidRow(
        row,
        `the chain of update ids is broken: ${isSpot ? firstId : previousId} after ${this.#lastId}`,
      );
    }
    this.#lastId = lastId;
    const eventMs = cellInteger(row, 3, 'event_ms');
    const exchangeMs = cellIntegerOrNull(row, 4, 'tx_ms') ?? eventMs;
    this.#appendLevels(EventKind.bookDelta, row, eventMs, exchangeMs, 8);
  }

  #appendLevels(
    kind: typeof EventKind.bookSnapshot | typeof EventKind.bookDelta,
    row: RecordedRow,
    eventMs: number,
    exchangeMs: number,
    bidColumn: number,
  ): void {
    const bids = splitLevels(cellText(row, bidColumn));
    const asks = splitLevels(cellText(row, bidColumn + 1));
    const count = bids.length + asks.length;
    const block = this.#blocks.open(count + 1);
    const nowMs = this.#advance(eventMs);
    const instrument = this.#instrument;
    block.appendBook(kind, 0, nowMs, exchangeMs, count);
    for (let level = 0; level < count; level++) {
      const isBid = level < bids.length;
      const text = (isBid ? bids[level] : asks[level - bids.length]) ?? '';
      const colon = text.indexOf(':');
      if (colon < 0)
        throw invalidRow(row, `a level must be price:quantity, found ${JSON.stringify(text.slice(0, 40))}`);
      const price = parsePrice(instrument, text.slice(0, colon));
      const quantity = parseQuantity(instrument, text.slice(colon + 1));
      block.appendLevel(0, nowMs, exchangeMs, isBid, price, quantity, level === count - 1);
    }
  }

  #appendTrade(row: RecordedRow, eventMs: number, tradeMs: number, idColumn: number, takerSide: Side): void {
    const id = cellText(row, idColumn);
    if (this.#tradeIds.has(id)) return;
    this.#tradeIds.add(id);
    const price = parsePrice(this.#instrument, cellText(row, idColumn + 1));
    const quantity = parseQuantity(this.#instrument, cellText(row, idColumn + 2));
    this.#blocks.open(1).appendTrade(0, this.#advance(eventMs), tradeMs, takerSide, price, quantity);
  }

  #appendMark(row: RecordedRow): void {
    const eventMs = cellInteger(row, 2, 'event_ms');
    this.#blocks.open(1).appendMark(0, this.#advance(eventMs), eventMs, {
      mark: parseMarkPrice(cellText(row, 3)),
      index: parseMarkPrice(cellText(row, 4)),
      // The recorded rate is the one predicted for the next settlement, not a settled one.
      settledRate: null,
      lastSettlementMs: null,
      nextSettlementMs: cellInteger(row, 7, 'next_funding_ms'),
    });
  }

  #advance(eventMs: number): number {
    this.#nowMs = Math.max(this.#nowMs, eventMs);
    return this.#nowMs;
  }
}

function splitLevels(cell: string): readonly string[] {
  return cell === '' ? [] : cell.split(' ');
}
