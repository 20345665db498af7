/**
 * The fast decoder: scans the known frame shapes byte by byte into preallocated columns, without a string or an object.
 *
 * Shapes: `{"ch":…,"symbol":…,"ts":…,"data":…}` and `{"ch":…,"data":…,"symbol":…,"ts":…}` of books, trades, price,
 * ticker and klines, the keys inside `data` in any order. Invariant: it either reads what the JSON decoder reads or
 * declines; it never refuses a frame by itself. Every byte from the first to the last is compared or read.
 */

import type { Instrument } from '../../core/domain/instrument.ts';
import { ByteReader, DECLINED, encode, matches } from './byte-reader.ts';
import { type DecodedFrame, FrameKind } from './decoded-frame.ts';
import { BOOK_CHANNELS, klineChannels } from './endpoints.ts';
import { PayloadScanner } from './payload-scanner.ts';

const CLOSE_OBJECT = 0x7d;

const HEAD = encode('{"ch":"');
const DATA = encode(',"data":');

interface Channel {
  /** Its name with the closing quote. */
  readonly name: Uint8Array;
  readonly kind: FrameKind;
  readonly klineLengthMs: number;
}

interface Known {
  readonly instrument: Instrument;
  /** What stands between channel and time, or data and time. */
  readonly link: Uint8Array;
}

export class FrameScanner {
  readonly #channels: readonly Channel[] = [
    ...BOOK_CHANNELS.map((name) => channelOf(name, FrameKind.book)),
    channelOf('trade', FrameKind.trades),
    channelOf('price', FrameKind.price),
    channelOf('ticker', FrameKind.ticker),
    ...[...klineChannels()].map(([name, lengthMs]) => channelOf(name, FrameKind.kline, lengthMs)),
  ];
  readonly #known: readonly Known[];
  readonly #reader = new ByteReader();
  readonly #payloads = new PayloadScanner();

  constructor(instruments: readonly Instrument[]) {
    this.#known = instruments.map((instrument) => ({
      instrument,
      link: encode(`,"symbol":${JSON.stringify(instrument.symbol)},"ts":`),
    }));
  }

  /** Reads the frame into `frame` and returns true, or returns false with `frame` half written. */
  scan(bytes: Uint8Array, frame: DecodedFrame): boolean {
    const last = bytes.length - 1;
    if (!matches(bytes, 0, HEAD) || bytes[last] !== CLOSE_OBJECT) return false;
    const channel = this.#channelAt(bytes, HEAD.length);
    if (channel === null) return false;
    const after = HEAD.length + channel.name.length;
    return matches(bytes, after, DATA)
      ? this.#scanDataFirst(bytes, after + DATA.length, last, channel, frame)
      : this.#scanDataLast(bytes, after, last, channel, frame);
  }

  #scanDataLast(
    bytes: Uint8Array,
    after: number,
    last: number,
    channel: Channel,
    frame: DecodedFrame,
  ): boolean {
    const known = this.#knownAt(bytes, after);
    if (known === null) return false;
    const at = this.#reader.readInteger(bytes, after + known.link.length);
    const exchangeTimeMs = this.#reader.value;
    if (at === DECLINED || !matches(bytes, at, DATA)) return false;
    if (this.#payload(bytes, at + DATA.length, channel, known.instrument, frame) !== last) return false;
    finish(frame, channel, known.instrument, exchangeTimeMs);
    return true;
  }

  #scanDataFirst(
    bytes: Uint8Array,
    from: number,
    last: number,
    channel: Channel,
    frame: DecodedFrame,
  ): boolean {
    let digits = last;
    while (isDigit(bytes[digits - 1] ?? 0)) digits--;
    if (this.#reader.readInteger(bytes, digits) !== last) return false;
    const exchangeTimeMs = this.#reader.value;
    for (const known of this.#known) {
      const link = digits - known.link.length;
      if (link <= from || !matches(bytes, link, known.link)) continue;
      if (this.#payload(bytes, from, channel, known.instrument, frame) !== link) return false;
      finish(frame, channel, known.instrument, exchangeTimeMs);
      return true;
    }
    return false;
  }

  #channelAt(bytes: Uint8Array, from: number): Channel | null {
    for (const channel of this.#channels) {
      if (matches(bytes, from, channel.name)) return channel;
    }
    return null;
  }

  #knownAt(bytes: Uint8Array, from: number): Known | null {
    for (const known of this.#known) {
      if (matches(bytes, from, known.link)) return known;
    }
    return null;
  }

  #payload(
    bytes: Uint8Array,
    from: number,
    channel: Channel,
    instrument: Instrument,
    frame: DecodedFrame,
  ): number {
    switch (channel.kind) {
      case FrameKind.book:
        return this.#payloads.scanBook(bytes, from, instrument, frame);
      case FrameKind.trades:
        return this.#payloads.scanTrades(bytes, from, instrument, frame);
      case FrameKind.price:
        return this.#payloads.scanPrice(bytes, from, frame);
      case FrameKind.ticker:
        return this.#payloads.scanTicker(bytes, from, instrument, frame);
      case FrameKind.kline:
        return this.#payloads.scanKline(bytes, from, instrument, frame);
      case FrameKind.refused:
      case FrameKind.greeting:
      case FrameKind.pong:
      case FrameKind.control:
        return DECLINED;
    }
  }
}

function finish(frame: DecodedFrame, channel: Channel, instrument: Instrument, exchangeTimeMs: number): void {
  frame.kind = channel.kind;
  frame.klineLengthMs = channel.klineLengthMs;
  frame.instrument = instrument.index;
  frame.exchangeTimeMs = exchangeTimeMs;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function channelOf(name: string, kind: FrameKind, klineLengthMs = 0): Channel {
  return { name: encode(`${name}"`), kind, klineLengthMs };
}
