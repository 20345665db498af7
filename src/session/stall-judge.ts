/**
 * Judges from outside whether something that should beat steadily stands still.
 *
 * Invariant: only time in which the judge itself ran counts. A machine that slept, a process that was stopped whole, a
 * starved processor stop the judge as well, and say nothing about the one it watches.
 */

export class StallJudge {
  readonly #longestStepMs: number;
  #beat: number | string | null = null;
  #seenMs = Number.NaN;
  #stillMs = 0;

  /** `longestStepMs`: a longer gap between two observations means that the judge did not run. */
  constructor(longestStepMs: number) {
    this.#longestStepMs = longestStepMs;
  }

  /** Returns for how long the beat has been the same, ms. `nowMs`: monotonic; any change of `beat` counts as alive. */
  observe(beat: number | string, nowMs: number): number {
    const stepMs = nowMs - this.#seenMs;
    this.#seenMs = nowMs;
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#stillMs = 0;
    } else if (stepMs <= this.#longestStepMs) {
      this.#stillMs += stepMs;
    }
    return this.#stillMs;
  }
}
