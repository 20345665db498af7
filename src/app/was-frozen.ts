/**
 * Tells a session that froze from one that died or failed: what froze it may freeze a replay of it too.
 *
 * Its watchdog leaves a mark with its id before it does anything else (`loop-watchdog-worker.ts`); a replay that came to its
 * end takes the mark away.
 */

import { readFileSync, rmSync } from 'node:fs';
import type { WorkspacePaths } from '../session/workspace-paths.ts';

/** Whether this session was frozen when its watchdog ended it, and was not brought back since. */
export function wasFrozen(sessionId: string, { frozenMark }: Pick<WorkspacePaths, 'frozenMark'>): boolean {
  try {
    return readFileSync(frozenMark, 'utf8').trim() === sessionId;
  } catch {
    // No mark, or none that can be read: a session that died like any other.
    return false;
  }
}

/** It was brought back: whatever froze it did not freeze its replay. */
export function forgetFrozen({ frozenMark }: Pick<WorkspacePaths, 'frozenMark'>): void {
  rmSync(frozenMark, { force: true });
}
