/** Names sessions: by their start, so that names sort by time. */

import { randomBytes } from 'node:crypto';

/** Sorts by time and cannot collide in practice: UTC to the second and two random bytes. */
export function newSessionId(nowMs: number): string {
  const stamp = new Date(nowMs)
    .toISOString()
    .slice(0, 19)
    .replaceAll('-', '')
    .replaceAll(':', '')
    .replace('T', '-');
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}
