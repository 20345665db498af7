/**
 * Bars of a longer interval, made from the closed bars of the session's own.
 *
 * A longer bar is there once its last shorter one closed, and only if every one of them is there: a hole stays a hole.
 * Assumption: both lengths divide the UTC day, so that the longer grid lies on the shorter one.
 */

import { assert } from '../base/assert.ts';
import { barOpenTimeMs } from '../base/time.ts';
import { BarSeries } from './bar-series.ts';

export class LongerBars {
  readonly lengthMs: number;
  readonly series: BarSeries;
  readonly #baseMs: number;
  #openTimeMs = Number.NaN;
  #count = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;

  /** `capacity`: bars kept. */
  constructor(baseMs: number, lengthMs: number, capacity: number) {
    assert(
      lengthMs > baseMs && lengthMs % baseMs === 0,
      `${lengthMs} ms are not made of bars of ${baseMs} ms`,
    );
    this.#baseMs = baseMs;
    this.lengthMs = lengthMs;
    this.series = new BarSeries(capacity);
  }

  /** Takes a closed bar of the session's interval; returns whether it closed a longer one. */
  add(openTimeMs: number, open: number, high: number, low: number, close: number, volume: number): boolean {
    const longOpenMs = barOpenTimeMs(openTimeMs, this.lengthMs);
    if (longOpenMs !== this.#openTimeMs) {
      this.#openTimeMs = longOpenMs;
      this.#count = 0;
      this.#open = open;
      this.#high = high;
      this.#low = low;
      this.#volume = 0;
    }
    this.#count++;
    this.#high = Math.max(this.#high, high);
    this.#low = Math.min(this.#low, low);
    this.#close = close;
    this.#volume += volume;
    const isLast = openTimeMs + this.#baseMs === longOpenMs + this.lengthMs;
    if (!isLast || this.#count * this.#baseMs !== this.lengthMs) return false;
    this.series.add(longOpenMs, this.#open, this.#high, this.#low, this.#close, this.#volume);
    return true;
  }

  save() {
    return {
      series: this.series.save(),
      openTimeMs: this.#openTimeMs,
      count: this.#count,
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      volume: this.#volume,
    };
  }

  restore(state: ReturnType<LongerBars['save']>): void {
    this.series.restore(state.series);
    this.#openTimeMs = state.openTimeMs;
    this.#count = state.count;
    this.#open = state.open;
    this.#high = state.high;
    this.#low = state.low;
    this.#close = state.close;
    this.#volume = state.volume;
  }
}
