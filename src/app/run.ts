/**
 * `la run`: takes the workspace, holds one session in it, and leaves the truth about how it ended.
 *
 * Every end that the process survives writes final_report.json, a last heartbeat with state `ended`, the account, and an
 * alert where the end was no success; then it frees the lock.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { AlertFile } from '../alerts/alert-file.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { AlreadyRunning, type InstanceLock, acquireInstanceLock } from '../session/instance-lock.ts';
import { readKillSwitch } from '../session/kill-switch.ts';
import { SystemLog } from '../session/system-log.ts';
import { type WorkspacePaths, workspacePaths } from '../session/workspace-paths.ts';
import { toStorageError } from '../storage/storage-error.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import type { ProgramIo } from './program-io.ts';
import { SessionEndError, toSessionEnd } from './session-end-error.ts';
import { SessionRun } from './session-run.ts';
import { loadStrategy } from './strategy-loader.ts';

/** Holds a session; returns the exit code. Throws ConfigError for settings that no session can have. */
export async function runSession(settings: Settings, workspace: string, io: ProgramIo): Promise<number> {
  const strategy = await loadStrategy(settings.strategy, settings.params);
  if (settings.account === 'resume') {
    throw new ConfigError(['--resume: this version cannot continue an interrupted session yet']);
  }
  const paths = workspacePaths(workspace);
  const scrubber = SecretScrubber.fromEnvironment(process.env);
  const complain = (error: unknown, what: string): void => {
    const reason = error instanceof Error ? error.message : String(error);
    io.stderr.write(`${what}: ${scrubber.scrub(reason)}\n`);
  };
  const alerts = new AlertFile({
    path: paths.alerts,
    scrubber,
    nowMs: () => systemClock.nowMs(),
    onError: (error) => complain(error, 'the alert could not be written'),
  });
  const refuse = (error: SessionEndError): number => {
    const code = EXIT_CODES[error.reason];
    if (code !== 2) alerts.raise('critical', error.reason, error.message);
    alerts.close();
    io.stderr.write(`${scrubber.scrub(error.message)}\n`);
    return code;
  };
  const sessionId = newSessionId(systemClock.nowMs());
  let lock: InstanceLock;
  try {
    lock = enter(paths, sessionId);
  } catch (error) {
    return refuse(toSessionEnd(error));
  }
  const log = new SystemLog({
    path: paths.systemLog,
    level: settings.logLevel,
    scrubber,
    nowMs: () => systemClock.nowMs(),
    onError: (error) => complain(error, 'the system log cannot be written'),
  });
  try {
    if (lock.tookOver !== null) {
      log.log('warning', 'lock_taken_over', `Lock ${lock.tookOver}`);
      alerts.raise('critical', 'crashed', `a session did not end by itself: ${lock.tookOver}`);
    }
    const run = new SessionRun({ settings, paths, io, log, alerts, scrubber, sessionId, strategy });
    return await run.hold();
  } catch (error) {
    return refuse(toSessionEnd(error));
  } finally {
    log.close();
    lock.release();
  }
}

/** Takes the workspace: writable, not killed, and nobody else's. */
function enter(paths: WorkspacePaths, sessionId: string): InstanceLock {
  try {
    mkdirSync(paths.root, { recursive: true });
    for (const directory of [paths.agentDirectory, paths.logsDirectory, paths.stateDirectory]) {
      makeFolder(directory);
    }
    const cause = readKillSwitch(paths.killFile, process.env);
    if (cause !== null)
      throw new SessionEndError('kill_switch', `The kill switch is on (${cause}); nothing was traded`);
    return acquireInstanceLock(paths, { sessionId, startedAt: new Date(systemClock.nowMs()).toISOString() });
  } catch (error) {
    if (error instanceof SessionEndError) throw error;
    if (error instanceof AlreadyRunning) throw new SessionEndError('already_running', error.message, error);
    throw toStorageError(error, `use the workspace ${paths.root}`);
  }
}

/** Not `recursive`: that reports a read-only file system as a missing folder. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** Sorts by time and cannot collide in practice: UTC to the second and two random bytes. */
function newSessionId(nowMs: number): string {
  const stamp = new Date(nowMs)
    .toISOString()
    .slice(0, 19)
    .replaceAll('-', '')
    .replaceAll(':', '')
    .replace('T', '-');
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}
