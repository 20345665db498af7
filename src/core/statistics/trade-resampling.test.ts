import { expect, test } from 'vitest';
import { resampleTrades, spreadOf } from './trade-resampling.ts';

test('the order of two trades, one won and one lost, decides the drawdown', () => {
  // Lost first: 5 below the start. Won first: the same 5 below the peak. So no order helps; with two losses one does.
  expect(resampleTrades([10, -5], 200, 1)?.drawdown).toEqual({ p5: 5, p50: 5, p95: 5 });
  // -5 and -5 together fall by 10, with the 10 between them by 5.
  const { drawdown } = resampleTrades([10, -5, -5], 2_000, 1) ?? { drawdown: null };
  expect(drawdown).toEqual({ p5: 5, p50: 10, p95: 10 });
});

test('drawn anew, ten fair coins lose or come to nothing as often as the binomial distribution says', () => {
  const coins = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1];
  const result = resampleTrades(coins, 20_000, 3);
  // P(5 or fewer of 10 heads) = 638 / 1024.
  expect(result?.lossShare).toBeCloseTo(638 / 1024, 1.5);
  expect(result?.profit).toEqual({ p5: -6, p50: 0, p95: 6 });
});

test('a seed gives one result, another seed another', () => {
  const profits = [3.5, -2, 7, -1, 0.25, -4];
  expect(resampleTrades(profits, 100, 9)).toEqual(resampleTrades(profits, 100, 9));
  expect(resampleTrades(profits, 101, 9)).not.toEqual(resampleTrades(profits, 101, 10));
});

test('without trades there is nothing to draw', () => {
  expect(resampleTrades([], 100, 1)).toBeNull();
});

test('percentiles are values that occurred', () => {
  expect(spreadOf(Float64Array.of(5, 1, 4, 2, 3))).toEqual({ p5: 1, p50: 3, p95: 5 });
});
