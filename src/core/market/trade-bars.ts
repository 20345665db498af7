/**
 * Builds closed bars from public trades, for intervals below the venue's shortest kline.
 *
 * A bar covers [open time, open time + length) of venue time. A span without trades repeats the last close with volume
 * zero, once there has been a trade. The span in which building began is partial and is never given out.
 */

import { barOpenTimeMs } from '../base/time.ts';

export class TradeBars {
  readonly lengthMs: number;
  /** Set once the end of the bar in progress is scheduled. */
  isClocked = false;
  #openTimeMs = Number.NaN;
  #isPartial = true;
  #wholeFromMs = Number.NEGATIVE_INFINITY;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  volume = 0;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
  }

  /** When the bar in progress ends; Infinity before the first trade. */
  get endsAtMs(): number {
    return Number.isNaN(this.#openTimeMs) ? Number.POSITIVE_INFINITY : this.#openTimeMs + this.lengthMs;
  }

  get openTimeMs(): number {
    return this.#openTimeMs;
  }

  /** Whether the bar in progress was seen from its start. */
  get isWhole(): boolean {
    return !this.#isPartial && this.#openTimeMs >= this.#wholeFromMs;
  }

  /** Adds a trade at engine time `timeMs`; the caller has rolled every bar that ended by then. */
  addTrade(timeMs: number, price: number, quantity: number): void {
    if (Number.isNaN(this.#openTimeMs)) {
      this.#openTimeMs = barOpenTimeMs(timeMs, this.lengthMs);
      this.#begin(price);
    }
    if (this.volume === 0) this.#begin(price);
    this.high = Math.max(this.high, price);
    this.low = Math.min(this.low, price);
    this.close = price;
    this.volume += quantity;
  }

  /** Trades were missed until then: no bar that began before is given out. */
  interrupt(untilMs: number): void {
    this.#wholeFromMs = untilMs;
  }

  /** Starts the next span after the one in progress was given out. */
  roll(): void {
    this.#openTimeMs += this.lengthMs;
    this.#isPartial = false;
    this.#begin(this.close);
  }

  #begin(price: number): void {
    this.open = price;
    this.high = price;
    this.low = price;
    this.close = price;
    this.volume = 0;
  }

  save() {
    const { isClocked, open, high, low, close, volume } = this;
    return {
      ...{ isClocked, open, high, low, close, volume },
      openTimeMs: this.#openTimeMs,
      isPartial: this.#isPartial,
      wholeFromMs: this.#wholeFromMs,
    };
  }

  restore(state: ReturnType<TradeBars['save']>): void {
    this.isClocked = state.isClocked;
    this.open = state.open;
    this.high = state.high;
    this.low = state.low;
    this.close = state.close;
    this.volume = state.volume;
    this.#openTimeMs = state.openTimeMs;
    this.#isPartial = state.isPartial;
    this.#wholeFromMs = state.wholeFromMs;
  }
}
