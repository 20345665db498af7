/**
 * The standard normal distribution, for statistics only: its values never decide an order.
 *
 * Accurate to about 1e-14: the probability by its power series in the middle and Laplace's continued fraction in the tails,
 * the quantile by Acklam's rational approximation and two Halley steps against the probability.
 */

import { assert } from '../base/assert.ts';

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond it the series cancels and the continued fraction is the better one. */
const SERIES_LIMIT = 3;
/** Terms of the continued fraction: enough for 1e-15 at {@link SERIES_LIMIT}. */
const FRACTION_TERMS = 120;
const HALLEY_STEPS = 2;

/** Coefficients of Acklam's approximation: numerator and denominator of the middle, then of the tails. */
const MIDDLE_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const MIDDLE_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
const TAIL_FROM = 0.02425;

/** Probability that a standard normal variable is at most `x`. */
export function normalProbability(x: number): number {
  if (x < -SERIES_LIMIT) return upperTail(-x);
  if (x > SERIES_LIMIT) return 1 - upperTail(x);
  let [sum, term] = [x, x];
  for (let order = 3; Math.abs(term) > Number.EPSILON * Math.abs(sum); order += 2) {
    term *= (x * x) / order;
    sum += term;
  }
  return 0.5 + density(x) * sum;
}

/** The value that a standard normal variable stays below with this probability, which lies strictly between 0 and 1. */
export function normalQuantile(probability: number): number {
  assert(probability > 0 && probability < 1, `a probability of ${probability} has no quantile`);
  let x = approximateQuantile(probability);
  for (let step = 0; step < HALLEY_STEPS; step++) {
    const error = (normalProbability(x) - probability) / density(x);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / SQRT_TWO_PI;
}

/** Probability of more than `x`, for an `x` above {@link SERIES_LIMIT}. */
function upperTail(x: number): number {
  let fraction = x;
  for (let term = FRACTION_TERMS; term > 0; term--) fraction = x + term / fraction;
  return density(x) / fraction;
}

function approximateQuantile(probability: number): number {
  if (probability > 1 - TAIL_FROM) return -approximateQuantile(1 - probability);
  if (probability < TAIL_FROM) {
    const root = Math.sqrt(-2 * Math.log(probability));
    return polynomial(TAIL_TOP, root) / polynomial(TAIL_BOTTOM, root);
  }
  const middle = probability - 0.5;
  const square = middle * middle;
  return (middle * polynomial(MIDDLE_TOP, square)) / polynomial(MIDDLE_BOTTOM, square);
}

/** Horner's rule; the highest power comes first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
