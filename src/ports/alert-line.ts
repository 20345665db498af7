/**
 * The form of a line of `logs/alert.txt`: `[ISO time with ms, Z] LEVEL REASON: text`.
 *
 * Lines of any other form (written by hand, cut by a full disk) are no alerts.
 */

import type { AlertLevel } from './alert-channel.ts';

export interface AlertLine {
  /** Local UTC ms. */
  readonly timeMs: number;
  readonly level: AlertLevel;
  readonly reason: string;
  readonly text: string;
}

/** From the least to the most urgent. */
export const ALERT_LEVELS: readonly AlertLevel[] = ['info', 'warning', 'error', 'critical'];

const LINE =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] (critical|error|warning|info) ([a-z][a-z0-9_]*): (.*)$/;

/** Without its line break. */
export function formatAlertLine({ timeMs, level, reason, text }: AlertLine): string {
  return `[${new Date(timeMs).toISOString()}] ${level} ${reason}: ${text}`;
}

/** Returns null where `line` (without its line break) is no alert. */
export function parseAlertLine(line: string): AlertLine | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, time = '', level = '', reason = '', text = ''] = match;
  const timeMs = Date.parse(time);
  return Number.isNaN(timeMs) ? null : { timeMs, level: level as AlertLevel, reason, text };
}
