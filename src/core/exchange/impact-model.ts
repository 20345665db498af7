/**
 * The parametric fill: a price for takers where no order book exists.
 *
 * `linear`, the seed plan's: impact = notional / simulated liquidity x 0.05. `square_root`: impact = coefficient x sigma x
 * sqrt(quantity / bar volume), both of the last {@link ACTIVITY_BARS} closed bars; where they do not say (fewer than three,
 * or nothing traded) the linear one stands in. Against the taker, on entry and exit; a half spread and a seeded random
 * slippage are charged apart. Every part is rounded up to a whole tick, against the account.
 */

import type { SeededRandom } from '../base/random.ts';
import type { ParametricTerms } from '../domain/fill-terms.ts';
import { type Instrument, notional } from '../domain/instrument.ts';
import type { Side } from '../domain/order.ts';
import { type Lots, type Ticks, MONEY_DECIMALS, ticks } from '../domain/units.ts';
import type { BarSeries } from '../market/bar-series.ts';

/** The seed plan's factor: an order as large as the imagined market moves it by a twentieth. */
export const IMPACT_FACTOR = 0.05;
const ACTIVITY_BARS = 30;
const MIN_ACTIVITY_BARS = 3;

export interface ParametricPrice {
  readonly price: Ticks;
  readonly spreadTicks: number;
  readonly impactTicks: number;
  readonly slippageTicks: number;
}

/** How an instrument moves and trades in one bar: standard deviation of its log returns, mean volume in lots. */
export interface BarActivity {
  readonly sigma: number;
  readonly volume: number;
}

/** Measures the newest closed bars; null where there are too few or nothing traded. */
export function measureActivity(bars: BarSeries): BarActivity | null {
  const count = Math.min(ACTIVITY_BARS, bars.length);
  if (count < MIN_ACTIVITY_BARS) return null;
  let volume = 0;
  let sum = 0;
  let squares = 0;
  for (let back = 0; back < count; back++) {
    volume += bars.volume(back);
    if (back === count - 1) break;
    const change = Math.log(bars.close(back) / bars.close(back + 1));
    sum += change;
    squares += change * change;
  }
  const changes = count - 1;
  const variance = Math.max(0, (squares - (sum * sum) / changes) / (changes - 1));
  return volume > 0 ? { sigma: Math.sqrt(variance), volume: volume / count } : null;
}

/** Prices a taker fill of `quantity` round a reference price in ticks. */
export function parametricPrice(
  instrument: Instrument,
  side: Side,
  reference: number,
  quantity: Lots,
  terms: ParametricTerms,
  activity: BarActivity | null,
  random: SeededRandom,
): ParametricPrice {
  const spreadTicks = Math.ceil((reference * terms.half_spread_bps) / 10_000);
  const impactTicks = Math.ceil(impactOf(instrument, reference, quantity, terms, activity));
  const slippageTicks = Math.ceil((reference * terms.max_slippage_bps * random.nextFloat()) / 10_000);
  const away = spreadTicks + impactTicks + slippageTicks;
  const price = side === 'buy' ? Math.ceil(reference) + away : Math.max(1, Math.floor(reference) - away);
  return { price: ticks(price), spreadTicks, impactTicks, slippageTicks };
}

/** Impact in ticks, not rounded. */
function impactOf(
  instrument: Instrument,
  reference: number,
  quantity: Lots,
  terms: ParametricTerms,
  activity: BarActivity | null,
): number {
  if (terms.model === 'square_root' && activity !== null)
    return reference * terms.coefficient * activity.sigma * Math.sqrt(quantity / activity.volume);
  const value = Number(notional(instrument, ticks(Math.round(reference)), quantity)) / 10 ** MONEY_DECIMALS;
  return reference * (value / terms.simulated_liquidity) * IMPACT_FACTOR;
}
