/**
 * The HTTP side of the venue: method and rate checks, faults, the `Date` header of the venue clock, then the routes.
 *
 * Invariant: but for switched-on faults and the 429 knob every answer is HTTP 200 with an envelope.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MarketSource, VenueClock } from './market-source.ts';
import { RateWindow } from './rate-window.ts';
import { answer, isEndpoint, refusal, type Envelope } from './rest-routes.ts';
import type { RestFault, VenueFaults, VenueKnobs } from './venue-knobs.ts';

const CHALLENGE =
  '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body></body></html>';

export interface RestServerOptions {
  readonly market: MarketSource;
  readonly clock: VenueClock;
  readonly knobs: VenueKnobs;
  readonly faults: () => VenueFaults;
}

export class RestServer {
  readonly #options: RestServerOptions;
  readonly #window: RateWindow;
  readonly #waiting = new Set<NodeJS.Timeout>();

  constructor(options: RestServerOptions) {
    this.#options = options;
    this.#window = new RateWindow(options.knobs.restRequestsPerSecond);
  }

  /** Answers one request after the REST delay. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    response.sendDate = false;
    const { knobs, faults } = this.#options;
    const url = new URL(request.url ?? '/', 'http://venue');
    const { rest, restPath } = faults();
    const fault = restPath === undefined || url.pathname.includes(restPath) ? rest : undefined;
    if (fault?.kind === 'reset') {
      request.socket.destroy();
      return;
    }
    const ip = request.socket.remoteAddress ?? '';
    const key = knobs.isRateLimitShared || !isEndpoint(url.pathname) ? ip : `${ip} ${url.pathname}`;
    const isAdmitted = this.#window.admit(key, performance.now());
    const delayMs = fault?.kind === 'slow' ? fault.delayMs : knobs.restDelayMs;
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      if (!isAdmitted)
        this.#send(response, knobs.rateLimitStatus, refusal(knobs.rateLimitCode, 'Request too frequently'));
      else if (fault === undefined || fault.kind === 'slow')
        this.#send(response, 200, this.#envelope(request, url));
      else this.#fail(response, fault, this.#envelope(request, url));
    }, delayMs);
    this.#waiting.add(timer);
  }

  /** Forgets the requests that still wait; their connections are closed by the server. */
  close(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  #envelope(request: IncomingMessage, url: URL): Envelope {
    const { market, clock, knobs } = this.#options;
    // The public endpoints are GET only; POST and anything else finds nothing here.
    if (request.method !== 'GET') return refusal(404, 'Not Found');
    const nowMs = clock.nowMs();
    market.advance(nowMs);
    return answer({ market, knobs, nowMs }, url.pathname, url.searchParams);
  }

  #send(response: ServerResponse, status: number, envelope: Envelope): void {
    this.#write(response, status, 'application/json', JSON.stringify(envelope));
  }

  #fail(response: ServerResponse, fault: RestFault, envelope: Envelope): void {
    switch (fault.kind) {
      case 'challenge':
        response.setHeader('cf-mitigated', 'challenge');
        this.#write(response, 403, 'text/html; charset=UTF-8', CHALLENGE);
        return;
      case 'html_error':
        this.#write(
          response,
          fault.status,
          'text/html; charset=UTF-8',
          `<html><body>error code: ${fault.status}</body></html>`,
        );
        return;
      case 'empty_body':
        this.#write(response, 200, 'application/json', '');
        return;
      case 'truncated_json': {
        const text = JSON.stringify(envelope);
        this.#write(response, 200, 'application/json', text.slice(0, Math.floor(text.length / 2)));
        return;
      }
      case 'network_error':
        this.#send(response, 200, refusal(10001, 'Network Error'));
        return;
      case 'slow':
      case 'reset':
        return;
    }
  }

  #write(response: ServerResponse, status: number, type: string, body: string): void {
    response.writeHead(status, {
      Date: new Date(this.#options.clock.nowMs()).toUTCString(),
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      Server: 'cloudflare',
    });
    response.end(body);
  }
}
