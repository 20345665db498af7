/**
 * Holds a replica outside React and tells its readers, slice by slice, that something changed.
 *
 * Messages change the replica at once; readers hear of it in the next animation frame, at most once every
 * {@link FLUSH_INTERVAL_MS}, however many messages came. While the page is hidden there are no frames: the replica stays
 * current and nothing is drawn.
 */

import type { StreamMessage } from '../../protocol/messages.ts';
import { type ApplyResult, type Slice, Replica } from './replica.ts';

/** Numbers that change faster than this cannot be read. */
const FLUSH_INTERVAL_MS = 200;

/**
 * Calls back before the first frame that is drawn at or after `notBeforeMs`, with the time; both on the page's clock
 * (`performance.now`). Until then it asks for no frames: a frame that draws nothing costs nearly as much as one that does.
 */
export type FrameScheduler = (callback: (timeMs: number) => void, notBeforeMs: number) => void;

type Listener = () => void;

export class ReplicaStore {
  readonly replica = new Replica();
  readonly #schedule: FrameScheduler;
  readonly #versions = new Map<Slice, number>();
  readonly #listeners = new Map<Slice, Set<Listener>>();
  #isScheduled = false;
  #flushedMs = 0;

  constructor(schedule: FrameScheduler) {
    this.#schedule = schedule;
  }

  receive(message: StreamMessage): ApplyResult {
    const result = this.replica.apply(message);
    if (result === 'applied' && !this.#isScheduled) {
      this.#isScheduled = true;
      this.#schedule(this.#onFrame, this.#flushedMs + FLUSH_INTERVAL_MS);
    }
    return result;
  }

  /** Calls `listener` after any of the slices changed; returns how to end that. */
  subscribe(slices: readonly Slice[], listener: Listener): () => void {
    for (const slice of slices) {
      const listeners = this.#listeners.get(slice) ?? new Set();
      listeners.add(listener);
      this.#listeners.set(slice, listeners);
    }
    return () => {
      for (const slice of slices) this.#listeners.get(slice)?.delete(listener);
    };
  }

  /** A number that changes whenever readers of these slices must look again. */
  version(slices: readonly Slice[]): number {
    let sum = 0;
    for (const slice of slices) sum += this.#versions.get(slice) ?? 0;
    return sum;
  }

  readonly #onFrame = (timeMs: number): void => {
    this.#isScheduled = false;
    this.#flushedMs = timeMs;
    const heard = new Set<Listener>();
    for (const slice of this.replica.takeChanged()) {
      this.#versions.set(slice, (this.#versions.get(slice) ?? 0) + 1);
      for (const listener of this.#listeners.get(slice) ?? []) heard.add(listener);
    }
    for (const listener of heard) listener();
  };
}
