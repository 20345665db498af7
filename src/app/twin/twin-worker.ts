/** The thread in which the twins of a session run; see {@link SessionTwin}. */

import { parentPort, workerData } from 'node:worker_threads';
import { CallMark } from '../call-mark.ts';
import { loadStrategyMaker } from '../strategy-loader.ts';
import type { TwinAnswer, TwinMessage, TwinTask } from './session-twin.ts';
import { TwinRun } from './twin-run.ts';

// A diagnostic report of Node shows the process's environment, secrets included, once for each thread that does not say so.
process.report.excludeEnv = true;

/** How often the twins look for what the log has gained. */
const STEP_INTERVAL_MS = 2_000;

const task = workerData as TwinTask;
const mark = new CallMark(task.calls);
const run = new TwinRun({
  eventsFolder: task.eventsFolder,
  createStrategy: await mark.load(() => loadStrategyMaker(task.strategy, task.params)),
  afterMs: task.afterMs,
});
const told = new Set<string>();

const steps = setInterval(() => {
  run.step();
  tell(false);
}, STEP_INTERVAL_MS);

parentPort?.on('message', (message: TwinMessage) => {
  if (message.type === 'decisions') {
    run.addLive(message.decisions);
    return;
  }
  clearInterval(steps);
  run.end();
  tell(true);
});

/** Each finding once, as soon as it is there; all checks at the end. */
function tell(isEnd: boolean): void {
  const checks = run.checks();
  const found = checks.filter(({ name, passed }) => passed === false && !told.has(name));
  for (const { name } of found) told.add(name);
  if (!isEnd && found.length === 0) return;
  const answer: TwinAnswer = { found, end: isEnd ? checks : null };
  parentPort?.postMessage(answer);
}
