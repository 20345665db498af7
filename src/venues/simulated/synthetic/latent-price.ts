/**
 * The unseen fair price that the synthetic order flow leans to: directional legs, regimes of noise, rare jumps.
 *
 * Legs alternate in direction and last a few minutes, so that trend signals on one-minute bars have something to find and
 * something to lose. The price is a float in ticks; only prices that leave the book become integers.
 */

import type { SeededRandom } from '../../../core/base/random.ts';
import type { FlowParameters } from './flow-parameters.ts';

export type Regime = 0 | 1 | 2;

const MINUTE_MS = 60_000;

export class LatentPrice {
  readonly #parameters: FlowParameters;
  readonly #random: SeededRandom;
  #logTicks: number;
  #regime: Regime = 1;
  #regimeEndMs: number;
  #legDirection: 1 | -1;
  #legDriftPerMs = 0;
  #legEndMs: number;

  constructor(parameters: FlowParameters, random: SeededRandom, startMs: number, startTicks: number) {
    this.#parameters = parameters;
    this.#random = random;
    this.#logTicks = Math.log(startTicks);
    this.#legDirection = random.nextFloat() < 0.5 ? 1 : -1;
    this.#legEndMs = startMs;
    this.#regimeEndMs = startMs;
    this.#beginLeg();
    // The market is met in the middle of a leg, not at the beginning of one.
    this.#legEndMs -= Math.floor((this.#legEndMs - startMs) * random.nextFloat());
  }

  get regime(): Regime {
    return this.#regime;
  }

  /** Fair price in ticks, not rounded. */
  get ticks(): number {
    return Math.exp(this.#logTicks);
  }

  /** Moves the price over the `stepMs` that end at `timeMs`. */
  step(timeMs: number, stepMs: number): void {
    const { noise, jumpRate, jumpSize } = this.#parameters;
    const random = this.#random;
    if (timeMs >= this.#regimeEndMs) this.#beginRegime(timeMs);
    if (timeMs >= this.#legEndMs) this.#beginLeg();
    const seconds = stepMs / 1_000;
    this.#logTicks +=
      this.#legDriftPerMs * stepMs + noise[this.#regime] * Math.sqrt(seconds) * random.nextNormal();
    if (random.nextFloat() < jumpRate * seconds) this.#logTicks += jumpSize * random.nextNormal();
  }

  #beginLeg(): void {
    const { legMinMs, legMaxMs, legDriftMin, legDriftMax } = this.#parameters;
    this.#legDirection = this.#legDirection === 1 ? -1 : 1;
    const drift = legDriftMin + (legDriftMax - legDriftMin) * this.#random.nextFloat();
    this.#legDriftPerMs = (this.#legDirection * drift) / MINUTE_MS;
    this.#legEndMs += legMinMs + Math.floor((legMaxMs - legMinMs) * this.#random.nextFloat());
  }

  #beginRegime(timeMs: number): void {
    const draw = this.#random.nextFloat();
    // From calm and from a burst the market mostly returns to normal; from normal it calms down or bursts.
    if (this.#regime === 1) this.#regime = draw < 0.6 ? 0 : 2;
    else if (this.#regime === 0) this.#regime = draw < 0.75 ? 1 : 2;
    else this.#regime = draw < 0.85 ? 1 : 0;
    const mean = this.#parameters.regimeSeconds[this.#regime] * 1_000;
    this.#regimeEndMs = timeMs + Math.ceil(this.#random.nextExponential(mean));
  }
}
