/**
 * The most recent closed bars of one instrument, newest last, in columns.
 *
 * Invariant: open times rise strictly. The capacity is fixed when the session starts and never shrinks: once full, the
 * oldest bar leaves for each new one.
 */

import { assert, InvariantViolation } from '../base/assert.ts';

export class BarSeries {
  readonly capacity: number;
  readonly #openTimeMs: Float64Array;
  readonly #open: Float64Array;
  readonly #high: Float64Array;
  readonly #low: Float64Array;
  readonly #close: Float64Array;
  readonly #volume: Float64Array;
  #total = 0;
  /** Where the newest bar lies; kept, because a remainder costs more than all else of a reading. */
  #newest = -1;

  constructor(capacity: number) {
    assert(capacity > 0, 'a bar series needs room');
    this.capacity = capacity;
    this.#openTimeMs = new Float64Array(capacity);
    this.#open = new Float64Array(capacity);
    this.#high = new Float64Array(capacity);
    this.#low = new Float64Array(capacity);
    this.#close = new Float64Array(capacity);
    this.#volume = new Float64Array(capacity);
    // Strategies read it: nothing of it can be replaced.
    Object.freeze(this);
  }

  /** Bars held. */
  get length(): number {
    return Math.min(this.#total, this.capacity);
  }

  /** Bars ever added. */
  get total(): number {
    return this.#total;
  }

  /** Open time of the newest bar; -Infinity before the first. */
  get lastOpenTimeMs(): number {
    return this.#total === 0 ? Number.NEGATIVE_INFINITY : this.openTimeMs(0);
  }

  add(openTimeMs: number, open: number, high: number, low: number, close: number, volume: number): void {
    // Not `assert`: making its text would cost more than the bar.
    if (openTimeMs <= this.lastOpenTimeMs)
      throw new InvariantViolation(`bar of ${openTimeMs} is not newer than ${this.lastOpenTimeMs}`);
    const at = this.#newest + 1 === this.capacity ? 0 : this.#newest + 1;
    this.#newest = at;
    this.#openTimeMs[at] = openTimeMs;
    this.#open[at] = open;
    this.#high[at] = high;
    this.#low[at] = low;
    this.#close[at] = close;
    this.#volume[at] = volume;
    this.#total++;
  }

  /** `back` counts from the newest bar, which is 0; throws beyond what is held. */
  openTimeMs(back: number): number {
    return this.#openTimeMs[this.#index(back)] ?? Number.NaN;
  }

  open(back: number): number {
    return this.#open[this.#index(back)] ?? Number.NaN;
  }

  high(back: number): number {
    return this.#high[this.#index(back)] ?? Number.NaN;
  }

  low(back: number): number {
    return this.#low[this.#index(back)] ?? Number.NaN;
  }

  close(back: number): number {
    return this.#close[this.#index(back)] ?? Number.NaN;
  }

  volume(back: number): number {
    return this.#volume[this.#index(back)] ?? Number.NaN;
  }

  #index(back: number): number {
    // Not `assert`: strategies read bars by the thousand, and its text would cost more than the reading.
    if (back < 0 || back >= this.length)
      throw new InvariantViolation(`bar ${back} back of ${this.length} held`);
    const at = this.#newest - back;
    return at < 0 ? at + this.capacity : at;
  }

  /** The bars held, oldest first, a column each. */
  save() {
    const held = Array.from({ length: this.length }, (_, at) => this.length - 1 - at);
    return {
      total: this.#total,
      openTimeMs: held.map((back) => this.openTimeMs(back)),
      open: held.map((back) => this.open(back)),
      high: held.map((back) => this.high(back)),
      low: held.map((back) => this.low(back)),
      close: held.map((back) => this.close(back)),
      volume: held.map((back) => this.volume(back)),
    };
  }

  restore(state: ReturnType<BarSeries['save']>): void {
    const { length } = state.openTimeMs;
    this.#total = state.total - length;
    for (let at = 0; at < length; at++, this.#total++) {
      const slot = this.#total % this.capacity;
      this.#openTimeMs[slot] = state.openTimeMs[at] ?? Number.NaN;
      this.#open[slot] = state.open[at] ?? Number.NaN;
      this.#high[slot] = state.high[at] ?? Number.NaN;
      this.#low[slot] = state.low[at] ?? Number.NaN;
      this.#close[slot] = state.close[at] ?? Number.NaN;
      this.#volume[slot] = state.volume[at] ?? Number.NaN;
      this.#newest = slot;
    }
  }
}

Object.freeze(BarSeries.prototype);
