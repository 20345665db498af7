import { expect, test } from 'vitest';
import { SeededRandom } from '../base/random.ts';
import {
  deflatedSharpe,
  expectedBestSharpe,
  probabilisticSharpe,
  returnMoments,
} from './sharpe-confidence.ts';

/** The worked example of the paper: an annual ratio of 2.5 over five years of 250 days, the best of 100 trials. */
const PAPER = { count: 1250, sharpe: 2.5 / Math.sqrt(250), skewness: -3, kurtosis: 10 };
const PAPER_VARIANCE = 1 / (2 * 250);

test('the example of the paper comes out as printed there', () => {
  expect(expectedBestSharpe(100, PAPER_VARIANCE)).toBeCloseTo(0.1132, 4);
  expect(deflatedSharpe(PAPER, 100, PAPER_VARIANCE)).toBeCloseTo(0.9004, 4);
  expect(deflatedSharpe(PAPER, 46, PAPER_VARIANCE)).toBeCloseTo(0.9505, 4);
  expect(deflatedSharpe({ ...PAPER, skewness: 0, kurtosis: 3 }, 88, PAPER_VARIANCE)).toBeCloseTo(0.9505, 4);
});

test('one trial is not deflated', () => {
  expect(deflatedSharpe(PAPER, 1, PAPER_VARIANCE)).toBe(probabilisticSharpe(PAPER, 0));
});

test('the expected best of many ratios without skill is what a draw of them shows', () => {
  const random = new SeededRandom(5);
  const [trials, rounds] = [50, 4_000];
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let trial = 0; trial < trials; trial++) best = Math.max(best, random.nextNormal());
    sum += best;
  }
  expect(expectedBestSharpe(trials, 1)).toBeCloseTo(sum / rounds, 1);
});

test('the moments of returns are those of their distribution', () => {
  const returns = Array.from({ length: 32 }, (_, index) => (index % 4 === 0 ? -3 : 2));
  // Mean 0.75; deviations -3.75 (8 times) and 1.25 (24 times): m2 = 4.6875, m3 = -11.71875, m4 = 51.26953125.
  const moments = returnMoments(returns);
  expect(moments?.count).toBe(32);
  expect(moments?.sharpe).toBeCloseTo(0.75 / Math.sqrt((4.6875 * 32) / 31), 12);
  expect(moments?.skewness).toBeCloseTo(-11.71875 / 4.6875 ** 1.5, 12);
  expect(moments?.kurtosis).toBeCloseTo(51.26953125 / 4.6875 ** 2, 12);
});

test('too few returns, and returns that never change, have no moments', () => {
  expect(returnMoments(Array.from({ length: 29 }, (_, index) => index))).toBeNull();
  expect(returnMoments(Array.from({ length: 40 }, () => 0.5))).toBeNull();
});
