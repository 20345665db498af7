/** Spans of time and bar intervals in integer milliseconds; the UTC grid of the venue's bars. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Bar intervals that the venue offers as klines (REST names). */
export const VENUE_INTERVALS = ['1m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d'] as const;

/** Bar intervals below one minute: the venue has no such klines, so they are built from its public trades. */
export const TRADE_INTERVALS = ['5s', '10s', '15s', '30s'] as const;

export type VenueInterval = (typeof VENUE_INTERVALS)[number];
export type Interval = VenueInterval | (typeof TRADE_INTERVALS)[number];

const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

export function isVenueInterval(text: string): text is VenueInterval {
  return (VENUE_INTERVALS as readonly string[]).includes(text);
}

export function isInterval(text: string): text is Interval {
  return isVenueInterval(text) || (TRADE_INTERVALS as readonly string[]).includes(text);
}

/** Length of an interval in ms. All supported intervals divide the UTC day, so bars lie on `floor(time / interval)`. */
export function intervalMs(interval: Interval): number {
  return Number(interval.slice(0, -1)) * (UNIT_MS[interval.slice(-1)] ?? Number.NaN);
}

/** Open time of the bar that contains `timeMs`. */
export function barOpenTimeMs(timeMs: number, lengthMs: number): number {
  return Math.floor(timeMs / lengthMs) * lengthMs;
}

/**
 * Parses a span: `90s`, `10m`, `3d`, `1h30m`, `250ms`; a bare number counts `bareUnitMs`.
 * Returns null where the text is no span.
 */
export function parseSpanMs(text: string, bareUnitMs: number): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * bareUnitMs);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unit === 'ms' ? 1 : (UNIT_MS[unit ?? ''] ?? Number.NaN));
  }
  return Math.round(total);
}
