/**
 * The control side of the venue: what it sees, and faults on request.
 *
 * `GET /control/state`, `POST /control/faults` ({"faults":[...]}), `DELETE /control/faults`. Served to this machine alone,
 * and never to a web page: a request with an `Origin` is refused. Limit: bodies up to BODY_BYTES_MAX.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBoard } from './fault-board.ts';
import { FaultSpecError, parseFaults, type SocketKind } from './fault-spec.ts';
import type { MissingBars } from './missing-bars.ts';
import type { VenueClock } from '../market-source.ts';

const BODY_BYTES_MAX = 1_048_576;
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/;
export const CONTROL_PREFIX = '/control/';

export interface VenueCounts {
  /** WebSocket upgrades asked for since the start, and how many of them were refused. */
  readonly upgrades: number;
  readonly upgrades_refused: number;
  /** REST requests since the start, those of the control side not counted. */
  readonly rest_requests: number;
}

export interface ControlServerOptions {
  readonly board: FaultBoard;
  readonly clock: VenueClock;
  readonly missingBars: MissingBars;
  readonly sockets: () => Readonly<Record<SocketKind, number>>;
  readonly counts: () => VenueCounts;
}

export class ControlServer {
  readonly #options: ControlServerOptions;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /** Answers one request below {@link CONTROL_PREFIX}. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const isOurs = LOOPBACK.test(request.socket.remoteAddress ?? '') && request.headers.origin === undefined;
    if (!isOurs) {
      request.resume();
      send(response, 403, { errors: ['the control side answers this machine alone'] });
      return;
    }
    const body = await readBody(request);
    if (body === null) send(response, 413, { errors: [`a body is at most ${BODY_BYTES_MAX} bytes`] });
    else this.#answer(`${request.method ?? ''} ${path}`, body, response);
  }

  #answer(route: string, body: string, response: ServerResponse): void {
    const { board } = this.#options;
    switch (route) {
      case 'GET /control/state':
        send(response, 200, this.#state());
        return;
      case 'POST /control/faults':
        try {
          send(response, 200, { ids: board.add(parseFaults(body)) });
        } catch (error) {
          if (!(error instanceof FaultSpecError)) throw error;
          send(response, 400, { errors: error.findings });
        }
        return;
      case 'DELETE /control/faults':
        board.clear();
        send(response, 200, {});
        return;
      default:
        send(response, 404, {
          errors: [`no ${route}; there are GET /control/state, POST and DELETE /control/faults`],
        });
    }
  }

  #state(): object {
    const { board, clock, missingBars, sockets, counts } = this.#options;
    const nowMs = clock.nowMs();
    return {
      venue_time: new Date(nowMs).toISOString(),
      venue_time_ms: nowMs,
      clock_offset_ms: nowMs - Date.now(),
      sockets: sockets(),
      ...counts(),
      faults: board.records(),
      missing_bars: missingBars.list(),
    };
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** The whole body; null where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return length > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8');
}
