/** Finds the session that a command names, and tells whether it is over. */

import path from 'node:path';
import { findRunningSession } from '../session/instance-lock.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { type SessionFolder, resolveSession } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { ProgramIo } from './program-io.ts';

/** Exit code where the operand names no session. */
export const NO_SUCH_SESSION = 2;

/** Returns the folder; null where `operand` names none, which is then said. */
export function findSession(workspace: string, operand: string, io: ProgramIo): SessionFolder | null {
  try {
    return resolveSession(workspacePaths(workspace).root, operand, process.cwd());
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return null;
  }
}

/** Whether the session is being held now, by a living process of the workspace that its folder lies in. */
export function isSessionRunning(folder: SessionFolder): boolean {
  const sessions = path.dirname(path.resolve(folder.path));
  if (path.basename(sessions) !== 'sessions') return false;
  return findRunningSession(workspacePaths(path.dirname(sessions)))?.sessionId === folder.id;
}
