/**
 * A server that speaks the public Bitunix futures wire (REST and WebSocket) over a simulated or recorded market.
 *
 * Of the conformance list in the wire reference (section 9) these points hold: 1-16, for the public side. Private REST
 * and the private WebSocket are not served: unknown path, code 404 (HTTP 404 for the upgrade). Points marked there as
 * unknown are knobs, see `venue-knobs.ts`. Nothing here is shared with the client of the real venue: it is an independent
 * reading of the wire.
 * Assumption: the machine's monotonic clock paces pushes, limits and idle rules; the venue clock stamps and moves the market.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseDecimal } from '../../core/base/fixed-point.ts';
import { CONTROL_PREFIX, ControlServer } from './faults/control-server.ts';
import { FaultBoard } from './faults/fault-board.ts';
import { FaultClock } from './faults/fault-clock.ts';
import type { FaultSpec } from './faults/fault-spec.ts';
import { MissingBars } from './faults/missing-bars.ts';
import type { MarketSource, VenueClock } from './market-source.ts';
import { PushHub } from './push-hub.ts';
import { RestServer } from './rest-server.ts';
import { DEFAULT_KNOBS, type VenueKnobs } from './venue-knobs.ts';

/** The market is moved at least this often, so that a request after a long silence does not wait for it. */
const KEEP_UP_MS = 1_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Funding rates are integers of 10^-8. */
const RATE_DECIMALS = 8;

export interface SimulatedVenueOptions {
  readonly market: MarketSource;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  readonly clock: VenueClock;
  readonly knobs?: Partial<VenueKnobs>;
  /** Faults whose times count from the start. */
  readonly faults?: readonly FaultSpec[];
  /** Whether this machine may ask for faults and counts under `/control/`. */
  readonly hasControl?: boolean;
}

export interface SimulatedVenue {
  /** `http://HOST:PORT`, without a trailing slash. */
  readonly restUrl: string;
  /** `ws://HOST:PORT/public/`. */
  readonly wsUrl: string;
  readonly port: number;
  /** `http://HOST:PORT/control`; null where that is off. */
  readonly controlUrl: string | null;
  /** Ends every connection and stops the server. */
  close(): Promise<void>;
  connectionCount(): number;
  /** Takes faults whose times count from now. */
  addFaults(faults: readonly FaultSpec[]): void;
  /** Ends the faults in force and forgets those that wait. */
  clearFaults(): void;
}

/** The venue could not listen. */
export class VenueStartError extends Error {
  override readonly name = 'VenueStartError';
  readonly code: 'port_busy' | 'listen_failed';
  readonly retryable = false;
  constructor(code: 'port_busy' | 'listen_failed', message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Starts the venue; rejects with {@link VenueStartError} where the port is taken. */
export async function startSimulatedVenue(options: SimulatedVenueOptions): Promise<SimulatedVenue> {
  const { market, host = '127.0.0.1', port = 0, hasControl = false } = options;
  const knobs: VenueKnobs = { ...DEFAULT_KNOBS, ...options.knobs };
  const clock = new FaultClock(options.clock);
  const missingBars = new MissingBars();
  const faults = new FaultBoard({
    onBegin(fault) {
      if (fault.kind === 'skip_bar') missingBars.skip(fault, clock.nowMs());
      applyToClock(clock, fault);
      if (fault.kind === 'funding_rate') imposeRates(market, faults);
      if (fault.kind === 'mark_offset') imposeMarkOffsets(market, faults);
      hub.begin(fault);
    },
    onEnd(fault) {
      if (fault.kind === 'drift_clock') clock.drift(0);
      if (fault.kind === 'funding_rate') imposeRates(market, faults);
      if (fault.kind === 'mark_offset') imposeMarkOffsets(market, faults);
    },
  });
  const parts = { market, clock, knobs, faults, missingBars };
  const rest = new RestServer(parts);
  const hub = new PushHub(parts);
  const control = new ControlServer({
    board: faults,
    clock,
    missingBars,
    sockets: () => hub.countByKind(),
    counts: () => ({
      upgrades: hub.upgrades,
      upgrades_refused: hub.refused,
      rest_requests: rest.requests,
    }),
  });
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    if (hasControl && request.url?.startsWith(CONTROL_PREFIX) === true) {
      control.handle(request, response).catch(() => response.destroy());
    } else rest.handle(request, response);
  });
  server.on('upgrade', (request, stream, head) => hub.upgrade(request, stream, head));
  await listen(server, host, port);
  faults.add(options.faults ?? []);
  const keepUp = setInterval(() => market.advance(clock.nowMs()), KEEP_UP_MS);
  keepUp.unref();
  const bound = (server.address() as AddressInfo).port;
  return {
    restUrl: `http://${urlHost(host)}:${bound}`,
    wsUrl: `ws://${urlHost(host)}:${bound}/public/`,
    port: bound,
    controlUrl: hasControl ? `http://${urlHost(host)}:${bound}/control` : null,
    connectionCount: () => hub.connectionCount,
    addFaults: (added) => void faults.add(added),
    clearFaults: () => faults.clear(),
    close: async () => {
      clearInterval(keepUp);
      faults.clear();
      rest.close();
      hub.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function applyToClock(clock: FaultClock, fault: FaultSpec): void {
  if (fault.kind === 'shift_clock') clock.shift(fault.ms);
  else if (fault.kind === 'drift_clock') clock.drift(fault.ms_per_minute);
}

/** Each contract's mark stands off by the newest fault that names it, or names none. */
function imposeMarkOffsets(market: MarketSource, faults: FaultBoard): void {
  for (const { spec, reference } of market.instruments) {
    const imposed = faults
      .of('mark_offset')
      .findLast(({ symbol }) => symbol === undefined || symbol === spec.symbol);
    reference.offsetMark(imposed?.bps ?? 0);
  }
}

/** Each contract has the rate of the newest fault that names it, or names none. */
function imposeRates(market: MarketSource, faults: FaultBoard): void {
  for (const { spec, funding } of market.instruments) {
    const imposed = faults
      .of('funding_rate')
      .findLast(({ symbol }) => symbol === undefined || symbol === spec.symbol);
    funding.impose(imposed === undefined ? null : parseDecimal(imposed.rate, RATE_DECIMALS));
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const isBusy = error.code === 'EADDRINUSE';
      const reason = isBusy
        ? `port ${port} of ${host} is in use`
        : `cannot listen on ${host}:${port}: ${error.message}`;
      reject(new VenueStartError(isBusy ? 'port_busy' : 'listen_failed', reason, error));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
