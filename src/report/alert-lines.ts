/** Picks the alerts of a session's time out of `logs/alert.txt`. */

import type { AlertLevel } from '../ports/alert-channel.ts';
import { parseAlertLine } from '../ports/alert-line.ts';

export interface AlertFacts {
  readonly time_ms: number;
  readonly level: AlertLevel;
  readonly reason: string;
  readonly text: string;
}

/** The alerts of the file's text from `fromMs` to `toMs`, both inclusive, in file order. */
export function parseAlertLines(text: string, fromMs: number, toMs: number): AlertFacts[] {
  const alerts: AlertFacts[] = [];
  for (const line of text.split('\n')) {
    const alert = parseAlertLine(line);
    if (alert === null || alert.timeMs < fromMs || alert.timeMs > toMs) continue;
    alerts.push({ time_ms: alert.timeMs, level: alert.level, reason: alert.reason, text: alert.text });
  }
  return alerts;
}
