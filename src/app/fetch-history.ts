/**
 * `la data fetch`: candles, mark prices and settlements of the venue into files that `la backtest` takes.
 *
 * Resumable: each file is only appended to, whole rows at a time, and goes on behind its last row; one that a crash cut is
 * cut back to its last whole row first. Every request goes through the client's rate limiter. What the venue does not have
 * stays a gap.
 */

import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { VENUE_INTERVALS, type VenueInterval, intervalMs, isVenueInterval } from '../core/base/time.ts';
import {
  type Instrument,
  createInstrument,
  formatMarkPrice,
  formatPrice,
  formatQuantity,
  formatRate,
} from '../core/domain/instrument.ts';
import { VenueError } from '../ports/venue-error.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { makeFolders } from '../ports/make-folders.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import { RestClient } from '../venues/bitunix/rest-client.ts';
import { systemScheduler } from '../venues/transport/scheduler.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import { parseSymbols } from './config/setting-schemas.ts';
import { parseUtcTime } from './config/utc-time.ts';
import { readVenueEndpoints } from './config/venue-endpoints.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';

/** Bars of one walk back through the venue's pages: what is lost when it is broken off. */
const WINDOW_BARS = 5_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const FAILED = 1;
const VENUE_FAILED = 3;

export interface FetchRequest {
  readonly workspace: string;
  readonly restUrl: string;
  readonly symbol: string;
  readonly interval: VenueInterval;
  readonly fromMs: number;
  /** null = up to now. */
  readonly toMs: number | null;
  /** Name of the folder below data/. */
  readonly name: string;
}

/** Throws ConfigError for what is no symbol, interval, time or name. */
export function readFetchRequest(
  options: Readonly<Record<string, unknown>>,
  workspace: string,
  environment: Readonly<Record<string, string | undefined>>,
): FetchRequest {
  const text = (name: string): string | null => {
    const value = options[name];
    return typeof value === 'string' ? value : null;
  };
  const findings: string[] = [];
  const { rest } = readVenueEndpoints(environment, findings);
  const symbol = parseSymbols([text('symbol') ?? ''])?.[0];
  const interval = text('interval') ?? '';
  const name = text('name') ?? `${(symbol ?? '').toLowerCase()}-${interval}`;
  const fromMs = parseUtcTime(text('from') ?? '');
  const to = text('to');
  const toMs = to === null ? null : parseUtcTime(to);
  if (symbol === undefined) findings.push(`--symbol: expected a symbol, found ${showValue(text('symbol'))}`);
  if (!isVenueInterval(interval))
    findings.push(`--interval: expected one of ${VENUE_INTERVALS.join(', ')}, found ${showValue(interval)}`);
  if (!NAME.test(name)) findings.push(`--name: expected a file name, found ${showValue(name)}`);
  if (fromMs === null)
    findings.push(`--from: expected a time such as 2025-03-01, found ${showValue(text('from'))}`);
  if (to !== null && toMs === null)
    findings.push(`--to: expected a time such as 2025-03-01, found ${showValue(to)}`);
  if (findings.length > 0 || symbol === undefined || fromMs === null || !isVenueInterval(interval))
    throw new ConfigError(findings);
  return { workspace, restUrl: rest.url, symbol, interval, fromMs, toMs, name };
}

/**
 * Returns the exit code: 0 fetched, 1 where files cannot be written, 3 where the venue refuses or does not answer. Throws
 * ConfigError for a time that has yet to come.
 */
export async function fetchHistory(request: FetchRequest, io: ProgramIo): Promise<number> {
  const client = new RestClient({
    ...{ restUrl: request.restUrl, clock: systemClock, scheduler: systemScheduler },
    ...{ random: Math.random, onReply: () => undefined },
  });
  const folder = path.join(workspacePaths(request.workspace).root, 'data', request.name);
  const progress = new ReplayProgress(io, systemClock, 'fetched', null);
  try {
    makeFolders(folder);
    const rows = await fetchInto(folder, client, request, progress.update);
    progress.end();
    if (io.json) printJson(io, { folder, rows });
    else {
      io.stdout.write(
        `${rows.bars} candles, ${rows.marks} mark candles, ${rows.funding} settlements more in ${folder}\n`,
      );
      const files = ['bars', 'mark', 'funding'].map((file) => path.join(folder, `${file}.csv`));
      io.stdout.write(
        `Backtest it: la backtest --symbol ${request.symbol} --data ${files[0] ?? ''} --mark ${files[1] ?? ''} --funding ${files[2] ?? ''}\n`,
      );
    }
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (!(error instanceof VenueError) && !(error instanceof StorageError))
      throw toStorageError(error, `write ${folder}`);
    io.stderr.write(`${error.message}\n`);
    return error instanceof VenueError ? VENUE_FAILED : FAILED;
  } finally {
    client.close(new VenueError('request', null, 'the fetch is over'));
  }
}

async function fetchInto(
  folder: string,
  client: RestClient,
  { symbol, interval, fromMs, toMs }: FetchRequest,
  onProgress: (rows: number) => void,
): Promise<{ bars: number; marks: number; funding: number }> {
  const instrument = createInstrument(await client.instrument(symbol), 0);
  const { dateMs } = await client.probe();
  const nowMs = dateMs ?? systemClock.nowMs();
  const lengthMs = intervalMs(interval);
  const endMs = Math.min(toMs ?? nowMs, nowMs);
  if (fromMs >= endMs) {
    const [end, found] = [endMs, fromMs].map((timeMs) => new Date(timeMs).toISOString());
    throw new ConfigError([`--from: expected a time before ${end}, found ${found}`]);
  }
  let rows = 0;
  const walk = async (
    file: GrowingFile,
    read: (fromMs: number, toMs: number) => Promise<readonly string[]>,
  ): Promise<number> => {
    const before = rows;
    const lastMs = file.lastMs;
    for (
      let at = lastMs === null ? fromMs : Math.max(fromMs, lastMs + 1);
      at < endMs;
      at += WINDOW_BARS * lengthMs
    ) {
      const found = await read(at, Math.min(endMs, at + WINDOW_BARS * lengthMs));
      file.append(found);
      rows += found.length;
      onProgress(rows);
    }
    return rows - before;
  };
  const bars = await walk(
    new GrowingFile(path.join(folder, 'bars.csv'), 'open_time_ms,open,high,low,close,volume'),
    async (from, to) => {
      const found = await client.bars(instrument, interval, from, to, nowMs);
      return found.map(({ openTimeMs, open, high, low, close, volume }) =>
        [
          openTimeMs,
          ...[open, high, low, close].map((price) => formatPrice(instrument, price)),
          formatQuantity(instrument, volume),
        ].join(','),
      );
    },
  );
  const marks = await walk(
    new GrowingFile(path.join(folder, 'mark.csv'), 'open_time_ms,open,high,low,close'),
    async (from, to) => {
      const found = await client.markBars(instrument, interval, from, to, nowMs);
      return found.map(({ openTimeMs, open, high, low, close }) =>
        [openTimeMs, ...[open, high, low, close].map(formatMarkPrice)].join(','),
      );
    },
  );
  const funding = await fetchFunding(folder, client, instrument, fromMs, endMs);
  return { bars, marks, funding };
}

/** Page by page, each behind the last settlement of the one before. */
async function fetchFunding(
  folder: string,
  client: RestClient,
  { symbol }: Instrument,
  fromMs: number,
  endMs: number,
): Promise<number> {
  const file = new GrowingFile(path.join(folder, 'funding.csv'), 'funding_time_ms,funding_rate,mark_price');
  let afterMs = Math.max(fromMs - 1, file.lastMs ?? Number.NEGATIVE_INFINITY);
  let rows = 0;
  for (;;) {
    const page = await client.fundingHistory(symbol, afterMs);
    const fresh = page.filter(({ settlementMs }) => settlementMs > afterMs && settlementMs <= endMs);
    const last = fresh.at(-1);
    if (last === undefined) return rows;
    file.append(
      fresh.map(
        ({ settlementMs, rate, mark }) => `${settlementMs},${formatRate(rate)},${formatMarkPrice(mark)}`,
      ),
    );
    rows += fresh.length;
    afterMs = last.settlementMs;
  }
}

/** A CSV file that only grows; its first column is the time. */
class GrowingFile {
  readonly #path: string;
  /** Time of its last row; null while it has none. */
  lastMs: number | null = null;

  constructor(file: string, header: string) {
    this.#path = file;
    if (!existsSync(file)) writeFileSync(file, `${header}\n`);
    const text = readFileSync(file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
    const [found = '', ...rows] = whole.trimEnd().split('\n');
    if (found !== header)
      throw new StorageError(
        'invalid_data',
        `${file}:1: expected the header ${header}, found ${JSON.stringify(found.slice(0, 60))}`,
      );
    const last = rows.at(-1);
    if (last !== undefined) this.lastMs = Number(last.split(',')[0]);
  }

  append(rows: readonly string[]): void {
    if (rows.length > 0) appendFileSync(this.#path, `${rows.join('\n')}\n`);
  }
}
