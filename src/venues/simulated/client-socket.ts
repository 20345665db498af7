/**
 * One public WebSocket connection: greeting, subscriptions, pings, limits, and the timers that push.
 *
 * Invariants: each stream exists once; all streams of a group are pushed together; frames are delivered in the order they
 * were stamped. The server never pings and, like the real one, ends a connection without a close frame.
 * Limits: `subscriptionsMax` streams; a client that leaves more than BUFFERED_BYTES_MAX unread is cut off.
 */

import { WebSocket, type RawData } from 'ws';
import type { SeededRandom } from '../../core/base/random.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { FaultBoard } from './faults/fault-board.ts';
import type { SocketKind } from './faults/fault-spec.ts';
import { garble } from './faults/garbler.ts';
import type { MissingBars } from './faults/missing-bars.ts';
import type { InstrumentMarket } from './market/instrument-market.ts';
import type { MarketSource, VenueClock } from './market-source.ts';
import {
  emptyBookFrame,
  frame,
  parseChannel,
  streamFrames,
  type Channel,
  type PushOptions,
  type Stream,
  type StreamGroup,
} from './push-streams.ts';
import { RateWindow } from './rate-window.ts';
import type { VenueKnobs } from './venue-knobs.ts';
import { tickersRow } from './wire-format.ts';

const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
/** First data of a stream follows its subscription by 103-598 ms, delivery included. */
const FIRST_PUSH_MIN_MS = 55;
const FIRST_PUSH_SPAN_MS = 490;

export interface SocketContext {
  readonly market: MarketSource;
  readonly clock: VenueClock;
  readonly knobs: VenueKnobs;
  readonly faults: FaultBoard;
  readonly missingBars: MissingBars;
  readonly random: SeededRandom;
  /** Told when the client was cut for sending too many frames. */
  readonly onFrameFlood: () => void;
}

interface SubscriptionArgument {
  readonly channel: Channel;
  /** Upper case; null where the client sent none. */
  readonly symbol: string | null;
}

export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #context: SocketContext;
  readonly #openedSecond: number;
  readonly #frames: RateWindow;
  readonly #streams = new Map<string, Stream | null>();
  /** Time (monotonic) at which a group is pushed next; a group without streams is absent. */
  readonly #dueMs = new Map<StreamGroup, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #deliveries: DeliveryQueue;
  #pushTimer: NodeJS.Timeout | null = null;
  #idleTimer: NodeJS.Timeout;
  #hasSpoken = false;
  #isCut = false;

  constructor(socket: WebSocket, context: SocketContext) {
    const { clock, knobs } = context;
    this.#socket = socket;
    this.#context = context;
    this.#openedSecond = Math.floor(clock.nowMs() / 1_000);
    this.#frames = new RateWindow(knobs.clientFramesPerSecond);
    this.#deliveries = new DeliveryQueue((frames) => this.#send(frames));
    this.#idleTimer = setTimeout(() => socket.terminate(), knobs.idleUnsentMs);
    socket.on('message', (data, isBinary) => {
      if (this.#admitFrame()) this.#onMessage(data, isBinary);
    });
    socket.on('ping', (payload) => this.#onProtocolPing(payload));
    socket.on('pong', () => this.#admitFrame());
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#stop());
    if (knobs.connectionLifetimeMs > 0) this.#later(knobs.connectionLifetimeMs, () => socket.terminate());
    this.#deliver([JSON.stringify({ op: 'connect', data: { result: true } })]);
  }

  /** By its subscriptions so far. */
  get kind(): SocketKind {
    for (const stream of this.#streams.values()) if (stream?.channel.group === 'kline') return 'kline';
    return 'ticker';
  }

  /** Ends the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Sends a frame of a fault. */
  inject(text: string): void {
    this.#deliver([text]);
  }

  /** Sends what a channel has to say now, so many times over. */
  flood(channel: string, times: number): void {
    const options = this.#pushOptions();
    const frames = this.#groupStreams(null)
      .filter((stream) => stream.channel.name === channel)
      .flatMap((stream) => streamFrames(stream, options));
    for (let time = 0; time < times; time++) this.#deliver(frames);
  }

  /** The next push of trades begins with the last ones once more. */
  repeatTrades(trades: number): void {
    for (const stream of this.#groupStreams('trade')) {
      stream.tradeSequence = Math.max(0, stream.tradeSequence - trades);
    }
  }

  #stop(): void {
    clearTimeout(this.#idleTimer);
    if (this.#pushTimer !== null) clearTimeout(this.#pushTimer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#deliveries.close();
    this.#timers.clear();
    this.#streams.clear();
    this.#dueMs.clear();
  }

  /** Counts a client frame, re-arms the idle rule, and cuts a client that sends too many. */
  #admitFrame(): boolean {
    // Frames that were read before the cut still arrive after it.
    if (this.#isCut) return false;
    const { knobs, random, onFrameFlood } = this.#context;
    this.#hasSpoken = true;
    clearTimeout(this.#idleTimer);
    if (!this.#frames.admit('', performance.now())) {
      this.#isCut = true;
      onFrameFlood();
      this.#socket.terminate();
      return false;
    }
    const idleMs = knobs.idleMinMs + (knobs.idleMaxMs - knobs.idleMinMs) * random.nextFloat();
    this.#idleTimer = setTimeout(() => this.#socket.terminate(), idleMs);
    return true;
  }

  #onProtocolPing(payload: Buffer): void {
    const isFirst = !this.#hasSpoken;
    if (!this.#admitFrame()) return;
    const { knobs } = this.#context;
    if (this.#isHit('mute_pong')) return;
    if (isFirst) this.#later(knobs.protocolPingDropMs, () => this.#socket.terminate());
    else this.#later(knobs.deliveryDelayMs, () => this.#socket.pong(payload));
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (isBinary) return;
    const message = parseMessage(data);
    if (message === null) return;
    const { op, ping } = message;
    if (op === 'ping') {
      if ((typeof ping === 'number' || typeof ping === 'string') && !this.#isHit('mute_pong')) {
        this.#deliver([JSON.stringify({ op: 'ping', pong: ping, ping: this.#openedSecond })]);
      }
      return;
    }
    const subscriptions = parseArguments(message['args']);
    if (subscriptions.length === 0) return;
    if (op === 'subscribe') this.#subscribe(subscriptions);
    else if (op === 'unsubscribe') this.#unsubscribe(subscriptions);
  }

  #subscribe(subscriptions: readonly SubscriptionArgument[]): void {
    const { market, clock, knobs, faults } = this.#context;
    const repeated = Math.max(0, ...faults.of('duplicate_trades').map(({ trades }) => trades));
    const replies: string[] = [];
    let isOverLimit = false;
    for (const { channel, symbol } of subscriptions) {
      const key = streamKey(channel, symbol);
      if (this.#streams.has(key)) continue;
      if (this.#streams.size >= knobs.subscriptionsMax) {
        isOverLimit = true;
        continue;
      }
      if (knobs.acknowledgesSubscribe) {
        replies.push(JSON.stringify({ op: 'subscribe', ch: channel.name, symbol, data: { result: true } }));
      }
      const listed = listedMarket(market, symbol);
      if (listed === null) {
        this.#streams.set(key, null);
        if (channel.group === 'depth' && channel.levels !== null) {
          replies.push(emptyBookFrame(channel.name, symbol, clock.nowMs(), channel.levels));
        }
        continue;
      }
      const tradeSequence = Math.max(0, listed.tape.sequence - repeated);
      this.#streams.set(key, { channel, market: listed, tradeSequence });
      this.#armGroup(channel.group);
    }
    if (isOverLimit) {
      const msg = `subscribe channel > ${knobs.subscriptionsMax}`;
      replies.push(JSON.stringify({ op: 'subscribe', data: { msg, nonce: '', result: false } }));
    }
    this.#deliver(replies);
    this.#schedule();
  }

  #unsubscribe(subscriptions: readonly SubscriptionArgument[]): void {
    for (const { channel, symbol } of subscriptions) this.#streams.delete(streamKey(channel, symbol));
    for (const group of this.#dueMs.keys()) {
      if (this.#groupStreams(group).length === 0) this.#dueMs.delete(group);
    }
    this.#schedule();
    this.#deliver([JSON.stringify({ op: 'unsubscribe', ts: this.#context.clock.nowMs(), data: 'success' })]);
  }

  /** The live streams of a group; of all groups where null. */
  #groupStreams(group: StreamGroup | null): Stream[] {
    return [...this.#streams.values()].filter(
      (stream): stream is Stream => stream !== null && (group === null || stream.channel.group === group),
    );
  }

  #bookFault(): 'crossed' | 'empty' | undefined {
    const { faults } = this.#context;
    if (faults.of('empty_book').length > 0) return 'empty';
    return faults.of('crossed_book').length > 0 ? 'crossed' : undefined;
  }

  #isHit(kind: 'freeze_socket' | 'mute_pong'): boolean {
    return this.#context.faults.of(kind).some(({ target }) => target === 'all' || target === this.kind);
  }

  /** Gives a new stream's group its first push: klines at once, trades with the next batch, the others within half a second. */
  #armGroup(group: StreamGroup): void {
    const nowMs = performance.now();
    if (group === 'kline') this.#dueMs.set(group, nowMs);
    else if (group === 'trade')
      this.#dueMs.set(group, this.#dueMs.get(group) ?? nowMs + this.#context.knobs.tradeBatchMs);
    else if (!this.#dueMs.has(group)) {
      this.#dueMs.set(
        group,
        nowMs + FIRST_PUSH_MIN_MS + FIRST_PUSH_SPAN_MS * this.#context.random.nextFloat(),
      );
    }
  }

  #schedule(): void {
    if (this.#pushTimer !== null) clearTimeout(this.#pushTimer);
    this.#pushTimer = null;
    if (this.#dueMs.size === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    const waitMs = Math.max(1, Math.min(...this.#dueMs.values()) - performance.now());
    this.#pushTimer = setTimeout(() => this.#pushDue(), waitMs);
  }

  #pushDue(): void {
    const nowMs = performance.now();
    const frames: string[] = [];
    for (const [group, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) continue;
      const nextMs = dueMs + this.#gapMs(group);
      // After a pause of the machine the pushes go on from now, they are not made up for.
      this.#dueMs.set(group, nextMs > nowMs ? nextMs : nowMs + this.#gapMs(group));
      frames.push(...this.#groupFrames(group));
    }
    this.#deliver(frames);
    this.#schedule();
  }

  #gapMs(group: StreamGroup): number {
    const { knobs, random } = this.#context;
    switch (group) {
      case 'depth': {
        const gapMs = knobs.depthMeanMs * (1 + 0.2 * random.nextNormal());
        return Math.max(knobs.depthMinMs, Math.min(knobs.depthMaxMs, gapMs));
      }
      case 'price':
        return knobs.priceMs;
      case 'ticker':
        return knobs.tickerMs;
      case 'kline':
        return knobs.klineMs;
      case 'trade':
        return knobs.tradeBatchMs;
    }
  }

  #groupFrames(group: StreamGroup): string[] {
    const { market, faults } = this.#context;
    const options = this.#pushOptions();
    const { stampMs } = options;
    market.advance(stampMs);
    if (market.ended || this.#isHit('freeze_socket')) return [];
    const frozen = faults.of('freeze_stream');
    const frames: string[] = [];
    const rows: object[] = [];
    for (const stream of this.#groupStreams(group)) {
      if (frozen.some(({ channel }) => stream.channel.name.startsWith(channel))) continue;
      if (stream.channel.name === 'tickers') {
        const day = stream.market.dayBar(stampMs);
        if (day !== null) rows.push(tickersRow(stream.market, day));
      } else {
        frames.push(...streamFrames(stream, options));
      }
    }
    if (rows.length > 0) frames.push(frame('tickers', null, stampMs, rows));
    return frames;
  }

  #pushOptions(): PushOptions {
    const { clock, knobs, faults, missingBars, random } = this.#context;
    const stampMs = clock.nowMs() - random.nextBelow(knobs.stampLagMaxMs + 1);
    const lateMs = Math.max(0, ...faults.of('late_trades').map(({ ms }) => ms));
    return {
      stampMs,
      padsThinBook: knobs.padsThinBook,
      opensEmptyBars: knobs.opensEmptyBars,
      book: this.#bookFault(),
      tradesUntilMs: lateMs === 0 ? undefined : stampMs - lateMs,
      missingBars,
    };
  }

  /** Sends frames after the delivery delay. */
  #deliver(frames: readonly string[]): void {
    if (frames.length === 0) return;
    const { knobs, faults } = this.#context;
    const addedMs = faults.of('delay').reduce((sum, { ms }) => sum + ms, 0);
    this.#deliveries.push(frames, knobs.deliveryDelayMs + addedMs);
  }

  #send(frames: readonly string[]): void {
    const { faults, random } = this.#context;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const share = Math.max(0, ...faults.of('garble').map((fault) => fault.share));
    for (const text of frames) {
      const isHit = share > 0 && random.nextFloat() < share;
      this.#socket.send(isHit ? garble(text, random) : text);
    }
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.#socket.terminate();
  }

  #later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#socket.readyState === WebSocket.OPEN) action();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function streamKey(channel: Channel, symbol: string | null): string {
  return `${channel.name}|${symbol ?? ''}`;
}

/** A contract that streams: listed and not in preview. */
function listedMarket(market: MarketSource, symbol: string | null): InstrumentMarket | null {
  const found = market.instruments.find(({ spec }) => spec.symbol === symbol);
  return found === undefined || found.spec.symbolStatus === 'PREVIEW' ? null : found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON object of a text frame; null for anything else, which the venue ignores. */
function parseMessage(data: RawData): Record<string, unknown> | null {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** The known channels among the arguments of a frame; the others are ignored in silence. */
function parseArguments(args: unknown): SubscriptionArgument[] {
  if (!Array.isArray(args)) return [];
  const parsed: SubscriptionArgument[] = [];
  for (const argument of args as readonly unknown[]) {
    if (!isRecord(argument) || typeof argument['ch'] !== 'string') continue;
    const channel = parseChannel(argument['ch']);
    if (channel === null) continue;
    const symbol = typeof argument['symbol'] === 'string' ? argument['symbol'].toUpperCase() : null;
    parsed.push({ channel, symbol });
  }
  return parsed;
}
