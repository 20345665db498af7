/**
 * The venue's public REST calls, answered in our own terms.
 *
 * Every request draws from one rate limiter, has a deadline, follows no redirect and reads a bounded body. A refusal is a
 * VenueError; passing ones are repeated within a bound first. After {@link RestClient.close} no request leaves.
 */

import type { z } from 'zod';
import { DecimalError } from '../../core/base/fixed-point.ts';
import { type VenueInterval, intervalMs } from '../../core/base/time.ts';
import type { BarFields, MarkBarFields } from '../../core/domain/event-block.ts';
import {
  type Instrument,
  type InstrumentSpec,
  type RiskTierSpec,
  parseMarkPrice,
  parseRate,
} from '../../core/domain/instrument.ts';
import type { MarkPrice, Rate } from '../../core/domain/units.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import { RateLimiter } from '../transport/rate-limiter.ts';
import { RATE_LIMIT_DELAY_MS, createRetry } from '../transport/retry.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import { barOfRow, markBarOfRow } from './bar-of-row.ts';
import { MAX_ROWS, PATHS } from './endpoints.ts';
import { errorOfCode, errorOfHttp, errorOfTransport, retriesOf } from './errors.ts';
import {
  type Depth,
  type FundingRateRow,
  type TickerRow,
  type TradingPair,
  depth,
  envelope,
  fundingHistoryRows,
  fundingRateReply,
  type KlineRow,
  klineRows,
  tickerRows,
  tierRows,
  tradingPairs,
} from './messages.ts';

const REQUEST_DEADLINE_MS = 10_000;
/** The largest reply on record is 475 KB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Pages of one walk through the klines: 10,000 bars. */
const MAX_KLINE_PAGES = 50;

/** What one reply says about the venue's clock. */
export interface ReplyTiming {
  /** The reply's Date header, ms (whole seconds); null where it had none. */
  readonly dateMs: number | null;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface FundingSettlement {
  readonly settlementMs: number;
  /** Fraction; positive: longs pay. */
  readonly rate: Rate;
  readonly mark: MarkPrice;
}

export interface RestClientOptions {
  readonly restUrl: string;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  /** Told of every reply, also of refusals: their headers carry the venue's time. */
  readonly onReply: (timing: ReplyTiming) => void;
}

/** Which klines: open times from `fromMs` to before `endMs`; `nowMs` is venue time. */
interface KlineSpan {
  readonly symbol: string;
  readonly interval: VenueInterval;
  readonly fromMs: number;
  readonly endMs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Request {
  readonly path: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Ends the request, its waits and its repetitions. */
  readonly signal?: AbortSignal | undefined;
}

export class RestClient {
  readonly #options: RestClientOptions;
  readonly #limiter: RateLimiter;
  readonly #retry: ReturnType<typeof createRetry>;
  readonly #closed = new AbortController();
  /** Kline rows left out because they did not fit our grids. */
  refusedRows = 0;

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(options.clock, options.scheduler);
    this.#retry = createRetry({
      random: options.random,
      retriesOf,
      onWait: (error, delayMs) => {
        if (error.errorClass === 'rate_limit') this.#limiter.hold(delayMs);
      },
    });
  }

  /** Aborts what runs and refuses what comes. */
  close(reason: VenueError): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(reason);
    this.#limiter.close(reason);
  }

  /** Asks once for the smallest reply there is, for its Date header. */
  async probe(signal?: AbortSignal): Promise<ReplyTiming> {
    let seen: ReplyTiming | null = null;
    const request = { path: PATHS.depth, params: { symbol: 'BTCUSDT', limit: 1 }, signal };
    try {
      await this.#once(request, (timing) => {
        seen = timing;
      });
    } catch (error) {
      // A refused symbol still told the time; whatever else went wrong counts.
      if (seen === null || !(error instanceof VenueError) || error.errorClass !== 'request') throw error;
    }
    if (seen === null) throw new VenueError('transient', null, 'reply without a time');
    return seen;
  }

  async tradingPair(symbol: string): Promise<TradingPair | null> {
    const rows = await this.#get({ path: PATHS.tradingPairs, params: { symbols: symbol } }, tradingPairs);
    return rows.find((row) => row.symbol === symbol) ?? null;
  }

  /** The contract of a symbol. Throws a fatal VenueError naming it where the venue does not have it or does not trade it. */
  async instrument(symbol: string): Promise<InstrumentSpec> {
    const pair = await this.tradingPair(symbol).catch((error: unknown) => {
      throw asSymbolError(error, symbol);
    });
    if (pair === null) throw new VenueError('fatal', null, `the venue has no contract ${symbol}`);
    if (pair.symbolStatus !== 'OPEN' || pair.isApiSupported !== true) {
      const state = `status ${pair.symbolStatus ?? 'unknown'}, API ${pair.isApiSupported === true ? 'supported' : 'not supported'}`;
      throw new VenueError('fatal', null, `${symbol} cannot be traded: ${state}`);
    }
    const [funding, tiers] = await Promise.all([this.fundingRate(symbol), this.tiers(symbol)]).catch(
      (error: unknown) => {
        throw asSymbolError(error, symbol);
      },
    );
    return {
      symbol,
      base: pair.base,
      quote: pair.quote,
      price_decimals: required(pair, 'quotePrecision'),
      quantity_decimals: required(pair, 'basePrecision'),
      min_quantity: required(pair, 'minTradeVolume'),
      max_limit_quantity: required(pair, 'maxLimitOrderVolume'),
      max_market_quantity: required(pair, 'maxMarketOrderVolume'),
      price_protect: required(pair, 'priceProtectScope'),
      min_leverage: required(pair, 'minLeverage'),
      max_leverage: required(pair, 'maxLeverage'),
      funding_interval_hours: funding.fundingInterval,
      tiers,
    };
  }

  /**
   * Closed bars from `fromMs` to before `endMs`, oldest first, at most {@link MAX_KLINE_PAGES} pages back from the end.
   * Bars that the venue does not have are absent. `nowMs` is venue time: a bar counts as closed when it is past its end.
   */
  async bars(
    instrument: Instrument,
    interval: VenueInterval,
    fromMs: number,
    endMs: number,
    nowMs: number,
    signal?: AbortSignal,
  ): Promise<BarFields[]> {
    const lengthMs = intervalMs(interval);
    const span = { symbol: instrument.symbol, interval, fromMs, endMs, nowMs, signal };
    return this.#klines(span, {}, (row) => barOfRow(row, instrument, lengthMs));
  }

  /** The same of the mark price. */
  async markBars(
    instrument: Instrument,
    interval: VenueInterval,
    fromMs: number,
    endMs: number,
    nowMs: number,
  ): Promise<MarkBarFields[]> {
    const lengthMs = intervalMs(interval);
    const span = { symbol: instrument.symbol, interval, fromMs, endMs, nowMs, signal: undefined };
    return this.#klines(span, { type: 'MARK_PRICE' }, (row) => markBarOfRow(row, lengthMs));
  }

  async #klines<Bar extends { readonly openTimeMs: number }>(
    { symbol, interval, fromMs, endMs, nowMs, signal }: KlineSpan,
    kind: { readonly type?: 'MARK_PRICE' },
    barOf: (row: KlineRow) => Bar,
  ): Promise<Bar[]> {
    const lengthMs = intervalMs(interval);
    const lastOpenMs = Math.min(endMs, nowMs) - lengthMs;
    const byOpenMs = new Map<number, Bar>();
    let pageEndMs = endMs;
    for (let page = 0; page < MAX_KLINE_PAGES; page++) {
      const wanted = Math.ceil((pageEndMs - fromMs) / lengthMs) + 2;
      const params = {
        symbol,
        interval,
        endTime: pageEndMs,
        limit: Math.min(MAX_ROWS, wanted),
        ...kind,
      };
      const rows = await this.#get({ path: PATHS.kline, params, signal }, klineRows);
      let oldestMs = Infinity;
      for (const row of rows) {
        oldestMs = Math.min(oldestMs, row.time);
        if (row.time < fromMs || row.time > lastOpenMs || row.time % lengthMs !== 0) continue;
        try {
          byOpenMs.set(row.time, barOf(row));
        } catch (error) {
          if (!(error instanceof DecimalError)) throw error;
          this.refusedRows++;
        }
      }
      // Overlap of one: whether endTime is inclusive is unknown. A page that goes no further back is the last.
      if (oldestMs <= fromMs || oldestMs >= pageEndMs) break;
      pageEndMs = oldestMs;
    }
    return [...byOpenMs.values()].toSorted((left, right) => left.openTimeMs - right.openTimeMs);
  }

  depth(symbol: string, limit: 1 | 5 | 15 | 50 | 'max', signal?: AbortSignal): Promise<Depth> {
    return this.#get({ path: PATHS.depth, params: { symbol, limit }, signal }, depth);
  }

  tickers(symbol: string): Promise<readonly TickerRow[]> {
    return this.#get({ path: PATHS.tickers, params: { symbols: symbol } }, tickerRows);
  }

  fundingRate(symbol: string): Promise<FundingRateRow> {
    return this.#get({ path: PATHS.fundingRate, params: { symbol } }, fundingRateReply);
  }

  /** Settlements after `afterMs`, oldest first; at most {@link MAX_ROWS}. `starTime` is the venue's spelling. */
  async fundingHistory(symbol: string, afterMs: number, signal?: AbortSignal): Promise<FundingSettlement[]> {
    const params = { symbol, starTime: afterMs + 1, limit: MAX_ROWS };
    const rows = await this.#get({ path: PATHS.fundingHistory, params, signal }, fundingHistoryRows);
    return rows
      .filter((row) => row.fundingTime > afterMs)
      .map((row) => ({
        settlementMs: row.fundingTime,
        rate: parseRate(row.fundingRate),
        mark: parseMarkPrice(row.markPrice),
      }))
      .toSorted((left, right) => left.settlementMs - right.settlementMs);
  }

  /** The risk table, smallest positions first; empty where the venue publishes none. */
  async tiers(symbol: string): Promise<RiskTierSpec[]> {
    const rows = await this.#get({ path: PATHS.positionTiers, params: { symbol } }, tierRows).catch(
      (error: unknown) => {
        if (error instanceof VenueError && error.errorClass === 'request') return [];
        throw error;
      },
    );
    return rows
      .filter((row) => row.symbol === symbol)
      .toSorted((left, right) => left.level - right.level)
      .map((row) => ({
        level: row.level,
        start_notional: row.startValue,
        end_notional: row.endValue,
        max_leverage: row.leverage,
        maintenance_rate: row.maintenanceMarginRate,
      }));
  }

  async #get<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const data = await this.#retry(
      () => this.#once(request, this.#options.onReply),
      this.#endOf(request),
    ).catch((error: unknown) => {
      this.#throwIfEnded(request);
      throw error;
    });
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`;
    throw new VenueError('transient', null, `${request.path}: reply not of its documented shape${where}`);
  }

  /** One try: returns `data` of a successful envelope. After a rate limit no request leaves for as long as it asks. */
  async #once(request: Request, onReply: (timing: ReplyTiming) => void): Promise<unknown> {
    try {
      return await this.#ask(request, onReply);
    } catch (error) {
      if (error instanceof VenueError && error.errorClass === 'rate_limit') {
        this.#limiter.hold(error.retryAfterMs ?? RATE_LIMIT_DELAY_MS);
      }
      throw error;
    }
  }

  async #ask(request: Request, onReply: (timing: ReplyTiming) => void): Promise<unknown> {
    const { restUrl, clock } = this.#options;
    const { path, params } = request;
    await this.#limiter.turn();
    this.#throwIfEnded(request);
    const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]));
    const url = `${restUrl.replace(/\/+$/, '')}${path}?${query.toString()}`;
    const sentAtMs = clock.monotonicMs();
    let status: number;
    let headers: Headers;
    let body: string;
    try {
      const response = await fetch(url, {
        headers: { accept: 'application/json', language: 'en-US' },
        redirect: 'manual',
        signal: AbortSignal.any([this.#endOf(request), AbortSignal.timeout(REQUEST_DEADLINE_MS)]),
      });
      const date = Date.parse(response.headers.get('date') ?? '');
      onReply({ dateMs: Number.isNaN(date) ? null : date, sentAtMs, receivedAtMs: clock.monotonicMs() });
      ({ status, headers } = response);
      body = await readBody(response);
    } catch (error) {
      this.#throwIfEnded(request);
      throw error instanceof VenueError ? error : errorOfTransport(error, path);
    }
    if (status === 200) {
      const parsed = envelope.safeParse(parseJson(body));
      if (parsed.success && parsed.data.code === 0) return parsed.data.data;
      if (parsed.success)
        throw errorOfCode(parsed.data.code, parsed.data.msg ?? parsed.data.message ?? '', path);
    }
    throw errorOfHttp(status, (name) => headers.get(name), body, path);
  }

  #endOf(request: Request): AbortSignal {
    return request.signal === undefined
      ? this.#closed.signal
      : AbortSignal.any([this.#closed.signal, request.signal]);
  }

  #throwIfEnded(request: Request): void {
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason;
    if (request.signal?.aborted === true) throw new VenueError('request', null, `${request.path}: given up`);
  }
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return '';
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES)
      throw new VenueError('transient', null, `reply larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Errors that speak of the symbol end a start; all others pass as they are. */
function asSymbolError(error: unknown, symbol: string): unknown {
  if (!(error instanceof VenueError) || error.errorClass !== 'request') return error;
  return new VenueError('fatal', error.code, `the venue refuses ${symbol}: ${error.message}`, {
    cause: error,
  });
}

function required<Key extends keyof TradingPair>(pair: TradingPair, key: Key): NonNullable<TradingPair[Key]> {
  const value = pair[key];
  if (value === undefined || value === null) {
    throw new VenueError('fatal', null, `${pair.symbol}: the venue does not say ${key}`);
  }
  return value;
}
