/**
 * Accepts public WebSocket connections and keeps the list of them.
 *
 * Limits: CONNECTIONS_MAX connections; client frames up to FRAME_BYTES_MAX; an IP whose connections were cut
 * `dropsBeforeRefusal` times for too many frames within ten minutes is refused the upgrade.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { SeededRandom } from '../../core/base/random.ts';
import { ClientSocket } from './client-socket.ts';
import type { MarketSource, VenueClock } from './market-source.ts';
import { RateWindow } from './rate-window.ts';
import type { VenueFaults, VenueKnobs } from './venue-knobs.ts';

const CONNECTIONS_MAX = 1_000;
/** Holds a subscription of 300 channels several times over. */
const FRAME_BYTES_MAX = 64 * 1024;
const DROP_MEMORY_MS = 600_000;
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/public/', '/public']);

export interface PushHubOptions {
  readonly market: MarketSource;
  readonly clock: VenueClock;
  readonly knobs: VenueKnobs;
  readonly faults: () => VenueFaults;
}

export class PushHub {
  readonly #options: PushHubOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    autoPong: false,
  });
  readonly #sockets = new Set<ClientSocket>();
  readonly #floods = new RateWindow(Number.POSITIVE_INFINITY, DROP_MEMORY_MS);
  readonly #random: SeededRandom;

  constructor(options: PushHubOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.knobs.seed);
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Answers an HTTP upgrade: a connection, or a refusal with an HTTP status. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const { market, clock, knobs, faults } = this.#options;
    const ip = request.socket.remoteAddress ?? '';
    const status = this.#refusalStatus(request, ip);
    if (status !== null) {
      stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, stream, head, (webSocket) => {
      const random = new SeededRandom(this.#random.nextUint32());
      const onFrameFlood = (): void => {
        this.#floods.admit(ip, performance.now());
      };
      const socket = new ClientSocket(webSocket, { market, clock, knobs, faults, random, onFrameFlood });
      this.#sockets.add(socket);
      webSocket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Ends all connections without a close frame. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #refusalStatus(request: IncomingMessage, ip: string): string | null {
    const { knobs, faults } = this.#options;
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!PUBLIC_PATHS.has(path)) return '404 Not Found';
    const status = faults().upgradeStatus;
    if (status !== undefined) return `${status} Refused`;
    const drops = this.#floods.count(ip, performance.now());
    if (knobs.dropsBeforeRefusal > 0 && drops >= knobs.dropsBeforeRefusal) return '403 Forbidden';
    return this.#sockets.size >= CONNECTIONS_MAX ? '503 Service Unavailable' : null;
  }
}
