/** What a case is: variants that are measured in turn, and what is concluded from them. */

/** What one fresh process measured of one variant. */
export interface Sample {
  /** Rows, frames or levels of one round. */
  readonly units: number;
  /** Median of the rounds that counted; null where there were too few of them. */
  readonly wallMs: number | null;
  readonly cpuMs: number | null;
  /** The first round of the process, before anything was compiled. */
  readonly firstMs: number;
  readonly roundsKept: number;
  readonly roundsDiscarded: number;
  /** Median over all rounds, kept and discarded: never a result, only an indication. */
  readonly noisyWallMs: number;
  /** Result of the work. Equal checks are equal work. */
  readonly check: string;
  /** Whatever else the variant has to say. */
  readonly extra: Readonly<Record<string, number>>;
}

export interface Variant {
  readonly name: string;
  /** Word for a unit of work in the plural. */
  readonly unit: string;
  readonly nodeFlags?: readonly string[];
  /** Runs in a process of its own. Throws where its own result is wrong. */
  measure(): Promise<Sample> | Sample;
}

/** How often `faster` does what `slower` does once: a ratio of rates, pair by pair. */
export interface Comparison {
  readonly kind: 'ratio';
  readonly label: string;
  readonly numerator: string;
  readonly denominator: string;
  /** Null where the ratio is only shown. */
  readonly goal: Goal | null;
  /** Shown as 1/n instead of n x. */
  readonly isFraction?: boolean;
}

/** A number that a variant reports beside its rate. */
export interface Reading {
  readonly kind: 'reading';
  readonly label: string;
  readonly variant: string;
  /** Key in {@link Sample.extra}. */
  readonly key: string;
  readonly unit: string;
  /** Set where disturbed samples say the same: counts, sizes. */
  readonly isExact?: boolean;
  readonly goal: Goal | null;
}

export type Conclusion = Comparison | Reading;

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  readonly needsData: boolean;
  /** Why the case cannot run here; null where it can. */
  skipReason?(): string | null;
  /** Pairs at most, where a sample takes long and its own repetitions are many. */
  readonly pairsMax?: number;
  readonly variants: readonly Variant[];
  /** Groups of variants that do the same work: their checks must be equal. */
  readonly sameWork: readonly (readonly string[])[];
  readonly conclusions: readonly Conclusion[];
}
