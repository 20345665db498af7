/**
 * Tells whether a process id still means the process it once meant.
 *
 * A pid alone is recycled. On Linux the start time in clock ticks since boot (field 22 of /proc/PID/stat) together with
 * the boot id names one process for good; elsewhere the identity is null and any living process with the pid counts.
 */

import { readFileSync } from 'node:fs';

/** `bootId:startTicks`, or null where the system does not tell. */
export type ProcessIdentity = string;

interface ProcessStat {
  readonly state: string;
  readonly startTicks: string;
}

function readStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may itself hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startTicks = fields[19];
    return state === undefined || startTicks === undefined ? null : { state, startTicks };
  } catch {
    return null;
  }
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** Identity of a living process; null where unknown. */
export function processIdentity(pid: number): ProcessIdentity | null {
  const bootId = readBootId();
  const stat = readStat(pid);
  return bootId === null || stat === null ? null : `${bootId}:${stat.startTicks}`;
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Whether `pid` is alive and, where `identity` is known, is still that process. A stopped process is alive; one that has
 * ended but was not collected by its parent is not.
 */
export function isProcessAlive(pid: number, identity: ProcessIdentity | null): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !signalReaches(pid)) return false;
  const stat = readStat(pid);
  if (stat !== null && (stat.state === 'Z' || stat.state === 'X')) return false;
  if (identity === null) return true;
  const now = processIdentity(pid);
  return now === null || now === identity;
}
