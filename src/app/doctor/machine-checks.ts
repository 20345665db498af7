/** Checks of the machine and the workspace. */

import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, freemem, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

import { findRunningSession, readLockHolder } from '../../session/instance-lock.ts';
import { readKillSwitch } from '../../session/kill-switch.ts';
import { countOpenFiles } from '../../session/open-files.ts';
import { DISK_COMFORTABLE_MB, DISK_RESERVE_MB } from '../../session/resource-guard.ts';
import { freeDiskMb } from '../../session/resource-sampler.ts';
import { type WorkspacePaths, workspacePaths } from '../../session/workspace-paths.ts';
import type { CheckResult } from './check-result.ts';

/** Oldest Node that runs the sources as they stand. */
const NODE_MAJOR_MINIMUM = 24;

/** Below it, SQLite can corrupt a database in WAL mode (the WAL-reset race). Source: sqlite.org/wal.html#walresetbug */
const SQLITE_MINIMUM = [3, 51, 3] as const;

/** What a session writes in its first hours, above the reserve at which it stops. */
const DISK_MINIMUM_MB = DISK_RESERVE_MB + 136;
const MEMORY_MINIMUM_MB = 128;

/** What a session takes at least; a lower limit would end it at once. */
const SESSION_MEMORY_MB = 160;

/** Files and sockets that a session holds open at most, with room to spare. */
const OPEN_FILES_MINIMUM = 128;

/** Every block of events costs a sync; slower disks delay the session's loop. */
const SYNC_COMFORTABLE_MS = 50;

/** The program did not exist before; an older clock was never set. */
const CLOCK_MINIMUM_MS = Date.UTC(2026, 0, 1);

export function checkRuntime(): readonly CheckResult[] {
  const node = process.versions.node;
  const sqlite = process.versions['sqlite'] ?? '0';
  const nowMs = Date.now();
  return [
    {
      name: 'node',
      status: Number.parseInt(node, 10) >= NODE_MAJOR_MINIMUM ? 'ok' : 'fail',
      detail: `${node}, needs ${NODE_MAJOR_MINIMUM} or newer`,
    },
    {
      name: 'platform',
      status: 'ok',
      detail: `${process.platform} ${process.arch} ${release()}, ${availableParallelism()} processors`,
    },
    {
      name: 'sqlite',
      status: isAtLeast(sqlite, SQLITE_MINIMUM) ? 'ok' : 'fail',
      detail: `${sqlite}, needs ${SQLITE_MINIMUM.join('.')} or newer`,
    },
    {
      name: 'clock',
      status: nowMs >= CLOCK_MINIMUM_MS ? 'ok' : 'warn',
      detail: `${new Date(nowMs).toISOString()}${nowMs >= CLOCK_MINIMUM_MS ? '' : ', which cannot be: set the clock'}`,
    },
  ];
}

export function checkWorkspace(
  workspace: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly CheckResult[] {
  const paths = workspacePaths(workspace);
  const killed = readKillSwitch(paths.killFile, environment);
  return [
    checkSync(paths.root),
    checkLock(paths),
    killed === null
      ? { name: 'kill switch', status: 'ok', detail: 'off' }
      : { name: 'kill switch', status: 'fail', detail: `thrown by ${killed}: a session would end at once` },
  ];
}

function checkLock(paths: WorkspacePaths): CheckResult {
  const running = findRunningSession(paths);
  const name = 'lock';
  if (running !== null) {
    const detail = `a session runs here (pid ${running.pid} since ${running.since ?? 'unknown'})`;
    return { name, status: 'fail', detail };
  }
  const former = readLockHolder(paths);
  if (former === null) return { name, status: 'ok', detail: 'no session runs here' };
  const detail = `left by pid ${former.pid ?? 'unknown'}, which is gone: the next session takes it over and says so`;
  return { name, status: 'warn', detail };
}

export function checkDisk(workspace: string): CheckResult {
  const freeMb = freeDiskMb(nearestDirectory(workspacePaths(workspace).root));
  if (freeMb === null) return { name: 'disk', status: 'warn', detail: 'free space unknown' };
  const status = freeMb < DISK_MINIMUM_MB ? 'fail' : freeMb < DISK_COMFORTABLE_MB ? 'warn' : 'ok';
  const detail = `${Math.round(freeMb)} MiB free, needs ${DISK_MINIMUM_MB}; a session stops below ${DISK_RESERVE_MB}`;
  return { name: 'disk', status, detail };
}

/** `limitMb`: the session's own limit; null where the configuration does not say. */
export function checkMemory(limitMb: number | null): CheckResult {
  const freeMb = Math.round(freemem() / 1_048_576);
  const totalMb = Math.round(totalmem() / 1_048_576);
  const short = limitMb !== null && limitMb > totalMb;
  const low = limitMb !== null && limitMb < SESSION_MEMORY_MB;
  const status = freeMb < MEMORY_MINIMUM_MB || low ? 'fail' : short ? 'warn' : 'ok';
  const limit = limitMb === null ? '' : `, resources.max_memory_mb is ${limitMb}`;
  const verdict = low
    ? `: a session takes about ${SESSION_MEMORY_MB}`
    : short
      ? ': more than the machine has'
      : '';
  return { name: 'memory', status, detail: `${freeMb} of ${totalMb} MiB free${limit}${verdict}` };
}

export function checkOpenFiles(): CheckResult {
  const files = countOpenFiles();
  const name = 'open files';
  if (files === null) return { name, status: 'ok', detail: 'no limit known' };
  const status = files.limit < OPEN_FILES_MINIMUM ? 'fail' : 'ok';
  return { name, status, detail: `at most ${files.limit}, needs ${OPEN_FILES_MINIMUM}` };
}

function checkSync(root: string): CheckResult {
  const directory = nearestDirectory(root);
  const probe = join(directory, `.la-doctor-${process.pid}.tmp`);
  try {
    const startedMs = performance.now();
    const file = openSync(probe, 'wx');
    try {
      writeSync(file, 'x');
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(probe, { force: true });
    }
    const tookMs = performance.now() - startedMs;
    const created = directory === root ? '' : ', will be created';
    const slow = tookMs > SYNC_COMFORTABLE_MS ? ', slow' : '';
    return {
      name: 'workspace',
      status: slow === '' ? 'ok' : 'warn',
      detail: `${root}${created}: writable, a sync takes ${tookMs.toFixed(1)} ms${slow}`,
    };
  } catch (error) {
    return {
      name: 'workspace',
      status: 'fail',
      detail: `${root}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function nearestDirectory(path: string): string {
  let directory = path;
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory);
  return directory;
}

function isAtLeast(version: string, minimum: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of minimum.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
