/**
 * Notices streams of a live socket that never began or fell silent.
 *
 * A subscription that brings nothing is repeated once, then the socket is given up: the venue refuses silently. A stream
 * that fell silent gives the socket up at once. One timer stands at the earliest deadline; a frame only stores its time.
 */

import type { WallClock } from '../../ports/wall-clock.ts';
import type { StreamSpec } from './stream-spec.ts';
import type { Scheduler, Timer } from './scheduler.ts';

/** A check that ran this much too late proves that we slept, not the peer: it is repeated before it judges. */
const OWN_STALL_MS = 1_000;
const STALL_GRACE_MS = 1_000;

export interface StreamWatchOptions {
  readonly streams: readonly StreamSpec[];
  readonly firstDataMs: number;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  onResubscribe(streams: readonly number[]): void;
  onDead(detail: string): void;
}

export class StreamWatch {
  readonly #options: StreamWatchOptions;
  /** Time of the last frame, or of the subscription while there is none; NaN = not subscribed. */
  readonly #sinceMs: Float64Array;
  /** 0 waits for its first frame, 1 the same after a repeated subscription, 2 flows. */
  readonly #phase: Uint8Array;
  #timer: Timer | null = null;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
    this.#sinceMs = new Float64Array(options.streams.length).fill(Number.NaN);
    this.#phase = new Uint8Array(options.streams.length);
  }

  /** A subscription to these streams left. */
  subscribed(streams: readonly number[]): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const stream of streams) this.#sinceMs[stream] = nowMs;
    this.#arm(nowMs);
  }

  /** A data frame of the stream came; returns its monotonic time. */
  note(stream: number): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#sinceMs[stream] = nowMs;
    this.#phase[stream] = 2;
    return nowMs;
  }

  reset(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#sinceMs.fill(Number.NaN);
    this.#phase.fill(0);
  }

  #deadlineMs(stream: number): number {
    const silenceMs = this.#options.streams[stream]?.silenceMs ?? null;
    const sinceMs = this.#sinceMs[stream] ?? Number.NaN;
    if (silenceMs === null || Number.isNaN(sinceMs)) return Infinity;
    return sinceMs + (this.#phase[stream] === 2 ? silenceMs : this.#options.firstDataMs);
  }

  #arm(nowMs: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    let earliestMs = Infinity;
    for (let stream = 0; stream < this.#sinceMs.length; stream++) {
      earliestMs = Math.min(earliestMs, this.#deadlineMs(stream));
    }
    if (earliestMs < Infinity) this.#schedule(Math.max(0, earliestMs - nowMs));
  }

  #schedule(delayMs: number): void {
    const dueMs = this.#options.clock.monotonicMs() + delayMs;
    this.#timer = this.#options.scheduler.after(delayMs, () => this.#check(dueMs));
  }

  #check(dueMs: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - dueMs > OWN_STALL_MS) {
      this.#schedule(STALL_GRACE_MS);
      return;
    }
    const silent: number[] = [];
    for (let stream = 0; stream < this.#sinceMs.length; stream++) {
      if (nowMs < this.#deadlineMs(stream)) continue;
      const name = this.#options.streams[stream]?.name ?? String(stream);
      if (this.#phase[stream] === 0) {
        this.#phase[stream] = 1;
        this.#sinceMs[stream] = Number.NaN;
        silent.push(stream);
      } else {
        this.#options.onDead(this.#phase[stream] === 2 ? `${name} fell silent` : `${name} brought no data`);
        return;
      }
    }
    if (silent.length > 0) this.#options.onResubscribe(silent);
    this.#arm(nowMs);
  }
}
