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
import type { MarketSource, VenueClock } from './market-source.ts';
import { PushHub } from './push-hub.ts';
import { RestServer } from './rest-server.ts';
import { DEFAULT_KNOBS, type VenueFaults, type VenueKnobs } from './venue-knobs.ts';

/** The market is moved at least this often, so that a request after a long silence does not wait for it. */
const KEEP_UP_MS = 1_000;
const HEADERS_TIMEOUT_MS = 10_000;

export interface SimulatedVenueOptions {
  readonly market: MarketSource;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  readonly clock: VenueClock;
  readonly knobs?: Partial<VenueKnobs>;
}

export interface SimulatedVenue {
  /** `http://HOST:PORT`, without a trailing slash. */
  readonly restUrl: string;
  /** `ws://HOST:PORT/public/`. */
  readonly wsUrl: string;
  readonly port: number;
  /** Ends every connection and stops the server. */
  close(): Promise<void>;
  connectionCount(): number;
  /** Switches faults on and off; replaces those in force. */
  setFaults(faults: VenueFaults): void;
  /** Ends all WebSocket connections without a close frame, as a network loss would. */
  dropConnections(): void;
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
  const { market, clock, host = '127.0.0.1', port = 0 } = options;
  const knobs: VenueKnobs = { ...DEFAULT_KNOBS, ...options.knobs };
  let faultsInForce: VenueFaults = {};
  const parts = { market, clock, knobs, faults: () => faultsInForce };
  const rest = new RestServer(parts);
  const hub = new PushHub(parts);
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) =>
    rest.handle(request, response),
  );
  server.on('upgrade', (request, stream, head) => hub.upgrade(request, stream, head));
  await listen(server, host, port);
  const keepUp = setInterval(() => market.advance(clock.nowMs()), KEEP_UP_MS);
  keepUp.unref();
  const bound = (server.address() as AddressInfo).port;
  return {
    restUrl: `http://${urlHost(host)}:${bound}`,
    wsUrl: `ws://${urlHost(host)}:${bound}/public/`,
    port: bound,
    connectionCount: () => hub.connectionCount,
    setFaults: (faults) => {
      faultsInForce = faults;
    },
    dropConnections: () => hub.dropConnections(),
    close: async () => {
      clearInterval(keepUp);
      rest.close();
      hub.dropConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
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
