import { expect, test } from 'vitest';

import { meanInterval, shareInterval, sharpeInterval } from './uncertainty.ts';

test.each([
  // Published values of Wilson's interval.
  [0, 10, 0, 0.2775],
  [5, 10, 0.2366, 0.7634],
  [10, 10, 0.7225, 1],
  [81, 263, 0.2553, 0.3662],
])('%d of %d lie between %d and %d', (successes, count, low, high) => {
  const interval = shareInterval(successes, count);
  expect(interval?.low).toBeCloseTo(low, 4);
  expect(interval?.high).toBeCloseTo(high, 4);
});

test('no outcomes and a single value have no interval', () => {
  expect(shareInterval(0, 0)).toBeNull();
  expect(meanInterval([3])).toBeNull();
  expect(meanInterval([])).toBeNull();
});

test.each([
  // Standard deviation 1, so the reach is t / sqrt(n); t from tables.
  [2, 12.7062],
  [6, 2.5706],
  [7, 2.4469],
  [11, 2.2281],
  [31, 2.0423],
  [121, 1.9799],
])('the interval of a mean of %d values is that of Student’s t', (count, t) => {
  const half = Array.from({ length: count }, (_, index) => index - (count - 1) / 2);
  const deviation = Math.sqrt(half.reduce((sum, value) => sum + value ** 2, 0) / (count - 1));
  const estimate = meanInterval(half.map((value) => 5 + value / deviation));
  expect(estimate?.mean).toBeCloseTo(5, 9);
  expect(((estimate?.high ?? 0) - 5) * Math.sqrt(count)).toBeCloseTo(t, 2);
  expect(5 - (estimate?.low ?? 0)).toBeCloseTo((estimate?.high ?? 0) - 5, 9);
});

test('says how many samples like these would tell a mean from zero', () => {
  // Mean 1, variance 8/3: 1.96^2 x 8/3.
  expect(meanInterval([-1, 1, 3, 1])?.samplesNeeded).toBe(11);
  expect(meanInterval([-1, 1])?.samplesNeeded).toBeNull();
});

test('a yearly Sharpe ratio of 1 from a year of daily returns is known to about 2 either way', () => {
  const interval = sharpeInterval(1, 365, 1);
  expect(interval?.low).toBeCloseTo(-0.961, 2);
  expect(interval?.high).toBeCloseTo(2.961, 2);
});
