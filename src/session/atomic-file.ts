/** Replaces a small file as a whole: a reader sees the old text or the new one, never a part. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes `text` beside `path` and renames it into place. `durable` also survives a loss of power, at the price of two
 * syncs. Throws what the file system throws; the old file then still stands.
 */
export function writeFileAtomically(
  path: string,
  text: string,
  options: { readonly durable: boolean; readonly mode?: number },
): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w', options.mode ?? 0o644);
    try {
      const bytes = Buffer.from(text, 'utf8');
      for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset);
      if (options.durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (options.durable) syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. A system that cannot sync directories (Windows) is left as it is. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
