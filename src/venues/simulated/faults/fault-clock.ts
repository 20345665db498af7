/**
 * The venue's clock with what faults did to it: steps that stay, and a drift while it lasts.
 *
 * Limit: a market cannot go back in time; after a step back it stands still until its own time has come again.
 */

import type { VenueClock } from '../market-source.ts';

const MINUTE_MS = 60_000;

export class FaultClock implements VenueClock {
  readonly #base: VenueClock;
  #offsetMs = 0;
  #msPerMinute = 0;
  #driftSinceMs = 0;

  constructor(base: VenueClock) {
    this.#base = base;
  }

  nowMs(): number {
    return Math.floor(this.#base.nowMs() + this.#offsetMs + this.#driftedMs());
  }

  /** Steps the clock, for good. */
  shift(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Lets it run fast (positive) or slow from now on; 0 ends that, what has drifted stays. */
  drift(msPerMinute: number): void {
    this.#offsetMs += this.#driftedMs();
    this.#msPerMinute = msPerMinute;
    this.#driftSinceMs = performance.now();
  }

  #driftedMs(): number {
    return ((performance.now() - this.#driftSinceMs) / MINUTE_MS) * this.#msPerMinute;
  }
}
