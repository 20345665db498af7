/** Shows the newest lines of the system log in the protocol's names. */

import { z } from 'zod';
import type { LogLine } from '../protocol/rows.ts';
import type { LogLines } from '../server/session-access.ts';
import type { RecentLine, RecentLines } from '../session/recent-lines.ts';

/** What every line has; the log writes nothing else. */
const lineSchema = z.looseObject({
  ts: z.iso.datetime(),
  level: z.enum(['debug', 'info', 'warning', 'error', 'critical']),
  event: z.string(),
  msg: z.string(),
});

export function readLogLines(recent: RecentLines): LogLines {
  return { after: (lineId) => recent.after(lineId).map(toLogLine) };
}

function toLogLine({ lineId, text }: RecentLine): LogLine {
  const { ts, level, event, msg, ...fields } = lineSchema.parse(JSON.parse(text));
  return { line_id: lineId, time_ms: Date.parse(ts), level, event, msg, fields };
}
