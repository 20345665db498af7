/** Times as people read them, always UTC, as in every report; and spans of time in the unit that fits. */

import { UNKNOWN_TEXT } from './amount-text.ts';

/** `22:51:03`, or `22:51:03.120` with milliseconds. */
export function clockText(timeMs: number | null | undefined, withMs = false): string {
  if (timeMs === null || timeMs === undefined) return UNKNOWN_TEXT;
  return new Date(timeMs).toISOString().slice(11, withMs ? 23 : 19);
}

/** `2026-11-22 22:51:03`. */
export function dateTimeText(timeMs: number | null | undefined, withMs = false): string {
  if (timeMs === null || timeMs === undefined) return UNKNOWN_TEXT;
  return new Date(timeMs)
    .toISOString()
    .slice(0, withMs ? 23 : 19)
    .replace('T', ' ');
}

/** `00:09:54`, with days in front where there are any: `3 d 00:09:54`. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN_TEXT;
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return days === 0 ? clock : `${days} d ${clock}`;
}

/** An age or a latency, ms: `40 ms`, `2.4 s`, `12 min`, `3.1 h`. */
export function spanText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN_TEXT;
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(ms)} ms`;
  if (size < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (size < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
