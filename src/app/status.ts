/** `la status`: what runs in this workspace. The lock decides whether something does; the heartbeat describes it. */

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import { findRunningSession, readLockHolder } from '../session/instance-lock.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { printJson, printTable, type ProgramIo } from './program-io.ts';
import { readHeartbeat } from './read-heartbeat.ts';

/** Exit code of commands that need a running session and find none. */
export const NOTHING_RUNNING = 3;

/** A heartbeat older than this means that the process is frozen or starved. */
const HEARTBEAT_STALE_MS = 10_000;

/** Returns the exit code: 0 something runs here, 3 nothing does. */
export function showStatus(workspace: string, io: ProgramIo, nowMs: number): number {
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
  else printStatus(io, running.pid, running.since, own, nowMs);
  return 0;
}

function printStatus(
  io: ProgramIo,
  pid: number,
  since: string | null,
  heartbeat: HeartbeatFields | null,
  nowMs: number,
): void {
  if (heartbeat === null) {
    io.stdout.write(`A session is starting (pid ${pid}, since ${since ?? 'unknown'}).\n`);
    return;
  }
  const ageMs = nowMs - heartbeat.unix_ts * 1_000;
  printTable(io, [
    ['session', shown(heartbeat.session_id)],
    ['pid', `${pid}, since ${since ?? 'unknown'}`],
    ['state', heartbeat.reason === null ? heartbeat.state : `${heartbeat.state} (${heartbeat.reason})`],
    ['symbol', shown(heartbeat.symbol)],
    ['elapsed', `${shown(heartbeat.elapsed)} s`],
    ['remaining', heartbeat.remaining === null ? 'no end' : `${heartbeat.remaining} s`],
    ['equity', `${shown(heartbeat.equity)} USDT`],
    ['unrealized pnl', `${shown(heartbeat.unrealized_pnl)} USDT`],
    ['position', shown(heartbeat.position)],
    ['open orders', shown(heartbeat.open_orders)],
    ['liquidation', liquidationText(heartbeat)],
    ['memory', `${shown(heartbeat.ram_mb)} MiB`],
    ['feeds', feedsText(heartbeat)],
    ['dashboard', heartbeat.dashboard_url ?? 'off'],
    [
      'heartbeat',
      `${Math.max(0, ageMs / 1_000).toFixed(1)} s ago${ageMs > HEARTBEAT_STALE_MS ? ': the process does not answer' : ''}`,
    ],
  ]);
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
    ([name, { state, age_ms }]) => `${name} ${state}${age_ms === null ? '' : ` ${age_ms} ms`}`,
  );
  return feeds.length === 0 ? 'none' : feeds.join(', ');
}
