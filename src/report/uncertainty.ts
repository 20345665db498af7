/**
 * How far statistics of a session can be trusted: 95 % intervals from what was observed.
 *
 * Assumption: trades, or returns, are independent draws of one distribution. Markets are not so kind: the true intervals
 * are wider, never narrower. Limits: nothing is corrected for how many strategies were tried before this one.
 */

/** Two-sided 95 % point of the normal distribution. */
const Z95 = 1.959964;
const MEAN_SAMPLES_MIN = 2;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Interval of a share of `count` yes-or-no outcomes, 0 to 1; null without outcomes. Wilson's score interval (Wilson 1927),
 * which keeps within 0 and 1 and is usable for few outcomes.
 */
export function shareInterval(successes: number, count: number): Interval | null {
  if (count === 0) return null;
  const share = successes / count;
  const z2 = Z95 ** 2;
  const centre = share + z2 / (2 * count);
  const reach = Z95 * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  const scale = 1 + z2 / count;
  return { low: Math.max(0, (centre - reach) / scale), high: Math.min(1, (centre + reach) / scale) };
}

export interface MeanEstimate extends Interval {
  readonly mean: number;
  /** Samples at which the interval of this mean and this spread would begin to leave out zero; null where the mean is 0. */
  readonly samplesNeeded: number | null;
}

/** The mean and Student's interval around it; null below two samples. */
export function meanInterval(values: readonly number[]): MeanEstimate | null {
  const count = values.length;
  if (count < MEAN_SAMPLES_MIN) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const reach = studentT95(count - 1) * Math.sqrt(variance / count);
  return {
    mean,
    low: mean - reach,
    high: mean + reach,
    samplesNeeded:
      mean === 0 ? null : Math.max(MEAN_SAMPLES_MIN, Math.ceil((Z95 ** 2 * variance) / mean ** 2)),
  };
}

/**
 * Interval of an annualised Sharpe ratio made from `count` returns that span `years`: standard error
 * sqrt((1 + s^2 / 2) / count) of the ratio s of one return (Lo 2002, independent returns), annualised alike.
 */
export function sharpeInterval(sharpe: number, count: number, years: number): Interval | null {
  if (count < MEAN_SAMPLES_MIN || years <= 0) return null;
  const scale = Math.sqrt(count / years);
  const reach = Z95 * Math.sqrt((1 + (sharpe / scale) ** 2 / 2) / count) * scale;
  return { low: sharpe - reach, high: sharpe + reach };
}

/** Exact two-sided 95 % points of Student's t for few degrees of freedom, where the expansion below is poor. */
const T95: readonly number[] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706];

/** Two-sided 95 % point of Student's t: the Cornish-Fisher expansion around the normal (Abramowitz & Stegun 26.7.5). */
function studentT95(freedom: number): number {
  const exact = T95[freedom - 1];
  if (exact !== undefined) return exact;
  const z = Z95;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
