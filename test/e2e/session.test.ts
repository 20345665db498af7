/** Whole sessions of the real program on the simulated venue: what they leave behind, and every way to end them. */

import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type FillRow,
  type FinalReport,
  type Heartbeat,
  type ReportDocument,
  finalReportShape,
  heartbeatShape,
  manifestShape,
  reportDocumentShape,
} from './support/contract-shapes.ts';
import { decimalText, divideUp, exact, sumExact } from './support/exact-decimal.ts';
import { type Ended, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  type LogLine,
  listSessions,
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const SIMULATED = ['run', '--source', 'simulated', '--seed', '5'] as const;
const BALANCE = '25000';

/** Two round trips, one short; orders that rest, are canceled, expire and are denied; an open position at the end. */
const SCRIPT = [
  { at: '1s', action: 'submit', id: 'long', side: 'buy', type: 'market', quantity: '0.05' },
  {
    at: '1500ms',
    action: 'submit',
    id: 'target',
    side: 'sell',
    type: 'limit',
    quantity: '0.02',
    price_offset_bps: 500,
    time_in_force: 'post_only',
    reduce_only: true,
  },
  { at: '3s', action: 'submit', id: 'half', side: 'sell', type: 'market', quantity: '0.02' },
  { at: '4s', action: 'cancel', id: 'target' },
  {
    at: '5s',
    action: 'submit',
    id: 'crossing',
    side: 'buy',
    type: 'limit',
    quantity: '0.01',
    price_offset_bps: -5,
    time_in_force: 'post_only',
  },
  { at: '6s', action: 'flatten' },
  {
    at: '8s',
    action: 'submit',
    id: 'short',
    side: 'sell',
    type: 'limit',
    quantity: '0.04',
    price_offset_bps: -5,
    time_in_force: 'ioc',
  },
  { at: '10s', action: 'submit', id: 'cover', side: 'buy', type: 'market', quantity: '0.04', reduce_only: true },
  { at: '11s', action: 'submit', id: 'huge', side: 'buy', type: 'market', quantity: '50' },
  {
    at: '12s',
    action: 'submit',
    id: 'bid',
    side: 'buy',
    type: 'limit',
    quantity: '0.01',
    price_offset_bps: 0,
  },
  {
    at: '12s',
    action: 'submit',
    id: 'ask',
    side: 'sell',
    type: 'limit',
    quantity: '0.01',
    price_offset_bps: 0,
  },
  { at: '18s', action: 'submit', id: 'last', side: 'buy', type: 'market', quantity: '0.03' },
];

/** A session that opens a position and holds it: its end has something to close. */
const HOLDING = [{ at: '1s', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' }];

interface EndedSession {
  readonly workspace: string;
  readonly folder: string;
  readonly ended: Ended;
  /** A heartbeat of its middle. */
  readonly beat: Heartbeat;
  readonly lock: string;
  readonly statusText: Ended;
  readonly statusJson: Ended;
  readonly report: FinalReport;
  readonly document: ReportDocument;
  readonly log: readonly LogLine[];
  readonly last: Heartbeat;
}

/** The session that most tests look at, from its first second to its files. */
async function holdSession(): Promise<EndedSession> {
  const workspace = makeWorkspace();
  const program = startProgram([
    ...SIMULATED,
    '--duration',
    '25s',
    '--balance',
    BALANCE,
    '--strategy',
    'scripted',
    '--params',
    writeScript(workspace, SCRIPT),
    '--dashboard',
    '127.0.0.1:0',
    '--workspace',
    workspace,
  ]);
  const beat = await waitUntilBeats(program, workspace, 'open position', ({ position }) => position === '0.05');
  const lock = readFileSync(join(workspace, '.agent/lockfile.pid'), 'utf8');
  const [statusText, statusJson] = await Promise.all([
    runProgram(['status', '--workspace', workspace]),
    runProgram(['--json', 'status', '-w', workspace]),
  ]);
  const ended = await program.ended;
  const folder = join(workspace, 'sessions', listSessions(workspace)[0] ?? '');
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  return {
    workspace,
    folder,
    ended,
    beat,
    lock,
    statusText,
    statusJson,
    report: finalReportShape.parse(readJson(join(folder, 'final_report.json'))),
    document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
    log: readSystemLog(workspace),
    last: readHeartbeat(workspace),
  };
}

let held: Promise<EndedSession>;

beforeAll(() => {
  held = holdSession();
  // Its failure belongs to the tests that await it.
  held.catch(() => {});
});

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** Starts a session that holds a position, without an end of its own. */
async function startHolding(): Promise<{ workspace: string; program: ReturnType<typeof startProgram>; beat: Heartbeat }> {
  const workspace = makeWorkspace();
  const program = startProgram([
    ...SIMULATED,
    '--duration',
    'forever',
    '--strategy',
    'scripted',
    '--params',
    writeScript(workspace, HOLDING),
    '--dashboard',
    'off',
    '--workspace',
    workspace,
  ]);
  const beat = await waitUntilBeats(program, workspace, 'open position', ({ position }) => position === '0.05');
  return { workspace, program, beat };
}

/** What every end that the process survives leaves. */
function expectOrderlyEnd(workspace: string, stoppedReason: string, exitCode: number): FinalReport {
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({ stopped_reason: stoppedReason, exit_code: exitCode, ledger_difference: '0' });
  expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', position: '0', open_orders: 0 });
  expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
  return report;
}

describe.concurrent('a running session', () => {
  test('ends gracefully at SIGTERM and keeps a second session out of its workspace', async () => {
    const { workspace, program, beat } = await startHolding();
    const second = await runProgram([...SIMULATED, '--duration', '5s', '--dashboard', 'off', '--workspace', workspace]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      new RegExp(`^Already running \\(pid ${beat.pid} since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\)\\n$`),
    );
    expect(second.stdout).toBe('');
    expect(listSessions(workspace)).toHaveLength(1);
    expect(readHeartbeat(workspace).pid).toBe(beat.pid);

    const askedMs = performance.now();
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
    expect(expectOrderlyEnd(workspace, 'signal', 0)).toMatchObject({ status: 'success', trades: 1 });
    // The one that was refused said so in the alerts; the one that ended cleanly did not.
    expect(readAlerts(workspace).map(({ level, reason }) => `${level} ${reason}`)).toEqual([
      'critical already_running',
    ]);
  });

  test('ends gracefully at SIGINT', async () => {
    const { workspace, program } = await startHolding();
    const askedMs = performance.now();
    program.process.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
    expect(expectOrderlyEnd(workspace, 'signal', 0)).toMatchObject({ status: 'success', trades: 1 });
    expect(readAlerts(workspace)).toEqual([]);
  });

  test('ends at "la stop", which returns when it has', async () => {
    const { workspace, program, beat } = await startHolding();
    const stop = await runProgram(['stop', '--workspace', workspace]);
    expect({ code: stop.code, stderr: stop.stderr }).toEqual({ code: 0, stderr: '' });
    expect(stop.stdout).toContain(beat.session_id);
    expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
    expect((await program.ended).code).toBe(0);
    expect(expectOrderlyEnd(workspace, 'stop_requested', 0)).toMatchObject({ status: 'success', trades: 1 });
    expect(readAlerts(workspace)).toEqual([]);
    for (const command of ['stop', 'kill', 'status']) {
      const idle = await runProgram([command, '--workspace', workspace]);
      expect(idle.code, command).toBe(3);
      expect(idle.stdout + idle.stderr).toMatch(/^No session runs in .*\n$/);
    }
    expect(existsSync(join(workspace, 'kill.txt'))).toBe(false);
  });

  test('is killed by kill.txt within two seconds, flat, and no other starts while the file is there', async () => {
    const { workspace, program } = await startHolding();
    writeFileSync(join(workspace, 'kill.txt'), '');
    const thrownMs = performance.now();
    const { code } = await program.ended;
    const tookMs = performance.now() - thrownMs;
    expect(code).toBe(99);
    expect(tookMs).toBeLessThan(2_000);
    expect(expectOrderlyEnd(workspace, 'kill_switch', 99)).toMatchObject({ status: 'killed', trades: 1 });
    expect(readAlerts(workspace).map(({ level, reason }) => `${level} ${reason}`)).toEqual(['critical kill_switch']);

    const refused = await runProgram([...SIMULATED, '--duration', '5s', '--dashboard', 'off', '--workspace', workspace]);
    expect(refused.code).toBe(99);
    expect(refused.durationMs).toBeLessThan(5_000);
    expect(listSessions(workspace)).toHaveLength(1);
    expect(readAlerts(workspace)).toHaveLength(2);

    rmSync(join(workspace, 'kill.txt'));
    const byVariable = await runProgram([...SIMULATED, '--duration', '5s', '--dashboard', 'off', '--workspace', workspace], {
      env: { LA_KILL_SWITCH: 'TRUE' },
    });
    expect(byVariable.code).toBe(99);
    expect(listSessions(workspace)).toHaveLength(1);
  });

  test('is killed by "la kill", whose file stays', async () => {
    const { workspace, program } = await startHolding();
    const kill = await runProgram(['kill', '--workspace', workspace]);
    expect(kill.code).toBe(0);
    expect((await program.ended).code).toBe(99);
    expectOrderlyEnd(workspace, 'kill_switch', 99);
    expect(existsSync(join(workspace, 'kill.txt'))).toBe(true);
  });

  test('that died without a word leaves its workspace free, and the next start tells of it', async () => {
    const { workspace, program, beat } = await startHolding();
    process.kill(beat.pid, 'SIGKILL');
    await program.ended;
    const status = await runProgram(['status', '--workspace', workspace]);
    expect(status.code).toBe(3);
    expect(status.stdout).toContain(String(beat.pid));
    const next = await runProgram([...SIMULATED, '--duration', '1s', '--dashboard', 'off', '--workspace', workspace]);
    expect(next.code).toBe(0);
    expect(listSessions(workspace)).toHaveLength(2);
    expectOrderlyEnd(workspace, 'duration_reached', 0);
    const [alert, ...others] = readAlerts(workspace);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ level: 'critical', reason: 'crashed' });
    expect(alert?.text).toContain(`pid ${beat.pid}`);
  });
});

describe('a session that ran its time', () => {
  test('ends with 0, names its report, and leaves no alert, no lock and no stop request', async () => {
    const { ended, workspace, folder, lock, beat } = await held;
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(ended.stdout).toContain(join(folder, 'report.html'));
    expect(lock.split('\n')[0]).toBe(String(beat.pid));
    expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
    expect(existsSync(join(workspace, '.agent/stop-request'))).toBe(false);
    expect(existsSync(join(workspace, 'logs/alert.txt'))).toBe(false);
  });

  test('leaves every file of the contract, and runs/latest points at it', async () => {
    const { workspace, folder } = await held;
    const files = ['session.json', 'events', 'journal.db', 'final_report.json', 'trades.csv', 'equity.csv', 'report.html'];
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(files));
    expect(lstatSync(join(workspace, 'runs/latest')).isSymbolicLink()).toBe(true);
    expect(realpathSync(join(workspace, 'runs/latest'))).toBe(realpathSync(folder));
    expect(readFileSync(join(folder, 'journal.db')).subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  test('beats with every field while it runs', async () => {
    const { beat, folder } = await held;
    expect(beat).toMatchObject({
      state: 'running',
      reason: null,
      symbol: 'BTCUSDT',
      position: '0.05',
      session_id: folder.split('/').at(-1),
      errors: 0,
      feeds: { kline: { state: 'connected', reconnects: 0, gaps: 0 }, ticker: { state: 'connected' } },
    });
    expect(Math.abs(beat.unix_ts * 1_000 - Date.parse(beat.ts))).toBeLessThan(1);
    expect(beat.cpu_pct).toBe(beat.cpu_percent);
    for (const field of ['ram_mb', 'cpu_percent', 'clock_offset_ms', 'round_trip_ms', 'events'] as const) {
      expect(beat[field], field).toBeTypeOf('number');
    }
    // The embedded venue runs on this machine's clock.
    expect(Math.abs(beat.clock_offset_ms ?? Number.NaN)).toBeLessThan(500);
    expect((beat.elapsed ?? 0) + (beat.remaining ?? 0)).toBeCloseTo(25, 1);
    expect(exact(beat.equity ?? '')).toBe(sumExact([beat.wallet_balance ?? '', beat.unrealized_pnl ?? '']));
    expect(beat.dashboard_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
  });

  test('beats a last time as ended, with the account of its report', async () => {
    const { last, report, beat } = await held;
    expect(last).toMatchObject({
      state: 'ended',
      reason: 'duration_reached',
      session_id: report.session_id,
      pid: beat.pid,
      remaining: 0,
      equity: report.ending_equity,
      wallet_balance: report.ending_equity,
      unrealized_pnl: '0',
      position: '0',
      open_orders: 0,
      events: report.events,
    });
  });

  test('is told by "la status" while it runs, and as gone afterwards', async () => {
    const { statusText, statusJson, beat, workspace } = await held;
    expect(statusText.code).toBe(0);
    expect(statusText.stdout).toContain(beat.session_id);
    expect(statusText.stdout).toContain('running');
    expect(statusJson.code).toBe(0);
    expect(heartbeatShape.parse(JSON.parse(statusJson.stdout))).toMatchObject({ pid: beat.pid, state: 'running' });
    const [text, json] = await Promise.all([
      runProgram(['status', '--workspace', workspace]),
      runProgram(['status', '--json', '--workspace', workspace]),
    ]);
    expect([text.code, json.code]).toEqual([3, 3]);
    expect(text.stdout).toMatch(/^No session runs in .*\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ running: false });
  });

  test('reports itself as a success, with numbers that agree with one another', async () => {
    const { report, document } = await held;
    expect(report).toMatchObject({
      status: 'success',
      stopped_reason: 'duration_reached',
      exit_code: 0,
      symbol: 'BTCUSDT',
      strategy: 'scripted',
      source: 'simulated',
      seed: 5,
      starting_equity: BALANCE,
      orders_denied: 1,
      reconnects: 0,
      gaps: 0,
      error_count: 0,
      liquidations: 0,
      ledger_difference: '0',
    });
    expect(document.report).toEqual(report);
    const elapsedMs = Date.parse(report.ended_at) - Date.parse(report.started_at);
    expect(report.duration_seconds).toBe(elapsedMs / 1_000);
    expect(elapsedMs).toBeGreaterThanOrEqual(25_000);
    expect(elapsedMs).toBeLessThan(34_000);
    expect(exact(report.pnl_absolute)).toBe(exact(report.ending_equity) - exact(report.starting_equity));
    expect(report.pnl_percent).toBeCloseTo((100 * Number(report.pnl_absolute)) / Number(BALANCE), 5);
    expect(report.band.realistic).toBe(report.pnl_absolute);
    expect(report.trades).toBe(report.wins + report.losses);
    expect(report.win_rate).toBeCloseTo(report.wins / report.trades, 9);
    expect(report.fills).toBe(document.fills.length);
    for (const [field, cost] of [
      ['spread_cost', 'spread_cost'],
      ['impact_cost', 'impact_cost'],
      ['latency_cost', 'latency_cost'],
    ] as const) {
      expect(exact(report[field] ?? ''), field).toBe(sumExact(document.fills.map((fill) => fill[cost] ?? '')));
    }
  });

  test('explains its money: fills, fees and ledger give the same wallet to the last digit', async () => {
    const { document, report, workspace } = await held;
    const { fills, ledger } = document;
    const entries = (kind: string): typeof ledger => ledger.filter((entry) => entry.kind === kind);
    expect(entries('deposit').map(({ amount }) => amount)).toEqual([BALANCE]);
    expect(sumExact(ledger.map(({ amount }) => amount))).toBe(exact(report.ending_equity));

    // Flat at both ends, so what was sold less what was bought is what was realized.
    const signed = fills.map((fill) => (fill.side === 'sell' ? notional(fill) : -notional(fill)));
    expect(sumOf(fills.map((fill) => (fill.side === 'buy' ? exact(fill.quantity) : -exact(fill.quantity))))).toBe(0n);
    expect(sumExact(entries('realized_pnl').map(({ amount }) => amount))).toBe(sumOf(signed));

    const byFill = new Map(entries('fee').map((entry) => [entry.fill_id, entry.amount]));
    expect(byFill.size).toBe(fills.length);
    for (const fill of fills) {
      expect(fill.fee_rate).toBe(fill.liquidity === 'maker' ? '0.0002' : '0.0006');
      const fee = divideUp(notional(fill) * exact(fill.fee_rate), 10n ** 8n);
      expect(decimalText(exact(fill.fee)), fill.fill_id).toBe(decimalText(fee));
      expect(exact(byFill.get(fill.fill_id) ?? '0'), fill.fill_id).toBe(-fee);
    }
    expect(exact(report.fees_paid)).toBe(sumExact(fills.map(({ fee }) => fee)));
    expect(exact(report.funding_paid)).toBe(-sumExact(entries('funding').map(({ amount }) => amount)));
    expect(readJson(join(workspace, 'state/account.json'))).toBeTypeOf('object');
    expect(readFileSync(join(workspace, 'state/account.json'), 'utf8')).toContain(`"${report.ending_equity}"`);
  });

  test('tells what became of each scripted order', async () => {
    const { document, report } = await held;
    const became = new Map(document.orders.map((order) => [order.client_order_id, `${order.status} ${order.reason}`]));
    expect(Object.fromEntries(became)).toMatchObject({
      long: 'filled null',
      target: 'canceled cancel_requested',
      half: 'filled null',
      crossing: 'expired post_only_would_cross',
      short: 'filled null',
      cover: 'filled null',
      huge: 'denied leverage',
      last: 'filled null',
    });
    expect(document.denials).toHaveLength(1);
    expect(document.denials[0]).toMatchObject({ client_order_id: 'huge', reason: 'leverage', quantity: '50' });
    for (const order of document.orders) {
      const fills = document.fills.filter(({ order_id: id }) => id === order.order_id);
      const quantity = sumExact(fills.map((fill) => fill.quantity));
      expect(exact(order.filled_quantity), order.order_id).toBe(quantity);
      if (order.status === 'filled') expect(order.filled_quantity).toBe(order.quantity);
      if (order.arrival_time_ms !== null) expect(order.arrival_time_ms - order.decision_time_ms).toBe(100);
    }
    const [startMs, endMs] = [Date.parse(report.started_at), Date.parse(report.ended_at)];
    for (const fill of document.fills) {
      expect(fill.time_ms).toBeGreaterThanOrEqual(fill.arrival_time_ms);
      expect(fill.time_ms).toBeGreaterThanOrEqual(startMs);
      expect(fill.time_ms).toBeLessThanOrEqual(endMs);
      expect(fill.model).toBe('book');
    }
  });

  test('lists its round trips in trades.csv, which add up to its profit', async () => {
    const { folder, report, workspace } = await held;
    const text = readFileSync(join(folder, 'trades.csv'), 'utf8');
    const rows = readCsv(text);
    expect(text.split('\n')[0]).toBe(
      'trade_id,symbol,side,quantity,entry_time,entry_price,exit_time,exit_price,exit_reason,gross_pnl,fees,funding,net_pnl,r_multiple,bars_held,strategy',
    );
    expect(rows.length).toBe(report.trades);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(rows.map(({ side }) => side)).toEqual(expect.arrayContaining(['long', 'short']));
    for (const row of rows) {
      expect(row).toMatchObject({ symbol: 'BTCUSDT', strategy: 'scripted' });
      const [gross, fees, funding] = [exact(row['gross_pnl'] ?? ''), exact(row['fees'] ?? ''), exact(row['funding'] ?? '')];
      expect(exact(row['net_pnl'] ?? ''), row['trade_id']).toBe(gross - fees + funding);
      expect(Date.parse(row['exit_time'] ?? '')).toBeGreaterThanOrEqual(Date.parse(row['entry_time'] ?? ''));
    }
    const net = rows.map((row) => row['net_pnl'] ?? '');
    expect(sumExact(net)).toBe(exact(report.pnl_absolute));
    expect(net.filter((amount) => exact(amount) > 0n)).toHaveLength(report.wins);
    const printed = await runProgram(['report', report.session_id, '--format', 'csv', '--workspace', workspace]);
    expect(printed.stdout).toBe(text);
  });

  test('samples its equity in equity.csv, from which the drawdown follows', async () => {
    const { folder, report, document } = await held;
    const rows = readCsv(readFileSync(join(folder, 'equity.csv'), 'utf8'));
    expect(rows.map((row) => ({ ...row, time_ms: Number(row['time_ms']) }))).toEqual(
      document.equity.map((point) => ({ ...point, time: new Date(point.time_ms).toISOString() })),
    );
    expect(rows.length).toBeGreaterThanOrEqual(25);
    expect(rows.at(-1)).toMatchObject({ equity: report.ending_equity, position: '0' });
    let peak = exact(report.starting_equity);
    let drawdown = 0n;
    for (const { equity } of document.equity) {
      const value = exact(equity);
      if (value > peak) peak = value;
      if (peak - value > drawdown) drawdown = peak - value;
    }
    expect(exact(report.max_drawdown)).toBe(drawdown);
  });

  test('keeps a manifest with its start, its end and its state hash', async () => {
    const { folder, report } = await held;
    const manifest = manifestShape.parse(readJson(join(folder, 'session.json')));
    expect(manifest).toMatchObject({
      session_id: report.session_id,
      seed: 5,
      source: 'simulated',
      symbols: ['BTCUSDT'],
      started_at: report.started_at,
      ended_at: report.ended_at,
      stopped_reason: 'duration_reached',
      exit_code: 0,
      state_hash: report.state_hash,
    });
    expect(report.state_hash).not.toBeNull();
    expect(manifest.config).toMatchObject({ duration: '25s', balance: BALANCE, strategy: 'scripted', leverage: 5 });
  });

  test('logs the lines that scripts look for, one JSON object each', async () => {
    const { log, document } = await held;
    const lines = (msg: string): LogLine[] => log.filter((line) => line.msg === msg);
    expect(lines('Connected to Kline WS')).toHaveLength(1);
    expect(lines('Connected to Ticker WS')).toHaveLength(1);
    expect(lines('WARMUP_COMPLETE')).toHaveLength(1);
    expect(lines('WARMUP_COMPLETE')[0]?.['bars']).toBeGreaterThanOrEqual(100);
    const offsets = lines('Time offset');
    expect(offsets.length).toBeGreaterThanOrEqual(1);
    for (const line of offsets) {
      expect(line['offset_ms']).toBeTypeOf('number');
      expect(line['round_trip_ms']).toBeTypeOf('number');
    }
    const takers = document.fills.filter(({ liquidity }) => liquidity === 'taker');
    expect(takers.length).toBeGreaterThanOrEqual(6);
    for (const [msg, cost] of [
      ['Impact Penalty', 'impact_cost'],
      ['Slippage', 'slippage_cost'],
    ] as const) {
      expect(lines(msg).map((line) => [line['fill_id'], line['usdt']])).toEqual(
        takers.map((fill) => [fill.fill_id, fill[cost]]),
      );
      for (const line of lines(msg)) expect(line['bps']).toBeTypeOf('number');
    }
    expect(log.filter(({ level }) => level === 'error' || level === 'critical')).toEqual([]);
  });

  test('draws a report that opens without a network', async () => {
    const { folder, report } = await held;
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain(report.session_id);
    expect(page).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\/|@import|<link\b|url\(\s*["']?https?:/i);
  });

  test('keeps an event log that a zstd tool can read: every event, numbered without a hole', async () => {
    const { folder, report } = await held;
    const segments = readdirSync(join(folder, 'events')).toSorted();
    const text = segments
      .map((name) => zstdDecompressSync(readFileSync(join(folder, 'events', name))).toString('utf8'))
      .join('');
    const events = text
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; kind: string });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    expect(events).toHaveLength(report.events);
    expect(events[0]?.kind).toBe('session_started');
  });

  test('carries its account into the next session of the workspace, unless a fresh one is wished', async () => {
    const { workspace, report } = await held;
    const run = async (...options: string[]): Promise<FinalReport> => {
      const { stdout, code } = await runProgram([
        ...SIMULATED,
        '--json',
        '--duration',
        '1s',
        '--dashboard',
        'off',
        '--workspace',
        workspace,
        ...options,
      ]);
      expect(code).toBe(0);
      return finalReportShape.parse(JSON.parse(stdout));
    };
    expect(await run()).toMatchObject({ starting_equity: report.ending_equity, pnl_absolute: '0', ledger_difference: '0' });
    expect(await run('--fresh', '--balance', '123.45')).toMatchObject({ starting_equity: '123.45' });
  });
});

function notional(fill: FillRow): bigint {
  const product = exact(fill.price) * exact(fill.quantity);
  // Ticks and lots together fit the money grid, so nothing is lost.
  expect(product % 10n ** 8n).toBe(0n);
  return product / 10n ** 8n;
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** Reads a CSV without quoted cells into objects by header. */
function readCsv(text: string): Record<string, string>[] {
  expect(text.endsWith('\n')).toBe(true);
  const [header = '', ...lines] = text.slice(0, -1).split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    expect(cells).toHaveLength(names.length);
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}
