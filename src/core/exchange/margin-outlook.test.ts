import { expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { formatMarkPrice, formatMoney } from '../domain/instrument.ts';
import { ZERO_MONEY, lots, markPrice, ticks } from '../domain/units.ts';
import { BarSeries } from '../market/bar-series.ts';
import { marketOrder } from '../strategy/strategy.ts';
import { hourlySigma } from './margin-outlook.ts';

const TIERS = [
  { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
  { level: 2, start_notional: '50000', end_notional: '200000', max_leverage: 100, maintenance_rate: '0.005' },
];

function held(quantity: number): TestMarket {
  const base = sessionStart();
  const start = sessionStart({
    instruments: [{ ...BTCUSDT, tiers: TIERS }],
    leverage: 100,
    taker_fee_rate: '0',
    risk: { ...base.risk, max_leverage: 200 },
  });
  const order = marketOrder(0, quantity > 0 ? 'buy' : 'sell', lots(Math.abs(quantity)));
  const run = new TestMarket(start, { onStart: () => (quantity === 0 ? [] : [order]) });
  const deep = 10_000_000;
  return run
    .mark(0, 1_000_000)
    .book(0, [[1_000_000, deep]], [[1_000_001, deep]])
    .time(200);
}

test('says what would liquidate a position, and how far that is', () => {
  const run = held(-4_000);
  const margin = run.engine.status().margin;
  expect(margin).toMatchObject({ instrument: 0, side: 'short', quantity: -4_000, distanceSigmas: null });
  expect(formatMarkPrice(margin?.liquidationMark ?? markPrice(0))).toBe('100600');
  expect(margin?.distancePercent).toBeCloseTo(0.6, 10);
  expect(formatMoney(margin?.maintenanceMargin ?? ZERO_MONEY)).toBe('160');
  // 400 of margin, nothing gained or lost.
  expect(margin?.marginRatio).toBeCloseTo(0.4, 10);
  // 10,000 USDT to the end of the first step: another 0.1 BTC, and the next lot stands on the second.
  expect(margin?.nextTier).toEqual({ level: 2, quantity: 5_001 });
  expect(margin?.fundingToSettlement).toBeNull();
});

test('knows nothing of a flat account', () => {
  expect(held(0).engine.status().margin).toBeNull();
});

test.each([4_000, -4_000])('the mark it names for %i lots is the mark that liquidates', (quantity) => {
  const shown = held(quantity).engine.status().margin?.liquidationMark ?? Number.NaN;
  // On the grid of ticks: the last price on this side of it, and the first beyond.
  const [alive, dead] =
    quantity > 0
      ? [Math.floor(shown / 10_000_000) + 1, Math.floor(shown / 10_000_000)]
      : [Math.ceil(shown / 10_000_000) - 1, Math.ceil(shown / 10_000_000)];
  const run = held(quantity);
  const isLiquidated = (): boolean => run.of('log').some(({ event }) => event === 'liquidation');
  run.mark(300, alive);
  expect(isLiquidated()).toBe(false);
  run.mark(400, dead);
  expect(isLiquidated()).toBe(true);
});

test('volatility needs enough bars, and some move', () => {
  const bars = new BarSeries(100);
  for (let at = 0; at < 20; at++) bars.add(at * 60_000, 1, 1, 1, ticks(at % 2 === 0 ? 1_000 : 1_010), 1);
  expect(hourlySigma(bars, 60_000)).toBeNull();
  bars.add(20 * 60_000, 1, 1, 1, ticks(1_000), 1);
  // Twenty moves of about 1 % up and down: their deviation, times the root of sixty minutes.
  expect(hourlySigma(bars, 60_000)).toBeCloseTo(Math.log(1.01) * Math.sqrt((20 / 19) * 60), 6);
  const still = new BarSeries(100);
  for (let at = 0; at < 40; at++) still.add(at, 1, 1, 1, ticks(5), 1);
  expect(hourlySigma(still, 60_000)).toBeNull();
});
