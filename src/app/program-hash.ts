/** Fingerprints of the code that decides what a log comes to: the program's core, and the user's own strategy. */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CORE = fileURLToPath(new URL('../core', import.meta.url));
const HASH_DIGITS = 16;

/** Of every source file of the core, tests left out; 16 hex digits. */
export function programHash(): string {
  const hash = createHash('sha256');
  const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replaceAll(path.sep, '/'))
    .toSorted();
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(path.join(CORE, file)));
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

/** Of the strategy's file; null for one that comes with the program. Limit: files that it imports are not looked at. */
export function strategyHash(strategy: string): string | null {
  if (!path.isAbsolute(strategy)) return null;
  return createHash('sha256').update(readFileSync(strategy)).digest('hex').slice(0, HASH_DIGITS);
}
