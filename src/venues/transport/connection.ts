/**
 * A WebSocket that stays up: connects, greets, pings, subscribes, watches every stream and comes back by itself.
 *
 * The venue's own words (what a ping is, what a frame means) come from {@link ConnectionProtocol}; this file knows only
 * when to say them. Invariants: at most one socket is alive; a socket given up is terminated, never closed politely (a
 * dead peer does not answer a close frame); at most {@link MAX_FRAMES_PER_SECOND} frames a second go out.
 */

import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import type { StreamSpec } from './stream-spec.ts';
import { StreamWatch } from './stream-watch.ts';

/** What {@link ConnectionCallbacks.onFrame} found in a frame; data frames return their stream's index instead. */
export const FRAME_GREETING = -1;
export const FRAME_PONG = -2;
export const FRAME_OTHER = -3;

const MAX_FRAMES_PER_SECOND = 4;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const MAX_FAILED_RECONNECTS = 10;
const MAX_REFUSAL_BYTES = 4_096;

export interface ConnectionTimes {
  readonly connectTimeoutMs: number;
  readonly greetingWaitMs: number;
  readonly pingIntervalMs: number;
  readonly pongDeadlineMs: number;
  readonly firstDataMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Connected this long with data: the next loss starts again at the shortest wait. */
  readonly healthyMs: number;
  /** Age at which a socket is replaced by our own choice, before a venue's daily cut. */
  readonly rotateMs: number;
}

const DEFAULT_TIMES: ConnectionTimes = {
  connectTimeoutMs: 10_000,
  greetingWaitMs: 5_000,
  pingIntervalMs: 15_000,
  pongDeadlineMs: 10_000,
  firstDataMs: 3_000,
  backoffBaseMs: 1_000,
  backoffMaxMs: 30_000,
  healthyMs: 60_000,
  rotateMs: 23 * 3_600_000,
};

export interface ConnectionProtocol {
  readonly streams: readonly StreamSpec[];
  pingFrame(): string;
  /** One frame that subscribes to these streams (indices into `streams`). */
  subscribeFrame(streams: readonly number[]): string;
  /** Classes a refused upgrade. */
  classifyRefusal(status: number, headers: IncomingMessage['headers'], body: string): VenueError;
}

export type ConnectionState = 'connecting' | 'connected' | 'disconnected';

export interface ConnectionCallbacks {
  /** Takes one frame, valid only during the call; returns a stream index or a FRAME_ constant. */
  onFrame(bytes: Buffer): number;
  onState(state: ConnectionState, detail: string | null): void;
  /** The venue refused us for good; the connection has stopped. */
  onFatal(error: VenueError): void;
  /** {@link MAX_FAILED_RECONNECTS} attempts in a row brought no data. Said once an outage; attempts go on at the longest wait until stopped. */
  onLost(detail: string): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly protocol: ConnectionProtocol;
  readonly callbacks: ConnectionCallbacks;
  readonly times?: Partial<ConnectionTimes>;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #times: ConnectionTimes;
  readonly #watch: StreamWatch;
  readonly #outgoing: OutgoingQueue;
  #socket: WebSocket | null = null;
  #state: ConnectionState = 'disconnected';
  #isStopped = true;
  #isReady = false;
  #hasData = false;
  #connectedAtMs = 0;
  #lastFrameAtMs: number | null = null;
  #backoffStep = 0;
  #failedAttempts = 0;
  #isLost = false;
  #connections = 0;
  #phaseTimer: Timer | null = null;
  #pingTimer: Timer | null = null;
  #pongTimer: Timer | null = null;
  #rotateTimer: Timer | null = null;
  #retryTimer: Timer | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#times = { ...DEFAULT_TIMES, ...options.times };
    const { clock, scheduler, protocol } = options;
    this.#watch = new StreamWatch({
      streams: protocol.streams,
      firstDataMs: this.#times.firstDataMs,
      clock,
      scheduler,
      onResubscribe: (streams) => this.#subscribe(streams),
      onDead: (detail) => this.#drop(detail, null),
    });
    this.#outgoing = new OutgoingQueue({ perSecond: MAX_FRAMES_PER_SECOND, clock, scheduler });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Times the connection was established after the first. */
  get reconnects(): number {
    return Math.max(0, this.#connections - 1);
  }

  /** Time since the last data frame, ms; null before the first one ever. */
  get dataAgeMs(): number | null {
    return this.#lastFrameAtMs === null ? null : this.#options.clock.monotonicMs() - this.#lastFrameAtMs;
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#attempt();
  }

  /** Ends for good, without callbacks; resolves when the socket is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#state = 'disconnected';
    const socket = this.#socket;
    this.#release();
    if (socket === null || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.terminate();
    });
  }

  /** Gives this socket up and connects again after `delayMs`, or after the usual wait where null. */
  restart(detail: string, delayMs: number | null): void {
    if (!this.#isStopped) this.#drop(detail, delayMs);
  }

  #attempt(): void {
    const { url, random } = this.#options;
    this.#setState('connecting', null);
    if (this.#isStopped) return;
    const socket = new WebSocket(url, {
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#socket = socket;
    this.#isReady = false;
    this.#hasData = false;
    const isCurrent = (): boolean => this.#socket === socket;
    let failure = '';
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('open', () => {
      if (!isCurrent()) return;
      this.#phaseTimer?.cancel();
      this.#phaseTimer = this.#options.scheduler.after(this.#times.greetingWaitMs, () => this.#ready());
      this.#rotateTimer = this.#options.scheduler.after(this.#times.rotateMs * (1 - random() / 48), () => {
        this.#drop('rotation', 0);
      });
    });
    socket.on('message', (data) => {
      if (isCurrent()) this.#receive(data as Buffer);
    });
    socket.on('close', (code) => {
      if (isCurrent()) this.#drop(failure === '' ? `closed by the peer (${code})` : failure, null);
    });
    socket.on('unexpected-response', (request, response) => {
      void this.#refused(socket, response).finally(() => request.destroy());
    });
    this.#phaseTimer = this.#options.scheduler.after(this.#times.connectTimeoutMs, () => {
      this.#drop('no connection in time', null);
    });
  }

  #receive(bytes: Buffer): void {
    const note = this.#options.callbacks.onFrame(bytes);
    if (this.#socket === null) return;
    if (!this.#isReady && note !== FRAME_OTHER) this.#ready();
    if (note >= 0) {
      this.#lastFrameAtMs = this.#watch.note(note);
      if (!this.#hasData) {
        this.#hasData = true;
        this.#failedAttempts = 0;
        this.#isLost = false;
      }
    } else if (note === FRAME_PONG) {
      this.#pongTimer?.cancel();
      this.#pongTimer = null;
    }
  }

  #ready(): void {
    const socket = this.#socket;
    if (socket === null || this.#isReady) return;
    this.#isReady = true;
    this.#phaseTimer?.cancel();
    this.#connections++;
    this.#connectedAtMs = this.#options.clock.monotonicMs();
    this.#outgoing.open((text) => socket.send(text));
    this.#setState('connected', null);
    // The callback may have ended us. The JSON ping goes first: live, a protocol ping first was answered by a cut.
    if (this.#socket !== socket) return;
    this.#ping();
    this.#subscribe(this.#options.protocol.streams.map((_, index) => index));
  }

  #ping(): void {
    const { scheduler, protocol } = this.#options;
    this.#outgoing.push(protocol.pingFrame(), () => {
      this.#pongTimer?.cancel();
      this.#pongTimer = scheduler.after(this.#times.pongDeadlineMs, () =>
        this.#drop('no pong in time', null),
      );
    });
    this.#pingTimer = scheduler.after(this.#times.pingIntervalMs, () => this.#ping());
  }

  #subscribe(streams: readonly number[]): void {
    if (streams.length === 0) return;
    this.#outgoing.push(this.#options.protocol.subscribeFrame(streams), () =>
      this.#watch.subscribed(streams),
    );
  }

  async #refused(socket: WebSocket, response: IncomingMessage): Promise<void> {
    const body = await readSome(response);
    if (this.#socket !== socket) return;
    const error = this.#options.protocol.classifyRefusal(response.statusCode ?? 0, response.headers, body);
    if (error.errorClass === 'fatal') {
      this.#isStopped = true;
      this.#release();
      this.#setState('disconnected', error.message);
      this.#options.callbacks.onFatal(error);
      return;
    }
    this.#drop(error.message, error.retryAfterMs);
  }

  /** Gives the socket up and schedules the next attempt; `delayMs` null means the backoff decides, else it is a floor. */
  #drop(detail: string, delayMs: number | null): void {
    if (this.#isStopped || this.#socket === null) return;
    const { clock, random, scheduler, callbacks } = this.#options;
    const wasHealthy =
      this.#isReady && this.#hasData && clock.monotonicMs() - this.#connectedAtMs >= this.#times.healthyMs;
    if (!this.#hasData) this.#failedAttempts++;
    if (wasHealthy) this.#backoffStep = 0;
    this.#release();
    const ceilingMs = Math.min(this.#times.backoffMaxMs, this.#times.backoffBaseMs * 2 ** this.#backoffStep);
    const backoffMs = ceilingMs * (0.5 + random() / 2);
    if (ceilingMs < this.#times.backoffMaxMs) this.#backoffStep++;
    const waitMs = delayMs === 0 && wasHealthy ? 0 : Math.max(backoffMs, delayMs ?? 0);
    this.#setState('disconnected', detail);
    if (this.#isStopped) return;
    this.#retryTimer = scheduler.after(waitMs, () => {
      this.#retryTimer = null;
      this.#attempt();
    });
    if (this.#failedAttempts >= MAX_FAILED_RECONNECTS && !this.#isLost) {
      this.#isLost = true;
      callbacks.onLost(`${this.#failedAttempts} connections in a row brought no data; last: ${detail}`);
    }
  }

  /** Cancels every timer and abandons the socket. */
  #release(): void {
    for (const timer of [
      this.#phaseTimer,
      this.#pingTimer,
      this.#pongTimer,
      this.#rotateTimer,
      this.#retryTimer,
    ]) {
      timer?.cancel();
    }
    this.#pingTimer = null;
    this.#pongTimer = null;
    this.#retryTimer = null;
    this.#watch.reset();
    this.#outgoing.close();
    const socket = this.#socket;
    this.#socket = null;
    socket?.terminate();
  }

  #setState(state: ConnectionState, detail: string | null): void {
    this.#state = state;
    this.#options.callbacks.onState(state, detail);
  }
}

/** Reads the head of a refusal's body; empty where it does not come within 2 s. */
async function readSome(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  response.setTimeout(2_000, () => response.destroy());
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // The status decides; a body cut short only shortens the message.
  }
  return Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES).toString('utf8');
}
