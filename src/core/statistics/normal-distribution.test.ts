import { expect, test } from 'vitest';
import { normalProbability, normalQuantile } from './normal-distribution.ts';

/** erfc(-x / sqrt 2) / 2 by the C library, as Python's `math.erfc` gives it. */
test.each([
  [0, 0.5],
  [0.5, 0.6914624612740131],
  [1, 0.8413447460685429],
  [1.96, 0.9750021048517795],
  [2.999, 0.9986456634662729],
  [-3.001, 0.0013454728250849683],
  [-5, 2.866515718791946e-7],
  [-8, 6.220960574271819e-16],
])('a standard normal variable is at most %d with probability %d', (x, probability) => {
  expect(Math.abs(normalProbability(x) / probability - 1)).toBeLessThan(1e-13);
});

test('both tails are mirrored, and the two ways of computing meet', () => {
  for (const x of [0.1, 1.5, 2.9, 3, 3.1, 6]) {
    expect(normalProbability(x) + normalProbability(-x)).toBeCloseTo(1, 14);
  }
  const slope = (normalProbability(3 + 1e-6) - normalProbability(3 - 1e-6)) / 2e-6;
  expect(slope).toBeCloseTo(Math.exp(-4.5) / Math.sqrt(2 * Math.PI), 7);
});

test('the quantile undoes the probability', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  for (const probability of [1e-12, 1e-4, 0.02, 0.3, 0.5, 0.9, 0.99999]) {
    expect(Math.abs(normalProbability(normalQuantile(probability)) / probability - 1)).toBeLessThan(1e-12);
  }
});

test.each([0, 1, -0.1, Number.NaN])('a probability of %d has no quantile', (probability) => {
  expect(() => normalQuantile(probability)).toThrow(/has no quantile/);
});
