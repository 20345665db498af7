/**
 * Index and mark price of one contract, in units of 10^-referenceDecimals.
 *
 * Mark = median(P1, P2, last); P1 = index x (1 + last settled rate x time to the next settlement / interval);
 * P2 = index + 30-minute moving average of (mid - index), sampled once a second.
 * Source: the venue's help page on index and mark price (reference, section 5.9).
 */

const BASIS_SAMPLES = 1_800;
const BPS = 10_000;

export interface MarkInputs {
  readonly index: number;
  /** (best bid + best ask) / 2 in reference units. */
  readonly mid: number;
  /** Last trade in reference units. */
  readonly last: number;
  /** Last settled funding rate as a fraction. */
  readonly settledRate: number;
  /** Time to the next settlement over the interval, in [0, 1]. */
  readonly remainingShare: number;
}

/** The three candidates of the mark price and their median, rounded to reference units. */
export interface MarkDerivation {
  readonly first: number;
  readonly second: number;
  readonly last: number;
  readonly mark: number;
}

export class ReferencePrices {
  #index: number;
  #mark: number;
  #offsetBps = 0;
  #derivation: MarkDerivation | null = null;
  readonly #basis = new Float64Array(BASIS_SAMPLES);
  #samples = 0;
  #basisSum = 0;

  constructor(index: number, mark: number) {
    this.#index = index;
    this.#mark = mark;
  }

  get index(): number {
    return this.#index;
  }

  /** As published: what it came to, and what a fault puts on top. */
  get mark(): number {
    return this.#mark + Math.round((this.#mark * this.#offsetBps) / BPS);
  }

  /** From now on the published mark stands so far off; 0 = not. */
  offsetMark(bps: number): void {
    this.#offsetBps = bps;
  }

  /** How the standing mark price came about; null where a recording stated it. */
  get derivation(): MarkDerivation | null {
    return this.#derivation;
  }

  /** Takes one sample a second of mid - index. */
  sampleBasis(basis: number): void {
    const at = this.#samples % BASIS_SAMPLES;
    if (this.#samples >= BASIS_SAMPLES) this.#basisSum -= this.#basis[at] ?? 0;
    this.#basis[at] = basis;
    this.#basisSum += basis;
    this.#samples++;
  }

  setIndex(index: number): void {
    this.#index = index;
  }

  /** Takes both prices from a recording. */
  state(index: number, mark: number): void {
    this.#index = index;
    this.#mark = mark;
    this.#derivation = null;
  }

  /** Computes the mark price anew. */
  deriveMark(inputs: MarkInputs): void {
    const { index, mid, last, settledRate, remainingShare } = inputs;
    const samples = Math.min(this.#samples, BASIS_SAMPLES);
    const meanBasis = samples === 0 ? mid - index : this.#basisSum / samples;
    const first = Math.round(index * (1 + settledRate * remainingShare));
    const second = Math.round(index + meanBasis);
    const mark = Math.max(Math.min(first, second), Math.min(Math.max(first, second), last));
    this.#derivation = { first, second, last, mark };
    this.#mark = mark;
  }
}
