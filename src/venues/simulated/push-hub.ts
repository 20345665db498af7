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
import type { FaultBoard } from './faults/fault-board.ts';
import type { FaultOf, FaultSpec, SocketKind } from './faults/fault-spec.ts';
import type { MissingBars } from './faults/missing-bars.ts';
import type { MarketSource, VenueClock } from './market-source.ts';
import { RateWindow } from './rate-window.ts';
import type { VenueKnobs } from './venue-knobs.ts';

const CONNECTIONS_MAX = 1_000;
/** Holds a subscription of 300 channels several times over. */
const FRAME_BYTES_MAX = 64 * 1024;
const DROP_MEMORY_MS = 600_000;
const FLOOD_STEP_MS = 20;
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/public/', '/public']);

export interface PushHubOptions {
  readonly market: MarketSource;
  readonly clock: VenueClock;
  readonly knobs: VenueKnobs;
  readonly faults: FaultBoard;
  readonly missingBars: MissingBars;
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
  #upgrades = 0;
  #refused = 0;
  #floodTimer: NodeJS.Timeout | null = null;

  constructor(options: PushHubOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.knobs.seed);
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Upgrades asked for so far. */
  get upgrades(): number {
    return this.#upgrades;
  }

  /** Upgrades refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Open connections by what they subscribed. */
  countByKind(): Record<SocketKind, number> {
    const counts = { kline: 0, ticker: 0 };
    for (const socket of this.#sockets) counts[socket.kind]++;
    return counts;
  }

  /** Answers an HTTP upgrade: a connection, or a refusal with an HTTP status. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const ip = request.socket.remoteAddress ?? '';
    this.#upgrades++;
    const refusal = this.#refusalHead(request, ip);
    if (refusal !== null) {
      this.#refused++;
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, stream, head, (webSocket) => {
      const random = new SeededRandom(this.#random.nextUint32());
      const onFrameFlood = (): void => {
        this.#floods.admit(ip, performance.now());
      };
      const socket = new ClientSocket(webSocket, { ...this.#options, random, onFrameFlood });
      this.#sockets.add(socket);
      webSocket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Ends all connections without a close frame. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Does to the sockets what a fault that begins asks for. */
  begin(fault: FaultSpec): void {
    switch (fault.kind) {
      case 'drop_socket':
        for (const socket of this.#hit(fault)) socket.terminate();
        break;
      case 'ws_error': {
        const text = typeof fault.frame === 'string' ? fault.frame : JSON.stringify(fault.frame);
        for (const socket of this.#hit(fault)) socket.inject(text);
        break;
      }
      case 'duplicate_trades':
        if (fault.when === 'now') for (const socket of this.#sockets) socket.repeatTrades(fault.trades);
        break;
      case 'flood':
        this.#floodTimer ??= setInterval(() => this.#flood(), FLOOD_STEP_MS).unref();
        break;
      default:
        break;
    }
  }

  close(): void {
    if (this.#floodTimer !== null) clearInterval(this.#floodTimer);
    this.dropConnections();
  }

  #hit({ target }: FaultOf<'drop_socket' | 'ws_error'>): ClientSocket[] {
    return [...this.#sockets].filter((socket) => target === 'all' || socket.kind === target);
  }

  #flood(): void {
    const faults = this.#options.faults.of('flood');
    if (faults.length === 0 && this.#floodTimer !== null) {
      clearInterval(this.#floodTimer);
      this.#floodTimer = null;
    }
    for (const { channel, per_second: perSecond } of faults) {
      const wanted = (perSecond * FLOOD_STEP_MS) / 1_000;
      const times = Math.floor(wanted) + (this.#random.nextFloat() < wanted % 1 ? 1 : 0);
      for (const socket of this.#sockets) socket.flood(channel, times);
    }
  }

  /** Status line and extra headers of a refusal; null = welcome. */
  #refusalHead(request: IncomingMessage, ip: string): string | null {
    const { knobs, faults } = this.#options;
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!PUBLIC_PATHS.has(path)) return '404 Not Found';
    const refusal = faults.of('refuse_upgrade')[0];
    if (refusal !== undefined) {
      const { status, retry_after: seconds } = refusal;
      return `${status} Refused${seconds === undefined ? '' : `\r\nRetry-After: ${seconds}`}`;
    }
    const drops = this.#floods.count(ip, performance.now());
    if (knobs.dropsBeforeRefusal > 0 && drops >= knobs.dropsBeforeRefusal) return '403 Forbidden';
    return this.#sockets.size >= CONNECTIONS_MAX ? '503 Service Unavailable' : null;
  }
}
