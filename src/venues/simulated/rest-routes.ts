/**
 * The public REST endpoints: a path and its query in, an envelope out.
 *
 * Every business answer, errors included, is HTTP 200 with `{code, data, msg}`. Parameter checks follow the recorded
 * replies where there are any (codes 1, 404, 10008, 20015); a number that is none is code 2, which no recording shows.
 * Source: the wire reference, sections 1, 2 and 9.
 */

import type { MissingBars } from './faults/missing-bars.ts';
import { KLINE_INTERVALS } from './market/kline-grid.ts';
import type { InstrumentMarket } from './market/instrument-market.ts';
import type { MarketSource } from './market-source.ts';
import type { VenueKnobs } from './venue-knobs.ts';
import {
  fundingRow,
  klineRow,
  settlementRow,
  tickerRow,
  tierRows,
  tradingPairRow,
  wireLevels,
} from './wire-format.ts';

const PREFIX = '/api/v1/futures';
const ROWS_DEFAULT = 100;
const ROWS_MAX = 200;
const DEPTH_LIMITS = ['1', '5', '15', '50', 'max'] as const;
const KLINE_TYPES = ['LAST_PRICE', 'MARK_PRICE'] as const;
const REST_INTERVALS = KLINE_INTERVALS.flatMap(({ restName }) => (restName === null ? [] : [restName]));

/** The body of every reply. Key order as recorded. */
export interface Envelope {
  readonly code: number;
  readonly data: unknown;
  readonly msg: string;
}

/** A refused request; becomes an envelope without data. */
class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface RouteContext {
  readonly market: MarketSource;
  readonly knobs: VenueKnobs;
  readonly missingBars: MissingBars;
  readonly nowMs: number;
}

type Route = (context: RouteContext, query: URLSearchParams) => unknown;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [`${PREFIX}/market/trading_pairs`, (context, query) => selected(context, query).map(tradingPairRow)],
  [`${PREFIX}/market/kline`, klines],
  [`${PREFIX}/market/depth`, depth],
  [`${PREFIX}/market/tickers`, tickers],
  [`${PREFIX}/market/funding_rate`, (context, query) => fundingRow(required(context, query))],
  [`${PREFIX}/market/funding_rate/batch`, (context) => context.market.instruments.map(fundingRow)],
  [`${PREFIX}/market/get_funding_rate_history`, fundingHistory],
  [`${PREFIX}/position/get_position_tiers`, (context, query) => tierRows(required(context, query))],
]);

/** Whether a path is an endpoint; others answer code 404. */
export function isEndpoint(path: string): boolean {
  return ROUTES.has(path);
}

/** Answers a request; unknown paths and bad parameters are envelopes too. */
export function answer(context: RouteContext, path: string, query: URLSearchParams): Envelope {
  const route = ROUTES.get(path);
  if (route === undefined) return refusal(404, 'Not Found');
  try {
    return { code: 0, data: route(context, query), msg: 'Success' };
  } catch (error) {
    if (error instanceof Refusal) return refusal(error.code, error.message);
    throw error;
  }
}

export function refusal(code: number, msg: string): Envelope {
  return { code, data: null, msg };
}

function find(market: MarketSource, symbol: string): InstrumentMarket {
  const wanted = symbol.trim().toUpperCase();
  const found = market.instruments.find(({ spec }) => spec.symbol === wanted);
  if (found === undefined) throw new Refusal(20015, 'this Futures is not allowed to trade.');
  return found;
}

function required({ market }: RouteContext, query: URLSearchParams): InstrumentMarket {
  const symbol = query.get('symbol');
  if (symbol === null || symbol === '') throw new Refusal(1, 'Network Error');
  return find(market, symbol);
}

function selected({ market }: RouteContext, query: URLSearchParams): readonly InstrumentMarket[] {
  const symbols = query.get('symbols');
  if (symbols === null || symbols === '') return market.instruments;
  return symbols.split(',').map((symbol) => find(market, symbol));
}

function oneOf(value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new Refusal(
    10008,
    `Parameter ${value} does not match, alternative value ${JSON.stringify(allowed)}.`,
  );
}

function integer(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(2, 'Parameter Error');
  return Number(text);
}

function rowLimit(query: URLSearchParams, above: 'cap' | 'reject'): number {
  const limit = integer(query, 'limit') ?? ROWS_DEFAULT;
  if (limit > ROWS_MAX && above === 'reject') {
    throw new Refusal(10008, `Parameter ${limit} does not match, alternative value ["1..${ROWS_MAX}"].`);
  }
  return Math.max(1, Math.min(ROWS_MAX, limit));
}

function klines(context: RouteContext, query: URLSearchParams): object[] {
  const { knobs, nowMs } = context;
  const market = required(context, query);
  const name = query.get('interval');
  if (name === null || name === '') throw new Refusal(1, 'Network Error');
  oneOf(name, REST_INTERVALS);
  const interval = KLINE_INTERVALS.find(({ restName }) => restName === name);
  if (interval === undefined) throw new Refusal(2, 'Parameter Error');
  const typeName = query.get('type') ?? 'LAST_PRICE';
  oneOf(typeName, KLINE_TYPES);
  const type = typeName === 'MARK_PRICE' ? 'MARK_PRICE' : 'LAST_PRICE';
  const limit = rowLimit(query, knobs.klineLimitAbove);
  const fromMs = integer(query, 'startTime');
  const endMs = integer(query, 'endTime');
  let toMs = endMs ?? nowMs;
  const store = type === 'LAST_PRICE' ? market.bars : market.markBars;
  if (endMs !== null && knobs.hidesOpenBar) {
    const forming = store.query({ interval, fromMs: 0, toMs: nowMs, limit: 1, keep: 'newest' })[0];
    if (forming !== undefined) toMs = Math.min(toMs, forming.openMs - 1);
  }
  const keep = fromMs !== null && endMs !== null ? knobs.klineKeep : 'newest';
  const bars = store.query({ interval, fromMs: fromMs ?? 0, toMs, limit, keep });
  const present = bars.filter(({ openMs }) => !context.missingBars.has(interval, openMs, 'rest'));
  return present.map((bar) => klineRow(market, bar, { naming: knobs.klineVolumeNaming, type }));
}

function depth(context: RouteContext, query: URLSearchParams): object {
  const market = required(context, query);
  const limit = query.get('limit') ?? 'max';
  oneOf(limit, DEPTH_LIMITS);
  const levels = limit === 'max' ? Number.POSITIVE_INFINITY : Number(limit);
  return {
    asks: wireLevels(market, market.asks, levels, false),
    bids: wireLevels(market, market.bids, levels, false),
  };
}

function tickers(context: RouteContext, query: URLSearchParams): object[] {
  return selected(context, query).flatMap((market) => {
    const day = market.dayBar(context.nowMs);
    return day === null ? [] : [tickerRow(market, day)];
  });
}

function fundingHistory(context: RouteContext, query: URLSearchParams): object[] {
  const market = required(context, query);
  const alias = context.knobs.honoursStartTime ? integer(query, 'startTime') : null;
  const fromMs = integer(query, 'starTime') ?? alias ?? 0;
  const toMs = integer(query, 'endTime') ?? context.nowMs;
  const rows = market.funding.history(fromMs, toMs, rowLimit(query, 'cap'));
  return rows.map((settlement) => settlementRow(market, settlement));
}
