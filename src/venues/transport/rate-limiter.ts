/**
 * One shared allowance of requests per second, and the waits that a venue imposes on all of them.
 *
 * Assumption: the venue allows 10 requests a second and an address (DOC); whether the buckets are per endpoint is
 * unknown, so every request draws from this one: at most 4 in 500 ms and 8 in 1.2 s. The second window is wider than a
 * second because the network can push requests together that left apart.
 * Counts monotonic time: the usual queue packages count wall time and stand still when that steps back.
 */

import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import type { Scheduler, Timer } from './scheduler.ts';

/** Requests that may wait; beyond it a caller is refused instead of queued. */
export const MAX_WAITING_REQUESTS = 256;
/** No more than `requests` start in any `spanMs`; widest last. */
const WINDOWS = [
  { requests: 4, spanMs: 500 },
  { requests: 8, spanMs: 1_200 },
] as const;
const MAX_STARTS_KEPT = 8;

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
      const freeAtMs = this.#freeAtMs();
      if (freeAtMs > nowMs) {
        this.#timer = this.#scheduler.after(freeAtMs - nowMs, () => this.#serve());
        return;
      }
      this.#waiting.shift();
      this.#startedAtMs.push(nowMs);
      if (this.#startedAtMs.length > MAX_STARTS_KEPT) this.#startedAtMs.shift();
      next.start();
    }
  }

  /** Earliest monotonic time at which one more request may start. */
  #freeAtMs(): number {
    let freeAtMs = this.#heldUntilMs;
    for (const { requests, spanMs } of WINDOWS) {
      const oldestMs = this.#startedAtMs.at(-requests);
      if (oldestMs !== undefined) freeAtMs = Math.max(freeAtMs, oldestMs + spanMs);
    }
    return freeAtMs;
  }
}
