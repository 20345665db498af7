/** Reads `logs/alert.txt` back: lines `[ISO time] LEVEL REASON: text`. Lines of any other shape are not alerts. */

import type { AlertLevel } from '../ports/alert-channel.ts';

export interface AlertFacts {
  readonly time_ms: number;
  readonly level: AlertLevel;
  readonly reason: string;
  readonly text: string;
}

const LINE =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] (critical|error|warning|info) ([a-z][a-z0-9_]*): (.*)$/;

/** The alerts of the file's text from `fromMs` to `toMs`, both inclusive, in file order. */
export function parseAlertLines(text: string, fromMs: number, toMs: number): AlertFacts[] {
  const alerts: AlertFacts[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, time = '', level = '', reason = '', message = ''] = match;
    const timeMs = Date.parse(time);
    if (timeMs < fromMs || timeMs > toMs) continue;
    alerts.push({ time_ms: timeMs, level: level as AlertLevel, reason, text: message });
  }
  return alerts;
}
