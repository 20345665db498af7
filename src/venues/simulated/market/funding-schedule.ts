/**
 * Funding of one contract: the running rate, the settlements made, and a seeded history before the live start.
 *
 * Rates are integers of 10^-8 (fraction per interval). The running rate is P + clamp(I - P, +/-0.05 %), where P is the mean
 * premium of the period so far and I = 0.01 %, clamped to the contract's cap (reference, section 5.8, marked INFERRED there).
 * A settlement charges the rate that stands at its instant, publishes it, and starts a new period.
 */

import { SeededRandom } from '../../../core/base/random.ts';

const HOUR_MS = 3_600_000;
const RATE_UNIT = 1e8;
const INTEREST = 0.0001;
const INTEREST_BAND = 0.0005;
/** Premium samples that stand for the part of the period before the market started. */
const PRIOR_SAMPLES_MAX = 480;
const SAMPLE_MS = 60_000;
/** Three years of eight-hour periods. */
const HISTORY_SETTLEMENTS = 3_285;

export interface Settlement {
  readonly timeMs: number;
  /** Fraction per interval in units of 10^-8. */
  readonly rate: number;
  /** Mark price at the settlement, in the contract's reference units. */
  readonly mark: number;
}

export interface FundingParameters {
  readonly seed: number;
  readonly intervalHours: number;
  /** Offset of the settlement grid from the UTC one (0 unless recorded time is shifted). */
  readonly offsetMs: number;
  readonly originMs: number;
  readonly maxRate: number;
  /** Premium (mark side minus index, as a fraction) assumed for the time before the live start. */
  readonly typicalPremium: number;
  /** Mark price at a time before the live start, in reference units. */
  readonly markBefore: (timeMs: number) => number;
}

export class FundingSchedule {
  readonly intervalMs: number;
  readonly maxRate: number;
  readonly #parameters: FundingParameters;
  readonly #settled: Settlement[] = [];
  #nextMs: number;
  #premiumSum: number;
  #premiumCount: number;
  #running: number;
  #imposed: number | null = null;

  constructor(parameters: FundingParameters) {
    this.#parameters = parameters;
    this.intervalMs = parameters.intervalHours * HOUR_MS;
    this.maxRate = parameters.maxRate;
    this.#nextMs = this.#gridBefore(parameters.originMs) + this.intervalMs;
    const elapsed = Math.round((parameters.originMs - (this.#nextMs - this.intervalMs)) / SAMPLE_MS);
    this.#premiumCount = Math.min(PRIOR_SAMPLES_MAX, Math.max(1, elapsed));
    this.#premiumSum = this.#premiumCount * parameters.typicalPremium;
    this.#running = this.#rateOf(parameters.typicalPremium);
  }

  /** Time of the coming settlement. */
  get nextSettlementMs(): number {
    return this.#nextMs;
  }

  /** The rate a settlement would charge now. */
  get runningRate(): number {
    return this.#imposed ?? this.#running;
  }

  /** The last settlement made. */
  lastSettlement(): Settlement {
    return this.#settled.at(-1) ?? this.#before(this.#nextMs - this.intervalMs);
  }

  /** Takes one premium sample (a fraction) into the period's mean. */
  samplePremium(premium: number): void {
    this.#premiumSum += premium;
    this.#premiumCount++;
    this.#running = this.#rateOf(this.#premiumSum / this.#premiumCount);
  }

  /** Sets the running rate from a recording, in units of 10^-8. */
  quote(rate: number): void {
    this.#running = this.#clamp(rate);
  }

  /** Puts a rate (units of 10^-8) in the place of the running one, until null gives that back. */
  impose(rate: number | null): void {
    this.#imposed = rate === null ? null : this.#clamp(rate);
  }

  /** Settles when `timeMs` has reached the coming settlement; `mark` is the mark price then. */
  settleIfDue(timeMs: number, mark: number): void {
    while (timeMs >= this.#nextMs) {
      this.#settled.push({ timeMs: this.#nextMs, rate: this.runningRate, mark });
      this.#nextMs += this.intervalMs;
      this.#premiumSum = 0;
      this.#premiumCount = 0;
    }
  }

  /** Settlements within [fromMs, toMs], newest first, at most `limit`. */
  history(fromMs: number, toMs: number, limit: number): Settlement[] {
    const rows: Settlement[] = [];
    for (let at = this.#settled.length - 1; at >= 0 && rows.length < limit; at--) {
      const settlement = this.#settled[at];
      if (settlement !== undefined && settlement.timeMs <= toMs && settlement.timeMs >= fromMs)
        rows.push(settlement);
    }
    const newestBefore = this.#gridBefore(this.#parameters.originMs);
    const oldest = newestBefore - HISTORY_SETTLEMENTS * this.intervalMs;
    let timeMs = Math.min(newestBefore, this.#gridBefore(toMs));
    for (; timeMs >= Math.max(fromMs, oldest) && rows.length < limit; timeMs -= this.intervalMs)
      rows.push(this.#before(timeMs));
    return rows;
  }

  #gridBefore(timeMs: number): number {
    const { offsetMs } = this.#parameters;
    return Math.floor((timeMs - offsetMs) / this.intervalMs) * this.intervalMs + offsetMs;
  }

  #before(timeMs: number): Settlement {
    const { seed, typicalPremium, markBefore } = this.#parameters;
    const random = new SeededRandom(seed + Math.floor(timeMs / HOUR_MS));
    const rate = this.#rateOf(typicalPremium + 0.00008 * random.nextNormal());
    return { timeMs, rate, mark: markBefore(timeMs) };
  }

  #rateOf(premium: number): number {
    const pull = Math.max(-INTEREST_BAND, Math.min(INTEREST_BAND, INTEREST - premium));
    return this.#clamp(Math.round((premium + pull) * RATE_UNIT));
  }

  #clamp(rate: number): number {
    return Math.max(-this.maxRate, Math.min(this.maxRate, rate));
  }
}
