/**
 * A run of input events in columns: the one form in which anything reaches the engine.
 *
 * A row is a number's worth of an event; an order book frame takes one row a level, every other event takes one row.
 * Rows of an event lie together and the last carries {@link FLAG_LAST}; sequence numbers count events, not rows. Values
 * that do not fit the columns lie in `wide` (numbers, the row's `price` column is the offset) or `details` (documents,
 * `price` is the index). Invariant: a block holds whole events only, and receive times never decrease.
 * Blocks may be cut anywhere between events without changing any output of the engine.
 */

import { InvariantViolation, assert } from '../base/assert.ts';
import { type BlockColumns, columnsBehind, emptyColumns, shareColumns } from './block-columns.ts';
import type { FeedState, OperatorCommand, QualityRecord } from './commands.ts';
import type { Side } from './order.ts';
import type { SessionStart } from './session-start.ts';
import type { Lots, MarkPrice, Rate, Ticks } from './units.ts';

/** What a row is. `book` opens a frame; `level` rows of the same event follow it. */
export const EventKind = {
  sessionStarted: 1,
  timeAdvanced: 2,
  bookSnapshot: 3,
  bookDelta: 4,
  level: 5,
  trade: 6,
  bar: 7,
  mark: 8,
  lastPrice: 9,
  funding: 10,
  feed: 11,
  clock: 12,
  command: 13,
  quality: 14,
  /** Levels of a full book, fetched now and then: what lies behind the displayed window. */
  bookTail: 15,
  /** A closed bar of the mark price; prices in mark units. */
  markBar: 16,
} as const;

export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Kinds that `level` rows follow. */
export type FrameEventKind =
  | typeof EventKind.bookSnapshot
  | typeof EventKind.bookDelta
  | typeof EventKind.bookTail;

export function isFrameKind(kind: number): kind is FrameEventKind {
  return kind === EventKind.bookSnapshot || kind === EventKind.bookDelta || kind === EventKind.bookTail;
}

/** The row ends its event. */
export const FLAG_LAST = 1;
/** Bid side of a level; the taker bought in a trade. */
export const FLAG_BUY = 2;
/** A bar from before the session: it warms up and never trades. */
export const FLAG_HISTORY = 4;
/** A bar taken from the last socket frame because the venue's REST did not confirm it. */
export const FLAG_UNCONFIRMED = 8;
/** A bar of time that nobody watched: orders are played through it. */
export const FLAG_RECONSTRUCTED = 16;

/** Levels of a side in a tail at most: the nearest. A whole book has tens of thousands. */
export const MAX_TAIL_LEVELS = 500;

/** Offsets inside `wide` of a bar: its grid, its prices in ticks (of a mark bar: mark units), its volume in lots. */
export const BAR_OPEN_TIME = 0;
export const BAR_LENGTH = 1;
export const BAR_OPEN = 2;
export const BAR_HIGH = 3;
export const BAR_LOW = 4;
export const BAR_CLOSE = 5;
export const BAR_VOLUME = 6;
const BAR_WIDTH = 7;

/** Offsets inside `wide` of a mark: NaN where the venue did not say. */
export const MARK_MARK = 0;
export const MARK_INDEX = 1;
export const MARK_SETTLED_RATE = 2;
export const MARK_LAST_SETTLEMENT = 3;
export const MARK_NEXT_SETTLEMENT = 4;
const MARK_WIDTH = 5;

/** Offsets inside `wide` of a funding settlement. */
export const FUNDING_TIME = 0;
export const FUNDING_RATE = 1;
export const FUNDING_MARK = 2;
const FUNDING_WIDTH = 3;

/** Offsets inside `wide` of a clock sample: venue minus local, round trip, half width of the bound; in ms. */
export const CLOCK_OFFSET = 0;
export const CLOCK_ROUND_TRIP = 1;
export const CLOCK_UNCERTAINTY = 2;
const CLOCK_WIDTH = 3;

/** Exchange time of rows whose source sends none. */
export const NO_TIME = -1;

export type EventDetail = SessionStart | FeedState | OperatorCommand | QualityRecord;

export interface BarFields {
  readonly openTimeMs: number;
  readonly lengthMs: number;
  readonly open: Ticks;
  readonly high: Ticks;
  readonly low: Ticks;
  readonly close: Ticks;
  readonly volume: Lots;
}

export interface MarkBarFields {
  readonly openTimeMs: number;
  readonly lengthMs: number;
  readonly open: MarkPrice;
  readonly high: MarkPrice;
  readonly low: MarkPrice;
  readonly close: MarkPrice;
}

export interface MarkFields {
  readonly mark: MarkPrice;
  readonly index: MarkPrice | null;
  /** Rate of the last settlement, fraction. */
  readonly settledRate: Rate | null;
  readonly lastSettlementMs: number | null;
  readonly nextSettlementMs: number | null;
}

const INT32_MAX = 2_147_483_647;

export class EventBlock implements BlockColumns {
  readonly capacity: number;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly instrument: Uint8Array;
  readonly receivedTimeMs: Float64Array;
  readonly exchangeTimeMs: Float64Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  wide: Float64Array;
  readonly details: EventDetail[] = [];

  /** Rows in use. */
  length = 0;
  /** Whole events in the block. */
  events = 0;
  /** Sequence number of the first event. */
  firstSequence = 0;
  #wideLength = 0;

  constructor(capacity: number, columns: BlockColumns = emptyColumns(capacity)) {
    this.capacity = capacity;
    this.kind = columns.kind;
    this.flags = columns.flags;
    this.instrument = columns.instrument;
    this.receivedTimeMs = columns.receivedTimeMs;
    this.exchangeTimeMs = columns.exchangeTimeMs;
    this.price = columns.price;
    this.quantity = columns.quantity;
    this.wide = columns.wide;
  }

  /** A full block over columns that others read too, less their first `skipped` rows, each of which is an event. */
  static over(
    columns: BlockColumns,
    details: readonly EventDetail[],
    skipped: number,
    events: number,
    firstSequence: number,
  ): EventBlock {
    const rest = columnsBehind(columns, skipped);
    const block = new EventBlock(rest.kind.length, rest);
    block.details.push(...details);
    block.length = block.capacity;
    block.events = events;
    block.firstSequence = firstSequence;
    block.#wideLength = columns.wide.length;
    return block;
  }

  /** The rows in use, copied into memory that threads can share. */
  shareColumns(): BlockColumns {
    return shareColumns(this, this.length, this.#wideLength);
  }

  /** Empties the block for reuse; its first event will carry `firstSequence`. */
  reset(firstSequence: number): void {
    this.length = 0;
    this.events = 0;
    this.firstSequence = firstSequence;
    this.#wideLength = 0;
    this.details.length = 0;
  }

  hasRoom(rows: number): boolean {
    return this.length + rows <= this.capacity;
  }

  /** Begins a book frame of `levels` level rows, which the caller appends next; a snapshot replaces the whole book. */
  appendBook(
    kind: FrameEventKind,
    instrument: number,
    receivedTimeMs: number,
    exchangeTimeMs: number,
    levels: number,
  ): void {
    assert(this.hasRoom(levels + 1), 'event block has no room for the frame');
    this.#row(kind, levels === 0 ? FLAG_LAST : 0, instrument, receivedTimeMs, exchangeTimeMs, levels, 0);
    if (levels === 0) this.events++;
  }

  /** One level of the frame begun with {@link appendBook}; quantity 0 deletes. `isLast` closes the event. */
  appendLevel(
    instrument: number,
    receivedTimeMs: number,
    exchangeTimeMs: number,
    isBid: boolean,
    price: Ticks,
    quantity: Lots,
    isLast: boolean,
  ): void {
    const flags = (isBid ? FLAG_BUY : 0) | (isLast ? FLAG_LAST : 0);
    this.#row(EventKind.level, flags, instrument, receivedTimeMs, exchangeTimeMs, price, quantity);
    if (isLast) this.events++;
  }

  appendTrade(
    instrument: number,
    receivedTimeMs: number,
    exchangeTimeMs: number,
    takerSide: Side,
    price: Ticks,
    quantity: Lots,
  ): void {
    const flags = FLAG_LAST | (takerSide === 'buy' ? FLAG_BUY : 0);
    this.#row(EventKind.trade, flags, instrument, receivedTimeMs, exchangeTimeMs, price, quantity);
    this.events++;
  }

  appendLastPrice(instrument: number, receivedTimeMs: number, exchangeTimeMs: number, price: Ticks): void {
    this.#row(EventKind.lastPrice, FLAG_LAST, instrument, receivedTimeMs, exchangeTimeMs, price, 0);
    this.events++;
  }

  /** A closed bar. `flags`: any of FLAG_HISTORY, FLAG_UNCONFIRMED, FLAG_RECONSTRUCTED. */
  appendBar(instrument: number, receivedTimeMs: number, bar: BarFields, flags: number): void {
    this.#bar(EventKind.bar, instrument, receivedTimeMs, bar, flags);
  }

  /** A closed bar of the mark price, ahead of the bar of the same span. `flags`: FLAG_RECONSTRUCTED or none. */
  appendMarkBar(instrument: number, receivedTimeMs: number, bar: MarkBarFields, flags: number): void {
    this.#bar(EventKind.markBar, instrument, receivedTimeMs, { ...bar, volume: 0 }, flags);
  }

  #bar(
    kind: typeof EventKind.bar | typeof EventKind.markBar,
    instrument: number,
    receivedTimeMs: number,
    bar: Readonly<Record<keyof BarFields, number>>,
    flags: number,
  ): void {
    const at = this.#reserve(BAR_WIDTH);
    this.wide[at + BAR_OPEN_TIME] = bar.openTimeMs;
    this.wide[at + BAR_LENGTH] = bar.lengthMs;
    this.wide[at + BAR_OPEN] = bar.open;
    this.wide[at + BAR_HIGH] = bar.high;
    this.wide[at + BAR_LOW] = bar.low;
    this.wide[at + BAR_CLOSE] = bar.close;
    this.wide[at + BAR_VOLUME] = bar.volume;
    const closeTimeMs = bar.openTimeMs + bar.lengthMs;
    this.#row(kind, FLAG_LAST | flags, instrument, receivedTimeMs, closeTimeMs, at, 0);
    this.events++;
  }

  appendMark(instrument: number, receivedTimeMs: number, exchangeTimeMs: number, fields: MarkFields): void {
    const at = this.#reserve(MARK_WIDTH);
    this.wide[at + MARK_MARK] = fields.mark;
    this.wide[at + MARK_INDEX] = fields.index ?? Number.NaN;
    this.wide[at + MARK_SETTLED_RATE] = fields.settledRate ?? Number.NaN;
    this.wide[at + MARK_LAST_SETTLEMENT] = fields.lastSettlementMs ?? Number.NaN;
    this.wide[at + MARK_NEXT_SETTLEMENT] = fields.nextSettlementMs ?? Number.NaN;
    this.#row(EventKind.mark, FLAG_LAST, instrument, receivedTimeMs, exchangeTimeMs, at, 0);
    this.events++;
  }

  /** A settlement as the venue published it: rate as a fraction, mark as sent. */
  appendFunding(
    instrument: number,
    receivedTimeMs: number,
    settlementMs: number,
    fraction: Rate,
    mark: MarkPrice,
  ): void {
    const at = this.#reserve(FUNDING_WIDTH);
    this.wide[at + FUNDING_TIME] = settlementMs;
    this.wide[at + FUNDING_RATE] = fraction;
    this.wide[at + FUNDING_MARK] = mark;
    this.#row(EventKind.funding, FLAG_LAST, instrument, receivedTimeMs, settlementMs, at, 0);
    this.events++;
  }

  appendClock(receivedTimeMs: number, offsetMs: number, roundTripMs: number, uncertaintyMs: number): void {
    const at = this.#reserve(CLOCK_WIDTH);
    this.wide[at + CLOCK_OFFSET] = offsetMs;
    this.wide[at + CLOCK_ROUND_TRIP] = roundTripMs;
    this.wide[at + CLOCK_UNCERTAINTY] = uncertaintyMs;
    this.#row(EventKind.clock, FLAG_LAST, 0, receivedTimeMs, NO_TIME, at, 0);
    this.events++;
  }

  appendTimeAdvanced(receivedTimeMs: number): void {
    this.#row(EventKind.timeAdvanced, FLAG_LAST, 0, receivedTimeMs, NO_TIME, 0, 0);
    this.events++;
  }

  appendSessionStarted(receivedTimeMs: number, start: SessionStart): void {
    this.#detail(EventKind.sessionStarted, 0, receivedTimeMs, start);
  }

  appendFeed(receivedTimeMs: number, state: FeedState): void {
    this.#detail(EventKind.feed, 0, receivedTimeMs, state);
  }

  appendCommand(receivedTimeMs: number, command: OperatorCommand): void {
    this.#detail(EventKind.command, 0, receivedTimeMs, command);
  }

  appendQuality(receivedTimeMs: number, record: QualityRecord): void {
    this.#detail(EventKind.quality, record.instrument, receivedTimeMs, record);
  }

  #detail(kind: EventKind, instrument: number, receivedTimeMs: number, detail: EventDetail): void {
    this.details.push(detail);
    this.#row(kind, FLAG_LAST, instrument, receivedTimeMs, NO_TIME, this.details.length - 1, 0);
    this.events++;
  }

  #reserve(width: number): number {
    const at = this.#wideLength;
    if (at + width > this.wide.length) {
      const grown = new Float64Array(this.wide.length * 2);
      grown.set(this.wide);
      this.wide = grown;
    }
    this.#wideLength = at + width;
    return at;
  }

  #row(
    kind: EventKind,
    flags: number,
    instrument: number,
    receivedTimeMs: number,
    exchangeTimeMs: number,
    price: number,
    quantity: number,
  ): void {
    const row = this.length;
    assert(row < this.capacity, 'event block is full');
    const previousMs = row === 0 ? receivedTimeMs : (this.receivedTimeMs[row - 1] ?? 0);
    const fits = price >= -INT32_MAX && price <= INT32_MAX && receivedTimeMs >= previousMs;
    // Not `assert`: making its texts would cost more than the row.
    if (!fits) throw new InvariantViolation(rowText(price, receivedTimeMs, previousMs));
    this.kind[row] = kind;
    this.flags[row] = flags;
    this.instrument[row] = instrument;
    this.receivedTimeMs[row] = receivedTimeMs;
    this.exchangeTimeMs[row] = exchangeTimeMs;
    this.price[row] = price;
    this.quantity[row] = quantity;
    this.length = row + 1;
  }
}

function rowText(price: number, receivedTimeMs: number, previousMs: number): string {
  return receivedTimeMs < previousMs
    ? `receive time went back to ${receivedTimeMs}`
    : `price ${price} exceeds the column`;
}
