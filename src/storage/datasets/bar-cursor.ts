/** Goes through the bars of a file one by one: at a bar, its columns lie in `batch` at `at`. */

import type { BarBatch, BarTable } from './bar-file.ts';

export class BarCursor {
  /** Open time of the next bar; Infinity behind the last. Right only while {@link isDrained} is false. */
  nextOpenMs = Number.NEGATIVE_INFINITY;
  /** The next bars must be loaded before anything is asked of them. */
  isDrained = true;
  batch: BarBatch | null = null;
  at = -1;
  readonly #batches: AsyncIterator<BarBatch>;
  #next = 0;
  #following: BarBatch | null = null;

  constructor(file: BarTable) {
    this.#batches = file.batches();
  }

  /** Loads the bars behind those at hand. */
  async load(): Promise<void> {
    const read = await this.#batches.next();
    this.isDrained = false;
    this.#following = read.done === true ? null : read.value;
    this.#next = 0;
    this.nextOpenMs = this.#following?.openMs[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Goes on until the next bar opens at this time or later. */
  async skipBefore(openMs: number): Promise<void> {
    for (;;) {
      if (this.isDrained) await this.load();
      if (this.nextOpenMs >= openMs) return;
      this.step();
    }
  }

  /** Goes to the next bar; there must be one, and it must be loaded. */
  step(): void {
    const following = this.#following;
    if (following === null) return;
    this.batch = following;
    this.at = this.#next++;
    if (this.#next < following.count) this.nextOpenMs = following.openMs[this.#next] ?? Number.NaN;
    else this.isDrained = true;
  }
}
