/**
 * Finds a session that ended without a word (kill -9, power loss), by what it left: its lock file and its last heartbeat.
 *
 * To be asked by the holder of the workspace, before its own first heartbeat. A lock file that names no session, without
 * any heartbeat, tells of no session.
 */

import { writeFileAtomic } from '../ports/atomic-file.ts';
import { type HeartbeatFields, heldText } from '../ports/heartbeat-fields.ts';
import type { LockHolder } from '../session/instance-lock.ts';

/** Returns a sentence for the alert; null where the last session reported its own end, or there was none. */
export function describeUnreportedEnd(
  former: LockHolder | null,
  heartbeat: HeartbeatFields | null,
): string | null {
  if (former === null && heartbeat === null) return null;
  const sessionId = former?.sessionId ?? heartbeat?.session_id ?? null;
  if (sessionId === null) return null;
  // The heartbeat of a session before that one says nothing about it.
  const own = heartbeat !== null && heartbeat.session_id === sessionId ? heartbeat : null;
  if (own?.state === 'ended') return null;
  const pid = former?.pid ?? own?.pid ?? 'unknown';
  return `session ${sessionId} (pid ${pid}) ended without a report; ${lastWords(own)}`;
}

/** Says of a session in its last heartbeat what it could not say any more, so that its end is told once. */
export function markEnded(path: string, last: HeartbeatFields): void {
  const fields = { ...last, state: 'ended', reason: 'crashed' };
  writeFileAtomic(path, `${JSON.stringify(fields, null, 2)}\n`);
}

/** What the last heartbeat of a session said, as half a sentence. */
export function lastWords(heartbeat: HeartbeatFields | null): string {
  if (heartbeat === null) return 'no heartbeat';
  const { ts, state, open_orders: orders, equity } = heartbeat;
  const position = heldText(heartbeat);
  const held =
    position === null
      ? ''
      : `, position ${position}, open orders ${orders ?? 'unknown'}, equity ${equity ?? 'unknown'}`;
  return `last heartbeat ${ts}, ${state}${held}`;
}
