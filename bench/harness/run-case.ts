/**
 * Runs a case: its variants in turn (A B A B), each sample in a fresh process, and what follows from the samples.
 *
 * A sample that was disturbed too often is taken again, at most {@link TRIES_MAX} times in all; then it is missing, and
 * a conclusion with fewer than {@link PAIRS_MIN} whole pairs is not measured. A process that fails, and variants of the
 * same work with different checks, fail the case: it has no number at all.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchCase, Conclusion, Goal, Sample, Variant } from './bench-case.ts';
import { median } from './statistics.ts';

const TRIES_MAX = 2;
const PAIRS_MIN = 3;
const SAMPLE_LIMIT_MS = 600_000;
const RUN_SAMPLE = fileURLToPath(new URL('run-sample.ts', import.meta.url));
const runFile = promisify(execFile);

export interface TakenSample extends Sample {
  readonly variant: string;
  readonly pair: number;
}

/** `open`: the median misses the goal and the best pair meets it. */
export type Verdict = 'met' | 'open' | 'missed' | 'shown' | 'not measured';

export interface Result {
  readonly conclusion: Conclusion;
  readonly verdict: Verdict;
  /** Median, best and bounds of the pairs; null where not measured. */
  readonly values: {
    readonly median: number;
    readonly best: number;
    readonly min: number;
    readonly max: number;
    readonly pairs: number;
  } | null;
  /** The same ratio from disturbed rounds as well: an indication, never a result. */
  readonly indication: number | null;
}

export interface CaseRun {
  readonly name: string;
  readonly title: string;
  readonly skipped: string | null;
  readonly failure: string | null;
  readonly samples: readonly TakenSample[];
  readonly results: readonly Result[];
}

export async function runCase(
  bench: BenchCase,
  pairs: number,
  progress: (line: string) => void,
): Promise<CaseRun> {
  const { name, title } = bench;
  const skipped = bench.skipReason?.() ?? null;
  if (skipped !== null) return { name, title, skipped, failure: null, samples: [], results: [] };
  const samples: TakenSample[] = [];
  const pairCount = Math.min(pairs, bench.pairsMax ?? pairs);
  try {
    for (let pair = 0; pair < pairCount; pair++) {
      for (const variant of bench.variants) {
        progress(`${name} ${pair + 1}/${pairCount} ${variant.name}`);
        samples.push({ ...(await takeSample(bench, variant)), variant: variant.name, pair });
      }
    }
    checkWork(bench, samples);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { name, title, skipped: null, failure, samples, results: [] };
  }
  const pairsMin = Math.min(PAIRS_MIN, pairCount);
  const results = bench.conclusions.map((conclusion) => conclude(conclusion, samples, pairsMin));
  return { name, title, skipped: null, failure: null, samples, results };
}

async function takeSample(bench: BenchCase, variant: Variant): Promise<Sample> {
  const args = [...process.execArgv, ...(variant.nodeFlags ?? []), RUN_SAMPLE, bench.name, variant.name];
  let sample: Sample | null = null;
  for (let attempt = 0; attempt < TRIES_MAX && (sample === null || sample.wallMs === null); attempt++) {
    const { stdout } = await runFile(process.execPath, args, {
      timeout: SAMPLE_LIMIT_MS,
      maxBuffer: 16 * 1024 * 1024,
    });
    sample = JSON.parse(stdout) as Sample;
  }
  if (sample === null) throw new Error(`no sample of ${variant.name}`);
  return sample;
}

function checkWork(bench: BenchCase, samples: readonly TakenSample[]): void {
  const groups = [...bench.sameWork, ...bench.variants.map(({ name }) => [name])];
  for (const group of groups) {
    const checks = new Set(
      samples.filter(({ variant }) => group.includes(variant)).map(({ check }) => check),
    );
    if (checks.size > 1)
      throw new Error(`the work of ${group.join(', ')} differs: ${[...checks].join(' | ')}`);
  }
}

function conclude(conclusion: Conclusion, samples: readonly TakenSample[], pairsMin: number): Result {
  const values: number[] = [];
  const disturbed: number[] = [];
  for (const pair of new Set(samples.map((sample) => sample.pair))) {
    const find = (variant: string): TakenSample | undefined =>
      samples.find((sample) => sample.pair === pair && sample.variant === variant);
    if (conclusion.kind === 'reading') {
      const sample = find(conclusion.variant);
      const value = sample?.extra[conclusion.key];
      if (sample === undefined || value === undefined) continue;
      disturbed.push(value);
      if (sample.wallMs !== null || conclusion.isExact === true) values.push(value);
    } else {
      const top = find(conclusion.numerator);
      const bottom = find(conclusion.denominator);
      if (top === undefined || bottom === undefined) continue;
      disturbed.push(top.units / top.noisyWallMs / (bottom.units / bottom.noisyWallMs));
      if (top.wallMs !== null && bottom.wallMs !== null) {
        values.push(top.units / top.wallMs / (bottom.units / bottom.wallMs));
      }
    }
  }
  const indication = disturbed.length === 0 ? null : median(disturbed);
  if (values.length < pairsMin) return { conclusion, verdict: 'not measured', values: null, indication };
  const min = Math.min(...values);
  const max = Math.max(...values);
  const best = conclusion.goal !== null && 'atMost' in conclusion.goal ? min : max;
  const middle = median(values);
  const verdict = judge(conclusion.goal, middle, best);
  return {
    conclusion,
    verdict,
    values: { median: middle, best, min, max, pairs: values.length },
    indication,
  };
}

function judge(goal: Goal | null, middle: number, best: number): Verdict {
  if (goal === null) return 'shown';
  if (meets(goal, middle)) return 'met';
  return meets(goal, best) ? 'open' : 'missed';
}

function meets(goal: Goal, value: number): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}
