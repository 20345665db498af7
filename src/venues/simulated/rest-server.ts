/**
 * The HTTP side of the venue: method and rate checks, faults, the `Date` header of the venue clock, then the routes.
 *
 * Invariant: but for switched-on faults and the 429 knob every answer is HTTP 200 with an envelope.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBoard } from './faults/fault-board.ts';
import type { MissingBars } from './faults/missing-bars.ts';
import { faultReply } from './faults/rest-fault.ts';
import type { MarketSource, VenueClock } from './market-source.ts';
import { RateWindow } from './rate-window.ts';
import { answer, isEndpoint, refusal, type Envelope } from './rest-routes.ts';
import type { VenueKnobs } from './venue-knobs.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' } as const;

export interface RestServerOptions {
  readonly market: MarketSource;
  readonly clock: VenueClock;
  readonly knobs: VenueKnobs;
  readonly faults: FaultBoard;
  readonly missingBars: MissingBars;
}

export class RestServer {
  readonly #options: RestServerOptions;
  readonly #window: RateWindow;
  readonly #waiting = new Set<NodeJS.Timeout>();
  #requests = 0;

  constructor(options: RestServerOptions) {
    this.#options = options;
    this.#window = new RateWindow(options.knobs.restRequestsPerSecond);
  }

  /** Requests so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Answers one request after the REST delay. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    response.sendDate = false;
    this.#requests++;
    const { knobs, faults } = this.#options;
    const url = new URL(request.url ?? '/', 'http://venue');
    const fault = faults
      .of('rest_error')
      .find(({ path }) => path === undefined || url.pathname.includes(path));
    if (fault?.body === 'reset') {
      request.socket.destroy();
      return;
    }
    const ip = request.socket.remoteAddress ?? '';
    const key = knobs.isRateLimitShared || !isEndpoint(url.pathname) ? ip : `${ip} ${url.pathname}`;
    const isAdmitted = this.#window.admit(key, performance.now());
    const delayMs = faults.of('delay').reduce((sum, { ms }) => sum + ms, knobs.restDelayMs);
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      if (!isAdmitted) {
        const limited = JSON.stringify(refusal(knobs.rateLimitCode, 'Request too frequently'));
        this.#write(response, knobs.rateLimitStatus, JSON_TYPE, limited);
        return;
      }
      const usual = JSON.stringify(this.#envelope(request, url));
      if (fault === undefined) {
        this.#write(response, 200, JSON_TYPE, usual);
        return;
      }
      const reply = faultReply(fault, usual);
      if (reply !== null) this.#write(response, reply.status, reply.headers, reply.body);
    }, delayMs);
    this.#waiting.add(timer);
  }

  /** Forgets the requests that still wait; their connections are closed by the server. */
  close(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  #envelope(request: IncomingMessage, url: URL): Envelope {
    const { market, clock, knobs, missingBars } = this.#options;
    // The public endpoints are GET only; POST and anything else finds nothing here.
    if (request.method !== 'GET') return refusal(404, 'Not Found');
    const nowMs = clock.nowMs();
    market.advance(nowMs);
    return answer({ market, knobs, missingBars, nowMs }, url.pathname, url.searchParams);
  }

  #write(
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): void {
    response.writeHead(status, {
      Date: new Date(this.#options.clock.nowMs()).toUTCString(),
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      Server: 'cloudflare',
    });
    response.end(body);
  }
}
