/** Makes a folder with those above it. Assumes that nobody takes them away meanwhile. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A folder that is there is fine. Throws what the file system throws; not left to Node's own recursion, which never returns
 * where a folder is there and yet answers ENOENT to what is made in it, as /proc does.
 */
export function makeFolders(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST' && isFolder(folder)) return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || isFolder(parent)) throw error;
    makeFolders(parent);
    makeFolders(folder);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
