/**
 * What the market looked like in a recorded session: its bars, and its book at a moment. Read from the event log, front to
 * back; a session of days takes seconds, so nobody who must answer quickly calls this on its own thread.
 */

import {
  BAR_CLOSE,
  BAR_HIGH,
  BAR_LENGTH,
  BAR_LOW,
  BAR_OPEN,
  BAR_OPEN_TIME,
  BAR_VOLUME,
  type EventBlock,
  EventKind,
  FLAG_BUY,
} from '../core/domain/event-block.ts';
import { type Instrument, createInstrument, formatPrice, formatQuantity } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { lots, ticks } from '../core/domain/units.ts';
import { NO_PRICE } from '../core/market/order-book.ts';
import { TickLadderBook } from '../core/market/tick-ladder-book.ts';
import { EventLogReader } from './event-log-reader.ts';

/** Bars kept of one recording; the oldest leave first. */
const BARS_MAX = 10_000;

/** A bar in the names of the HTTP interface. */
export interface RecordedBar {
  readonly symbol: string;
  readonly open_time_ms: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly is_closed: true;
}

export interface RecordedBook {
  readonly symbol: string;
  readonly time_ms: number;
  readonly is_valid: boolean;
  readonly bids: [string, string][];
  readonly asks: [string, string][];
}

/** The start document that opens the log; null for a log without events. Throws StorageError `log_corrupt`. */
export function readRecordedStart(eventsFolder: string): SessionStart | null {
  for (const block of new EventLogReader(eventsFolder, 1)) {
    return block.kind[0] === EventKind.sessionStarted
      ? (block.details[block.price[0] ?? 0] as SessionStart)
      : null;
  }
  return null;
}

/** The newest bars of every symbol, oldest first; bars that a session built from trades are not in its log. */
export function readRecordedBars(eventsFolder: string): RecordedBar[] {
  const reader = new EventLogReader(eventsFolder);
  let instruments: readonly Instrument[] = [];
  let bars: RecordedBar[] = [];
  const lastOpenMs = new Map<string, number>();
  for (const block of reader) {
    for (let row = 0; row < block.length; row++) {
      if (block.kind[row] === EventKind.sessionStarted) instruments = instrumentsOf(block, row);
      if (block.kind[row] !== EventKind.bar) continue;
      const instrument = instruments[block.instrument[row] ?? 0];
      const bar = instrument === undefined ? null : barOf(block, row, instrument);
      if (bar === null || bar.open_time_ms <= (lastOpenMs.get(bar.symbol) ?? 0)) continue;
      lastOpenMs.set(bar.symbol, bar.open_time_ms);
      bars.push(bar);
      if (bars.length > 2 * BARS_MAX) bars = bars.slice(-BARS_MAX);
    }
  }
  return bars.slice(-BARS_MAX);
}

/**
 * The best `levels` of both sides as they stood at each of `momentsMs` (receive time, rising); null before the first frame.
 */
export function readRecordedBooks(
  eventsFolder: string,
  symbol: string,
  momentsMs: readonly number[],
  levels: number,
): (RecordedBook | null)[] {
  const shown: (RecordedBook | null)[] = [];
  let instrument: Instrument | undefined;
  const book = new TickLadderBook();
  let timeMs: number | null = null;
  for (const block of new EventLogReader(eventsFolder)) {
    for (let row = 0; row < block.length; row++) {
      while ((block.receivedTimeMs[row] ?? 0) > (momentsMs[shown.length] ?? Number.POSITIVE_INFINITY)) {
        shown.push(showBook(instrument, book, timeMs, levels));
      }
      if (shown.length === momentsMs.length) return shown;
      const kind = block.kind[row];
      if (kind === EventKind.sessionStarted)
        instrument = instrumentsOf(block, row).find((each) => each.symbol === symbol);
      if (instrument === undefined || block.instrument[row] !== instrument.index) continue;
      if (kind === EventKind.bookSnapshot) book.clear();
      if (kind === EventKind.bookSnapshot || kind === EventKind.bookDelta)
        timeMs = block.receivedTimeMs[row] ?? null;
      if (kind === EventKind.level)
        book.set(((block.flags[row] ?? 0) & FLAG_BUY) !== 0, block.price[row] ?? 0, block.quantity[row] ?? 0);
    }
  }
  while (shown.length < momentsMs.length) shown.push(showBook(instrument, book, timeMs, levels));
  return shown;
}

function showBook(
  instrument: Instrument | undefined,
  book: TickLadderBook,
  timeMs: number | null,
  levels: number,
): RecordedBook | null {
  if (instrument === undefined || timeMs === null) return null;
  const { bestBid, bestAsk } = book;
  return {
    symbol: instrument.symbol,
    time_ms: timeMs,
    is_valid: bestBid !== NO_PRICE && bestAsk !== NO_PRICE && bestBid < bestAsk,
    bids: sideOf(instrument, book, true, levels),
    asks: sideOf(instrument, book, false, levels),
  };
}

function sideOf(
  instrument: Instrument,
  book: TickLadderBook,
  isBid: boolean,
  levels: number,
): [string, string][] {
  const side: [string, string][] = [];
  let price = isBid ? book.bestBid : book.bestAsk;
  while (price !== NO_PRICE && side.length < levels) {
    side.push([
      formatPrice(instrument, ticks(price)),
      formatQuantity(instrument, lots(book.quantityAt(isBid, price))),
    ]);
    price = book.nextWorse(isBid, price);
  }
  return side;
}

function instrumentsOf(block: EventBlock, row: number): Instrument[] {
  const start = block.details[block.price[row] ?? 0] as SessionStart;
  return start.instruments.map((spec, index) => createInstrument(spec, index));
}

function barOf(block: EventBlock, row: number, instrument: Instrument): RecordedBar | null {
  const at = block.price[row] ?? 0;
  const value = (column: number): number => block.wide[at + column] ?? Number.NaN;
  if (!(value(BAR_LENGTH) > 0)) return null;
  const price = (column: number): string => formatPrice(instrument, ticks(value(column)));
  return {
    symbol: instrument.symbol,
    open_time_ms: value(BAR_OPEN_TIME),
    open: price(BAR_OPEN),
    high: price(BAR_HIGH),
    low: price(BAR_LOW),
    close: price(BAR_CLOSE),
    volume: formatQuantity(instrument, lots(value(BAR_VOLUME))),
    is_closed: true,
  };
}
