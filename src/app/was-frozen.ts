/** Tells a session that froze from one that died: what froze it may freeze a replay of it too. */

import type { WorkspacePaths } from '../session/workspace-paths.ts';
import { readHeartbeat } from './read-heartbeat.ts';

/** Whether its watchdog ended it and said so in its place. */
export function wasFrozen(sessionId: string, paths: WorkspacePaths): boolean {
  const last = readHeartbeat(paths.heartbeat);
  return last?.session_id === sessionId && last.state === 'ended' && last.reason === 'crashed';
}
