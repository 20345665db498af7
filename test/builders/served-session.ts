/** A session on disk and in memory for tests of the HTTP interface: real engine, real files, a market typed in by hand. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLogLines } from '../../src/app/log-lines.ts';
import { RecordsThread } from '../../src/app/records/records-thread.ts';
import { spellRows } from '../../src/app/row-spelling.ts';
import { writeSweep } from '../../src/app/sweep/sweep-document.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { lots, ticks } from '../../src/core/domain/units.ts';
import { limitOrder, marketOrder, type StrategyHandlers } from '../../src/core/strategy/strategy.ts';
import type { HeartbeatFields } from '../../src/ports/heartbeat-fields.ts';
import type { OperatorWish, SessionAccess } from '../../src/server/session-access.ts';
import { SessionReadModel } from '../../src/server/session-read-model.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/start-server.ts';
import { RecentLines } from '../../src/session/recent-lines.ts';
import { writeDocument } from '../../src/storage/document-file.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { Journal } from '../../src/storage/journal.ts';
import { createSessionFolder, type SessionFolder } from '../../src/storage/session-folder.ts';
import { sampleSweep } from './sample-sweep.ts';
import { BTCUSDT, START_MS, TestMarket, sessionStart } from './session.ts';

export const TOKEN = 'f'.repeat(64);

export const HEARTBEAT: HeartbeatFields = {
  ts: '2026-11-22T16:39:00.123Z',
  unix_ts: 1_795_365_540.123,
  pid: 1,
  session_id: 's1',
  state: 'running',
  reason: '<script>alert(1)</script>',
  symbol: 'BTCUSDT',
  elapsed: 12,
  remaining: null,
  equity: '10000',
  wallet_balance: '10000',
  unrealized_pnl: '0',
  position: '0',
  open_orders: 0,
  ram_mb: 80,
  cpu_percent: null,
  cpu_pct: null,
  event_loop_lag_ms: 0,
  clock_offset_ms: null,
  round_trip_ms: null,
  events: 7,
  errors: 0,
  feeds: { ticker: { state: 'connected', age_ms: 40, reconnects: 0, gaps: 0 } },
  dashboard_url: null,
};

/** Buys 0.01 at the start, rests a sell of half of it in the book, and asks for far too much once. */
const TRADING: StrategyHandlers = {
  onStart: () => [
    marketOrder(0, 'buy', lots(100), { tag: 'entry' }),
    limitOrder(0, 'sell', lots(50), ticks(1000_1), { tag: 'target' }),
    marketOrder(0, 'buy', lots(100_000_000)),
  ],
};

/** Feeds a book, prints and a bar: fills the market order, leaves the limit order in its queue. */
function playMarket(market: TestMarket): TestMarket {
  return market
    .mark(0, 1000_0)
    .book(0, [[1000_0, 500]], [[1000_1, 500]])
    .trade(400, 'buy', 1000_1, 20)
    .time(2_500)
    .bar(60_000, 0, 1000_2)
    .trade(61_000, 'sell', 1000_0, 7)
    .book(61_500, [[1000_0, 400]], [[1000_1, 300]])
    .time(62_000);
}

export interface ServedSession extends SessionAccess {
  readonly root: string;
  readonly market: TestMarket;
  readonly folder: SessionFolder;
  readonly lines: RecentLines;
  readonly wishes: OperatorWish[];
  heartbeat: HeartbeatFields;
  /** Null until a test lets the engine be there. */
  shown: SessionReadModel | null;
  close(): Promise<void>;
}

/** Serves a session on a free port of this machine, with {@link TOKEN}, logging nowhere, without the built dashboard. */
export function startTestServer(
  session: SessionAccess,
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  return startServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    session,
    logger: { log: () => undefined },
    dashboardFolder: null,
    ...options,
  });
}

/** Records `market` as the session of `start` in `root`, and gives access to it as a running one. */
export function serveSession(
  start: SessionStart = sessionStart({ session_id: 's1' }),
  handlers: StrategyHandlers = TRADING,
): ServedSession {
  const root = mkdtempSync(path.join(tmpdir(), 'served-'));
  const market = new TestMarket(start, handlers);
  const instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
  const shown = new SessionReadModel(market.engine, spellRows(instruments, start.strategy.name));
  playMarket(market);
  const folder = recordSession(root, start, market);
  shown.deliver(market.outputs);
  shown.observe(market.fed);
  const records = new RecordsThread({
    sessionsDirectory: path.join(root, 'sessions'),
    sweepsDirectory: path.join(root, 'sweeps'),
    runningId: start.session_id,
  });
  writeSweep(path.join(root, 'sweeps'), sampleSweep());
  const lines = new RecentLines();
  for (const [index, level] of ['info', 'warning', 'critical'].entries()) {
    lines.add(
      `${JSON.stringify({ level, ts: `2026-11-22T16:39:0${index}.000Z`, event: 'tested', number: index, msg: 'said' })}\n`,
    );
  }
  const session: ServedSession = {
    sessionId: start.session_id,
    programVersion: '0.0.0',
    root,
    market,
    folder,
    lines,
    wishes: [],
    heartbeat: HEARTBEAT,
    shown,
    logs: readLogLines(lines),
    records,
    status: () => session.heartbeat,
    model: () => session.shown,
    wish(wish) {
      session.wishes.push(wish);
      return true;
    },
    async close() {
      await records.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return session;
}

/** Writes a session that ended well into a workspace. */
function recordSession(root: string, start: SessionStart, market: TestMarket): SessionFolder {
  const iso = new Date(START_MS).toISOString();
  const folder = createSessionFolder(root, {
    version: 1,
    session_id: start.session_id,
    program_version: '0.0.0',
    node_version: 'v26',
    seed: start.seed,
    source: start.source,
    symbols: [BTCUSDT.symbol],
    strategy: start.strategy,
    config: {},
    started_at: iso,
    ended_at: iso,
    local_started_at: iso,
    local_ended_at: iso,
    stopped_reason: 'duration_reached',
    exit_code: 0,
    state_hash: null,
    events: market.fed.events,
    log_chain: null,
    is_resumable: false,
    compaction: null,
    engine_hash: null,
    strategy_hash: null,
    config_hash: null,
  });
  const log = FileEventLog.create(folder.eventsFolder);
  log.append(market.fed);
  log.close();
  const journal = Journal.open(folder.journalFile, start);
  journal.deliver(market.outputs);
  journal.close();
  writeDocument(folder.finalReportFile, {
    session_id: start.session_id,
    status: 'success',
    started_at: iso,
    ended_at: iso,
    pnl_absolute: '-0.1',
    pnl_percent: -0.001,
    trades: 0,
  });
  return folder;
}
