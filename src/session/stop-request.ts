/**
 * How another process asks the running session to stop: `.agent/stop-request` holds the pid it means.
 *
 * A request for another pid was meant for a session that is gone and is dropped.
 */

import { readFileSync, rmSync } from 'node:fs';

import { writeFileAtomic } from '../ports/atomic-file.ts';

/** Asks the session of process `pid` to stop gracefully. */
export function writeStopRequest(path: string, pid: number): void {
  writeFileAtomic(path, `${pid}\n`, { durable: false });
}

/** Removes a request and returns whether it was meant for process `pid`. */
export function takeStopRequest(path: string, pid: number): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  rmSync(path, { force: true });
  return text.trim() === String(pid);
}
