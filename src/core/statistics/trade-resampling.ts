/**
 * What else the trades of a run could have come to: their order drawn anew, and the trades themselves drawn anew.
 *
 * Both take the trades as independent of each other and of the capital: a strategy that bets larger after a loss, or whose
 * trades come in streaks, is described too kindly. Amounts are floats in USDT, for people.
 */

import { assert } from '../base/assert.ts';
import { SeededRandom } from '../base/random.ts';

export interface Spread {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
}

export interface Resampling {
  readonly draws: number;
  readonly seed: number;
  /** Largest fall below an earlier peak over the same trades in a drawn order, >= 0. */
  readonly drawdown: Spread;
  /** Profit of as many trades, each drawn from all of them. */
  readonly profit: Spread;
  /** Share of those profits at or below 0, from 0 to 1. */
  readonly lossShare: number;
}

/** Net profits of closed trades in, spreads over `draws` drawings out; null without trades. */
export function resampleTrades(profits: readonly number[], draws: number, seed: number): Resampling | null {
  assert(Number.isSafeInteger(draws) && draws > 0, `${draws} is no number of drawings`);
  if (profits.length === 0) return null;
  const random = new SeededRandom(seed);
  const order = Float64Array.from(profits);
  const drawdowns = new Float64Array(draws);
  const sums = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    shuffle(order, random);
    drawdowns[draw] = largestFall(order);
    let sum = 0;
    for (let trade = 0; trade < profits.length; trade++)
      sum += profits[random.nextBelow(profits.length)] ?? 0;
    sums[draw] = sum;
  }
  const losses = sums.reduce((count, sum) => (sum <= 0 ? count + 1 : count), 0);
  return { draws, seed, drawdown: spreadOf(drawdowns), profit: spreadOf(sums), lossShare: losses / draws };
}

/** Percentiles by nearest rank. Sorts in place. */
export function spreadOf(values: Float64Array): Spread {
  assert(values.length > 0, 'no values have no percentiles');
  values.sort();
  const at = (share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}

/** Fisher and Yates. */
function shuffle(values: Float64Array, random: SeededRandom): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    const held = values[last] ?? 0;
    values[last] = values[other] ?? 0;
    values[other] = held;
  }
}

function largestFall(profits: Float64Array): number {
  let [equity, peak, fall] = [0, 0, 0];
  for (const profit of profits) {
    equity += profit;
    peak = Math.max(peak, equity);
    fall = Math.max(fall, peak - equity);
  }
  return fall;
}
