/**
 * One session a workspace: a lock that the kernel holds, and a file that says who holds it.
 *
 * The lock is an exclusive SQLite transaction on `.agent/lock.db`: freed by the kernel however the process dies, kept
 * while it is stopped. `.agent/lockfile.pid` names the holder to people and to the other commands; a living process that
 * it names is respected even where the kernel lock is free.
 * Invariant: nothing else opens lock.db. POSIX locks are lost when their process closes *any* descriptor of the file, so
 * a second attempt in the same process is refused before it touches the file.
 */

import { readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFolders } from '../ports/make-folders.ts';

import { writeFileAtomic } from '../ports/atomic-file.ts';
import { isProcessAlive, processIdentity, type ProcessIdentity } from './process-identity.ts';
import type { WorkspacePaths } from './workspace-paths.ts';

/** How long contenders that start together settle who wins. */
const CONTENTION_TIMEOUT_MS = 400;
/** How often, and how many times, a loser looks for the winner's name. */
const HOLDER_POLL_MS = 20;
const HOLDER_POLLS_MAXIMUM = 250;

/** SQLite: another connection holds the lock. */
const SQLITE_BUSY = 5;

/** Who holds, or held, a workspace. `pid` and `since` are null where the lock file does not tell. */
export interface LockHolder {
  readonly pid: number | null;
  readonly identity: ProcessIdentity | null;
  /** ISO time. */
  readonly since: string | null;
  readonly sessionId: string | null;
}

export interface InstanceLock {
  /** Whose lock file was found: of a holder that died without removing it; null after a clean end. */
  readonly former: LockHolder | null;
  /** The same as a sentence for the log. */
  readonly tookOver: string | null;
  /** Removes the lock file, if it is still ours and the disk lets us, and frees the lock. May be called twice. */
  release(): void;
}

/** A session runs in this workspace already. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
  readonly code = 'already_running';
  readonly retryable = false;
  readonly pid: number | null;
  readonly since: string | null;

  constructor(holder: LockHolder | null) {
    super(`Already running (pid ${holder?.pid ?? 'unknown'} since ${holder?.since ?? 'unknown'})`);
    this.pid = holder?.pid ?? null;
    this.since = holder?.since ?? null;
  }
}

/** Workspaces that this process holds. */
const held = new Set<string>();

/**
 * Takes the workspace for this process. Throws {@link AlreadyRunning} where another session has it, and what the file
 * system throws where `.agent` cannot be written.
 */
export function acquireInstanceLock(
  paths: WorkspacePaths,
  owner: { readonly sessionId: string; readonly startedAt: string },
): InstanceLock {
  if (held.has(paths.lockDatabase)) throw new AlreadyRunning(readLockHolder(paths));
  makeFolders(paths.agentDirectory);

  // A start that cannot win anyway neither waits for the lock nor gets in the way of others.
  refuseLivingHolder(readLockHolder(paths));
  const database = takeKernelLock(paths);
  if (database === null) throw new AlreadyRunning(waitForLivingHolder(paths));
  let text: string;
  let former: LockHolder | null;
  try {
    former = readLockHolder(paths);
    refuseLivingHolder(former);
    text = lockText(owner);
    writeFileAtomic(paths.lockFile, text, { durable: true });
  } catch (error) {
    database.close();
    throw error;
  }
  held.add(paths.lockDatabase);

  let released = false;
  return {
    former,
    tookOver: former === null ? null : describeTakeover(former),
    release() {
      if (released) return;
      released = true;
      try {
        if (readText(paths.lockFile) === text) rmSync(paths.lockFile, { force: true });
      } catch {
        // No file can be opened or removed any more. It then names a process that is gone: the next start takes it over.
      }
      database.close();
      held.delete(paths.lockDatabase);
    },
  };
}

/** Who the lock file names, dead or alive; null where there is no lock file. Takes no lock. */
export function readLockHolder(paths: WorkspacePaths): LockHolder | null {
  const text = readText(paths.lockFile);
  if (text === null) return null;
  const [first = '', ...rest] = text.split('\n');
  const values = new Map(
    rest.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const pid = /^\s*\d{1,10}\s*$/.test(first) ? Number(first) : null;
  return {
    pid,
    identity: values.get('process_start') ?? null,
    since: values.get('started_at') ?? null,
    sessionId: values.get('session_id') ?? null,
  };
}

/** The living session of a workspace, or null. Takes no lock, so any command may ask. */
export function findRunningSession(paths: WorkspacePaths): (LockHolder & { readonly pid: number }) | null {
  const holder = readLockHolder(paths);
  if (holder === null || holder.pid === null || !isProcessAlive(holder.pid, holder.identity)) return null;
  return { ...holder, pid: holder.pid };
}

function takeKernelLock(paths: WorkspacePaths): DatabaseSync | null {
  const database = new DatabaseSync(paths.lockDatabase, { timeout: CONTENTION_TIMEOUT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
}

function describeTakeover(former: LockHolder): string {
  return `took over from pid ${former.pid ?? 'unknown'}, which held the workspace since ${former.since ?? 'unknown'} and is gone`;
}

function refuseLivingHolder(holder: LockHolder | null): void {
  if (holder !== null && isOtherLivingProcess(holder)) throw new AlreadyRunning(holder);
}

function isOtherLivingProcess(holder: LockHolder): boolean {
  return holder.pid !== null && holder.pid !== process.pid && isProcessAlive(holder.pid, holder.identity);
}

/** The winner of a simultaneous start needs a moment to write its name. */
function waitForLivingHolder(paths: WorkspacePaths): LockHolder | null {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let polls = 0; polls < HOLDER_POLLS_MAXIMUM; polls++) {
    const holder = readLockHolder(paths);
    if (holder !== null && isOtherLivingProcess(holder)) return holder;
    Atomics.wait(pause, 0, 0, HOLDER_POLL_MS);
  }
  return null;
}

function lockText(owner: { readonly sessionId: string; readonly startedAt: string }): string {
  const identity = processIdentity(process.pid);
  const lines = [String(process.pid)];
  if (identity !== null) lines.push(`process_start=${identity}`);
  lines.push(`started_at=${owner.startedAt}`, `session_id=${owner.sessionId}`);
  return `${lines.join('\n')}\n`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // Nor is there one below what is no folder.
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
