/** `la status`: what runs in this workspace. The lock decides whether something does; the heartbeat describes it. */

import { type HeartbeatFields, heldText } from '../ports/heartbeat-fields.ts';
import type { Position } from '../protocol/rows.ts';
import { displayMoney, displaySpan } from '../report/display-text.ts';
import { findRunningSession, readLockHolder } from '../session/instance-lock.ts';
import { type WorkspacePaths, workspacePaths } from '../session/workspace-paths.ts';
import { printJson, printTable, type ProgramIo } from './program-io.ts';
import { readHeartbeat } from './read-heartbeat.ts';
import { readStatusGlance } from './status-glance.ts';
import { describePanel, findTroubles } from './terminal/session-panel.ts';
import { paintLine } from './terminal/terminal-line.ts';

/** Exit code of commands that need a running session and find none. */
export const NOTHING_RUNNING = 3;

/** A heartbeat older than this means that the process is frozen or starved. */
const HEARTBEAT_STALE_MS = 10_000;

/** Where a terminal does not tell its size. */
const COLUMNS_DEFAULT = 80;

/** Returns the exit code: 0 something runs here, 3 nothing does. */
export async function showStatus(workspace: string, io: ProgramIo, nowMs: number): Promise<number> {
  const paths = workspacePaths(workspace);
  const running = findRunningSession(paths);
  const heartbeat = readHeartbeat(paths.heartbeat);
  if (running === null) {
    const former = readLockHolder(paths);
    const left =
      former === null
        ? ''
        : ` (the lock file names pid ${former.pid ?? 'unknown'}, which is gone: the session did not end by itself)`;
    const sentence = `No session runs in ${paths.root}${left}.`;
    if (io.json) printJson(io, { running: false, message: sentence, last_heartbeat: heartbeat });
    else io.stdout.write(`${sentence}\n`);
    return NOTHING_RUNNING;
  }
  // A heartbeat of another process is from before this session's first one.
  const own = heartbeat !== null && heartbeat.pid === running.pid ? heartbeat : null;
  if (io.json) printJson(io, own ?? { pid: running.pid, session_id: running.sessionId, state: 'starting' });
  else await printStatus(io, paths, running, own, nowMs);
  return 0;
}

async function printStatus(
  io: ProgramIo,
  paths: WorkspacePaths,
  { pid, since }: { readonly pid: number; readonly since: string | null },
  heartbeat: HeartbeatFields | null,
  nowMs: number,
): Promise<void> {
  if (heartbeat === null) {
    io.stdout.write(`A session is starting (pid ${pid}, since ${since ?? 'unknown'}).\n`);
    return;
  }
  const { markets, positions, events } = await readStatusGlance(paths, heartbeat.dashboard_url);
  if (io.isTty) {
    const prices = markets.map(({ symbol, last_price: last }) => [symbol, last] as const);
    const troubles = troublesOf(heartbeat, nowMs);
    const facts = { heartbeat, prices, startingEquity: null, equityCurve: [], events, troubles };
    for (const line of describePanel(facts))
      io.stdout.write(`${paintLine(line, io.stdout.columns ?? COLUMNS_DEFAULT, io.color)}\n`);
    return;
  }
  const { elapsed, remaining } = heartbeat;
  const time = `${elapsed === null ? 'unknown' : displaySpan(elapsed)} gone, ${remaining === null ? 'no end' : `${displaySpan(remaining)} left`}`;
  printTable(io, [
    ['state', stateText(heartbeat)],
    ['health', healthText(heartbeat, nowMs)],
    ['session', `${shown(heartbeat.session_id)}, pid ${pid}, since ${since ?? 'unknown'}`],
    ['time', time],
    ...markets.map(({ symbol, last_price: last, mark_price: mark }) => [
      'price',
      `${symbol} ${shown(last)}, mark ${shown(mark)}`,
    ]),
    ...(positions.length > 0
      ? positions.map((position) => ['position', positionText(position)])
      : [['position', heldLine(heartbeat)]]),
    [
      'equity',
      `${displayMoney(heartbeat.equity)} USDT, unrealized pnl ${displayMoney(heartbeat.unrealized_pnl)}`,
    ],
    ['open orders', shown(heartbeat.open_orders)],
    ['liquidation', liquidationText(heartbeat)],
    ['feeds', feedsText(heartbeat)],
    [
      'machine',
      `memory ${shown(heartbeat.ram_mb)} MiB, CPU ${shown(heartbeat.cpu_percent)} %, errors ${shown(heartbeat.errors)}`,
    ],
    ['dashboard', heartbeat.dashboard_url ?? 'off'],
    ['heartbeat', `${(heartbeatAgeMs(heartbeat, nowMs) / 1_000).toFixed(1)} s ago`],
  ]);
  if (events.length === 0) return;
  io.stdout.write('\nlast events\n');
  for (const { ts, level, text } of events)
    io.stdout.write(`  ${ts.slice(11, 19)} ${level.padEnd(8)} ${text}\n`);
}

function stateText({ state, reason }: HeartbeatFields): string {
  return reason === null ? state : `${state} (${reason})`;
}

/** What a person should look at; `healthy` where there is nothing. */
function healthText(heartbeat: HeartbeatFields, nowMs: number): string {
  const troubles = troublesOf(heartbeat, nowMs);
  return troubles.length === 0 ? 'healthy' : troubles.join(', ');
}

function troublesOf(heartbeat: HeartbeatFields, nowMs: number): string[] {
  const isStale = heartbeatAgeMs(heartbeat, nowMs) > HEARTBEAT_STALE_MS;
  return [...(isStale ? ['the process does not answer'] : []), ...findTroubles(heartbeat)];
}

function heartbeatAgeMs(heartbeat: HeartbeatFields, nowMs: number): number {
  return Math.max(0, nowMs - heartbeat.unix_ts * 1_000);
}

function positionText({ symbol, quantity, average_price: entry, unrealized_pnl: pnl }: Position): string {
  return entry === null
    ? `${symbol} flat`
    : `${symbol} ${quantity} at ${entry}, unrealized pnl ${displayMoney(pnl)} USDT`;
}

/** From the heartbeat alone, where the session has no server. */
function heldLine(heartbeat: HeartbeatFields): string {
  const held = heldText(heartbeat);
  return (heartbeat.symbols?.length ?? 0) > 1 ? shown(held) : `${shown(heartbeat.symbol)} ${shown(held)}`;
}

function liquidationText({ margin }: HeartbeatFields): string {
  if (margin === undefined || margin === null) return 'nothing to liquidate';
  if (margin.liquidation_price === null) return 'at no price';
  const percent = margin.distance_percent === null ? '' : `, ${margin.distance_percent} % away`;
  const sigmas = margin.distance_sigmas === null ? '' : `, ${margin.distance_sigmas} hourly sigmas`;
  return `${margin.symbol} ${margin.side} at ${margin.liquidation_price}${percent}${sigmas}`;
}

function shown(value: string | number | null): string {
  return value === null ? 'unknown' : String(value);
}

function feedsText(heartbeat: HeartbeatFields): string {
  const feeds = Object.entries(heartbeat.feeds).map(
    ([name, { state, age_ms: ageMs }]) => `${name} ${state}${ageMs === null ? '' : ` ${ageMs} ms`}`,
  );
  return feeds.length === 0 ? 'none' : feeds.join(', ');
}
