/**
 * Reads JSON values of known kinds straight from bytes, checking every byte it passes.
 *
 * Each `read…` takes the position of the value's first byte and returns the position after its last, or {@link DECLINED}
 * where the bytes are anything but the expected text; what was read stands in a field. Invariant: a reader accepts only
 * what JSON.parse and the exact decimal parser read as the same value; in doubt it declines.
 */

import { daysFromCivil, daysInMonth } from './iso-time.ts';

export const DECLINED = -1;

const QUOTE = 0x22;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
/** Digits that a double holds exactly, whatever they are. */
const MAX_DIGITS = 15;
const MAX_DECIMAL_LENGTH = 40;
const ISO_LENGTH = 22;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

export class ByteReader {
  /** The number or time that was read last. */
  value = 0;
  #year = 0;
  #month = 0;
  #day = 0;
  #midnightMs = 0;

  /** Decimal text in quotes, not negative, as an integer of 10^-decimals; declines finer digits other than zero. */
  readDecimal(bytes: Uint8Array, from: number, decimals: number): number {
    // The usual text, short and on the grid, in one small loop each; anything else is read with all care below.
    let at = from + 1;
    let value = 0;
    let digit = (bytes[at] ?? 0) - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = (bytes[++at] ?? 0) - ZERO;
    }
    const whole = at - from - 1;
    let missing = decimals;
    if (digit === DOT - ZERO) {
      const first = at + 1;
      const end = first + decimals;
      at = first;
      digit = (bytes[at] ?? 0) - ZERO;
      while (digit >= 0 && digit <= 9 && at < end) {
        value = value * 10 + digit;
        digit = (bytes[++at] ?? 0) - ZERO;
      }
      if (at === first) return DECLINED;
      missing -= at - first;
    }
    if (digit !== QUOTE - ZERO || bytes[from] !== QUOTE || whole === 0 || whole + decimals > MAX_DIGITS) {
      return this.#readDigits(bytes, from, from + 1, decimals, false);
    }
    this.value = missing === 0 ? value : value * (POWERS[missing] ?? Number.NaN);
    return at + 1;
  }

  /** As {@link readDecimal}, with finer digits cut. */
  readVolume(bytes: Uint8Array, from: number, decimals: number): number {
    return this.#readDigits(bytes, from, from + 1, decimals, true);
  }

  /** As {@link readDecimal}, with an optional minus. */
  readSigned(bytes: Uint8Array, from: number, decimals: number): number {
    const isNegative = bytes[from + 1] === MINUS;
    const end = this.#readDigits(bytes, from, isNegative ? from + 2 : from + 1, decimals, false);
    if (isNegative && this.value !== 0) this.value = -this.value;
    return end;
  }

  /** Decimal text in quotes that only has to be one. */
  skipDecimal(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== QUOTE) return DECLINED;
    const first = bytes[from + 1] === MINUS ? from + 2 : from + 1;
    let at = skipDigits(bytes, first);
    if (at === first) return DECLINED;
    if (bytes[at] === DOT) {
      const fraction = at + 1;
      at = skipDigits(bytes, fraction);
      if (at === fraction) return DECLINED;
    }
    return bytes[at] === QUOTE && at - from - 1 <= MAX_DECIMAL_LENGTH ? at + 1 : DECLINED;
  }

  /** Plain ASCII text in quotes, without escapes. */
  skipText(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== QUOTE) return DECLINED;
    for (let at = from + 1; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) return at + 1;
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return DECLINED;
    }
    return DECLINED;
  }

  /** A JSON integer without a sign, of at most 15 digits. */
  readInteger(bytes: Uint8Array, from: number): number {
    let at = from;
    let value = 0;
    for (;;) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    // JSON has no leading zeros.
    if (at === from || at - from > MAX_DIGITS || (bytes[from] === ZERO && at - from > 1)) return DECLINED;
    this.value = value;
    return at;
  }

  /** An ISO time of whole seconds in quotes, as ms. */
  readIsoTime(bytes: Uint8Array, from: number): number {
    const at = from + 1;
    const century = twoDigits(bytes, at);
    const ofCentury = twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const day = twoDigits(bytes, at + 8);
    const hour = twoDigits(bytes, at + 11);
    const minute = twoDigits(bytes, at + 14);
    const second = twoDigits(bytes, at + 17);
    const isShaped =
      bytes[from] === QUOTE &&
      bytes[at + 4] === MINUS &&
      bytes[at + 7] === MINUS &&
      bytes[at + 10] === 0x54 &&
      bytes[at + 13] === 0x3a &&
      bytes[at + 16] === 0x3a &&
      bytes[at + 19] === 0x5a &&
      bytes[at + 20] === QUOTE;
    if (!isShaped || century < 0 || ofCentury < 0 || hour < 0 || minute < 0 || second < 0) return DECLINED;
    const year = century * 100 + ofCentury;
    if (year < 1970 || hour > 23 || minute > 59 || second > 59) return DECLINED;
    if (day !== this.#day || month !== this.#month || year !== this.#year) {
      if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return DECLINED;
      this.#year = year;
      this.#month = month;
      this.#day = day;
      this.#midnightMs = daysFromCivil(year, month, day) * 86_400_000;
    }
    this.value = this.#midnightMs + ((hour * 60 + minute) * 60 + second) * 1_000;
    return from + ISO_LENGTH;
  }

  /** Digits from `first` on in the text that opens at `from`; `isCut` cuts finer digits instead of declining them. */
  #readDigits(bytes: Uint8Array, from: number, first: number, decimals: number, isCut: boolean): number {
    let at = first;
    let value = 0;
    let byte = bytes[at] ?? 0;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++at] ?? 0;
    }
    let kept = at - first;
    if (kept === 0 || bytes[from] !== QUOTE) return DECLINED;
    let fraction = 0;
    if (byte === DOT) {
      const dot = at;
      byte = bytes[++at] ?? 0;
      while (byte >= ZERO && byte <= NINE) {
        if (fraction < decimals) {
          value = value * 10 + (byte - ZERO);
          fraction++;
        } else if (byte !== ZERO && !isCut) {
          return DECLINED;
        }
        byte = bytes[++at] ?? 0;
      }
      if (at === dot + 1) return DECLINED;
      kept += fraction;
    }
    if (byte !== QUOTE || kept > MAX_DIGITS || at - from - 1 > MAX_DECIMAL_LENGTH) return DECLINED;
    this.value = value * (POWERS[decimals - fraction] ?? Number.NaN);
    return this.value <= Number.MAX_SAFE_INTEGER ? at + 1 : DECLINED;
  }
}

/** Whether the bytes at `from` are exactly the literal. */
export function matches(bytes: Uint8Array, from: number, literal: Uint8Array): boolean {
  for (let at = 0; at < literal.length; at++) {
    if (bytes[from + at] !== literal[at]) return false;
  }
  return true;
}

/** The bytes of a literal to compare with. */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return at;
    at++;
  }
}

/** Two digits at `at`; negative where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}
