/** Numbers and times as people read them. Display only: rounded, grouped, never parsed again. */

import { divideFloor, formatBigDecimal } from '../core/base/fixed-point.ts';
import { parseMoney } from '../core/domain/instrument.ts';
import { MONEY_DECIMALS } from '../core/domain/units.ts';

/** What stands where something was not measured. */
export const UNKNOWN_TEXT = '–';

const SECONDS_A_MINUTE = 60;
const SECONDS_AN_HOUR = 3_600;
const SECONDS_A_DAY = 86_400;

/** An amount in USDT, rounded half away from zero to `decimals`, thousands grouped: `10,001.50`. */
export function displayMoney(amount: string | null, decimals = 2): string {
  if (amount === null) return UNKNOWN_TEXT;
  const value = parseMoney(amount);
  const magnitude = value < 0n ? -value : value;
  const step = 10n ** BigInt(MONEY_DECIMALS - decimals);
  const rounded = divideFloor(magnitude + step / 2n, step);
  const [whole = '0', fraction = ''] = formatBigDecimal(rounded, decimals).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const text = decimals === 0 ? grouped : `${grouped}.${fraction.padEnd(decimals, '0')}`;
  return value < 0n && rounded > 0n ? `-${text}` : text;
}

/** As {@link displayMoney}, with a plus sign before a gain. */
export function displaySignedMoney(amount: string): string {
  const text = displayMoney(amount);
  return parseMoney(amount) > 0n ? `+${text}` : text;
}

export function displayNumber(value: number | null, decimals = 2): string {
  return value === null ? UNKNOWN_TEXT : value.toFixed(decimals);
}

export function displayPercent(value: number | null): string {
  return value === null ? UNKNOWN_TEXT : `${value.toFixed(2)} %`;
}

export function displayCount(value: number | null): string {
  return value === null ? UNKNOWN_TEXT : String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** A span as `2 d 3 h`, `1 h 5 min`, `10 min`, `42.5 s`: its two largest units. */
export function displaySpan(seconds: number): string {
  if (seconds < SECONDS_A_MINUTE) return `${Number(seconds.toFixed(1))} s`;
  const units: readonly [number, string][] = [
    [SECONDS_A_DAY, 'd'],
    [SECONDS_AN_HOUR, 'h'],
    [SECONDS_A_MINUTE, 'min'],
    [1, 's'],
  ];
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [length, name] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || parts.length > 0) parts.push(count > 0 ? `${count} ${name}` : '');
    if (parts.length === 2) break;
  }
  return parts.filter((part) => part !== '').join(' ');
}

/** A time as `2026-11-22 16:39:00` UTC. */
export function displayTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
}
