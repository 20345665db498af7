/**
 * Scans the payloads of the known channels byte by byte into preallocated columns, without a string or an object.
 *
 * The keys of an object may come in any order, each exactly once. Each `scan…` takes the position of the payload's first
 * byte and returns the position after its last, or declines; it never refuses anything by itself.
 */

import type { Instrument } from '../../core/domain/instrument.ts';
import { MARK_DECIMALS, RATE_DECIMALS } from '../../core/domain/units.ts';
import { ByteReader, DECLINED, encode, matches } from './byte-reader.ts';
import { type DecodedFrame, INT32_MAX, MAX_LEVELS, MAX_TRADES } from './decoded-frame.ts';

const PERCENT_DECIMALS = RATE_DECIMALS - 2;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BUY = encode('"buy"');
const SELL = encode('"sell"');

/** Keys of the payloads as one number: their letters in base 256. */
const KEY_A = 0x61;
const KEY_B = 0x62;
const KEY_C = 0x63;
const KEY_H = 0x68;
const KEY_L = 0x6c;
const KEY_O = 0x6f;
const KEY_P = 0x70;
const KEY_Q = 0x71;
const KEY_R = 0x72;
const KEY_S = 0x73;
const KEY_T = 0x74;
const KEY_V = 0x76;
const KEY_FR = 0x6672;
const KEY_FT = 0x6674;
const KEY_IP = 0x6970;
const KEY_LA = 0x6c61;
const KEY_MP = 0x6d70;
const KEY_NFT = 0x6e6674;
const MAX_KEY_LENGTH = 3;

export class PayloadScanner {
  readonly #reader = new ByteReader();
  /** The key that was read last. */
  #key = 0;
  /** Rows of the book side that was read last. */
  #rows = 0;

  /** `{"b":[[price,quantity],…],"a":[…]}`: the whole window. */
  scanBook(bytes: Uint8Array, from: number, instrument: Instrument, frame: DecodedFrame): number {
    frame.emptyLevels = 0;
    let seen = 0;
    let at = from;
    for (let field = 0; field < 2; field++) {
      at = this.#readKey(bytes, at, field === 0 ? OPEN_OBJECT : COMMA);
      if (at === DECLINED) return DECLINED;
      if (this.#key === KEY_B) {
        at = this.#side(bytes, at, instrument, frame.bidPrice, frame.bidQuantity, -1, frame);
        frame.bids = this.#rows;
        seen |= 1;
      } else if (this.#key === KEY_A) {
        at = this.#side(bytes, at, instrument, frame.askPrice, frame.askQuantity, 1, frame);
        frame.asks = this.#rows;
        seen |= 2;
      } else {
        return DECLINED;
      }
      if (at === DECLINED) return DECLINED;
    }
    return seen === 3 && bytes[at] === CLOSE_OBJECT ? at + 1 : DECLINED;
  }

  /** One side; `direction` 1 = prices rise, -1 = they fall. */
  #side(
    bytes: Uint8Array,
    from: number,
    instrument: Instrument,
    prices: Int32Array,
    quantities: Float64Array,
    direction: number,
    frame: DecodedFrame,
  ): number {
    const reader = this.#reader;
    const { priceDecimals, quantityDecimals } = instrument;
    let rows = 0;
    let previous = direction > 0 ? 0 : INT32_MAX + 1;
    let at = from;
    if (bytes[at] !== OPEN_ARRAY) return DECLINED;
    if (bytes[at + 1] === CLOSE_ARRAY) {
      this.#rows = 0;
      return at + 2;
    }
    do {
      if (bytes[at + 1] !== OPEN_ARRAY) return DECLINED;
      if (bytes[at + 3] === QUOTE) {
        at = skipEmptyLevel(bytes, at + 2);
        if (at === DECLINED) return DECLINED;
        frame.emptyLevels++;
        continue;
      }
      at = reader.readDecimal(bytes, at + 2, priceDecimals);
      const price = reader.value;
      if (at === DECLINED || price <= 0 || price > INT32_MAX || bytes[at] !== COMMA) return DECLINED;
      at = reader.readDecimal(bytes, at + 1, quantityDecimals);
      if (at === DECLINED || bytes[at] !== CLOSE_ARRAY || rows >= MAX_LEVELS) return DECLINED;
      at++;
      if (reader.value === 0) continue;
      if ((price - previous) * direction <= 0) return DECLINED;
      previous = price;
      prices[rows] = price;
      quantities[rows] = reader.value;
      rows++;
    } while (bytes[at] === COMMA);
    this.#rows = rows;
    return bytes[at] === CLOSE_ARRAY ? at + 1 : DECLINED;
  }

  /** `[{"t":…,"p":…,"v":…,"s":…},…]`. */
  scanTrades(bytes: Uint8Array, from: number, instrument: Instrument, frame: DecodedFrame): number {
    frame.trades = 0;
    let at = from;
    if (bytes[at] !== OPEN_ARRAY) return DECLINED;
    if (bytes[at + 1] === CLOSE_ARRAY) return at + 2;
    do {
      if (frame.trades >= MAX_TRADES) return DECLINED;
      at = this.#trade(bytes, at + 1, instrument, frame, frame.trades);
      if (at === DECLINED) return DECLINED;
      frame.trades++;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_ARRAY ? at + 1 : DECLINED;
  }

  #trade(bytes: Uint8Array, from: number, instrument: Instrument, frame: DecodedFrame, row: number): number {
    const reader = this.#reader;
    let seen = 0;
    let at = from;
    for (let field = 0; field < 4; field++) {
      at = this.#readKey(bytes, at, field === 0 ? OPEN_OBJECT : COMMA);
      if (at === DECLINED) return DECLINED;
      switch (this.#key) {
        case KEY_T:
          at = reader.readIsoTime(bytes, at);
          frame.tradeTimeMs[row] = reader.value;
          seen |= 1;
          break;
        case KEY_P:
          at = this.#readPrice(bytes, at, instrument);
          frame.tradePrice[row] = reader.value;
          seen |= 2;
          break;
        case KEY_V:
          at = reader.readDecimal(bytes, at, instrument.quantityDecimals);
          if (reader.value === 0) return DECLINED;
          frame.tradeQuantity[row] = reader.value;
          seen |= 4;
          break;
        case KEY_S:
          if (matches(bytes, at, BUY)) {
            frame.tradeIsBuy[row] = 1;
            at += BUY.length;
          } else if (matches(bytes, at, SELL)) {
            frame.tradeIsBuy[row] = 0;
            at += SELL.length;
          } else {
            return DECLINED;
          }
          seen |= 8;
          break;
        default:
          return DECLINED;
      }
      if (at === DECLINED) return DECLINED;
    }
    return seen === 15 && bytes[at] === CLOSE_OBJECT ? at + 1 : DECLINED;
  }

  /** `{"ip":…,"mp":…,"fr":…,"ft":…,"nft":…}`. */
  scanPrice(bytes: Uint8Array, from: number, frame: DecodedFrame): number {
    const reader = this.#reader;
    let seen = 0;
    let at = from;
    for (let field = 0; field < 5; field++) {
      at = this.#readKey(bytes, at, field === 0 ? OPEN_OBJECT : COMMA);
      if (at === DECLINED) return DECLINED;
      switch (this.#key) {
        case KEY_IP:
          at = reader.readDecimal(bytes, at, MARK_DECIMALS);
          if (reader.value === 0) return DECLINED;
          frame.index = reader.value;
          seen |= 1;
          break;
        case KEY_MP:
          at = reader.readDecimal(bytes, at, MARK_DECIMALS);
          if (reader.value === 0) return DECLINED;
          frame.mark = reader.value;
          seen |= 2;
          break;
        case KEY_FR:
          at = reader.readSigned(bytes, at, PERCENT_DECIMALS);
          frame.settledRate = reader.value;
          seen |= 4;
          break;
        case KEY_FT:
          at = reader.readIsoTime(bytes, at);
          frame.lastSettlementMs = reader.value;
          seen |= 8;
          break;
        case KEY_NFT:
          at = reader.readIsoTime(bytes, at);
          frame.nextSettlementMs = reader.value;
          seen |= 16;
          break;
        default:
          return DECLINED;
      }
      if (at === DECLINED) return DECLINED;
    }
    return seen === 31 && bytes[at] === CLOSE_OBJECT ? at + 1 : DECLINED;
  }

  /** `{"s":…,"o":…,"la":…,"h":…,"l":…,"b":…,"q":…,"r":…}`; only the last price is kept. */
  scanTicker(bytes: Uint8Array, from: number, instrument: Instrument, frame: DecodedFrame): number {
    const reader = this.#reader;
    let seen = 0;
    let at = from;
    for (let field = 0; field < 8; field++) {
      at = this.#readKey(bytes, at, field === 0 ? OPEN_OBJECT : COMMA);
      if (at === DECLINED) return DECLINED;
      if (this.#key === KEY_LA) {
        at = this.#readPrice(bytes, at, instrument);
        frame.lastPrice = reader.value;
        seen |= 1;
      } else if (this.#key === KEY_S) {
        at = reader.skipText(bytes, at);
        seen |= 2;
      } else {
        const bit = tickerBit(this.#key);
        if (bit === 0) return DECLINED;
        at = reader.skipDecimal(bytes, at);
        seen |= bit;
      }
      if (at === DECLINED) return DECLINED;
    }
    return seen === 255 && bytes[at] === CLOSE_OBJECT ? at + 1 : DECLINED;
  }

  /** `{"o":…,"h":…,"l":…,"c":…,"b":…,"q":…}`. */
  scanKline(bytes: Uint8Array, from: number, instrument: Instrument, frame: DecodedFrame): number {
    const reader = this.#reader;
    let seen = 0;
    let at = from;
    for (let field = 0; field < 6; field++) {
      at = this.#readKey(bytes, at, field === 0 ? OPEN_OBJECT : COMMA);
      if (at === DECLINED) return DECLINED;
      switch (this.#key) {
        case KEY_O:
          at = this.#readPrice(bytes, at, instrument);
          frame.open = reader.value;
          seen |= 1;
          break;
        case KEY_H:
          at = this.#readPrice(bytes, at, instrument);
          frame.high = reader.value;
          seen |= 2;
          break;
        case KEY_L:
          at = this.#readPrice(bytes, at, instrument);
          frame.low = reader.value;
          seen |= 4;
          break;
        case KEY_C:
          at = this.#readPrice(bytes, at, instrument);
          frame.close = reader.value;
          seen |= 8;
          break;
        case KEY_B:
          at = reader.readVolume(bytes, at, instrument.quantityDecimals);
          frame.baseVolume = reader.value;
          seen |= 16;
          break;
        case KEY_Q:
          at = reader.readVolume(bytes, at, instrument.quantityDecimals);
          frame.quoteVolume = reader.value;
          seen |= 32;
          break;
        default:
          return DECLINED;
      }
      if (at === DECLINED) return DECLINED;
    }
    return seen === 63 && bytes[at] === CLOSE_OBJECT ? at + 1 : DECLINED;
  }

  #readPrice(bytes: Uint8Array, from: number, instrument: Instrument): number {
    const at = this.#reader.readDecimal(bytes, from, instrument.priceDecimals);
    return this.#reader.value <= 0 || this.#reader.value > INT32_MAX ? DECLINED : at;
  }

  /** `before`, then a short key in quotes, then a colon; the key stands in `#key`. */
  #readKey(bytes: Uint8Array, from: number, before: number): number {
    if (bytes[from] !== before || bytes[from + 1] !== QUOTE) return DECLINED;
    let key = 0;
    for (let at = from + 2; at <= from + 2 + MAX_KEY_LENGTH; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#key = key;
        return bytes[at + 1] === COLON ? at + 2 : DECLINED;
      }
      // Letters only: a leading zero byte would vanish in the number.
      if (byte < KEY_A) return DECLINED;
      key = key * 256 + byte;
    }
    return DECLINED;
  }
}

/** `["",""]` without its opening bracket; returns the position after the closing one. */
function skipEmptyLevel(bytes: Uint8Array, from: number): number {
  const isEmpty =
    bytes[from] === QUOTE &&
    bytes[from + 1] === QUOTE &&
    bytes[from + 2] === COMMA &&
    bytes[from + 3] === QUOTE &&
    bytes[from + 4] === QUOTE &&
    bytes[from + 5] === CLOSE_ARRAY;
  return isEmpty ? from + 6 : DECLINED;
}

/** A bit for each number of a ticker that we check and do not use; 0 for other keys. */
function tickerBit(key: number): number {
  switch (key) {
    case KEY_O:
      return 4;
    case KEY_H:
      return 8;
    case KEY_L:
      return 16;
    case KEY_B:
      return 32;
    case KEY_Q:
      return 64;
    case KEY_R:
      return 128;
    default:
      return 0;
  }
}
