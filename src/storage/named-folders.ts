/** Finds the folders of a workspace's directory by what they are called, and never looks anywhere else. */

import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { toStorageError } from './storage-error.ts';

/** Names that a session or a sweep can have; checked again here, because they come from outside. */
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Newest first: names sort by time. A directory that is not there holds none. Throws StorageError. */
export function listFolderNames(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && FOLDER_NAME.test(entry.name))
      .map((entry) => entry.name)
      .toSorted()
      .toReversed();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw toStorageError(error, `list ${directory}`);
  }
}

/**
 * The path of the folder with that name, or null. A name is looked up among those that are there, never joined to a path;
 * a link that leads out of the directory is no folder of it.
 */
export function findFolder(directory: string, name: string): string | null {
  if (!FOLDER_NAME.test(name)) return null;
  const known = listFolderNames(directory).find((each) => each === name);
  if (known === undefined) return null;
  const folder = path.join(directory, known);
  return realpathSync(folder) === path.join(realpathSync(directory), known) ? folder : null;
}
