/** The event log as a tool would read it: decompressed text, one JSON object a line, without any code of the program. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { Program } from './program.ts';

const LOOK_MS = 500;
const LOGGED_LIMIT_MS = 90_000;

const timed = {
  seq: z.int().nonnegative(),
  received_ms: z.int().positive(),
  exchange_ms: z.int().nullable(),
};
const level = z.tuple([z.string(), z.string()]);
const symbol = z.string();

const eventShape = z.discriminatedUnion('kind', [
  z.looseObject({ ...timed, kind: z.literal('session_started') }),
  z.looseObject({ ...timed, kind: z.literal('time_advanced') }),
  z.looseObject({
    ...timed,
    kind: z.literal('book_snapshot'),
    symbol,
    bids: z.array(level),
    asks: z.array(level),
  }),
  z.looseObject({
    ...timed,
    kind: z.literal('trade'),
    symbol,
    exchange_ms: z.int(),
    side: z.enum(['buy', 'sell']),
    price: z.string(),
    quantity: z.string(),
  }),
  z.looseObject({
    ...timed,
    kind: z.literal('bar'),
    symbol,
    open_ms: z.int(),
    length_ms: z.int(),
    open: z.string(),
    high: z.string(),
    low: z.string(),
    close: z.string(),
    volume: z.string(),
    history: z.boolean(),
    unconfirmed: z.boolean(),
    reconstructed: z.boolean(),
  }),
  z.looseObject({
    ...timed,
    kind: z.literal('book_tail'),
    symbol,
    bids: z.array(level),
    asks: z.array(level),
  }),
  z.looseObject({
    ...timed,
    kind: z.literal('mark_bar'),
    symbol,
    open_ms: z.int(),
    reconstructed: z.boolean(),
  }),
  z.looseObject({ ...timed, kind: z.literal('mark'), symbol, mark: z.string() }),
  z.looseObject({ ...timed, kind: z.literal('last_price'), symbol, price: z.string() }),
  z.looseObject({ ...timed, kind: z.literal('funding'), symbol }),
  z.looseObject({
    ...timed,
    kind: z.literal('feed'),
    feed: z.looseObject({ feed: z.string(), state: z.string() }),
  }),
  z.looseObject({ ...timed, kind: z.literal('clock'), offset_ms: z.number() }),
  z.looseObject({ ...timed, kind: z.literal('command') }),
  z.looseObject({ ...timed, kind: z.literal('quality') }),
]);

export type LoggedEvent = z.output<typeof eventShape>;
export type EventOf<Kind extends LoggedEvent['kind']> = Extract<LoggedEvent, { kind: Kind }>;

/** Reads every event of a session folder, in order; throws where a line is not what the contract says. */
export function readEvents(sessionFolder: string): LoggedEvent[] {
  const events = join(sessionFolder, 'events');
  return readdirSync(events)
    .toSorted()
    .map((name) => zstdDecompressSync(readFileSync(join(events, name))).toString('utf8'))
    .join('')
    .slice(0, -1)
    .split('\n')
    .map((line) => eventShape.parse(JSON.parse(line)));
}

export function eventsOf<Kind extends LoggedEvent['kind']>(
  events: readonly LoggedEvent[],
  kind: Kind,
): EventOf<Kind>[] {
  return events.filter((event): event is EventOf<Kind> => event.kind === kind);
}

/** Waits until the log of the running session of a workspace holds what `isWanted`. */
export async function waitUntilLogged(
  program: Program,
  workspace: string,
  what: string,
  isWanted: (events: readonly LoggedEvent[]) => boolean,
): Promise<void> {
  for (const fromMs = performance.now(); performance.now() - fromMs < LOGGED_LIMIT_MS;) {
    const hasEnded = program.process.exitCode !== null;
    if (isWanted(readWritten(join(workspace, 'runs/latest')))) return;
    if (hasEnded) break;
    await delay(LOOK_MS);
  }
  throw new Error(`no ${what} in the log; it said: ${program.stdout()}${program.stderr()}`);
}

/** Nothing while a frame is half written. */
function readWritten(sessionFolder: string): LoggedEvent[] {
  try {
    return readEvents(sessionFolder);
  } catch {
    return [];
  }
}
