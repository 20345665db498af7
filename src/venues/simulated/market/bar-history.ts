/**
 * One-minute bars before a market's first live minute: seeded, generated a day at a time when asked for.
 *
 * Invariants: the same parameters give the same bars in whatever order they are read; each bar opens at the close of the
 * one before; the last bar closes exactly at the live start price. Daily prices are a walk backward in time that is pulled
 * gently to the start price, minutes a Brownian bridge between two days.
 * Limit: HISTORY_DAYS back, and DAYS_CACHED_MAX days are kept in memory.
 */

import { SeededRandom } from '../../../core/base/random.ts';

const MINUTES_PER_DAY = 1_440;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A little over four years: 200 weekly bars. */
const HISTORY_DAYS = 1_500;
const DAYS_CACHED_MAX = 64;
/** Share of the distance to the start price (in log terms) that a day gives back. */
const DAILY_PULL = 0.003;

export interface BarHistoryParameters {
  readonly seed: number;
  /** First live minute; the history ends there. */
  readonly originMs: number;
  readonly originTicks: number;
  /** Standard deviation of the log return of a minute. */
  readonly minuteVolatility: number;
  /** Mean volume of a minute in lots. */
  readonly meanMinuteLots: number;
  /** Bars of a freshly listed contract; absent = as far back as histories go. */
  readonly historyMinutes?: number | undefined;
}

/** The minutes of one UTC day in columns, from the day's first minute on; `count` is 1440 but on the origin's day. */
export interface DayBars {
  readonly count: number;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly lots: Float64Array;
  /** Turnover in ticks x lots. */
  readonly quote: Float64Array;
}

export class BarHistory {
  readonly firstMs: number;
  readonly originMs: number;
  readonly originTicks: number;
  readonly #parameters: BarHistoryParameters;
  readonly #originDay: number;
  /** Log price at the start of the day `index` days before the day after the origin's. */
  readonly #logStarts: number[];
  readonly #walk: SeededRandom;
  readonly #cache = new Map<number, DayBars>();

  constructor(parameters: BarHistoryParameters) {
    this.#parameters = parameters;
    this.originMs = parameters.originMs;
    this.originTicks = parameters.originTicks;
    this.#originDay = Math.floor(parameters.originMs / DAY_MS);
    const oldestMs = (this.#originDay - HISTORY_DAYS) * DAY_MS;
    const { historyMinutes } = parameters;
    this.firstMs =
      historyMinutes === undefined
        ? oldestMs
        : Math.max(oldestMs, this.originMs - historyMinutes * MINUTE_MS);
    this.#logStarts = [Math.log(parameters.originTicks)];
    this.#walk = new SeededRandom(parameters.seed);
  }

  /** Bars of the day `floor(timeMs / day)`, which must lie between {@link firstMs} and {@link originMs}. */
  day(timeMs: number): DayBars {
    const day = Math.floor(timeMs / DAY_MS);
    const cached = this.#cache.get(day);
    if (cached !== undefined) return cached;
    const bars = this.#generate(day);
    if (this.#cache.size >= DAYS_CACHED_MAX) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(day, bars);
    return bars;
  }

  #generate(day: number): DayBars {
    const { seed, originMs, originTicks, minuteVolatility, meanMinuteLots } = this.#parameters;
    const isOriginDay = day === this.#originDay;
    const count = isOriginDay ? Math.floor((originMs - day * DAY_MS) / MINUTE_MS) : MINUTES_PER_DAY;
    const from = this.#logStart(day);
    const to = isOriginDay ? Math.log(originTicks) : this.#logStart(day + 1);
    const random = new SeededRandom(seed + day * 7_919 + 1);
    const activity = Math.exp(0.4 * random.nextNormal());
    const sigma = minuteVolatility * activity;

    const walk = new Float64Array(count + 1);
    for (let minute = 1; minute <= count; minute++)
      walk[minute] = (walk[minute - 1] ?? 0) + sigma * random.nextNormal();
    const drift = count === 0 ? 0 : (to - from - (walk[count] ?? 0)) / count;

    const column = (): Float64Array => new Float64Array(count);
    const bars: DayBars = {
      count,
      open: column(),
      high: column(),
      low: column(),
      close: column(),
      lots: column(),
      quote: column(),
    };
    let open = Math.max(1, Math.round(Math.exp(from)));
    for (let minute = 0; minute < count; minute++) {
      const target = Math.exp(from + (walk[minute + 1] ?? 0) + drift * (minute + 1));
      const close = isOriginDay && minute === count - 1 ? originTicks : Math.max(1, Math.round(target));
      const reach = sigma * target;
      const high = Math.max(open, close) + Math.floor(random.nextExponential(reach * 0.4));
      const low = Math.max(1, Math.min(open, close) - Math.floor(random.nextExponential(reach * 0.4)));
      const lots = Math.max(
        1,
        Math.round(meanMinuteLots * activity * random.nextExponential(1) ** 1.3 * 0.86),
      );
      bars.open[minute] = open;
      bars.high[minute] = high;
      bars.low[minute] = low;
      bars.close[minute] = close;
      bars.lots[minute] = lots;
      bars.quote[minute] = Math.round((lots * (open + high + low + close)) / 4);
      open = close;
    }
    return bars;
  }

  /** Log price at the start of `day`; the walk is drawn backward and kept, so that every day sees the same one. */
  #logStart(day: number): number {
    const back = this.#originDay + 1 - day;
    const anchor = this.#logStarts[0] ?? 0;
    const sigma = this.#parameters.minuteVolatility * Math.sqrt(MINUTES_PER_DAY);
    for (let index = this.#logStarts.length; index <= back; index++) {
      const later = this.#logStarts[index - 1] ?? anchor;
      this.#logStarts.push(later + (anchor - later) * DAILY_PULL - sigma * this.#walk.nextNormal());
    }
    return this.#logStarts[back] ?? anchor;
  }
}
