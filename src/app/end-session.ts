/** `la stop` and `la kill`: ask the session of another process to end, and wait until it has. */

import { setTimeout as delay } from 'node:timers/promises';

import { writeFileAtomic } from '../ports/atomic-file.ts';
import { findRunningSession, type LockHolder } from '../session/instance-lock.ts';
import { writeStopRequest } from '../session/stop-request.ts';
import { workspacePaths, type WorkspacePaths } from '../session/workspace-paths.ts';
import { printJson, type ProgramIo } from './program-io.ts';
import { readHeartbeat } from './read-heartbeat.ts';
import { NOTHING_RUNNING } from './status.ts';

const WAIT_MAXIMUM_MS = 30_000;
const POLL_INTERVAL_MS = 50;

type Running = LockHolder & { readonly pid: number };

/** Asks for a graceful end. Returns the exit code: 0 ended, 1 still running after 30 s, 3 nothing runs here. */
export function stopSession(workspace: string, io: ProgramIo): Promise<number> {
  return endSession(workspace, io, (paths, running) => {
    writeStopRequest(paths.stopRequest, running.pid);
    return '';
  });
}

/** Throws the kill switch, which stays thrown. Exit codes as {@link stopSession}. */
export function killSession(workspace: string, io: ProgramIo): Promise<number> {
  return endSession(workspace, io, (paths) => {
    writeFileAtomic(paths.killFile, 'la kill\n', { durable: true });
    return ` ${paths.killFile} stays and keeps sessions from starting until you remove it.`;
  });
}

async function endSession(
  workspace: string,
  io: ProgramIo,
  ask: (paths: WorkspacePaths, running: Running) => string,
): Promise<number> {
  const paths = workspacePaths(workspace);
  const running = findRunningSession(paths);
  if (running === null) {
    const sentence = `No session runs in ${paths.root}.`;
    if (io.json) printJson(io, { ended: false, message: sentence });
    else io.stderr.write(`${sentence}\n`);
    return NOTHING_RUNNING;
  }
  const aftermath = ask(paths, running);
  const ended = await waitForEnd(paths, running.pid);
  const last = readHeartbeat(paths.heartbeat);
  const reason = last !== null && last.pid === running.pid && last.state === 'ended' ? last.reason : null;
  const name = `Session ${running.sessionId ?? 'of unknown id'} (pid ${running.pid})`;
  const sentence = ended
    ? `${name} has ended${reason === null ? '' : `: ${reason}`}.${aftermath}`
    : `${name} was asked to end and still runs after ${WAIT_MAXIMUM_MS / 1_000} s.${aftermath}`;
  if (io.json)
    printJson(io, { ended, pid: running.pid, session_id: running.sessionId, reason, message: sentence });
  else (ended ? io.stdout : io.stderr).write(`${sentence}\n`);
  return ended ? 0 : 1;
}

/** A session has ended when its lock is gone, or when its process is. */
async function waitForEnd(paths: WorkspacePaths, pid: number): Promise<boolean> {
  for (const started = performance.now(); performance.now() - started < WAIT_MAXIMUM_MS;) {
    if (findRunningSession(paths)?.pid !== pid) return true;
    await delay(POLL_INTERVAL_MS);
  }
  return false;
}
