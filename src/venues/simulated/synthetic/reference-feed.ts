/**
 * Index price, mark price and funding of a synthetic contract, second by second.
 *
 * The index follows the latent price at a slowly wandering premium and is published in about 45 % of the seconds; the mark
 * is computed anew in about 15 % of them and after 8 s at the latest: the live venue's prices moved 20-31 and 4-13 times a
 * minute (reference, section 5.9).
 */

import type { SeededRandom } from '../../../core/base/random.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Contract below spot: the premium seen with the live funding example (reference, sections 2.5 and 5.8). */
export const TYPICAL_PREMIUM = -4.6e-4;
const PREMIUM_PULL = 1 / 900;
const PREMIUM_NOISE = 3e-6;
const INDEX_PROBABILITY = 0.45;
const MARK_PROBABILITY = 0.15;
const MARK_AGE_MAX_S = 8;

export class ReferenceFeed {
  readonly #random: SeededRandom;
  readonly #market: InstrumentMarket;
  #premium = TYPICAL_PREMIUM;
  #markAgeS = 0;

  constructor(random: SeededRandom, market: InstrumentMarket) {
    this.#random = random;
    this.#market = market;
  }

  /** Takes notice of the time; acts on whole seconds. */
  step(timeMs: number, latentTicks: number): void {
    if (timeMs % SECOND_MS !== 0) return;
    const random = this.#random;
    const { reference, funding, referencePerTick } = this.#market;
    this.#premium += (TYPICAL_PREMIUM - this.#premium) * PREMIUM_PULL + PREMIUM_NOISE * random.nextNormal();
    if (random.nextFloat() < INDEX_PROBABILITY) {
      reference.setIndex(Math.round((latentTicks * referencePerTick) / (1 + this.#premium)));
    }
    const mid = this.#market.midTicks() * referencePerTick;
    reference.sampleBasis(mid - reference.index);
    this.#markAgeS++;
    if (random.nextFloat() < MARK_PROBABILITY || this.#markAgeS >= MARK_AGE_MAX_S) {
      this.#markAgeS = 0;
      this.#market.deriveMark(timeMs);
    }
    // A sample taken at the instant of a settlement belongs to the new period.
    funding.settleIfDue(timeMs, reference.mark);
    if (timeMs % MINUTE_MS === 0) funding.samplePremium((mid - reference.index) / reference.index);
  }
}
