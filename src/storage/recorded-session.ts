/**
 * Reads a recorded order-book session straight into event blocks, for backtests and benchmarks.
 *
 * A session is named by its prefix. `PREFIX-l2` and `PREFIX-trades` (Binance: a snapshot and diffs, merged by `seq`; a
 * `PREFIX-mark` beside them gives marks), or `PREFIX-book` and `PREFIX-trades` (Hyperliquid: whole books, merged by the
 * collector's clock), each `.csv.gz`. What counts of it: recorded-rules.ts. The files are read as streams, once when they are
 * opened (grids, times, the chain of updates) and once for every playing: memory does not depend on their size.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { DecimalError, parseDecimal } from '../core/base/fixed-point.ts';
import { EventBlock, EventKind, NO_TIME } from '../core/domain/event-block.ts';
import {
  type Instrument,
  type InstrumentSpec,
  createInstrument,
  parseMarkPrice,
} from '../core/domain/instrument.ts';
import type { Side } from '../core/domain/order.ts';
import { type MarkPrice, lots, ticks } from '../core/domain/units.ts';
import {
  type RecordedRow,
  cellInteger,
  cellIntegerOrNull,
  cellText,
  invalidRow,
  readRecordedFile,
} from './recorded-file.ts';
import { copyBlock } from './copy-block.ts';
import { GridFinder, describeInstrument } from './recorded-instrument.ts';
import { type MergeSource, type MergedRow, mergeRows } from './recorded-merge.ts';
import { type RecordedKind, RecordedRules, eventTimeMs, isSnapshot } from './recorded-rules.ts';
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
/** Codes of the digits that round up. */
const FIVE = 53;
const NINE = 57;

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

/** A recording that was looked through once. */
export interface RecordedMarket {
  /** On the coarsest grids that hold the data, without limits. */
  readonly instrument: InstrumentSpec;
  /** Receive times of the first and the last event; NaN where there are none. */
  readonly startMs: number;
  readonly lastMs: number;
  /** The first mark price that it tells; null where it has none. */
  readonly firstMark: MarkPrice | null;
  /**
   * All events on the grids of the instrument, prices rounded to its ticks, quantities down to its lots; a block is reused
   * once the next is asked for. Throws StorageError `invalid_data` with file and line.
   */
  blocks(instrument: Instrument, firstSequence: number): AsyncGenerator<EventBlock>;
}

/** Throws StorageError: `not_found` naming the missing file, `invalid_data` naming file and line. */
export async function openRecordedSession(prefix: string, symbol?: string): Promise<RecordedMarket> {
  const { sources, fundingIntervalHours } = filesOf(prefix);
  const grid = new GridFinder();
  const times: { start: number | null; first: number; last: number } = {
    ...{ start: null, first: Number.NaN, last: Number.NaN },
  };
  const marks: MarkPrice[] = [];
  const waiting: MergedRow<RecordedKind>[] = [];
  let rules: RecordedRules | null = null;
  const begin = (startMs: number): RecordedRules =>
    new RecordedRules(startMs, (kind, row, nowMs) => {
      if (Number.isNaN(times.first)) times.first = nowMs;
      times.last = nowMs;
      if (kind === 'mark' && marks.length === 0) marks.push(parseMarkPrice(cellText(row, 3)));
    });
  for await (const merged of mergeRows(sources())) {
    for (const item of merged) {
      withLine(item.row, () => addToGrid(grid, item));
      if (rules === null) {
        // The first rows may have no time of their own.
        waiting.push(item);
        times.start = eventTimeMs(item);
        if (times.start === null) continue;
        rules = begin(times.start);
        for (const early of waiting.splice(0)) rules.accept(early);
      } else withLine(item.row, () => rules?.accept(item));
    }
  }
  for (const early of waiting) (rules ??= begin(0)).accept(early);
  const spec = describeInstrument(symbol ?? symbolOf(prefix), fundingIntervalHours, grid);
  return {
    ...{ instrument: spec, startMs: times.first, lastMs: times.last, firstMark: marks[0] ?? null },
    blocks: (instrument, firstSequence) => blocksOf(sources(), instrument, times.start ?? 0, firstSequence),
  };
}

/** The whole recording in memory. Throws as {@link openRecordedSession}. */
export async function loadRecordedSession(
  prefix: string,
  options: RecordedSessionOptions = {},
): Promise<RecordedSession> {
  const market = await openRecordedSession(prefix, options.symbol);
  const instrument = options.instrument ?? market.instrument;
  const blocks: EventBlock[] = [];
  for await (const block of market.blocks(createInstrument(instrument, 0), options.firstSequence ?? 1))
    blocks.push(copyBlock(block));
  return {
    ...{ instrument, blocks },
    events: blocks.reduce((sum, block) => sum + block.events, 0),
    rows: blocks.reduce((sum, block) => sum + block.length, 0),
  };
}

async function* blocksOf(
  sources: readonly MergeSource<RecordedKind>[],
  instrument: Instrument,
  startMs: number,
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  const writer = new BlockWriter(instrument, firstSequence);
  const rules = new RecordedRules(startMs, writer.append);
  for await (const merged of mergeRows(sources)) {
    for (const item of merged) withLine(item.row, () => rules.accept(item));
    yield* writer.takeFull();
  }
  yield* writer.takeAll();
}

interface RecordingFiles {
  readonly sources: () => readonly MergeSource<RecordedKind>[];
  readonly fundingIntervalHours: number;
}

function filesOf(prefix: string): RecordingFiles {
  const file = (name: string): string => `${prefix}-${name}.csv.gz`;
  const isBinance = existsSync(file('l2'));
  if (!isBinance && !existsSync(file('book'))) {
    throw new StorageError(
      'not_found',
      `there is no recorded session ${prefix}: neither ${file('l2')} nor ${file('book')}`,
    );
  }
  if (!existsSync(file('trades')))
    throw new StorageError('not_found', `the recorded session ${prefix} lacks ${file('trades')}`);
  if (!isBinance) {
    // Trades first: of what arrived together, the book shows the market after its trades.
    const sources = (): MergeSource<RecordedKind>[] => [
      byArrival('bookTrade', file('trades'), BOOK_TRADES_HEADER),
      byArrival('book', file('book'), BOOK_HEADER),
    ];
    return { sources, fundingIntervalHours: HYPERLIQUID_FUNDING_HOURS };
  }
  const hasMarks = existsSync(file('mark'));
  const sources = (): MergeSource<RecordedKind>[] => [
    bySequence('diff', file('l2'), DIFF_HEADER),
    bySequence('diffTrade', file('trades'), DIFF_TRADES_HEADER),
    ...(hasMarks ? [bySequence('mark', file('mark'), MARK_HEADER)] : []),
  ];
  return { sources, fundingIntervalHours: BINANCE_FUNDING_HOURS };
}

function bySequence(kind: RecordedKind, file: string, header: string): MergeSource<RecordedKind> {
  let previous = Number.NEGATIVE_INFINITY;
  const keyOf = (row: RecordedRow): number => {
    const sequence = cellInteger(row, 0, 'seq');
    if (sequence < previous)
      throw invalidRow(row, `seq must rise from row to row, found ${sequence} behind ${previous}`);
    previous = sequence;
    return sequence;
  };
  return { kind, rows: readRecordedFile(file, header), keyOf };
}

function byArrival(kind: RecordedKind, file: string, header: string): MergeSource<RecordedKind> {
  let latest = 0;
  const keyOf = (row: RecordedRow): number => {
    latest = Math.max(latest, cellInteger(row, 0, 'recv_us'));
    return latest;
  };
  return { kind, rows: readRecordedFile(file, header), keyOf };
}

/** `binance-um-btcusdt-20230404T2358` and `hyperliquid-perp-btc-20250904T1946` are both BTCUSDT. */
function symbolOf(prefix: string): string {
  const name = path.basename(prefix).split('-')[2]?.toUpperCase();
  if (name === undefined) throw new StorageError('not_found', `${prefix} does not name its symbol; give one`);
  return name.endsWith('USDT') ? name : `${name}USDT`;
}

function addToGrid(grid: GridFinder, { kind, row }: MergedRow<RecordedKind>): void {
  if (kind === 'diff' || kind === 'book') {
    grid.addLevels(cellText(row, kind === 'diff' ? 8 : 2));
    grid.addLevels(cellText(row, kind === 'diff' ? 9 : 3));
  } else if (kind !== 'mark') {
    grid.addPrice(cellText(row, kind === 'diffTrade' ? 5 : 3));
    grid.addQuantity(cellText(row, kind === 'diffTrade' ? 6 : 4));
  }
}

/** Says of a decimal that is none where it stands. */
function withLine(row: RecordedRow, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof DecimalError ? invalidRow(row, error.message, error) : error;
  }
}

/** Writes rows that count into blocks. */
class BlockWriter {
  readonly #instrument: Instrument;
  readonly #blocks: EventBlock[] = [];
  /** Blocks that were handed over and are free again. */
  readonly #spare: EventBlock[] = [];
  #nextSequence: number;

  constructor(instrument: Instrument, firstSequence: number) {
    this.#instrument = instrument;
    this.#nextSequence = firstSequence;
  }

  /** The blocks that nothing more will be written to. */
  *takeFull(): Generator<EventBlock> {
    while (this.#blocks.length > 1) yield* this.#take();
  }

  *takeAll(): Generator<EventBlock> {
    while (this.#blocks.length > 0) yield* this.#take();
  }

  *#take(): Generator<EventBlock> {
    const [block] = this.#blocks.splice(0, 1);
    if (block === undefined) return;
    yield block;
    if (block.capacity === BLOCK_CAPACITY) this.#spare.push(block);
  }

  readonly append = (kind: RecordedKind, row: RecordedRow, nowMs: number): void => {
    switch (kind) {
      case 'diff': {
        const eventMs = cellIntegerOrNull(row, 3, 'event_ms') ?? NO_TIME;
        if (isSnapshot(row)) return this.#levels(EventKind.bookSnapshot, row, nowMs, eventMs, 8);
        const exchangeMs = cellIntegerOrNull(row, 4, 'tx_ms') ?? eventMs;
        return this.#levels(EventKind.bookDelta, row, nowMs, exchangeMs, 8);
      }
      case 'book':
        return this.#levels(EventKind.bookSnapshot, row, nowMs, cellInteger(row, 1, 'event_ms'), 2);
      case 'diffTrade': {
        const isBuyerMaker = cellInteger(row, 7, 'buyer_is_maker') === 1;
        return this.#trade(row, nowMs, cellInteger(row, 3, 'trade_ms'), 5, isBuyerMaker ? 'sell' : 'buy');
      }
      case 'bookTrade': {
        const side = cellText(row, 5);
        if (side !== 'buy' && side !== 'sell') throw invalidRow(row, 'taker_side must be buy or sell');
        return this.#trade(row, nowMs, cellInteger(row, 1, 'trade_ms'), 3, side);
      }
      case 'mark':
        return this.#open(1).appendMark(this.#instrument.index, nowMs, cellInteger(row, 2, 'event_ms'), {
          mark: parseMarkPrice(cellText(row, 3)),
          index: parseMarkPrice(cellText(row, 4)),
          // The recorded rate is the one predicted for the next settlement, not a settled one.
          settledRate: null,
          lastSettlementMs: null,
          nextSettlementMs: cellInteger(row, 7, 'next_funding_ms'),
        });
    }
  };

  #levels(
    kind: typeof EventKind.bookSnapshot | typeof EventKind.bookDelta,
    row: RecordedRow,
    nowMs: number,
    exchangeMs: number,
    bidColumn: number,
  ): void {
    const { index, priceDecimals, quantityDecimals } = this.#instrument;
    const bids = splitLevels(cellText(row, bidColumn));
    const asks = splitLevels(cellText(row, bidColumn + 1));
    const count = bids.length + asks.length;
    const block = this.#open(count + 1);
    block.appendBook(kind, index, nowMs, exchangeMs, count);
    for (let level = 0; level < count; level++) {
      const isBid = level < bids.length;
      const text = (isBid ? bids[level] : asks[level - bids.length]) ?? '';
      const colon = text.indexOf(':');
      const price = ticks(roundToGrid(text.slice(0, colon), priceDecimals));
      const quantity = lots(cutToGrid(text.slice(colon + 1), quantityDecimals));
      block.appendLevel(index, nowMs, exchangeMs, isBid, price, quantity, level === count - 1);
    }
  }

  #trade(row: RecordedRow, nowMs: number, tradeMs: number, priceColumn: number, takerSide: Side): void {
    const { index, priceDecimals, quantityDecimals } = this.#instrument;
    const price = ticks(roundToGrid(cellText(row, priceColumn), priceDecimals));
    const quantity = lots(cutToGrid(cellText(row, priceColumn + 1), quantityDecimals));
    // Less than a lot is no trade on this grid.
    if (quantity > 0) this.#open(1).appendTrade(index, nowMs, tradeMs, takerSide, price, quantity);
  }

  /** The block for the next event, which the caller appends whole. */
  #open(rows: number): EventBlock {
    let block = this.#blocks.at(-1);
    if (block === undefined || !block.hasRoom(rows)) {
      const spare = rows <= BLOCK_CAPACITY ? this.#spare.pop() : undefined;
      block = spare ?? new EventBlock(Math.max(rows, BLOCK_CAPACITY));
      block.reset(this.#nextSequence);
      this.#blocks.push(block);
    }
    this.#nextSequence++;
    return block;
  }
}

function splitLevels(cell: string): readonly string[] {
  return cell === '' ? [] : cell.split(' ');
}

/** Digits beyond the grid are left out. */
function cutToGrid(text: string, decimals: number): number {
  const dot = text.indexOf('.');
  if (dot < 0 || text.length - dot - 1 <= decimals) return parseDecimal(text, decimals);
  return parseDecimal(text.slice(0, decimals === 0 ? dot : dot + 1 + decimals), decimals);
}

/** To the nearest, halves up. */
function roundToGrid(text: string, decimals: number): number {
  const next = text.charCodeAt(text.indexOf('.') + 1 + decimals);
  const isUp = text.includes('.') && next >= FIVE && next <= NINE;
  return cutToGrid(text, decimals) + (isUp ? 1 : 0);
}
