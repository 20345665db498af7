/** Counts the files and sockets that this process holds open, against what the system allows it. Linux only. */

import { readFileSync, readdirSync } from 'node:fs';

export interface OpenFiles {
  readonly open: number;
  readonly limit: number;
}

/** Returns null where the system does not tell, or sets no limit. */
export function countOpenFiles(): OpenFiles | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    // The listing itself holds one descriptor open.
    return limit === undefined
      ? null
      : { open: readdirSync('/proc/self/fd').length - 1, limit: Number(limit) };
  } catch {
    return null;
  }
}
