/**
 * The plain decoder: JSON.parse, the schemas, exact decimals. It is the fallback of the byte scanner and its oracle.
 *
 * Invariant: a number is either exact on the instrument's grid or the frame is refused whole; only volumes of bars are
 * rounded (down), because they are sums. Assumption: frames nest at most {@link MAX_DEPTH} deep.
 */

import type { z } from 'zod';
import { DecimalError, parseDecimal } from '../../core/base/fixed-point.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { MARK_DECIMALS, RATE_DECIMALS } from '../../core/domain/units.ts';
import {
  type DecodedFrame,
  FrameKind,
  INT32_MAX,
  MAX_LEVELS,
  MAX_TRADES,
  isOrderedBook,
} from './decoded-frame.ts';
import { BOOK_CHANNELS, klineLengthMs } from './endpoints.ts';
import { parseIsoTimeMs } from './iso-time.ts';
import { bookFrame, klineFrame, priceFrame, tickerFrame, tradeFrame } from './messages.ts';

const MAX_DEPTH = 16;
const PERCENT_DECIMALS = RATE_DECIMALS - 2;

/** Why a frame is refused; caught where decoding begins. */
class Refusal extends Error {}

export type InstrumentOfSymbol = ReadonlyMap<string, Instrument>;

/** Decodes one frame into `frame`, overwriting it. Never throws on what a peer can send. */
export function decodeJson(bytes: Uint8Array, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  try {
    decode(bytes, instruments, frame);
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof DecimalError)) throw error;
    frame.refuse(error.message);
  }
}

function decode(bytes: Uint8Array, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  if (nestsTooDeep(bytes)) throw new Refusal(`nested deeper than ${MAX_DEPTH}`);
  const document = parse(bytes);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Refusal('not a JSON object');
  }
  const channel = 'ch' in document ? document.ch : undefined;
  if (channel === undefined) {
    decodeControl(document, frame);
    return;
  }
  if (typeof channel !== 'string') throw new Refusal('channel is not text');
  const lengthMs = klineLengthMs(channel);
  if (lengthMs !== null) decodeKline(document, lengthMs, instruments, frame);
  else if ((BOOK_CHANNELS as readonly string[]).includes(channel)) decodeBook(document, instruments, frame);
  else if (channel === 'trade') decodeTrades(document, instruments, frame);
  else if (channel === 'price') decodePrice(document, instruments, frame);
  else if (channel === 'ticker') decodeTicker(document, instruments, frame);
  else throw new Refusal(`unknown channel ${JSON.stringify(channel.slice(0, 40))}`);
}

function decodeControl(document: object, frame: DecodedFrame): void {
  const { op, pong, data } = document as { op?: unknown; pong?: unknown; data?: unknown };
  frame.document = document;
  if (op === 'connect' && (data as { result?: unknown } | null | undefined)?.result !== false) {
    frame.kind = FrameKind.greeting;
  } else if ((op === 'ping' || op === 'pong') && typeof pong === 'number') {
    frame.kind = FrameKind.pong;
  } else {
    frame.kind = FrameKind.control;
  }
}

function decodeBook(document: object, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  const { symbol, ts, data } = check(bookFrame, document);
  const instrument = instrumentOf(instruments, symbol);
  if (data.b.length > MAX_LEVELS || data.a.length > MAX_LEVELS) throw new Refusal('too many levels');
  frame.emptyLevels = 0;
  frame.bids = readSide(data.b, instrument, frame.bidPrice, frame.bidQuantity, frame);
  frame.asks = readSide(data.a, instrument, frame.askPrice, frame.askQuantity, frame);
  if (!isOrderedBook(frame)) {
    // Sides that stand for each other, worst first: a crossed book, which the session must know of, not garbage.
    turnSide(frame.bidPrice, frame.bidQuantity, frame.bids);
    turnSide(frame.askPrice, frame.askQuantity, frame.asks);
    if (!isOrderedBook(frame)) throw new Refusal('levels out of order');
  }
  finish(frame, FrameKind.book, instrument, ts);
}

function readSide(
  levels: readonly (readonly [string, string])[],
  instrument: Instrument,
  prices: Int32Array,
  quantities: Float64Array,
  frame: DecodedFrame,
): number {
  let rows = 0;
  for (const [price, quantity] of levels) {
    if (price === '') {
      if (quantity !== '') throw new Refusal('level without a price');
      frame.emptyLevels++;
      continue;
    }
    const lots = readQuantity(quantity, instrument);
    const ticks = readPrice(price, instrument);
    // A quantity of zero is a removal; a window that replaces the book simply does not hold the level.
    if (lots === 0) continue;
    prices[rows] = ticks;
    quantities[rows] = lots;
    rows++;
  }
  return rows;
}

function turnSide(prices: Int32Array, quantities: Float64Array, rows: number): void {
  prices.subarray(0, rows).reverse();
  quantities.subarray(0, rows).reverse();
}

function decodeTrades(document: object, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  const { symbol, ts, data } = check(tradeFrame, document);
  const instrument = instrumentOf(instruments, symbol);
  if (data.length > MAX_TRADES) throw new Refusal('too many trades');
  for (const [row, trade] of data.entries()) {
    const quantity = readQuantity(trade.v, instrument);
    if (quantity === 0) throw new Refusal('trade without a quantity');
    frame.tradeTimeMs[row] = readTime(trade.t);
    frame.tradePrice[row] = readPrice(trade.p, instrument);
    frame.tradeQuantity[row] = quantity;
    frame.tradeIsBuy[row] = trade.s === 'buy' ? 1 : 0;
  }
  frame.trades = data.length;
  finish(frame, FrameKind.trades, instrument, ts);
}

function decodePrice(document: object, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  const { symbol, ts, data } = check(priceFrame, document);
  const instrument = instrumentOf(instruments, symbol);
  frame.mark = readMark(data.mp);
  frame.index = isAbsent(data.ip) ? Number.NaN : readMark(data.ip);
  frame.settledRate = isAbsent(data.fr) ? Number.NaN : parseDecimal(data.fr, PERCENT_DECIMALS);
  frame.lastSettlementMs = isAbsent(data.ft) ? Number.NaN : readTime(data.ft);
  frame.nextSettlementMs = isAbsent(data.nft) ? Number.NaN : readTime(data.nft);
  finish(frame, FrameKind.price, instrument, ts);
}

function decodeTicker(document: object, instruments: InstrumentOfSymbol, frame: DecodedFrame): void {
  const { symbol, ts, data } = check(tickerFrame, document);
  const instrument = instrumentOf(instruments, symbol);
  frame.lastPrice = readPrice(data.la, instrument);
  finish(frame, FrameKind.ticker, instrument, ts);
}

function decodeKline(
  document: object,
  lengthMs: number,
  instruments: InstrumentOfSymbol,
  frame: DecodedFrame,
): void {
  const { symbol, ts, data } = check(klineFrame, document);
  const instrument = instrumentOf(instruments, symbol);
  frame.klineLengthMs = lengthMs;
  frame.open = readPrice(data.o, instrument);
  frame.high = readPrice(data.h, instrument);
  frame.low = readPrice(data.l, instrument);
  frame.close = readPrice(data.c, instrument);
  frame.baseVolume = parseVolume(data.b, instrument.quantityDecimals);
  frame.quoteVolume = parseVolume(data.q, instrument.quantityDecimals);
  finish(frame, FrameKind.kline, instrument, ts);
}

function finish(frame: DecodedFrame, kind: FrameKind, instrument: Instrument, ts: number): void {
  frame.kind = kind;
  frame.instrument = instrument.index;
  frame.exchangeTimeMs = ts;
}

/** Parses a volume in lots, rounded down. Throws DecimalError on bad grammar and on negative volumes. */
export function parseVolume(text: string, quantityDecimals: number): number {
  const dot = text.indexOf('.');
  const cut = dot < 0 ? text : text.slice(0, dot + (quantityDecimals === 0 ? 0 : 1 + quantityDecimals));
  const volume = parseDecimal(cut, quantityDecimals);
  if (text.startsWith('-')) throw new DecimalError('negative volume', text);
  return volume;
}

function readPrice(text: string, instrument: Instrument): number {
  const price = parseDecimal(text, instrument.priceDecimals);
  if (price <= 0 || price > INT32_MAX) throw new DecimalError('price outside its range', text);
  return price;
}

function readQuantity(text: string, instrument: Instrument): number {
  const quantity = parseDecimal(text, instrument.quantityDecimals);
  if (quantity < 0 || text.startsWith('-')) throw new DecimalError('negative quantity', text);
  return quantity;
}

function readMark(text: string): number {
  const mark = parseDecimal(text, MARK_DECIMALS);
  if (mark <= 0) throw new DecimalError('mark price outside its range', text);
  return mark;
}

function readTime(text: string): number {
  const timeMs = parseIsoTimeMs(text);
  if (timeMs === null) throw new Refusal(`not a time: ${JSON.stringify(text)}`);
  return timeMs;
}

function isAbsent(text: string | null | undefined): text is '' | null | undefined {
  return text === null || text === undefined || text === '';
}

function instrumentOf(instruments: InstrumentOfSymbol, symbol: string): Instrument {
  const instrument = instruments.get(symbol);
  if (instrument === undefined) throw new Refusal(`unknown symbol ${JSON.stringify(symbol.slice(0, 40))}`);
  return instrument;
}

function check<T>(schema: z.ZodType<T>, document: object): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Refusal(issue === undefined ? 'not of its shape' : `${issue.path.join('.')}: ${issue.message}`);
}

function parse(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('not JSON');
  }
}

/** JSON.parse takes half a second for a million brackets; counting them takes a few ms. */
function nestsTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isInText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) isInText = false;
    } else if (byte === 0x22) {
      isInText = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return false;
}
