/** The secret that HTTP writes need: 256 random bits in state/token, readable by the owner only. */

import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';

import { writeFileAtomic } from '../ports/atomic-file.ts';

const TOKEN_PATTERN = /^[0-9a-f]{64}$/;
const OWNER_ONLY = 0o600;

/** Returns the workspace's token, making one where none (or a damaged one) stands. Throws what the file system throws. */
export function loadApiToken(path: string): string {
  const present = readToken(path);
  if (present !== null) {
    chmodSync(path, OWNER_ONLY);
    return present;
  }
  const token = randomBytes(32).toString('hex');
  makeFolders(dirname(path));
  writeFileAtomic(path, `${token}\n`, { durable: true, mode: OWNER_ONLY });
  return token;
}

function readToken(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return TOKEN_PATTERN.test(text) ? text : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
