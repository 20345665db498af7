/**
 * Exact conversion between decimal text and scaled integers.
 *
 * Invariant: no value passes through a float. Grammar accepted: optional `-`, digits, optional `.` and digits;
 * no exponent, no `+`, no blanks, no hex. What does not fit exactly is refused, never rounded.
 */

/** Why a decimal text was refused; `text` is cut to 40 characters. */
export class DecimalError extends Error {
  override readonly name = 'DecimalError';
  readonly text: string;
  constructor(reason: string, text: string) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    super(`${reason}: ${JSON.stringify(shown)}`);
    this.text = shown;
  }
}

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const MINUS = 45;
/** Every integer of so many digits is a safe number. */
const SAFE_DIGITS = 15;

/**
 * Parses decimal text to an integer of 10^-decimals units.
 * Throws {@link DecimalError} on bad grammar, on digits finer than the grid, and beyond 2^53 - 1.
 */
export function parseDecimal(text: string, decimals: number): number {
  const length = text.length;
  let index = 0;
  let negative = false;
  if (length > 0 && text.charCodeAt(0) === MINUS) {
    negative = true;
    index = 1;
  }
  let value = 0;
  let digits = 0;
  let fraction = -1;
  for (; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= ZERO && code <= NINE) {
      digits++;
      if (fraction >= 0) {
        if (fraction === decimals) {
          if (code !== ZERO) throw new DecimalError(`finer than ${decimals} decimals`, text);
          continue;
        }
        fraction++;
      }
      value = value * 10 + (code - ZERO);
      if (value > Number.MAX_SAFE_INTEGER) throw new DecimalError('too large', text);
    } else if (code === DOT && fraction < 0 && digits > 0) {
      fraction = 0;
    } else {
      throw new DecimalError('not a decimal number', text);
    }
  }
  if (digits === 0 || text.charCodeAt(length - 1) === DOT)
    throw new DecimalError('not a decimal number', text);
  for (let have = fraction < 0 ? 0 : fraction; have < decimals; have++) value *= 10;
  if (value > Number.MAX_SAFE_INTEGER) throw new DecimalError('too large', text);
  return negative && value !== 0 ? -value : value;
}

/** Formats an integer of 10^-decimals units as decimal text with trailing zeros trimmed (`"68590"`, `"0.01"`). */
export function formatDecimal(value: number, decimals: number): string {
  return formatDigits(value < 0, String(Math.abs(value)), decimals);
}

/** As {@link parseDecimal}, into a bigint without an upper bound. */
export function parseBigDecimal(text: string, decimals: number): bigint {
  const point = text.indexOf('.');
  if ((point < 0 ? text.length : point) + decimals <= SAFE_DIGITS)
    return BigInt(parseDecimal(text, decimals));
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new DecimalError('not a decimal number', text);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) throw new DecimalError(`finer than ${decimals} decimals`, text);
  const magnitude = BigInt((match[2] ?? '0') + fraction.padEnd(decimals, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** As {@link formatDecimal}, for a bigint. */
export function formatBigDecimal(value: bigint, decimals: number): string {
  return formatDigits(value < 0n, String(value < 0n ? -value : value), decimals);
}

/** Logs and reports are made of these by the thousand: no pattern, no padding beyond what is said. */
function formatDigits(negative: boolean, digits: string, decimals: number): string {
  const point = digits.length - decimals;
  let end = digits.length;
  while (end > point && end > 0 && digits.charCodeAt(end - 1) === ZERO) end--;
  // What is left of it begins behind the point, or is nothing.
  const whole = point > 0 ? digits.slice(0, point) : '0';
  const isWhole = end <= Math.max(point, 0);
  const zeros = point < 0 ? '0'.repeat(-point) : '';
  const text = isWhole ? whole : `${whole}.${zeros}${digits.slice(Math.max(point, 0), end)}`;
  return negative && text !== '0' ? `-${text}` : text;
}

/** Divides, rounding toward positive infinity. `divisor` must be positive. */
export function divideCeiling(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  // Multiplying back costs less than a second division.
  return dividend > quotient * divisor ? quotient + 1n : quotient;
}

/** Divides, rounding toward negative infinity. `divisor` must be positive. */
export function divideFloor(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < quotient * divisor ? quotient - 1n : quotient;
}

const POWERS_OF_TEN = Array.from({ length: 33 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10^exponent, from a table where it is below 10^33: raising to a power allocates. */
export function powerOfTen(exponent: number): bigint {
  return POWERS_OF_TEN[exponent] ?? 10n ** BigInt(exponent);
}
