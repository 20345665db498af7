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

const SESSION_ID = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{4}$/;

/** When a thing with that id was begun, ms UTC; null for a name that is none of {@link newSessionId}. */
export function sessionIdTimeMs(id: string): number | null {
  const [, year, month, day, hour, minute, second] = SESSION_ID.exec(id) ?? [];
  if (second === undefined) return null;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? null : timeMs;
}
