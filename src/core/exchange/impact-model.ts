/**
 * The parametric fill: a price for takers where no order book exists, from the seed plan.
 *
 * impact = notional / simulated liquidity x 0.05, against the taker, on entry and exit; a half spread and a seeded
 * random slippage are charged apart. Every part is rounded up to a whole tick, against the account.
 */

import type { SeededRandom } from '../base/random.ts';
import { type Instrument, notional } from '../domain/instrument.ts';
import type { Side } from '../domain/order.ts';
import { type Lots, type Ticks, MONEY_DECIMALS, ticks } from '../domain/units.ts';

/** Depth of the imagined market in USDT. */
const SIMULATED_LIQUIDITY = 1_000_000;
const IMPACT_FACTOR = 0.05;
const HALF_SPREAD_BPS = 0.5;
/** Largest random slippage; uniform from zero. */
const MAX_SLIPPAGE_BPS = 1;

/** The constants above, as receipts name them. */
export const PARAMETRIC_TERMS = {
  simulated_liquidity: SIMULATED_LIQUIDITY,
  impact_factor: IMPACT_FACTOR,
  half_spread_bps: HALF_SPREAD_BPS,
  max_slippage_bps: MAX_SLIPPAGE_BPS,
} as const;

export interface ParametricPrice {
  readonly price: Ticks;
  readonly spreadTicks: number;
  readonly impactTicks: number;
  readonly slippageTicks: number;
}

/** Prices a taker fill of `quantity` round a reference price in ticks. */
export function parametricPrice(
  instrument: Instrument,
  side: Side,
  reference: number,
  quantity: Lots,
  random: SeededRandom,
): ParametricPrice {
  const value = Number(notional(instrument, ticks(Math.round(reference)), quantity)) / 10 ** MONEY_DECIMALS;
  const spreadTicks = Math.ceil((reference * HALF_SPREAD_BPS) / 10_000);
  const impactTicks = Math.ceil(reference * (value / SIMULATED_LIQUIDITY) * IMPACT_FACTOR);
  const slippageTicks = Math.ceil((reference * MAX_SLIPPAGE_BPS * random.nextFloat()) / 10_000);
  const away = spreadTicks + impactTicks + slippageTicks;
  const price = side === 'buy' ? Math.ceil(reference) + away : Math.max(1, Math.floor(reference) - away);
  return { price: ticks(price), spreadTicks, impactTicks, slippageTicks };
}
