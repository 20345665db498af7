/** A whole session of the real program on the simulated venue: every file it leaves, field by field. */

import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type FillRow,
  type FinalReport,
  type OrderRow,
  finalReportShape,
  heartbeatShape,
  manifestShape,
} from './support/contract-shapes.ts';
import { BALANCE, DURATION_S, holdEventfulSession } from './support/eventful-session.ts';
import { decimalText, divideUp, exact, sumExact } from './support/exact-decimal.ts';
import { endPrograms, runProgram, words } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import { type LogLine, readJson, removeWorkspaces } from './support/workspace.ts';

/** From the start of the program to the report: the session, its start and its end. */
const SESSION_LIMIT_MS = 120_000;
/** Of `exchange.request_latency`, by default. */
const REQUEST_LATENCY_MS = 100;

const TRADES_HEADER =
  'trade_id,symbol,side,quantity,entry_time,entry_price,exit_time,exit_price,exit_reason,gross_pnl,fees,funding,net_pnl,r_multiple,bars_held,strategy';

const eventfulSession = shareSession(holdEventfulSession);

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe('a session that ran its time', { timeout: SESSION_LIMIT_MS }, () => {
  test('ends with 0, names its report, and leaves no alert, no lock and no stop request', async () => {
    const { ended, workspace, folder, lock, beat } = await eventfulSession();
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(ended.stdout).toContain(join(folder, 'report.html'));
    expect(lock.split('\n')[0]).toBe(String(beat.pid));
    expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
    expect(existsSync(join(workspace, '.agent/stop-request'))).toBe(false);
    expect(existsSync(join(workspace, 'logs/alert.txt'))).toBe(false);
  });

  test('leaves every file of the contract, and runs/latest points at it', async () => {
    const { workspace, folder } = await eventfulSession();
    const files = [
      'session.json',
      'events',
      'journal.db',
      'final_report.json',
      'trades.csv',
      'equity.csv',
      'report.html',
    ];
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(files));
    expect(lstatSync(join(workspace, 'runs/latest')).isSymbolicLink()).toBe(true);
    expect(realpathSync(join(workspace, 'runs/latest'))).toBe(realpathSync(folder));
    expect(readFileSync(join(folder, 'journal.db')).subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  test('beats with every field while it runs', async () => {
    const { beat, folder } = await eventfulSession();
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
    const measured = ['ram_mb', 'cpu_percent', 'clock_offset_ms', 'round_trip_ms', 'events'] as const;
    expect(measured.filter((field) => typeof beat[field] !== 'number')).toEqual([]);
    // The embedded venue runs on this machine's clock.
    expect(Math.abs(beat.clock_offset_ms ?? Number.NaN)).toBeLessThan(500);
    expect((beat.elapsed ?? 0) + (beat.remaining ?? 0)).toBeCloseTo(DURATION_S, 1);
    expect(exact(beat.equity ?? '')).toBe(sumExact([beat.wallet_balance ?? '', beat.unrealized_pnl ?? '']));
    expect(beat.dashboard_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
  });

  test('beats a last time as ended, with the account of its report', async () => {
    const { last, report, beat } = await eventfulSession();
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
    const { statusText, statusJson, beat, workspace } = await eventfulSession();
    expect(statusText.code).toBe(0);
    expect(statusText.stdout).toContain(beat.session_id);
    expect(statusText.stdout).toContain('running');
    expect(statusJson.code).toBe(0);
    expect(heartbeatShape.parse(JSON.parse(statusJson.stdout))).toMatchObject({
      pid: beat.pid,
      state: 'running',
    });
    const [text, json] = await Promise.all([
      runProgram(words(`status --workspace ${workspace}`)),
      runProgram(words(`status --json --workspace ${workspace}`)),
    ]);
    expect([text.code, json.code]).toEqual([3, 3]);
    expect(text.stdout).toMatch(/^No session runs in .*\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ running: false });
  });

  test('reports itself as a success, with numbers that agree with one another', async () => {
    const { report, document } = await eventfulSession();
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
    expect(elapsedMs).toBeGreaterThanOrEqual(DURATION_S * 1_000);
    // A stop may wait eight seconds for its closing fills.
    expect(elapsedMs).toBeLessThan((DURATION_S + 9) * 1_000);
    expect(exact(report.pnl_absolute)).toBe(exact(report.ending_equity) - exact(report.starting_equity));
    expect(report.pnl_percent).toBeCloseTo((100 * Number(report.pnl_absolute)) / Number(BALANCE), 5);
    expect(report.band.realistic).toBe(report.pnl_absolute);
    expect([report.band.optimistic, report.band.pessimistic]).not.toContain(null);
    expect(report.trades).toBe(report.wins + report.losses);
    expect(report.win_rate).toBeCloseTo(report.wins / report.trades, 9);
    expect(report.fills).toBe(document.fills.length);
    for (const cost of ['spread_cost', 'impact_cost', 'latency_cost'] as const) {
      const sum = sumExact(document.fills.map((fill) => fill[cost] ?? ''));
      expect({ cost, amount: report[cost] }).toEqual({ cost, amount: decimalText(sum) });
    }
  });

  test('explains its money: fills, fees and ledger give the same wallet to the last digit', async () => {
    const { document, report, workspace } = await eventfulSession();
    const { fills, ledger } = document;
    const entries = (kind: string): typeof ledger => ledger.filter((entry) => entry.kind === kind);
    expect(entries('deposit').map(({ amount }) => amount)).toEqual([BALANCE]);
    expect(sumExact(ledger.map(({ amount }) => amount))).toBe(exact(report.ending_equity));

    // Flat at both ends, so what was sold less what was bought is what was realized.
    const signed = fills.map((fill) => (fill.side === 'sell' ? notional(fill) : -notional(fill)));
    expect(
      sumOf(fills.map((fill) => (fill.side === 'buy' ? exact(fill.quantity) : -exact(fill.quantity)))),
    ).toBe(0n);
    expect(sumExact(entries('realized_pnl').map(({ amount }) => amount))).toBe(sumOf(signed));

    const byFill = new Map(entries('fee').map((entry) => [entry.fill_id, entry.amount]));
    expect(byFill.size).toBe(fills.length);
    for (const fill of fills) {
      expect(fill.fee_rate).toBe(fill.liquidity === 'maker' ? '0.0002' : '0.0006');
      const fee = divideUp(notional(fill) * exact(fill.fee_rate), 10n ** 8n);
      expect(decimalText(exact(fill.fee))).toBe(decimalText(fee));
      expect(byFill.get(fill.fill_id)).toBe(decimalText(-fee));
    }
    expect(exact(report.fees_paid)).toBe(sumExact(fills.map(({ fee }) => fee)));
    expect(exact(report.funding_paid)).toBe(-sumExact(entries('funding').map(({ amount }) => amount)));
    expect(readJson(join(workspace, 'state/account.json'))).toBeTypeOf('object');
    expect(readFileSync(join(workspace, 'state/account.json'), 'utf8')).toContain(
      `"${report.ending_equity}"`,
    );
  });

  test('tells what became of each scripted order', async () => {
    const { document, report } = await eventfulSession();
    const became = new Map(
      document.orders.map((order) => [order.client_order_id, `${order.status} ${order.reason}`]),
    );
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
    expect(document.denials[0]).toMatchObject({
      client_order_id: 'huge',
      reason: 'leverage',
      quantity: '50',
    });
    for (const order of document.orders) {
      const fills = document.fills.filter(({ order_id: id }) => id === order.order_id);
      expect(decimalText(sumExact(fills.map((fill) => fill.quantity)))).toBe(order.filled_quantity);
    }
    const ofStatus = (status: string): OrderRow[] =>
      document.orders.filter((order) => order.status === status);
    for (const order of ofStatus('filled')) expect(order.filled_quantity).toBe(order.quantity);
    const sent = document.orders.filter(({ arrival_time_ms: arrivalMs }) => arrivalMs !== null);
    expect(sent).toHaveLength(document.orders.length - ofStatus('denied').length);
    for (const { arrival_time_ms: arrivalMs, decision_time_ms: decisionMs } of sent) {
      expect((arrivalMs ?? 0) - decisionMs).toBe(REQUEST_LATENCY_MS);
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
    const { folder, report, workspace } = await eventfulSession();
    const text = readFileSync(join(folder, 'trades.csv'), 'utf8');
    const rows = readCsv(text);
    expect(text.split('\n')[0]).toBe(TRADES_HEADER);
    expect(rows.length).toBe(report.trades);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(rows.map(({ side }) => side)).toEqual(expect.arrayContaining(['long', 'short']));
    for (const row of rows) {
      expect(row).toMatchObject({ symbol: 'BTCUSDT', strategy: 'scripted' });
      const [gross, fees, funding] = [
        exact(row['gross_pnl'] ?? ''),
        exact(row['fees'] ?? ''),
        exact(row['funding'] ?? ''),
      ];
      expect(exact(row['net_pnl'] ?? '')).toBe(gross - fees + funding);
      expect(Date.parse(row['exit_time'] ?? '')).toBeGreaterThanOrEqual(Date.parse(row['entry_time'] ?? ''));
    }
    const net = rows.map((row) => row['net_pnl'] ?? '');
    expect(sumExact(net)).toBe(exact(report.pnl_absolute));
    expect(net.filter((amount) => exact(amount) > 0n)).toHaveLength(report.wins);
    const printed = await runProgram(
      words(`report ${report.session_id} --format csv --workspace ${workspace}`),
    );
    expect(printed.stdout).toBe(text);
  });

  test('samples its equity in equity.csv, from which the drawdown follows', async () => {
    const { folder, report, document } = await eventfulSession();
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
    const { folder, report } = await eventfulSession();
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
    expect(manifest.config).toMatchObject({
      duration: `${DURATION_S}s`,
      balance: BALANCE,
      strategy: 'scripted',
      leverage: 5,
    });
  });

  test('logs the lines that scripts look for, one JSON object each', async () => {
    const { log, document } = await eventfulSession();
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
    const { folder, report } = await eventfulSession();
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain(report.session_id);
    expect(page).not.toMatch(
      /(?:src|href)\s*=\s*["']?(?:https?:)?\/\/|@import|<link\b|url\(\s*["']?https?:/i,
    );
  });

  test('keeps an event log that a zstd tool can read: every event, numbered without a hole', async () => {
    const { folder, report } = await eventfulSession();
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
    const { workspace, report } = await eventfulSession();
    const run = async (options: string): Promise<FinalReport> => {
      const place = `--dashboard off --workspace ${workspace}`;
      const { stdout, code } = await runProgram(words(`run --source simulated --json ${options} ${place}`));
      expect(code).toBe(0);
      return finalReportShape.parse(JSON.parse(stdout));
    };
    expect(await run('--duration 1s')).toMatchObject({
      starting_equity: report.ending_equity,
      pnl_absolute: '0',
      ledger_difference: '0',
    });
    const fresh = await run('--duration 1s --fresh --balance 123.45');
    expect(fresh).toMatchObject({ starting_equity: '123.45', ledger_difference: '0' });
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
