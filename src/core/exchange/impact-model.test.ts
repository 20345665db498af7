import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { SeededRandom } from '../base/random.ts';
import { DEFAULT_FILL_TERMS, type ParametricTerms } from '../domain/fill-terms.ts';
import { createInstrument } from '../domain/instrument.ts';
import { lots } from '../domain/units.ts';
import { BarSeries } from '../market/bar-series.ts';
import { type BarActivity, measureActivity, parametricPrice } from './impact-model.ts';

const BTC = createInstrument(BTCUSDT, 0);
/** 100,000 USDT, in ticks. */
const PRICE = 1_000_000;
const ACTIVITY: BarActivity = { sigma: 0.001, volume: 1_000_000 };

function priced(
  side: 'buy' | 'sell',
  quantity: number,
  changes: Partial<ParametricTerms> = {},
  activity: BarActivity | null = ACTIVITY,
): ReturnType<typeof parametricPrice> {
  const terms = { ...DEFAULT_FILL_TERMS.parametric, ...changes };
  return parametricPrice(BTC, side, PRICE, lots(quantity), terms, activity, new SeededRandom(5));
}

function seriesOf(closes: readonly number[], volume: number): BarSeries {
  const bars = new BarSeries(100);
  for (const [at, close] of closes.entries()) bars.add(at * 60_000, close, close, close, close, volume);
  return bars;
}

describe('impact', () => {
  test('linear: the plan’s own figures, 10 against 100,000 USDT', () => {
    // 100,000 / 1,000,000 x 0.05 = 0.5 % of the price; 10 USDT = 0.00005 %.
    expect(priced('buy', 10_000).impactTicks).toBe(5_000);
    expect(priced('buy', 1).impactTicks).toBe(1);
    expect(priced('sell', 10_000).impactTicks).toBe(5_000);
  });

  test('square root: coefficient x sigma x sqrt(quantity / bar volume)', () => {
    // 0.001 x sqrt(10,000 / 1,000,000) = 0.0001 of the price.
    expect(priced('buy', 10_000, { model: 'square_root' }).impactTicks).toBe(100);
    expect(priced('buy', 10_000, { model: 'square_root', coefficient: 2.5 }).impactTicks).toBe(250);
    expect(priced('buy', 40_000, { model: 'square_root' }).impactTicks).toBe(200);
  });

  test('square root falls back on linear while the bars say nothing', () => {
    expect(priced('buy', 10_000, { model: 'square_root' }, null).impactTicks).toBe(5_000);
  });

  test('activity is the deviation of the log returns and the mean volume of the last 30 bars', () => {
    expect(measureActivity(seriesOf([100, 110], 5))).toBeNull();
    expect(measureActivity(seriesOf([100, 110, 100], 0))).toBeNull();
    const step = Math.log(1.1);
    const moved = measureActivity(seriesOf([100, 110, 100], 5));
    expect(moved?.volume).toBe(5);
    // Returns +step and -step: deviation sqrt(2) x step.
    expect(moved?.sigma).toBeCloseTo(Math.SQRT2 * step, 12);
    const calm = Array.from({ length: 30 }, () => 100);
    expect(measureActivity(seriesOf([50, 200, ...calm], 7))?.sigma).toBe(0);
  });

  test('each part stands against the account, and all of them make the price, whatever the terms', () => {
    const terms = fc.record({
      model: fc.constantFrom('linear' as const, 'square_root' as const),
      simulated_liquidity: fc.integer({ min: 1_000, max: 1e9 }),
      coefficient: fc.double({ min: 0.01, max: 5, noNaN: true }),
      half_spread_bps: fc.double({ min: 0, max: 10, noNaN: true }),
      max_slippage_bps: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        terms,
        (one, other, changes) => {
          const [small, large] = [Math.min(one, other), Math.max(one, other)];
          const bought = priced('buy', small, changes);
          const sold = priced('sell', small, changes);
          const away = bought.spreadTicks + bought.impactTicks + bought.slippageTicks;
          expect(
            Math.min(bought.spreadTicks, bought.impactTicks, bought.slippageTicks),
          ).toBeGreaterThanOrEqual(0);
          expect(bought.price).toBe(PRICE + away);
          expect(sold.price).toBe(Math.max(1, PRICE - away));
          expect(priced('buy', large, changes).price).toBeGreaterThanOrEqual(bought.price);
        },
      ),
      { seed: PROOF_SEED },
    );
  });
});
