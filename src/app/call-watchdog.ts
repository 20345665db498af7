/**
 * Ends a backtest in this thread whose strategy does not come back: a thread of its own looks at the mark of its calls.
 *
 * The thread throws whatever this one executes off its stack, which nothing can catch; the work then never settles, and what
 * it had open stays so until the process ends. Where not even that helps (native code), the thread says the last words and
 * ends the process.
 */

import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { CallMark, type MarkedCall, callPatienceMs } from './call-mark.ts';
import type { Settings } from './config/settings.ts';
import { StrategyStuckError, type StuckFacts } from './strategy-stuck-error.ts';
import { NO_ENVIRONMENT } from './thread-environment.ts';

/** What the thread needs; plain data. */
export interface CallWatch extends StuckFacts {
  readonly memory: SharedArrayBuffer;
}

/**
 * Does the work, which marks the calls of its strategy; throws StrategyStuckError when one takes too long. The mark is null
 * for a strategy that comes with the program: that one needs no watch. `strategy`: its name, or its file.
 */
export async function watchCalls<T>(
  strategy: string,
  { strategyCallBudgetMs }: Pick<Settings, 'strategyCallBudgetMs'>,
  work: (mark: CallMark | null) => Promise<T>,
): Promise<T> {
  if (!path.isAbsolute(strategy)) return work(null);
  const mark = new CallMark();
  const facts: StuckFacts = { strategy, patienceMs: callPatienceMs(strategyCallBudgetMs) };
  const workerData: CallWatch = { ...facts, memory: mark.memory };
  const thread = new Worker(new URL('./call-watchdog-worker.ts', import.meta.url), {
    workerData,
    env: NO_ENVIRONMENT,
  });
  const stuck = new Promise<never>((_resolve, reject) => {
    thread.on('message', (call: MarkedCall) => reject(new StrategyStuckError(call, facts)));
    thread.on('error', reject);
  });
  try {
    return await Promise.race([work(mark), stuck]);
  } finally {
    await thread.terminate();
  }
}
