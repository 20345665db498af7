/**
 * The thread that watches the event loop of the session's process; see {@link LoopWatchdog}.
 *
 * Everything here is written synchronously and by this thread alone: the loop that would otherwise do it stands still.
 */

import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { AlertFile } from '../alerts/alert-file.ts';
import { writeFileAtomic } from '../ports/atomic-file.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { StallJudge } from '../session/stall-judge.ts';
import { SystemLog } from '../session/system-log.ts';
import {
  BEAT_CELL,
  BEAT_INTERVAL_MS,
  FROZEN_CELL,
  STALL_ALERT_MS,
  type WatchdogTask,
} from './loop-watchdog.ts';
import { readHeartbeat } from './read-heartbeat.ts';

// A diagnostic report of Node shows the process's environment, secrets included, once for each thread that does not say so.
process.report.excludeEnv = true;

/** How long a loop that was broken out of its work may take to turn before the process is ended. */
const LAST_GRACE_MS = 3_000;

/** A longer pause of this thread means that the whole process, or the machine, stood still. */
const LONGEST_STEP_MS = 8 * BEAT_INTERVAL_MS;

const STDERR = 2;

const task = workerData as WatchdogTask;
const cells = new Int32Array(task.cells);
const judge = new StallJudge(LONGEST_STEP_MS);
const scrubber = new SecretScrubber();
let isStallTold = false;

setInterval(() => {
  const stillMs = judge.observe(Atomics.load(cells, BEAT_CELL), performance.now());
  if (stillMs < STALL_ALERT_MS) {
    isStallTold = false;
    return;
  }
  if (!isStallTold) {
    isStallTold = true;
    tell(
      'event_loop_stalled',
      `the event loop of session ${task.sessionId} has stood still for ${seconds(stillMs)}`,
    );
  }
  if (stillMs < task.freezeTimeoutMs) return;
  if (Atomics.compareExchange(cells, FROZEN_CELL, 0, 1) === 0) {
    markFrozen();
    breakOut();
  } else if (stillMs >= task.freezeTimeoutMs + LAST_GRACE_MS) endProcess(stillMs);
}, BEAT_INTERVAL_MS);

/** For whoever comes after: what froze this session may freeze a replay of it too. */
function markFrozen(): void {
  try {
    writeFileAtomic(task.paths.frozenMark, `${task.sessionId}\n`);
  } catch {
    // Without it a replay is tried, which may freeze like the session.
  }
}

/** Throws what the main thread executes off its stack, uncatchably; its loop then goes on with the next turn. */
function breakOut(): void {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}

/** The last resort: the loop does not come back, so its session cannot report anything any more. */
function endProcess(stillMs: number): void {
  const text = `the event loop of session ${task.sessionId} was frozen for ${seconds(stillMs)}; the process was ended`;
  tell('crashed', text);
  try {
    writeSync(STDERR, `crashed: ${text}\n`);
    const last = readHeartbeat(task.paths.heartbeat);
    if (last !== null && last.pid === process.pid) {
      const nowMs = Date.now();
      const words = {
        ts: new Date(nowMs).toISOString(),
        unix_ts: nowMs / 1_000,
        state: 'ended',
        reason: 'crashed',
      };
      writeFileAtomic(task.paths.heartbeat, `${JSON.stringify({ ...last, ...words }, null, 2)}\n`);
    }
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

function tell(reason: string, text: string): void {
  const nowMs = (): number => Date.now();
  // What cannot be written now has nowhere else to go.
  const onError = (): void => {};
  const alerts = new AlertFile({ path: task.paths.alerts, scrubber, nowMs, onError });
  alerts.raise('critical', reason, text);
  const log = new SystemLog({ path: task.paths.systemLog, level: task.logLevel, scrubber, nowMs, onError });
  log.log('critical', reason, text);
  log.close();
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
