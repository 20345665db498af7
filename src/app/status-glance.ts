/**
 * What `la status` tells a person besides the heartbeat: prices and the position from the session's own server, and the last
 * lines of its log. What cannot be had at once is left out.
 */

import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { z } from 'zod';
import { marketSchema, positionSchema } from '../protocol/rows.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';

/** A server that does not answer by then is told nothing of; the rest does not wait. */
const ANSWER_LIMIT_MS = 2_000;
/** Read from the end of the log; more than its last lines need. */
const TAIL_BYTES = 65_536;
const EVENTS_SHOWN = 6;

/** Events that say how the session goes; the rest is detail of how it does it. */
const TOLD_LEVELS: ReadonlySet<string> = new Set(['info', 'warning', 'error', 'critical']);
const UNTOLD_EVENTS: ReadonlySet<string> = new Set(['impact_penalty', 'slippage', 'time_offset']);

const lineSchema = z.looseObject({
  ts: z.iso.datetime(),
  level: z.string(),
  event: z.string(),
  msg: z.string(),
});

export interface StatusEvent {
  readonly ts: string;
  readonly level: string;
  readonly text: string;
}

export interface StatusGlance {
  readonly markets: readonly z.infer<typeof marketSchema>[];
  readonly positions: readonly z.infer<typeof positionSchema>[];
  readonly events: readonly StatusEvent[];
}

/** `url`: the session's server; null where it has none. */
export async function readStatusGlance(paths: WorkspacePaths, url: string | null): Promise<StatusGlance> {
  const rows = async <Row>(what: string, row: z.ZodType<Row>): Promise<readonly Row[]> => {
    if (url === null) return [];
    try {
      const response = await fetch(new URL(`/api/v1/${what}`, url), {
        headers: { authorization: `Bearer ${readFileSync(paths.apiToken, 'utf8').trim()}` },
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      return z.object({ rows: z.array(row) }).parse(await response.json()).rows;
    } catch {
      // It starts, ends, or is too busy: the heartbeat tells which.
      return [];
    }
  };
  const [markets, positions] = await Promise.all([
    rows('markets', marketSchema),
    rows('positions', positionSchema),
  ]);
  return { markets, positions, events: readLastEvents(paths.systemLog) };
}

/** The last lines worth a person's while, oldest first. */
export function readLastEvents(file: string): StatusEvent[] {
  // The first line of the piece may be cut; it is no JSON then.
  return lastEvents(readTail(file).split('\n'));
}

/** Of lines of the system log, the last ones worth a person's while, oldest first. */
export function lastEvents(lines: readonly string[]): StatusEvent[] {
  const events: StatusEvent[] = [];
  for (const line of lines.toReversed()) {
    const event = parseEvent(line);
    if (event !== null) events.unshift(event);
    if (events.length === EVENTS_SHOWN) break;
  }
  return events;
}

function parseEvent(line: string): StatusEvent | null {
  try {
    const { ts, level, event, msg, ...fields } = lineSchema.parse(JSON.parse(line));
    if (!TOLD_LEVELS.has(level) || UNTOLD_EVENTS.has(event)) return null;
    const details = ['symbol', 'side', 'quantity', 'price', 'state', 'reason', 'detail']
      .flatMap((name) => (typeof fields[name] === 'string' ? [`${name} ${fields[name]}`] : []))
      .join(', ');
    return { ts, level, text: printable(details === '' ? msg : `${msg} (${details})`) };
  } catch {
    return null;
  }
}

/** What a terminal would take for a command of its own is left out. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

/** The end of a file; '' where there is none. */
function readTail(file: string): string {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } catch {
    return '';
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
