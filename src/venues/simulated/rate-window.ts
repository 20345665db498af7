/**
 * Counts events per key in a sliding second.
 *
 * Limit: KEYS_MAX keys are remembered; the oldest is forgotten first.
 */

const WINDOW_MS = 1_000;
const KEYS_MAX = 10_000;

export class RateWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #times = new Map<string, number[]>();

  constructor(limit: number, windowMs = WINDOW_MS) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Whether one more event of `key` at `nowMs` (monotonic) stays within the limit; only then it is counted. */
  admit(key: string, nowMs: number): boolean {
    const times = this.#fresh(key, nowMs);
    if (times.length >= this.#limit) return false;
    times.push(nowMs);
    return true;
  }

  /** Number of events of `key` within the window that ends at `nowMs`. */
  count(key: string, nowMs: number): number {
    return this.#fresh(key, nowMs).length;
  }

  #fresh(key: string, nowMs: number): number[] {
    const times = (this.#times.get(key) ?? []).filter((timeMs) => nowMs - timeMs < this.#windowMs);
    if (!this.#times.has(key) && this.#times.size >= KEYS_MAX) {
      const oldest = this.#times.keys().next();
      if (!oldest.done) this.#times.delete(oldest.value);
    }
    this.#times.set(key, times);
    return times;
  }
}
