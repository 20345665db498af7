/**
 * The bars of one price (last or mark): generated minutes before the live start, folded minutes from it on.
 *
 * Invariants: live minutes are contiguous; a minute without a trade is flat at the last price with zero volume. Any
 * interval is the fold of its minutes.
 * Limits: one entry of six numbers a live minute (a ten-week session: 5 MB); the turnover of a minute is exact below 2^53
 * ticks x lots (on a grid of 8 + 8 decimals it is rounded).
 */

import type { BarHistory } from './bar-history.ts';
import { nextOpenTimeMs, openTimeMs, type KlineInterval } from './kline-grid.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Turnover is summed in a number and moved to the bigint before it could lose a unit. */
const QUOTE_CARRY = 2 ** 51;

export interface Bar {
  readonly openMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly lots: number;
  /** Turnover in ticks x lots. */
  readonly quote: bigint;
}

export interface BarQuery {
  readonly interval: KlineInterval;
  /** Bars that open within [fromMs, toMs]. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  /** Which end survives where more than `limit` bars match. */
  readonly keep: 'newest' | 'oldest';
}

class Fold {
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  lots = 0;
  #quote = 0;
  #carried = 0n;
  #isEmpty = true;

  add(open: number, high: number, low: number, close: number, lots: number, quote: number): void {
    if (this.#isEmpty) {
      this.open = open;
      this.high = high;
      this.low = low;
      this.#isEmpty = false;
    } else {
      if (high > this.high) this.high = high;
      if (low < this.low) this.low = low;
    }
    this.close = close;
    this.lots += lots;
    this.#quote += quote;
    if (this.#quote > QUOTE_CARRY) {
      this.#carried += BigInt(this.#quote);
      this.#quote = 0;
    }
  }

  bar(openMs: number): Bar | null {
    if (this.#isEmpty) return null;
    const { open, high, low, close, lots } = this;
    return { openMs, open, high, low, close, lots, quote: this.#carried + BigInt(this.#quote) };
  }
}

export class BarStore {
  readonly #history: BarHistory;
  readonly #open: number[] = [];
  readonly #high: number[] = [];
  readonly #low: number[] = [];
  readonly #close: number[] = [];
  readonly #lots: number[] = [];
  readonly #quote: number[] = [];
  #lastTicks: number;

  constructor(history: BarHistory) {
    this.#history = history;
    this.#lastTicks = history.originTicks;
    this.rollTo(history.originMs);
  }

  /** The last price folded in. */
  get lastTicks(): number {
    return this.#lastTicks;
  }

  /** Opens the minutes up to the one that contains `timeMs`. */
  rollTo(timeMs: number): void {
    const minutes = Math.floor((timeMs - this.#history.originMs) / MINUTE_MS) + 1;
    while (this.#open.length < minutes) {
      this.#open.push(this.#lastTicks);
      this.#high.push(this.#lastTicks);
      this.#low.push(this.#lastTicks);
      this.#close.push(this.#lastTicks);
      this.#lots.push(0);
      this.#quote.push(0);
    }
  }

  /** Folds a trade (or with `lots` 0 a mark price) into its minute, which must not lie before the newest one. */
  add(timeMs: number, ticks: number, lots: number): void {
    this.rollTo(timeMs);
    const at = this.#open.length - 1;
    // The first trade of a minute opens it; a mark price (zero lots) continues from the minute before.
    if (lots > 0 && this.#lots[at] === 0) {
      this.#open[at] = ticks;
      this.#high[at] = ticks;
      this.#low[at] = ticks;
    } else {
      if (ticks > (this.#high[at] ?? 0)) this.#high[at] = ticks;
      if (ticks < (this.#low[at] ?? 0)) this.#low[at] = ticks;
    }
    this.#close[at] = ticks;
    this.#lots[at] = (this.#lots[at] ?? 0) + lots;
    this.#quote[at] = (this.#quote[at] ?? 0) + ticks * lots;
    this.#lastTicks = ticks;
  }

  /** The bar of the minutes in [fromMs, endMs) that exist by now; null where none does. */
  fold(fromMs: number, endMs: number): Bar | null {
    const { originMs, firstMs } = this.#history;
    const fold = new Fold();
    for (let timeMs = Math.max(fromMs, firstMs); timeMs < Math.min(endMs, originMs);) {
      const day = this.#history.day(timeMs);
      const dayStartMs = Math.floor(timeMs / DAY_MS) * DAY_MS;
      const last = Math.min(day.count, Math.ceil((endMs - dayStartMs) / MINUTE_MS));
      for (let at = Math.floor((timeMs - dayStartMs) / MINUTE_MS); at < last; at++) {
        const open = day.open[at] ?? 0;
        fold.add(
          open,
          day.high[at] ?? 0,
          day.low[at] ?? 0,
          day.close[at] ?? 0,
          day.lots[at] ?? 0,
          day.quote[at] ?? 0,
        );
      }
      timeMs = dayStartMs + DAY_MS;
    }
    const first = Math.max(0, Math.floor((fromMs - originMs) / MINUTE_MS));
    const end = Math.min(this.#open.length, Math.ceil((endMs - originMs) / MINUTE_MS));
    for (let at = first; at < end; at++) {
      const open = this.#open[at] ?? 0;
      fold.add(
        open,
        this.#high[at] ?? 0,
        this.#low[at] ?? 0,
        this.#close[at] ?? 0,
        this.#lots[at] ?? 0,
        this.#quote[at] ?? 0,
      );
    }
    return fold.bar(fromMs);
  }

  /** The bar of an interval that opened at `openMs`, as far as it has come; null where it does not exist. */
  barAt(interval: KlineInterval, openMs: number): Bar | null {
    return this.fold(openMs, nextOpenTimeMs(interval, openMs));
  }

  /** Bars newest first. A bar that begins before the history does is left out. */
  query(query: BarQuery): Bar[] {
    const { interval, limit } = query;
    const newestMs = this.#history.originMs + (this.#open.length - 1) * MINUTE_MS;
    const firstMs = Math.max(query.fromMs, this.#history.firstMs);
    const bars: Bar[] = [];
    if (query.keep === 'newest') {
      let openMs = openTimeMs(interval, Math.min(query.toMs, newestMs));
      for (; bars.length < limit && openMs >= firstMs; openMs = openTimeMs(interval, openMs - 1)) {
        const bar = this.barAt(interval, openMs);
        if (bar !== null) bars.push(bar);
      }
      return bars;
    }
    let openMs = openTimeMs(interval, firstMs);
    if (openMs < firstMs) openMs = nextOpenTimeMs(interval, openMs);
    for (
      ;
      bars.length < limit && openMs <= Math.min(query.toMs, newestMs);
      openMs = nextOpenTimeMs(interval, openMs)
    ) {
      const bar = this.barAt(interval, openMs);
      if (bar !== null) bars.push(bar);
    }
    return bars.toReversed();
  }
}
