/** The thread that looks at the calls of a strategy in the main thread; see {@link watchCalls}. */

import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import { CallJudge, CallMark, LOOK_INTERVAL_MS } from './call-mark.ts';
import type { CallWatch } from './call-watchdog.ts';
import { stuckSentence } from './strategy-stuck-error.ts';

// A diagnostic report of Node shows the process's environment, secrets included, once for each thread that does not say so.
process.report.excludeEnv = true;

/**
 * How long the main thread may take to end once it was broken out of the call: some 30 ms, but over 3 s where eight times as
 * much wants to run as there are processors (measured).
 */
const LAST_GRACE_MS = 10_000;

const STDERR = 2;

const { memory, ...facts } = workerData as CallWatch;
const judge = new CallJudge(new CallMark(memory), facts.patienceMs);

const look = setInterval(() => {
  const call = judge.observe(performance.now());
  if (call === null) return;
  clearInterval(look);
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
  parentPort?.postMessage(call);
  // Who ends in time ends this thread too.
  setTimeout(() => {
    writeSync(STDERR, `${stuckSentence(call, facts)}\n`);
    process.kill(process.pid, 'SIGKILL');
  }, LAST_GRACE_MS);
}, LOOK_INTERVAL_MS);
