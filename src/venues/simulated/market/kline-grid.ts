/**
 * The venue's kline intervals: names on REST and WebSocket, and the UTC grid of open times.
 *
 * Assumption: weeks open on Monday, three-day bars count from the Unix epoch, months are calendar months; the venue's own
 * grid of these three is not known (reference, section 10).
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** 1970-01-05 was the first Monday after the epoch. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

export interface KlineInterval {
  /** Name on REST; null where REST does not offer the interval. */
  readonly restName: string | null;
  readonly pushName: string;
  /** Null for calendar months. */
  readonly lengthMs: number | null;
  readonly anchorMs: number;
}

function fixed(restName: string | null, pushName: string, lengthMs: number, anchorMs = 0): KlineInterval {
  return { restName, pushName, lengthMs, anchorMs };
}

export const KLINE_INTERVALS: readonly KlineInterval[] = [
  fixed('1m', '1min', MINUTE_MS),
  fixed(null, '3min', 3 * MINUTE_MS),
  fixed('5m', '5min', 5 * MINUTE_MS),
  fixed('15m', '15min', 15 * MINUTE_MS),
  fixed('30m', '30min', 30 * MINUTE_MS),
  fixed('1h', '60min', HOUR_MS),
  fixed('2h', '2h', 2 * HOUR_MS),
  fixed('4h', '4h', 4 * HOUR_MS),
  fixed('6h', '6h', 6 * HOUR_MS),
  fixed('8h', '8h', 8 * HOUR_MS),
  fixed('12h', '12h', 12 * HOUR_MS),
  fixed('1d', '1day', DAY_MS),
  fixed('3d', '3day', 3 * DAY_MS),
  fixed('1w', '1week', 7 * DAY_MS, FIRST_MONDAY_MS),
  { restName: '1M', pushName: '1month', lengthMs: null, anchorMs: 0 },
];

/** Open time of the bar that contains `timeMs`. */
export function openTimeMs(interval: KlineInterval, timeMs: number): number {
  if (interval.lengthMs === null) {
    const date = new Date(timeMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  return Math.floor((timeMs - interval.anchorMs) / interval.lengthMs) * interval.lengthMs + interval.anchorMs;
}

/** Open time of the bar after the one that opened at `openMs`, which is where that one ends. */
export function nextOpenTimeMs(interval: KlineInterval, openMs: number): number {
  if (interval.lengthMs === null) {
    const date = new Date(openMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  return openMs + interval.lengthMs;
}
