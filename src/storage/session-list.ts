/** Finds the sessions of a workspace by what they are called, and never looks anywhere else. */

import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { SessionFolder } from './session-folder.ts';
import { toStorageError } from './storage-error.ts';

/** Names that can be a session's; checked again here, because they come from outside. */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Ids of the workspace's sessions, newest first (they sort by time). A workspace without any gives none. */
export function listSessionIds(sessionsDirectory: string): string[] {
  try {
    return readdirSync(sessionsDirectory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && SESSION_ID.test(entry.name))
      .map((entry) => entry.name)
      .toSorted()
      .toReversed();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw toStorageError(error, `list the sessions in ${sessionsDirectory}`);
  }
}

/**
 * The folder of the session with that id, or null. An id is looked up among the names that are there, never joined to a
 * path; a link that leads out of the workspace is no session.
 */
export function findSessionFolder(sessionsDirectory: string, id: string): SessionFolder | null {
  if (!SESSION_ID.test(id)) return null;
  const known = listSessionIds(sessionsDirectory).find((each) => each === id);
  if (known === undefined) return null;
  const folder = path.join(sessionsDirectory, known);
  const isInside = realpathSync(folder) === path.join(realpathSync(sessionsDirectory), known);
  return isInside ? new SessionFolder(folder) : null;
}
