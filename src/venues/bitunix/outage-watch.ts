/**
 * Notices that the market was not heard for whole minutes, and holds books and prices back until what happened in them is
 * told: so that nothing trades on the new market before the old time is settled.
 *
 * Silence is measured between frames of the market's socket in session time, so that a machine that slept, or a venue whose
 * clock stepped ahead, was away as well. Limit: a silence without a whole minute in it is not told.
 */

import { MINUTE_MS } from '../../core/base/time.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import { VenueError } from '../../ports/venue-error.ts';

export interface OutageWatchOptions {
  readonly inlet: EventInlet;
  /** Brings the time in, unless `signal` says that nobody waits for it any more; null where nobody wants it. */
  readonly tell: ((fromMs: number, toMs: number, signal: AbortSignal) => Promise<void>) | null;
  /** Such a time begins to be asked for: what was known of the market before is worth nothing. */
  readonly onOpen: () => void;
  readonly onFatal: (error: VenueError) => void;
}

export class OutageWatch {
  readonly #options: OutageWatchOptions;
  /** When the last frame was heard, session time; null before the first. */
  #heardMs: number | null = null;
  #isTelling = false;
  readonly #ended = new AbortController();

  constructor(options: OutageWatchOptions) {
    this.#options = options;
  }

  /** Whether there is time of which nothing is known yet: what comes after it must wait. */
  get isOpen(): boolean {
    return this.#isTelling || this.#hasWholeMinute(this.#options.inlet.nowMs());
  }

  /** A frame of the market was heard; whether it may be handed on now. */
  hear(): boolean {
    const { inlet, tell } = this.#options;
    if (this.#isTelling) return false;
    const nowMs = inlet.nowMs();
    const fromMs = this.#heardMs;
    if (tell === null || fromMs === null || !this.#hasWholeMinute(nowMs)) {
      this.#heardMs = nowMs;
      return true;
    }
    void this.#bridge(tell, fromMs, nowMs);
    return false;
  }

  stop(): void {
    this.#ended.abort();
  }

  #hasWholeMinute(nowMs: number): boolean {
    const fromMs = this.#heardMs;
    return (
      this.#options.tell !== null &&
      fromMs !== null &&
      Math.floor(nowMs / MINUTE_MS) - Math.ceil(fromMs / MINUTE_MS) >= 1
    );
  }

  async #bridge(
    tell: (fromMs: number, toMs: number, signal: AbortSignal) => Promise<void>,
    fromMs: number,
    toMs: number,
  ): Promise<void> {
    this.#isTelling = true;
    this.#options.onOpen();
    try {
      await tell(fromMs, toMs, this.#ended.signal);
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      this.#options.onFatal(error);
    } finally {
      // Told up to then: should telling have taken whole minutes, they are told next.
      this.#heardMs = toMs;
      this.#isTelling = false;
    }
  }
}
