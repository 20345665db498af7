/**
 * Times a piece of work in this process: warms it up, then repeats it until enough rounds were undisturbed.
 *
 * A round is as many repetitions as fill {@link ROUND_MS_MIN}, so that the 10 ms ticks of the system can tell who used
 * the machine meanwhile. Every round must give the same check: a case whose work differs has no number.
 */

import { cpuSince, isNoisy, readCpu } from './cpu-noise.ts';
import type { Sample } from './bench-case.ts';
import { median } from './statistics.ts';

const WARM_UPS = 4;
const ROUND_MS_MIN = 250;
const ROUNDS_WANTED = 3;
/** Rounds tried at most, disturbed ones included. */
const ROUNDS_MAX = 16;
/** Pause after a disturbed round: what disturbs lasts longer than a round. */
const PAUSE_MS = 400;

export interface Work {
  /** Units of one repetition. */
  readonly units: number;
  /** One repetition; returns its check. */
  run(): string;
  readonly extra?: () => Readonly<Record<string, number>>;
}

/** Throws where the check of a repetition differs from the first. */
export function measureRounds(work: Work): Sample {
  const begin = performance.now();
  const check = work.run();
  const firstMs = performance.now() - begin;
  const runChecked = (): void => {
    const found = work.run();
    if (found !== check) throw new Error(`the work differs between rounds: ${found} after ${check}`);
  };
  let warmMs = firstMs;
  for (let round = 1; round < WARM_UPS; round++) {
    const from = performance.now();
    runChecked();
    warmMs = performance.now() - from;
  }
  const repetitions = Math.max(1, Math.ceil(ROUND_MS_MIN / warmMs));
  const kept: { wallMs: number; cpuMs: number }[] = [];
  const allMs: number[] = [];
  while (kept.length < ROUNDS_WANTED && allMs.length < ROUNDS_MAX) {
    const from = readCpu();
    for (let repetition = 0; repetition < repetitions; repetition++) runChecked();
    const use = cpuSince(from);
    allMs.push(use.wallMs / repetitions);
    if (isNoisy(use)) pause(PAUSE_MS);
    else kept.push({ wallMs: use.wallMs / repetitions, cpuMs: use.ownMs / repetitions });
  }
  const isEnough = kept.length === ROUNDS_WANTED;
  return {
    units: work.units,
    wallMs: isEnough ? median(kept.map(({ wallMs }) => wallMs)) : null,
    cpuMs: isEnough ? median(kept.map(({ cpuMs }) => cpuMs)) : null,
    firstMs,
    roundsKept: kept.length,
    roundsDiscarded: allMs.length - kept.length,
    noisyWallMs: median(allMs),
    check,
    extra: work.extra?.() ?? {},
  };
}

export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
