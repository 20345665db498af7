/** Checks of the dashboard's port and of the venue: is it there, does it answer, does it trade our symbols. */

import { createServer } from 'node:net';

import { WebSocket } from 'ws';
import { z } from 'zod';

import type { ListenAddress, Settings } from '../config/settings.ts';
import type { CheckResult } from './check-result.ts';

const ANSWER_TIMEOUT_MS = 8_000;

/** Sessions follow any offset; a larger one than this is usually a clock set by hand. */
const CLOCK_OFFSET_COMFORTABLE_MS = 60_000;

const tradingPairsSchema = z.object({
  code: z.number(),
  msg: z.string().nullish(),
  data: z.array(z.object({ symbol: z.string(), symbolStatus: z.string().nullish() })).nullish(),
});

export function checkPort(address: ListenAddress | null): Promise<CheckResult> {
  const name = 'dashboard';
  if (address === null) return Promise.resolve({ name, status: 'ok', detail: 'off' });
  const shown = `${address.host}:${address.port}`;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(
        error.code === 'EADDRINUSE'
          ? { name, status: 'warn', detail: `${shown} is in use, the next free port will be taken` }
          : { name, status: 'fail', detail: `${shown} cannot be used: ${error.message}` },
      );
    });
    probe.listen(address.port, address.host, () => {
      probe.close(() => {
        resolve({ name, status: 'ok', detail: `${shown} is free` });
      });
    });
  });
}

export async function checkVenue(settings: Settings): Promise<readonly CheckResult[]> {
  if (settings.source.kind !== 'bitunix') {
    return [{ name: 'venue', status: 'ok', detail: 'embedded: nothing to reach' }];
  }
  const [rest, ws] = await Promise.all([
    checkRest(settings.restUrl, settings.symbols),
    checkWs(settings.wsUrl),
  ]);
  return [...rest, ws];
}

async function checkRest(restUrl: string, symbols: readonly string[]): Promise<readonly CheckResult[]> {
  const name = 'venue REST';
  try {
    const startedMs = Date.now();
    const response = await fetch(
      `${restUrl}/api/v1/futures/market/trading_pairs?symbols=${symbols.join(',')}`,
      {
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        redirect: 'error',
      },
    );
    const tookMs = Date.now() - startedMs;
    if (!response.ok)
      return [{ name, status: 'fail', detail: `${restUrl} answered HTTP ${response.status}` }];
    const parsed = tradingPairsSchema.safeParse(await response.json());
    if (!parsed.success)
      return [{ name, status: 'fail', detail: `${restUrl} does not answer as Bitunix does` }];
    if (parsed.data.code !== 0) {
      return [
        {
          name,
          status: 'fail',
          detail: `${restUrl} answered code ${parsed.data.code}: ${parsed.data.msg ?? ''}`,
        },
      ];
    }
    return [
      { name, status: 'ok', detail: `${restUrl} answered in ${tookMs} ms` },
      ...checkSymbols(symbols, parsed.data.data ?? []),
      ...checkOffset(response.headers.get('date'), startedMs + tookMs / 2),
    ];
  } catch (error) {
    return [{ name, status: 'fail', detail: `${restUrl}: ${errorText(error)}` }];
  }
}

function checkSymbols(
  symbols: readonly string[],
  pairs: readonly { readonly symbol: string; readonly symbolStatus?: string | null | undefined }[],
): readonly CheckResult[] {
  return symbols.map((symbol) => {
    const pair = pairs.find((candidate) => candidate.symbol === symbol);
    const status = pair?.symbolStatus ?? null;
    if (pair === undefined) return { name: symbol, status: 'fail', detail: 'the venue does not know it' };
    return status === null || status === 'OPEN'
      ? { name: symbol, status: 'ok', detail: 'trades' }
      : { name: symbol, status: 'fail', detail: `does not trade: ${status}` };
  });
}

function checkOffset(dateHeader: string | null, localMs: number): readonly CheckResult[] {
  const venueMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(venueMs)) return [];
  const offsetMs = Math.round(venueMs - localMs);
  const far = Math.abs(offsetMs) > CLOCK_OFFSET_COMFORTABLE_MS;
  return [
    {
      name: 'venue clock',
      status: far ? 'warn' : 'ok',
      detail: `about ${Math.round(offsetMs / 1_000)} s from this machine's${far ? ': set the clock' : ''}`,
    },
  ];
}

function checkWs(wsUrl: string): Promise<CheckResult> {
  const name = 'venue WebSocket';
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = new WebSocket(wsUrl, {
      handshakeTimeout: ANSWER_TIMEOUT_MS,
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: 1_048_576,
    });
    socket.once('open', () => {
      resolve({
        name,
        status: 'ok',
        detail: `${wsUrl} connected in ${Math.round(performance.now() - startedMs)} ms`,
      });
      socket.terminate();
    });
    // Also what `terminate` may still say after the answer is given.
    socket.on('error', (error) => {
      resolve({ name, status: 'fail', detail: `${wsUrl}: ${errorText(error)}` });
    });
  });
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? `${error.message} (${errorText(error.cause)})`
    : error.message || error.name;
}
