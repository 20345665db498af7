/**
 * Plays bars as a market: trades are made up so that each bar is exactly their fold, with a book around every trade.
 *
 * Invariants: the trades of a bar start at its open, reach high and low, end at its close, and their quantities sum to its
 * volume; a trade prints at the best price of the side it takes. The path between is seeded: it is not what happened.
 * Limit: a bar with fewer lots than it has distinct prices among open, high, low and close cannot be met exactly.
 */

import { SeededRandom } from '../../../core/base/random.ts';
import type { BookSide } from '../market/book-side.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { KlineFile } from './kline-file.ts';
import type { Player } from './player.ts';

const MINUTE_MS = 60_000;
const TRADES_PER_MINUTE = 40;
const TRADES_PER_BAR_MAX = 2_000;
const LEVELS = 250;

interface PathTrade {
  readonly timeMs: number;
  readonly ticks: number;
  readonly lots: number;
  readonly isBuy: boolean;
}

export class KlinePlayer implements Player {
  readonly #file: KlineFile;
  readonly #market: InstrumentMarket;
  readonly #seed: number;
  readonly #levelLots: number;
  #bar = -1;
  #trades: readonly PathTrade[] = [];
  #next = 0;

  constructor(file: KlineFile, market: InstrumentMarket, seed: number, meanMinuteLots: number) {
    this.#file = file;
    this.#market = market;
    this.#seed = seed;
    this.#levelLots = Math.max(1, meanMinuteLots / TRADES_PER_MINUTE);
    this.#quoteAround(file.open[0] ?? 1, true, 0);
    this.#loadBar();
  }

  nextTimeMs(): number | null {
    return this.#trades[this.#next]?.timeMs ?? null;
  }

  play(venueMs: number): void {
    const trade = this.#trades[this.#next++];
    if (trade === undefined) return;
    this.#quoteAround(trade.ticks, trade.isBuy, this.#bar);
    this.#market.print(venueMs, trade.ticks, trade.lots, trade.isBuy);
    if (this.#next >= this.#trades.length) this.#loadBar();
  }

  /** Makes the trades of the next bar that has any. */
  #loadBar(): void {
    this.#next = 0;
    do {
      this.#bar++;
      this.#trades = this.#bar < this.#file.count ? this.#path(this.#bar) : [];
    } while (this.#trades.length === 0 && this.#bar < this.#file.count);
  }

  #path(bar: number): PathTrade[] {
    const { openMs, open, high, low, close, lots, lengthMs } = this.#file;
    const [from, top, bottom, to, volume] = [
      open[bar] ?? 0,
      high[bar] ?? 0,
      low[bar] ?? 0,
      close[bar] ?? 0,
      lots[bar] ?? 0,
    ];
    const random = new SeededRandom(this.#seed + bar * 104_729);
    const wanted = Math.min(TRADES_PER_BAR_MAX, Math.round((TRADES_PER_MINUTE * lengthMs) / MINUTE_MS));
    const count = Math.min(volume, wanted);
    if (count === 0) return [];
    const goesDownFirst = to >= from === random.nextFloat() < 0.75;
    const stops = distinctStops(goesDownFirst ? [from, bottom, top, to] : [from, top, bottom, to]);
    const prices = pathThrough(stops.slice(0, count), count, random, bottom, top);
    const quantities = split(volume, count, random);
    const times = Array.from({ length: count }, () => Math.floor(random.nextFloat() * lengthMs)).toSorted(
      (a, b) => a - b,
    );
    let previous = bar === 0 ? from : (close[bar - 1] ?? from);
    return prices.map((ticks, at) => {
      const isBuy = ticks === previous ? random.nextFloat() < 0.5 : ticks > previous;
      previous = ticks;
      return { timeMs: (openMs[bar] ?? 0) + (times[at] ?? 0), ticks, lots: quantities[at] ?? 1, isBuy };
    });
  }

  /** Lays the book so that `ticks` is the best price of the side that a taker of this direction meets. */
  #quoteAround(ticks: number, isBuy: boolean, bar: number): void {
    const step = levelStep(ticks);
    this.#layLadder(this.#market.bids, isBuy ? ticks - step : ticks, -step, bar);
    this.#layLadder(this.#market.asks, isBuy ? ticks : ticks + step, step, bar);
  }

  #layLadder(side: BookSide, best: number, step: number, bar: number): void {
    const ticks: number[] = [];
    const lots: number[] = [];
    for (let price = best; ticks.length < LEVELS && price > 0; price += step) {
      ticks.push(price);
      // A level keeps its quantity for the length of a bar, however often the book is laid anew.
      lots.push(Math.max(1, Math.round(this.#levelLots * levelFactor(this.#seed, price, bar))));
    }
    side.clear();
    side.extend(ticks, lots);
  }
}

/** A positive factor with mean about 1, the same for the same level and bar (multiplicative hash). */
function levelFactor(seed: number, price: number, bar: number): number {
  let hash = Math.imul((price ^ seed) >>> 0, 0x9e3779b1) ^ Math.imul(bar + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const uniform = ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  return -Math.log(1 - uniform * 0.999);
}

/** Distance between two quoted levels: one tick, or on a very fine grid the power of ten near a 800,000th of the price. */
function levelStep(ticks: number): number {
  return Math.max(1, 10 ** Math.floor(Math.log10(Math.max(1, ticks * 1.25e-6))));
}

/** Without prices that the stop before them has reached already. */
function distinctStops(stops: readonly number[]): number[] {
  return stops.filter((stop, at) => at === 0 || at === stops.length - 1 || stop !== stops[at - 1]);
}

/** `count` prices through all stops in order, wandering between them within [bottom, top]. */
function pathThrough(
  stops: readonly number[],
  count: number,
  random: SeededRandom,
  bottom: number,
  top: number,
): number[] {
  const prices: number[] = [];
  const legs = stops.length - 1;
  const roughness = Math.max(1, (top - bottom) / 12);
  for (let at = 0; at < count; at++) {
    const position = count === 1 ? 0 : (at * legs) / (count - 1);
    const leg = Math.min(Math.max(0, legs - 1), Math.floor(position));
    const from = stops[leg] ?? bottom;
    const to = stops[leg + 1] ?? from;
    const wander = from + (to - from) * (position - leg) + roughness * random.nextNormal();
    prices.push(Math.max(bottom, Math.min(top, Math.round(wander))));
  }
  for (const [leg, stop] of stops.entries())
    prices[legs === 0 ? 0 : Math.round((leg * (count - 1)) / legs)] = stop;
  return prices;
}

/** Splits `total` into `count` positive integers with a heavy tail. */
function split(total: number, count: number, random: SeededRandom): number[] {
  const weights = Array.from({ length: count }, () => random.nextExponential(1) ** 2);
  const sum = weights.reduce((left, right) => left + right, 0);
  const spare = total - count;
  const parts = weights.map((weight) => 1 + Math.floor((spare * weight) / sum));
  const rest = total - parts.reduce((left, right) => left + right, 0);
  parts[0] = (parts[0] ?? 1) + rest;
  return parts;
}
