/**
 * Decimal text as people read it: grouped, with a sign that is a word and not a colour, rounded where asked.
 *
 * Exact: nothing passes through a float. Rounding is half away from zero and for display only; the exact text stays at
 * hand (`Why` shows it). A value that is not known reads as an en dash.
 */

import { formatBigDecimal, parseBigDecimal } from '../../core/base/fixed-point.ts';

/** Finer than any amount, price or average that is sent. */
const SCALE = 18;

export const UNKNOWN_TEXT = '–';
/** Stands as wide as `+`, unlike a hyphen. */
const MINUS = '−';
/** A narrow blank at which no line is broken. */
const GROUP = '\u202F';

/** Money of the account, in USDT with two decimals: `12 345.60`. */
export function moneyText(amount: string | null | undefined): string {
  return amountText(amount, 2);
}

/** As {@link moneyText}, with `+` where positive. */
export function signedMoneyText(amount: string | null | undefined): string {
  return signedText(amount, 2);
}

/** `decimals` null = all that there are. */
export function amountText(amount: string | null | undefined, decimals: number | null = null): string {
  if (amount === null || amount === undefined) return UNKNOWN_TEXT;
  const text = decimals === null ? amount : roundText(amount, decimals);
  const isNegative = text.startsWith('-');
  const [whole = '0', fraction] = (isNegative ? text.slice(1) : text).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, GROUP);
  const padded = decimals === null ? fraction : (fraction ?? '').padEnd(decimals, '0');
  const body = padded === undefined || padded === '' ? grouped : `${grouped}.${padded}`;
  return isNegative && /[1-9]/.test(body) ? `${MINUS}${body}` : body;
}

export function signedText(amount: string | null | undefined, decimals: number | null = null): string {
  const text = amountText(amount, decimals);
  return text !== UNKNOWN_TEXT && !text.startsWith(MINUS) && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A ratio in percent with two decimals and its sign. */
export function percentText(percent: number | null | undefined, decimals = 2): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return UNKNOWN_TEXT;
  return `${signedText(percent.toFixed(decimals), decimals)} %`;
}

/** -1, 0, 1, or null where the amount is not known. */
export function signOf(amount: string | null | undefined): -1 | 0 | 1 | null {
  if (amount === null || amount === undefined) return null;
  if (!/[1-9]/.test(amount)) return 0;
  return amount.startsWith('-') ? -1 : 1;
}

export function addAmounts(amounts: readonly string[]): string {
  let sum = 0n;
  for (const amount of amounts) sum += parseBigDecimal(amount, SCALE);
  return formatBigDecimal(sum, SCALE);
}

export function subtractAmounts(from: string, amount: string): string {
  return formatBigDecimal(parseBigDecimal(from, SCALE) - parseBigDecimal(amount, SCALE), SCALE);
}

export function negateAmount(amount: string): string {
  return subtractAmounts('0', amount);
}

/** `part` of `whole` in percent, a float for display; null where it is not known or `whole` is 0. */
export function percentOf(part: string | null, whole: string | null): number | null {
  if (part === null || whole === null || signOf(whole) === 0) return null;
  return (Number(part) / Number(whole)) * 100;
}

function roundText(text: string, decimals: number): string {
  const value = parseBigDecimal(text, SCALE);
  const step = 10n ** BigInt(SCALE - decimals);
  const half = step / 2n;
  const units = value < 0n ? (value - half) / step : (value + half) / step;
  return formatBigDecimal(units, decimals);
}
