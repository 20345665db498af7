/**
 * How far a Sharpe ratio can be believed: the probabilistic and the deflated Sharpe ratio.
 *
 * Source: Bailey and Lopez de Prado, "The Deflated Sharpe Ratio" (Journal of Portfolio Management, 2014). All ratios here are
 * per sample, never annualised; the samples count as independent, which consecutive returns of one strategy only nearly are.
 */

import { normalProbability, normalQuantile } from './normal-distribution.ts';

const EULER_MASCHERONI = 0.5772156649015329;
/** Third and fourth moments of fewer samples say nothing. */
const SAMPLES_MIN = 30;

/** The shape of a series of returns. */
export interface ReturnMoments {
  readonly count: number;
  /** Mean over standard deviation, of one sample. */
  readonly sharpe: number;
  /** 0 for a normal distribution, negative where the large moves are losses. */
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** Moments of the returns; null with fewer than {@link SAMPLES_MIN} or without variance. */
export function returnMoments(returns: readonly number[]): ReturnMoments | null {
  const count = returns.length;
  if (count < SAMPLES_MIN) return null;
  const mean = returns.reduce((sum, value) => sum + value, 0) / count;
  let [second, third, fourth] = [0, 0, 0];
  for (const value of returns) {
    const deviation = value - mean;
    second += deviation ** 2;
    third += deviation ** 3;
    fourth += deviation ** 4;
  }
  if (second === 0) return null;
  return {
    count,
    sharpe: mean / Math.sqrt(second / (count - 1)),
    skewness: third / count / (second / count) ** 1.5,
    kurtosis: fourth / count / (second / count) ** 2,
  };
}

/** Probability that the true Sharpe ratio is above `benchmark`, both of one sample. */
export function probabilisticSharpe(moments: ReturnMoments, benchmark: number): number {
  const { count, sharpe, skewness, kurtosis } = moments;
  const spread = Math.sqrt(1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2);
  return normalProbability(((sharpe - benchmark) * Math.sqrt(count - 1)) / spread);
}

/**
 * The best Sharpe ratio that `trials` strategies without any skill are expected to show, where the ratios of the trials have
 * this variance. 0 for a single trial.
 */
export function expectedBestSharpe(trials: number, variance: number): number {
  if (trials <= 1) return 0;
  const usual = (1 - EULER_MASCHERONI) * normalQuantile(1 - 1 / trials);
  const extreme = EULER_MASCHERONI * normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * (usual + extreme);
}

/** Probability that the best of several trials has skill: {@link probabilisticSharpe} above {@link expectedBestSharpe}. */
export function deflatedSharpe(moments: ReturnMoments, trials: number, variance: number): number {
  return probabilisticSharpe(moments, expectedBestSharpe(trials, variance));
}
