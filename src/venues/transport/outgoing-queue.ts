/**
 * Frames on their way out, at most so many in any second: the venue cuts clients that talk more.
 *
 * Invariant: order is kept; nothing of one socket is ever sent on the next.
 */

import { assert } from '../../core/base/assert.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import type { Scheduler, Timer } from './scheduler.ts';

/** A ping each 15 s and a few subscriptions never come near it; more is a bug of ours. */
const MAX_QUEUED_FRAMES = 64;
const SECOND_MS = 1_000;

export interface OutgoingQueueOptions {
  readonly perSecond: number;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
}

interface Waiting {
  readonly text: string;
  readonly onSent: () => void;
}

export class OutgoingQueue {
  readonly #options: OutgoingQueueOptions;
  #send: ((text: string) => void) | null = null;
  #waiting: Waiting[] = [];
  #sentAtMs: number[] = [];
  #timer: Timer | null = null;

  constructor(options: OutgoingQueueOptions) {
    this.#options = options;
  }

  /** Begins with a new socket. */
  open(send: (text: string) => void): void {
    this.close();
    this.#send = send;
  }

  /** Drops what waits. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waiting = [];
    this.#sentAtMs = [];
    this.#send = null;
  }

  /** Sends now or as soon as the rate allows; `onSent` runs right after the frame was handed to the socket. */
  push(text: string, onSent: () => void): void {
    assert(this.#waiting.length < MAX_QUEUED_FRAMES, `more than ${MAX_QUEUED_FRAMES} frames wait to be sent`);
    this.#waiting.push({ text, onSent });
    if (this.#timer === null) this.#flush();
  }

  #flush(): void {
    const { clock, scheduler, perSecond } = this.#options;
    this.#timer = null;
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || this.#send === null) return;
      const nowMs = clock.monotonicMs();
      const oldestMs = this.#sentAtMs.length >= perSecond ? this.#sentAtMs[0] : undefined;
      if (oldestMs !== undefined && nowMs - oldestMs < SECOND_MS) {
        this.#timer = scheduler.after(oldestMs + SECOND_MS - nowMs + 1, () => this.#flush());
        return;
      }
      this.#waiting.shift();
      this.#sentAtMs.push(nowMs);
      if (this.#sentAtMs.length > perSecond) this.#sentAtMs.shift();
      this.#send(next.text);
      next.onSent();
    }
  }
}
