/**
 * Threads that run trials. A thread whose strategy does not come back is ended, and so is its trial, with the reason.
 *
 * The process that has the pool looks at the marks itself: the threads do the work, it only waits.
 */

import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import type { ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { CallJudge, CallMark, LOOK_INTERVAL_MS, type MarkedCall, callPatienceMs } from '../call-mark.ts';
import { StrategyStuckError } from '../strategy-stuck-error.ts';
import { TrialMemoryError } from './trial-memory-error.ts';
import type { TrialOutcome } from './trial-run.ts';
import type { TrialTask } from './trial-worker.ts';

/**
 * What a trial leaves is garbage at its end. By itself a thread collects it when some hundred megabytes of it lie there; the
 * smaller the heap may become, the less it waits. The old generation's limit, as much as a session may have, also ends a
 * thread: a month of one-minute candles takes some 15 MB of it.
 */
const HEAP = {
  maxYoungGenerationSizeMb: 12,
  maxOldGenerationSizeMb: 1_024,
} as const satisfies ResourceLimits;

export class TrialPool {
  readonly #pool: Piscina<TrialTask, TrialOutcome>;

  constructor(threads: number) {
    this.#pool = new Piscina<TrialTask, TrialOutcome>({
      filename: new URL('./trial-worker.ts', import.meta.url).href,
      name: 'work',
      minThreads: threads,
      maxThreads: threads,
      resourceLimits: HEAP,
      env: threadEnvironment(),
    });
  }

  /** Throws what the trial throws, StrategyStuckError and TrialMemoryError among it. */
  async run(task: Omit<TrialTask, 'calls'>): Promise<TrialOutcome> {
    try {
      return await this.#run(task);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      const what = `${task.ground.settings.strategy}${describe(task)}`;
      throw new TrialMemoryError(what, HEAP.maxOldGenerationSizeMb, error);
    }
  }

  async #run(task: Omit<TrialTask, 'calls'>): Promise<TrialOutcome> {
    const { strategy, strategyCallBudgetMs } = task.ground.settings;
    // What comes with the program needs no watch.
    if (!path.isAbsolute(strategy)) return this.#pool.run({ ...task, calls: null });
    const mark = new CallMark();
    const patienceMs = callPatienceMs(strategyCallBudgetMs);
    const judge = new CallJudge(mark, patienceMs);
    const ending = new AbortController();
    let stuck: MarkedCall | null = null;
    const look = setInterval(() => {
      stuck = judge.observe(performance.now());
      if (stuck === null) return;
      clearInterval(look);
      ending.abort(new StrategyStuckError(stuck, { strategy, patienceMs, detail: describe(task) }));
    }, LOOK_INTERVAL_MS);
    try {
      return await this.#pool.run({ ...task, calls: mark.memory }, { signal: ending.signal });
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : error;
    } finally {
      clearInterval(look);
    }
  }

  /** Ends the threads, whatever they do. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** With the compile cache of this process, which a thread does not inherit: it would compile everything anew. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  // Node adds a folder of its version itself.
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: path.dirname(folder) };
}

function describe({ trial }: Omit<TrialTask, 'calls'>): string {
  return ` with ${JSON.stringify(trial.params)}`;
}
