/**
 * Where the venue answers and how it names things on the wire.
 *
 * Source: the venue's futures API pages "introduction", "get_kline" and "websocket/public" (September 2026).
 */

import type { VenueInterval } from '../../core/base/time.ts';
import { intervalMs } from '../../core/base/time.ts';

export const DEFAULT_REST_URL = 'https://fapi.bitunix.com';
export const DEFAULT_WS_URL = 'wss://fapi.bitunix.com/public/';

const PREFIX = '/api/v1/futures';

export const PATHS = {
  tradingPairs: `${PREFIX}/market/trading_pairs`,
  kline: `${PREFIX}/market/kline`,
  depth: `${PREFIX}/market/depth`,
  tickers: `${PREFIX}/market/tickers`,
  fundingRate: `${PREFIX}/market/funding_rate`,
  fundingHistory: `${PREFIX}/market/get_funding_rate_history`,
  positionTiers: `${PREFIX}/position/get_position_tiers`,
} as const;

/** Rows of one kline or funding-history reply at most. */
export const MAX_ROWS = 200;

/** WebSocket names of the REST intervals: the hour and the units differ. */
const KLINE_NAMES: Readonly<Record<VenueInterval, string>> = {
  '1m': '1min',
  '5m': '5min',
  '15m': '15min',
  '30m': '30min',
  '1h': '60min',
  '2h': '2h',
  '4h': '4h',
  '6h': '6h',
  '8h': '8h',
  '12h': '12h',
  '1d': '1day',
};

const KLINE_PREFIX = 'market_kline_';

const LENGTHS_MS: ReadonlyMap<string, number> = new Map(
  (Object.keys(KLINE_NAMES) as VenueInterval[]).map((interval) => [
    KLINE_PREFIX + KLINE_NAMES[interval],
    intervalMs(interval),
  ]),
);

export function klineChannel(interval: VenueInterval): string {
  return KLINE_PREFIX + KLINE_NAMES[interval];
}

/** Bar length of a kline channel, ms; null where the channel is none that we know. */
export function klineLengthMs(channel: string): number | null {
  return LENGTHS_MS.get(channel) ?? null;
}

/** Every kline channel with its bar length. */
export function klineChannels(): ReadonlyMap<string, number> {
  return LENGTHS_MS;
}

/** Book channels: every push is the whole window, or (`depth_books`) the whole book. */
export const BOOK_CHANNELS = ['depth_book1', 'depth_book5', 'depth_book15', 'depth_books'] as const;
export const BOOK_CHANNEL = 'depth_book15';

export interface Subscription {
  readonly symbol: string;
  readonly channel: string;
}

export function subscribeFrame(subscriptions: readonly Subscription[]): string {
  return JSON.stringify({
    op: 'subscribe',
    args: subscriptions.map(({ symbol, channel }) => ({ symbol, ch: channel })),
  });
}

/** `unixSeconds`: the venue echoes it and does not compare it with its clock. */
export function pingFrame(unixSeconds: number): string {
  return JSON.stringify({ op: 'ping', ping: unixSeconds });
}
