/**
 * Times a piece of work in this process: warms it up, then repeats it until enough rounds were undisturbed.
 *
 * A round is as many repetitions as fill {@link ROUND_MS_MIN}, so that the 10 ms ticks of the system can tell who used
 * the machine meanwhile. Every round must give the same check: a case whose work differs has no number.
 */

import { type CpuUse, cpuSince, isNoisy, readCpu } from './cpu-noise.ts';
import type { Sample } from './bench-case.ts';
import { median } from './statistics.ts';

const WARM_UPS = 4;
const ROUND_MS_MIN = 250;
const ROUNDS_WANTED = 3;
/** Rounds tried at most, disturbed ones included. */
const ROUNDS_MAX = 16;
/** After this long no round is tried beyond the wanted: long work on a busy machine would never end. */
const ROUNDS_MS_MAX = 30_000;
/** Pause after a disturbed round: what disturbs lasts longer than a round. */
const PAUSE_MS = 400;

interface Measured {
  /** Units of one repetition. */
  readonly units: number;
  readonly extra?: () => Readonly<Record<string, number>>;
}

export interface Work extends Measured {
  /** One repetition; returns its check. */
  run(): string;
}

export interface AsyncWork extends Measured {
  run(): Promise<string>;
}

/** Throws where the check of a repetition differs from the first. */
export function measureRounds(work: Work): Sample {
  const rounds = new Rounds(work);
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) rounds.warmUp(performance.now(), work.run());
  while (rounds.isWanting) {
    const from = readCpu();
    for (let repetition = 0; repetition < rounds.repetitions; repetition++) rounds.check(work.run());
    rounds.note(cpuSince(from));
  }
  return rounds.sample();
}

/** As {@link measureRounds}, for work that waits for others: threads, the loop. */
export async function measureAsyncRounds(work: AsyncWork): Promise<Sample> {
  const rounds = new Rounds(work);
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) rounds.warmUp(performance.now(), await work.run());
  while (rounds.isWanting) {
    const from = readCpu();
    for (let repetition = 0; repetition < rounds.repetitions; repetition++) rounds.check(await work.run());
    rounds.note(cpuSince(from));
  }
  return rounds.sample();
}

/** What the rounds of a process came to. */
class Rounds {
  readonly #work: Measured;
  readonly #kept: { wallMs: number; cpuMs: number }[] = [];
  readonly #allMs: number[] = [];
  #found: string | null = null;
  #firstMs = Number.NaN;
  readonly #beganMs = performance.now();
  /** Of a round. */
  repetitions = 1;

  constructor(work: Measured) {
    this.#work = work;
  }

  get isWanting(): boolean {
    const { length: tried } = this.#allMs;
    if (tried >= ROUNDS_WANTED && performance.now() - this.#beganMs > ROUNDS_MS_MAX) return false;
    return this.#kept.length < ROUNDS_WANTED && tried < ROUNDS_MAX;
  }

  warmUp(fromMs: number, check: string): void {
    const warmMs = performance.now() - fromMs;
    if (this.#found === null) this.#firstMs = warmMs;
    this.check(check);
    this.repetitions = Math.max(1, Math.ceil(ROUND_MS_MIN / warmMs));
  }

  check(found: string): void {
    this.#found ??= found;
    if (found !== this.#found)
      throw new Error(`the work differs between rounds: ${found} after ${this.#found}`);
  }

  note(use: CpuUse): void {
    this.#allMs.push(use.wallMs / this.repetitions);
    if (isNoisy(use)) pause(PAUSE_MS);
    else this.#kept.push({ wallMs: use.wallMs / this.repetitions, cpuMs: use.ownMs / this.repetitions });
  }

  sample(): Sample {
    const isEnough = this.#kept.length === ROUNDS_WANTED;
    return {
      units: this.#work.units,
      wallMs: isEnough ? median(this.#kept.map(({ wallMs }) => wallMs)) : null,
      cpuMs: isEnough ? median(this.#kept.map(({ cpuMs }) => cpuMs)) : null,
      firstMs: this.#firstMs,
      roundsKept: this.#kept.length,
      roundsDiscarded: this.#allMs.length - this.#kept.length,
      noisyWallMs: median(this.#allMs),
      check: this.#found ?? '',
      extra: this.#work.extra?.() ?? {},
    };
  }
}

export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
