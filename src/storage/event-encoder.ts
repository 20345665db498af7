/**
 * Writes events as lines of JSON that any tool reads: one event a line, decimal text on the instrument's own grids.
 *
 * Invariant: decoding the lines gives back every column of the block exactly, unknown values (NaN) and minus zero
 * included. Every line begins with `seq`, `received_ms`, `exchange_ms` (null when the source sent none), `kind` and
 * `symbol` (null where no instrument is meant). The instruments are those of the session_started line of the same log.
 */

import { assert, assertNever } from '../core/base/assert.ts';
import { formatDecimal } from '../core/base/fixed-point.ts';
import type { QualityRecord } from '../core/domain/commands.ts';
import {
  type EventBlock,
  type EventDetail,
  BAR_CLOSE,
  BAR_HIGH,
  BAR_LENGTH,
  BAR_LOW,
  BAR_OPEN,
  BAR_OPEN_TIME,
  BAR_VOLUME,
  CLOCK_OFFSET,
  CLOCK_ROUND_TRIP,
  CLOCK_UNCERTAINTY,
  EventKind,
  FLAG_BUY,
  FLAG_HISTORY,
  FLAG_LAST,
  FLAG_RECONSTRUCTED,
  FLAG_UNCONFIRMED,
  FUNDING_MARK,
  FUNDING_RATE,
  FUNDING_TIME,
  MARK_INDEX,
  MARK_LAST_SETTLEMENT,
  MARK_MARK,
  MARK_NEXT_SETTLEMENT,
  MARK_SETTLED_RATE,
  NO_TIME,
  isFrameKind,
} from '../core/domain/event-block.ts';
import { type Instrument, createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { MARK_DECIMALS, RATE_DECIMALS } from '../core/domain/units.ts';

/** The `kind` word of each event kind; `level` rows are part of their frame's line. */
export const KIND_NAMES = {
  [EventKind.sessionStarted]: 'session_started',
  [EventKind.timeAdvanced]: 'time_advanced',
  [EventKind.bookSnapshot]: 'book_snapshot',
  [EventKind.bookDelta]: 'book_delta',
  [EventKind.trade]: 'trade',
  [EventKind.bar]: 'bar',
  [EventKind.mark]: 'mark',
  [EventKind.lastPrice]: 'last_price',
  [EventKind.funding]: 'funding',
  [EventKind.feed]: 'feed',
  [EventKind.clock]: 'clock',
  [EventKind.command]: 'command',
  [EventKind.quality]: 'quality',
  [EventKind.bookTail]: 'book_tail',
  [EventKind.markBar]: 'mark_bar',
} as const;

export type LoggedKind = keyof typeof KIND_NAMES;

export class EventEncoder {
  #instruments: readonly Instrument[];

  /** `instruments`: those of the log being continued; a new log brings its own in its first event. */
  constructor(instruments: readonly Instrument[] = []) {
    this.#instruments = instruments;
  }

  /** Returns the lines of every event of the block, each ending in a newline. */
  encode(block: EventBlock): string {
    let lines = '';
    let sequence = block.firstSequence;
    for (let row = 0; row < block.length; sequence++) {
      const kind = block.kind[row] as EventKind;
      assert(kind !== EventKind.level, `row ${row} is a level without a frame`);
      if (kind === EventKind.sessionStarted) {
        const start = detailAt(block, row) as SessionStart;
        this.#instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
      }
      const symbol = this.#symbolOf(block, row, kind);
      const exchangeMs = block.exchangeTimeMs[row] ?? NO_TIME;
      lines +=
        `{"seq":${sequence},"received_ms":${numberText(block.receivedTimeMs[row] ?? Number.NaN)},` +
        `"exchange_ms":${exchangeMs === NO_TIME ? 'null' : numberText(exchangeMs)},` +
        `"kind":"${KIND_NAMES[kind]}","symbol":${symbol}${this.#fields(block, row, kind)}}\n`;
      row += rowsOf(block, row, kind);
    }
    return lines;
  }

  #symbolOf(block: EventBlock, row: number, kind: LoggedKind): string {
    switch (kind) {
      case EventKind.sessionStarted:
      case EventKind.timeAdvanced:
      case EventKind.feed:
      case EventKind.clock:
      case EventKind.command:
        return 'null';
      default:
        return JSON.stringify(this.#instrumentAt(block, row).symbol);
    }
  }

  #instrumentAt(block: EventBlock, row: number): Instrument {
    const instrument = this.#instruments[block.instrument[row] ?? 0];
    assert(
      instrument !== undefined,
      `row ${row} names an instrument that no session_started event announced`,
    );
    return instrument;
  }

  #fields(block: EventBlock, row: number, kind: LoggedKind): string {
    const { wide } = block;
    const at = block.price[row] ?? 0;
    const flags = block.flags[row] ?? 0;
    switch (kind) {
      case EventKind.timeAdvanced:
        return '';
      case EventKind.sessionStarted:
        return `,"start":${JSON.stringify(detailAt(block, row))}`;
      case EventKind.feed:
        return `,"feed":${JSON.stringify(detailAt(block, row))}`;
      case EventKind.command:
        return `,"command":${JSON.stringify(detailAt(block, row))}`;
      case EventKind.quality:
        return `,"quality":${qualityText(detailAt(block, row) as QualityRecord)}`;
      case EventKind.bookSnapshot:
      case EventKind.bookDelta:
      case EventKind.bookTail:
        return levelsText(block, row, this.#instrumentAt(block, row));
      case EventKind.trade: {
        const { priceDecimals, quantityDecimals } = this.#instrumentAt(block, row);
        const side = (flags & FLAG_BUY) === 0 ? 'sell' : 'buy';
        return `,"side":"${side}","price":${decimalText(at, priceDecimals)},"quantity":${decimalText(block.quantity[row], quantityDecimals)}`;
      }
      case EventKind.lastPrice:
        return `,"price":${decimalText(at, this.#instrumentAt(block, row).priceDecimals)}`;
      case EventKind.bar: {
        const { priceDecimals, quantityDecimals } = this.#instrumentAt(block, row);
        return (
          barText(wide, at, priceDecimals) +
          `,"volume":${decimalText(wide[at + BAR_VOLUME], quantityDecimals)}` +
          `,"history":${(flags & FLAG_HISTORY) !== 0},"unconfirmed":${(flags & FLAG_UNCONFIRMED) !== 0}` +
          `,"reconstructed":${(flags & FLAG_RECONSTRUCTED) !== 0}`
        );
      }
      case EventKind.markBar:
        return `${barText(wide, at, MARK_DECIMALS)},"reconstructed":${(flags & FLAG_RECONSTRUCTED) !== 0}`;
      case EventKind.mark:
        return (
          `,"mark":${decimalText(wide[at + MARK_MARK], MARK_DECIMALS)},"index":${decimalText(wide[at + MARK_INDEX], MARK_DECIMALS)}` +
          `,"settled_rate":${decimalText(wide[at + MARK_SETTLED_RATE], RATE_DECIMALS)}` +
          `,"last_settlement_ms":${numberText(wide[at + MARK_LAST_SETTLEMENT])}` +
          `,"next_settlement_ms":${numberText(wide[at + MARK_NEXT_SETTLEMENT])}`
        );
      case EventKind.funding:
        return (
          `,"settlement_ms":${numberText(wide[at + FUNDING_TIME])}` +
          `,"rate":${decimalText(wide[at + FUNDING_RATE], RATE_DECIMALS)},"mark":${decimalText(wide[at + FUNDING_MARK], MARK_DECIMALS)}`
        );
      case EventKind.clock:
        return (
          `,"offset_ms":${numberText(wide[at + CLOCK_OFFSET])},"round_trip_ms":${numberText(wide[at + CLOCK_ROUND_TRIP])}` +
          `,"uncertainty_ms":${numberText(wide[at + CLOCK_UNCERTAINTY])}`
        );
      default:
        return assertNever(kind, 'event kind');
    }
  }
}

function rowsOf(block: EventBlock, row: number, kind: LoggedKind): number {
  const rows = 1 + (isFrameKind(kind) ? (block.price[row] ?? 0) : 0);
  assert(((block.flags[row + rows - 1] ?? 0) & FLAG_LAST) !== 0, `the event at row ${row} is not closed`);
  return rows;
}

/** The span and the four prices of a bar. */
function barText(wide: Float64Array, at: number, decimals: number): string {
  return (
    `,"open_ms":${numberText(wide[at + BAR_OPEN_TIME])},"length_ms":${numberText(wide[at + BAR_LENGTH])}` +
    `,"open":${decimalText(wide[at + BAR_OPEN], decimals)},"high":${decimalText(wide[at + BAR_HIGH], decimals)}` +
    `,"low":${decimalText(wide[at + BAR_LOW], decimals)},"close":${decimalText(wide[at + BAR_CLOSE], decimals)}`
  );
}

/**
 * Price and quantity pairs of a frame. A frame whose levels are not all bids followed by all asks carries their order in
 * `sides` (one `b` or `a` a level), so that its replay meets them in the very same order.
 */
function levelsText(block: EventBlock, row: number, instrument: Instrument): string {
  let bids = '';
  let asks = '';
  let sides = '';
  const end = row + 1 + (block.price[row] ?? 0);
  for (let at = row + 1; at < end; at++) {
    assert(block.kind[at] === EventKind.level, `row ${at} interrupts the levels of a frame`);
    const price = decimalText(block.price[at], instrument.priceDecimals);
    const pair = `[${price},${decimalText(block.quantity[at], instrument.quantityDecimals)}]`;
    if (((block.flags[at] ?? 0) & FLAG_BUY) === 0) {
      asks += asks === '' ? pair : `,${pair}`;
      sides += 'a';
    } else {
      bids += bids === '' ? pair : `,${pair}`;
      sides += 'b';
    }
  }
  return `,"bids":[${bids}],"asks":[${asks}]${sides.includes('ab') ? `,"sides":"${sides}"` : ''}`;
}

function qualityText(record: QualityRecord): string {
  return JSON.stringify({
    from_ms: record.fromMs,
    to_ms: record.toMs,
    feed: record.feed,
    kind: record.kind,
    detail: record.detail,
    backfilled: record.backfilled,
  });
}

function detailAt(block: EventBlock, row: number): EventDetail {
  const detail = block.details[block.price[row] ?? -1];
  assert(detail !== undefined, `the document of row ${row} is missing`);
  return detail;
}

/** JSON text of a scaled integer as quoted decimal; null for an unknown (NaN) one. */
function decimalText(value: number | undefined, decimals: number): string {
  assert(value !== undefined, 'a column ends early');
  if (Number.isNaN(value)) return 'null';
  assert(Number.isSafeInteger(value), `${value} lies outside its grid`);
  return `"${Object.is(value, -0) ? '-0' : formatDecimal(value, decimals)}"`;
}

/** JSON text of a plain number; null for NaN. Minus zero keeps its sign. */
function numberText(value: number | undefined): string {
  assert(value !== undefined, 'a column ends early');
  if (Number.isNaN(value)) return 'null';
  assert(Number.isFinite(value), 'an infinite number has no text');
  return Object.is(value, -0) ? '-0' : String(value);
}
