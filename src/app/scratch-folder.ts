/** A folder for what is thrown away at once: databases that a comparison or an export needs on the way. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Runs `work` with an empty folder of its own below `parent`, which is gone afterwards. */
export async function withScratchFolder<Result>(
  work: (folder: string) => Promise<Result>,
  parent: string = tmpdir(),
): Promise<Result> {
  const folder = mkdtempSync(path.join(parent, '.la-scratch-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
