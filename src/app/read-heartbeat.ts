/** Reads the heartbeat that the session of another process wrote. */

import { readFileSync } from 'node:fs';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';

/** Returns null where there is none, or none that can be read as one. */
export function readHeartbeat(path: string): HeartbeatFields | null {
  try {
    const document: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isHeartbeat =
      typeof document === 'object' && document !== null && 'pid' in document && 'unix_ts' in document;
    return isHeartbeat ? (document as HeartbeatFields) : null;
  } catch {
    // Absent, or not ours: the lock file decides what runs here, this only describes it.
    return null;
  }
}
