/**
 * Reads lines of an event log back into event blocks; the inverse of `event-encoder.ts`.
 *
 * Invariant: a line that does not have its exact shape is refused with {@link EventLineError}, never repaired. The shapes
 * of the documents (start, feed, command) are those that were written: the log's hash chain vouches for them.
 */

import { assertNever } from '../core/base/assert.ts';
import { parseDecimal } from '../core/base/fixed-point.ts';
import type { FeedState, OperatorCommand, QualityRecord } from '../core/domain/commands.ts';
import {
  type EventBlock,
  type FrameEventKind,
  EventKind,
  FLAG_HISTORY,
  FLAG_RECONSTRUCTED,
  FLAG_UNCONFIRMED,
  NO_TIME,
  isFrameKind,
} from '../core/domain/event-block.ts';
import { type Instrument, type InstrumentSpec, createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import {
  type Lots,
  type MarkPrice,
  type Rate,
  type Ticks,
  MARK_DECIMALS,
  RATE_DECIMALS,
  lots,
  ticks,
} from '../core/domain/units.ts';
import { type LoggedKind, KIND_NAMES } from './event-encoder.ts';
import { migrateLine } from './event-migrations.ts';
import { LOG_FORMAT_VERSION } from './log-frame.ts';

/** Why a line was refused. */
export class EventLineError extends Error {
  override readonly name = 'EventLineError';
}

type Fields = Readonly<Record<string, unknown>>;
type Pair = readonly [string, string];

/** A parsed line: what it is and how many rows it needs. */
export interface EventLine {
  readonly sequence: number;
  readonly kind: LoggedKind;
  readonly rows: number;
  readonly fields: Fields;
}

const KIND_OF_NAME: ReadonlyMap<string, LoggedKind> = new Map(
  Object.entries(KIND_NAMES).map(([kind, name]) => [name, Number(kind) as LoggedKind]),
);

export class EventDecoder {
  #instruments: readonly Instrument[];
  #indexes: ReadonlyMap<string, Instrument>;

  /** `instruments`: those that the log named before its first line to be read. */
  constructor(instruments: readonly Instrument[] = []) {
    this.#instruments = instruments;
    this.#indexes = bySymbol(instruments);
  }

  /** The instruments of the last session_started line appended; empty before it. */
  get instruments(): readonly Instrument[] {
    return this.#instruments;
  }

  /** Parses one line (without its newline), written in this version of the format. Throws {@link EventLineError}. */
  parse(line: string, version: number = LOG_FORMAT_VERSION): EventLine {
    let fields: Fields;
    try {
      fields = migrateLine(asObject(JSON.parse(line), 'the line'), version);
    } catch (error) {
      if (error instanceof EventLineError) throw error;
      throw new EventLineError('the line is no JSON object', { cause: error });
    }
    const name = text(fields, 'kind');
    const kind = KIND_OF_NAME.get(name);
    if (kind === undefined) throw new EventLineError(`unknown event kind ${JSON.stringify(name)}`);
    const rows = isFrameKind(kind) ? 1 + pairs(fields, 'bids').length + pairs(fields, 'asks').length : 1;
    return { sequence: integer(fields, 'seq'), kind, rows, fields };
  }

  /** Appends the event to a block with room for its rows. Throws {@link EventLineError}, DecimalError or InvariantViolation. */
  append(line: EventLine, block: EventBlock): void {
    const { fields, kind } = line;
    const receivedMs = integer(fields, 'received_ms');
    const exchangeMs = fields['exchange_ms'] === null ? NO_TIME : integer(fields, 'exchange_ms');
    switch (kind) {
      case EventKind.sessionStarted:
        return block.appendSessionStarted(receivedMs, this.#start(fields));
      case EventKind.timeAdvanced:
        return block.appendTimeAdvanced(receivedMs);
      case EventKind.feed:
        return block.appendFeed(receivedMs, asObject(fields['feed'], 'feed') as unknown as FeedState);
      case EventKind.command:
        return block.appendCommand(
          receivedMs,
          asObject(fields['command'], 'command') as unknown as OperatorCommand,
        );
      case EventKind.clock:
        return block.appendClock(
          receivedMs,
          numberOrNaN(fields, 'offset_ms'),
          numberOrNaN(fields, 'round_trip_ms'),
          numberOrNaN(fields, 'uncertainty_ms'),
        );
      default:
        return appendMarketEvent(kind, fields, block, this.#instrument(fields), receivedMs, exchangeMs);
    }
  }

  #start(fields: Fields): SessionStart {
    const start = asObject(fields['start'], 'start') as unknown as SessionStart;
    const specs: unknown = start.instruments;
    if (!Array.isArray(specs)) throw new EventLineError('start.instruments must be a list');
    this.#instruments = (specs as readonly InstrumentSpec[]).map((spec, index) =>
      createInstrument(spec, index),
    );
    this.#indexes = bySymbol(this.#instruments);
    return start;
  }

  #instrument(fields: Fields): Instrument {
    const symbol = text(fields, 'symbol');
    const instrument = this.#indexes.get(symbol);
    if (instrument === undefined) throw new EventLineError(`no session_started line announced ${symbol}`);
    return instrument;
  }
}

function bySymbol(instruments: readonly Instrument[]): ReadonlyMap<string, Instrument> {
  return new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
}

type MarketKind = Exclude<
  LoggedKind,
  | typeof EventKind.sessionStarted
  | typeof EventKind.timeAdvanced
  | typeof EventKind.feed
  | typeof EventKind.command
  | typeof EventKind.clock
>;

function appendMarketEvent(
  kind: MarketKind,
  fields: Fields,
  block: EventBlock,
  instrument: Instrument,
  receivedMs: number,
  exchangeMs: number,
): void {
  const { index, priceDecimals, quantityDecimals } = instrument;
  switch (kind) {
    case EventKind.bookSnapshot:
    case EventKind.bookDelta:
    case EventKind.bookTail:
      return appendFrame(kind, fields, block, instrument, receivedMs, exchangeMs);
    case EventKind.trade: {
      const side = text(fields, 'side');
      if (side !== 'buy' && side !== 'sell') throw new EventLineError('side must be buy or sell');
      const price = ticks(decimal(fields, 'price', priceDecimals));
      return block.appendTrade(
        index,
        receivedMs,
        exchangeMs,
        side,
        price,
        lots(decimal(fields, 'quantity', quantityDecimals)),
      );
    }
    case EventKind.lastPrice:
      return block.appendLastPrice(
        index,
        receivedMs,
        exchangeMs,
        ticks(decimal(fields, 'price', priceDecimals)),
      );
    case EventKind.bar: {
      const bar = {
        ...barSpan<Ticks>(fields, priceDecimals),
        volume: decimalOrNaN(fields, 'volume', quantityDecimals) as Lots,
      };
      const flags =
        (flag(fields, 'history') ? FLAG_HISTORY : 0) |
        (flag(fields, 'unconfirmed') ? FLAG_UNCONFIRMED : 0) |
        (flag(fields, 'reconstructed') ? FLAG_RECONSTRUCTED : 0);
      return block.appendBar(index, receivedMs, bar, flags);
    }
    case EventKind.markBar: {
      const flags = flag(fields, 'reconstructed') ? FLAG_RECONSTRUCTED : 0;
      return block.appendMarkBar(index, receivedMs, barSpan<MarkPrice>(fields, MARK_DECIMALS), flags);
    }
    case EventKind.mark:
      return block.appendMark(index, receivedMs, exchangeMs, {
        mark: decimalOrNaN(fields, 'mark', MARK_DECIMALS) as MarkPrice,
        index: decimalOrNaN(fields, 'index', MARK_DECIMALS) as MarkPrice,
        settledRate: decimalOrNaN(fields, 'settled_rate', RATE_DECIMALS) as Rate,
        lastSettlementMs: numberOrNaN(fields, 'last_settlement_ms'),
        nextSettlementMs: numberOrNaN(fields, 'next_settlement_ms'),
      });
    case EventKind.funding:
      return block.appendFunding(
        index,
        receivedMs,
        integer(fields, 'settlement_ms'),
        decimalOrNaN(fields, 'rate', RATE_DECIMALS) as Rate,
        decimalOrNaN(fields, 'mark', MARK_DECIMALS) as MarkPrice,
      );
    case EventKind.quality:
      return block.appendQuality(receivedMs, qualityRecord(asObject(fields['quality'], 'quality'), index));
    default:
      return assertNever(kind, 'event kind');
  }
}

/** The span and the four prices of a bar, on the grid of `decimals`. */
function barSpan<Price extends Ticks | MarkPrice>(
  fields: Fields,
  decimals: number,
): Record<'openTimeMs' | 'lengthMs', number> & Record<'open' | 'high' | 'low' | 'close', Price> {
  const price = (key: string): Price => decimalOrNaN(fields, key, decimals) as Price;
  return {
    openTimeMs: integer(fields, 'open_ms'),
    lengthMs: integer(fields, 'length_ms'),
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
  };
}

function appendFrame(
  kind: FrameEventKind,
  fields: Fields,
  block: EventBlock,
  instrument: Instrument,
  receivedMs: number,
  exchangeMs: number,
): void {
  const bids = pairs(fields, 'bids');
  const asks = pairs(fields, 'asks');
  const levels = bids.length + asks.length;
  const sides = fields['sides'] === undefined ? null : text(fields, 'sides');
  if (sides !== null && (sides.length !== levels || sides.replaceAll('a', '').length !== bids.length)) {
    throw new EventLineError('sides must name every level');
  }
  block.appendBook(kind, instrument.index, receivedMs, exchangeMs, levels);
  let bid = 0;
  let ask = 0;
  for (let level = 0; level < levels; level++) {
    const isBid = sides === null ? level < bids.length : sides[level] === 'b';
    const pair = isBid ? bids[bid++] : asks[ask++];
    if (!Array.isArray(pair)) throw new EventLineError('a level must be a pair of decimals');
    const [price, quantity] = pair as unknown as Pair;
    if (typeof price !== 'string' || typeof quantity !== 'string') {
      throw new EventLineError('a level must be a pair of decimals');
    }
    block.appendLevel(
      instrument.index,
      receivedMs,
      exchangeMs,
      isBid,
      ticks(parseDecimal(price, instrument.priceDecimals)),
      signedZero(quantity, parseDecimal(quantity, instrument.quantityDecimals)) as Lots,
      level === levels - 1,
    );
  }
}

function qualityRecord(fields: Fields, instrument: number): QualityRecord {
  return {
    fromMs: integer(fields, 'from_ms'),
    toMs: integer(fields, 'to_ms'),
    instrument,
    feed: text(fields, 'feed'),
    kind: text(fields, 'kind') as QualityRecord['kind'],
    detail: text(fields, 'detail'),
    backfilled: flag(fields, 'backfilled'),
  };
}

function asObject(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EventLineError(`${what} must be an object`);
  }
  return value as Fields;
}

function pairs(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new EventLineError(`${key} must be a list`);
  return value;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw new EventLineError(`${key} must be text`);
  return value;
}

function flag(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (typeof value !== 'boolean') throw new EventLineError(`${key} must be true or false`);
  return value;
}

function integer(fields: Fields, key: string): number {
  const value = fields[key];
  if (!Number.isSafeInteger(value)) throw new EventLineError(`${key} must be an integer`);
  return value as number;
}

function numberOrNaN(fields: Fields, key: string): number {
  const value = fields[key];
  if (value === null) return Number.NaN;
  if (typeof value !== 'number') throw new EventLineError(`${key} must be a number or null`);
  return value;
}

function decimal(fields: Fields, key: string, decimals: number): number {
  const value = text(fields, key);
  return signedZero(value, parseDecimal(value, decimals));
}

function decimalOrNaN(fields: Fields, key: string, decimals: number): number {
  return fields[key] === null ? Number.NaN : decimal(fields, key, decimals);
}

/** A column can hold minus zero, which the decimal parser has no use for. */
function signedZero(source: string, value: number): number {
  return value === 0 && source.startsWith('-') ? -0 : value;
}
