/** A plain WebSocket and REST client for the tests of the venue: it knows nothing but JSON. */

import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import type { SyntheticMarketOptions } from './synthetic-market.ts';
import { createSyntheticMarket } from './synthetic-market.ts';
import { startSimulatedVenue, type SimulatedVenue } from './simulated-venue.ts';
import type { MarketSource } from './market-source.ts';
import type { VenueKnobs } from './venue-knobs.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/** 2026-09-23T01:00:07Z: in the middle of a funding period and of a minute. */
export const TEST_START_MS = Date.UTC(2026, 8, 23, 1, 0, 7);

/** A venue clock that the test can move, on top of real time. */
export class TestClock {
  readonly #bornMs = performance.now();
  #offsetMs: number;
  constructor(startMs: number) {
    this.#offsetMs = startMs;
  }
  nowMs(): number {
    return Math.floor(this.#offsetMs + performance.now() - this.#bornMs);
  }
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }
}

export interface TestVenue extends SimulatedVenue {
  readonly clock: TestClock;
  readonly market: MarketSource;
}

/** Quick answers and room for many requests, unless a test says otherwise. */
const QUICK: Partial<VenueKnobs> = { restDelayMs: 0, restRequestsPerSecond: 1_000, deliveryDelayMs: 0 };

export async function startTestVenue(
  knobs: Partial<VenueKnobs> = {},
  options: Partial<SyntheticMarketOptions> = {},
): Promise<TestVenue> {
  const market = createSyntheticMarket({ seed: 11, startMs: TEST_START_MS, ...options });
  const clock = new TestClock(market.startMs);
  const venue = await startSimulatedVenue({ market, clock, knobs: { ...QUICK, ...knobs }, hasControl: true });
  return { ...venue, clock, market };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly code: Json;
  readonly data: Json;
  readonly msg: Json;
}

/** Asks a public endpoint, e.g. `market/depth?symbol=BTCUSDT`. */
export async function ask(venue: SimulatedVenue, path: string, init: RequestInit = {}): Promise<Reply> {
  const url = path.startsWith('/') ? path : `/api/v1/futures/${path}`;
  const response = await fetch(venue.restUrl + url, init);
  const text = await response.text();
  let body: JsonObject = {};
  try {
    body = JSON.parse(text) as JsonObject;
  } catch {
    // Some faults answer with something else than JSON; the test looks at the text.
  }
  const { code = null, data = null, msg = null } = body;
  return { status: response.status, headers: response.headers, text, code, data, msg };
}

export function rows(data: Json): JsonObject[] {
  return data as JsonObject[];
}

export function object(data: Json | undefined): JsonObject {
  return data as JsonObject;
}

/** One connection that keeps every frame with its time of arrival. */
export class WireClient {
  readonly frames: { readonly atMs: number; readonly frame: JsonObject }[] = [];
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** Frames that are not JSON, as they came. */
  readonly broken: string[] = [];
  /** Close code and time since the connection opened. */
  readonly closed: Promise<{ readonly code: number; readonly afterMs: number }>;
  #openedMs = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', () => {
        this.#openedMs = performance.now();
        resolve();
      });
      this.socket.once('error', reject);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code) => resolve({ code, afterMs: performance.now() - this.#openedMs }));
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      try {
        this.frames.push({ atMs: performance.now(), frame: JSON.parse(text) as JsonObject });
      } catch {
        this.broken.push(text);
      }
    });
  }

  static async connect(venue: SimulatedVenue): Promise<WireClient> {
    const client = new WireClient(venue.wsUrl);
    await client.opened;
    return client;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Subscribes channels of one symbol. */
  subscribe(channels: readonly string[], symbol = 'BTCUSDT'): void {
    this.send({ op: 'subscribe', args: channels.map((ch) => ({ symbol, ch })) });
  }

  /** Forgets the frames so far. */
  forget(): void {
    this.frames.length = 0;
    this.broken.length = 0;
  }

  of(channel: string): JsonObject[] {
    return this.frames.flatMap(({ frame }) => (frame['ch'] === channel ? [frame] : []));
  }

  /** The first frame for which `accept` holds, present or to come; rejects after `withinMs`. */
  async next(accept: (frame: JsonObject) => boolean, withinMs = 15_000): Promise<JsonObject> {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      const found = this.frames.find(({ frame }) => accept(frame));
      if (found !== undefined) return found.frame;
      if (performance.now() > deadlineMs) throw new Error(`no such frame within ${withinMs} ms`);
      await wait(5);
    }
  }

  close(): void {
    this.socket.terminate();
  }
}

export function wait(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
