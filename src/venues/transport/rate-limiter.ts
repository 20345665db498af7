/**
 * One shared allowance of requests per second, and the waits that a venue imposes on all of them.
 *
 * Assumption: the venue allows 10 requests a second and an address (DOC); whether the buckets are per endpoint is
 * unknown, so every request draws from this one. A sliding window of 4 in 500 ms never starts more than 8 in any second.
 * Counts monotonic time: the usual queue packages count wall time and stand still when that steps back.
 */

import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import type { Scheduler, Timer } from './scheduler.ts';

/** Requests that may wait; beyond it a caller is refused instead of queued. */
export const MAX_WAITING_REQUESTS = 256;
/** Requests that start together at most. */
export const REQUEST_BURST = 4;
export const REQUEST_WINDOW_MS = 500;

export class RateLimiter {
  readonly #clock: WallClock;
  readonly #scheduler: Scheduler;
  readonly #startedAtMs: number[] = [];
  #waiting: { readonly start: () => void; readonly refuse: (error: VenueError) => void }[] = [];
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(clock: WallClock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when one request may start. Rejects with a rate_limit VenueError where too many wait already. */
  turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= MAX_WAITING_REQUESTS) {
        reject(
          new VenueError(
            'rate_limit',
            null,
            `more than ${MAX_WAITING_REQUESTS} requests wait for their turn`,
          ),
        );
        return;
      }
      this.#waiting.push({ start: resolve, refuse: reject });
      this.#serve();
    });
  }

  /** Starts no request for `durationMs`: the venue asked us to wait. Holds do not add up; the latest end counts. */
  hold(durationMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.monotonicMs() + durationMs);
    this.#serve();
  }

  /** Refuses all that wait. */
  close(reason: VenueError): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const { refuse } of this.#waiting) refuse(reason);
    this.#waiting = [];
  }

  #serve(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const nowMs = this.#clock.monotonicMs();
      const oldestMs =
        this.#startedAtMs.length >= REQUEST_BURST ? (this.#startedAtMs[0] ?? 0) : Number.NEGATIVE_INFINITY;
      const freeAtMs = Math.max(this.#heldUntilMs, oldestMs + REQUEST_WINDOW_MS);
      if (freeAtMs > nowMs) {
        this.#timer = this.#scheduler.after(freeAtMs - nowMs, () => this.#serve());
        return;
      }
      this.#waiting.shift();
      this.#startedAtMs.push(nowMs);
      if (this.#startedAtMs.length > REQUEST_BURST) this.#startedAtMs.shift();
      next.start();
    }
  }
}
