/**
 * A scheduler and its clocks that move only when told: for tests of deadlines.
 *
 * Invariant: due timers run in (due time, creation) order, each with the clock standing at its due time.
 */

import type { WallClock } from '../../ports/wall-clock.ts';
import type { Scheduler, Timer } from './scheduler.ts';

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class ManualScheduler implements Scheduler, WallClock {
  /** Local wall time minus monotonic time; a test steps it to step the wall clock. */
  wallOffsetMs: number;
  #monotonicMs = 0;
  #order = 0;
  #entries: Entry[] = [];

  constructor(wallOffsetMs = 1_790_000_000_000) {
    this.wallOffsetMs = wallOffsetMs;
  }

  nowMs(): number {
    return Math.floor(this.#monotonicMs + this.wallOffsetMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, action: () => void): Timer {
    const entry: Entry = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, action };
    this.#entries.push(entry);
    return {
      cancel: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#entries.length;
  }

  /** Moves time forward, running what falls due; promises made on the way settle only when the caller awaits. */
  advance(byMs: number): void {
    const endMs = this.#monotonicMs + byMs;
    for (;;) {
      const next = this.#entries.reduce<Entry | null>(
        (first, entry) =>
          entry.dueMs > endMs ||
          (first !== null &&
            (first.dueMs < entry.dueMs || (first.dueMs === entry.dueMs && first.order < entry.order)))
            ? first
            : entry,
        null,
      );
      if (next === null) break;
      this.#entries = this.#entries.filter((entry) => entry !== next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.action();
    }
    this.#monotonicMs = endMs;
  }

  /** Moves time in steps of `stepMs`, letting promises settle between them. */
  async advanceSlowly(byMs: number, stepMs = 10): Promise<void> {
    for (let moved = 0; moved < byMs; moved += stepMs) {
      this.advance(Math.min(stepMs, byMs - moved));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
