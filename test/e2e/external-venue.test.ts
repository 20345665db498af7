/** The venue in a process of its own, and sessions that find it by its address, as they would find the real one. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { finalReportShape } from './support/contract-shapes.ts';
import { type Program, endPrograms, runProgram, startProgram, waitFor } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import {
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const VENUE_START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 3_000;
/** From a fatal error of the venue to the end of the process. */
const FATAL_END_LIMIT_MS = 15_000;
const TEST_LIMIT_MS = 150_000;

const SCRIPT = [
  { at: '500ms', action: 'submit', id: 'in', side: 'buy', type: 'market', quantity: '0.05' },
  {
    at: '2s',
    action: 'submit',
    id: 'out',
    side: 'sell',
    type: 'market',
    quantity: '0.05',
    reduce_only: true,
  },
];

interface Venue {
  readonly program: Program;
  /** The variables it printed. */
  readonly env: Readonly<Record<string, string>>;
}

async function startVenue(...options: string[]): Promise<Venue> {
  const program = startProgram(['venue', '--port', '0', '--seed', '9', ...options]);
  const env = await waitFor(program, 'address of the venue', VENUE_START_LIMIT_MS, () => {
    const printed = /^BITUNIX_REST_URL=(http:\S+)\nBITUNIX_WS_URL=(ws:\S+)\n$/.exec(program.stdout());
    return printed === null ? null : { BITUNIX_REST_URL: printed[1] ?? '', BITUNIX_WS_URL: printed[2] ?? '' };
  });
  return { program, env };
}

function sessionArguments(workspace: string, ...options: string[]): string[] {
  return ['run', '--source', 'bitunix', '--dashboard', 'off', '--workspace', workspace, ...options];
}

const shared = shareSession(() => startVenue());

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe.concurrent('a venue in another process', { timeout: TEST_LIMIT_MS }, () => {
  test('serves two sessions at once, on different symbols, which both end with 0', async ({
    onTestFailed,
  }) => {
    const { env } = await shared(onTestFailed);
    const sessions = await Promise.all(
      ['BTCUSDT', 'ETHUSDT'].map(async (symbol) => {
        const workspace = makeWorkspace();
        const script = ['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)];
        const options = ['--symbol', symbol, '--duration', '6s', ...script];
        const ended = await runProgram(sessionArguments(workspace, ...options), { env });
        return { workspace, symbol, ended };
      }),
    );
    for (const { workspace, symbol, ended } of sessions) {
      expect({ symbol, code: ended.code, stderr: ended.stderr }).toEqual({ symbol, code: 0, stderr: '' });
      const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
      expect(report).toMatchObject({
        status: 'success',
        source: 'bitunix',
        symbol,
        trades: 1,
        ledger_difference: '0',
      });
      const connected = readSystemLog(workspace).filter(({ msg }) => msg.startsWith('Connected to '));
      expect(connected.map(({ msg }) => msg).toSorted()).toEqual([
        'Connected to Kline WS',
        'Connected to Ticker WS',
      ]);
      expect(readAlerts(workspace)).toEqual([]);
    }
  });

  test('tells a session the truth about a symbol it does not have: exit 3, an alert, a report', async ({
    onTestFailed,
  }) => {
    const { env } = await shared(onTestFailed);
    const workspace = makeWorkspace();
    const ended = await runProgram(sessionArguments(workspace, '--symbol', 'NOSUCHUSDT'), { env });
    expect(ended.code).toBe(3);
    const endedMs = Date.now();
    const [alert] = readAlerts(workspace);
    expect(alert).toMatchObject({ level: 'critical', reason: 'venue_fatal' });
    expect(alert?.text).toContain('NOSUCHUSDT');
    expect(endedMs - (alert?.timeMs ?? 0)).toBeLessThan(FATAL_END_LIMIT_MS);
    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ status: 'error', stopped_reason: 'venue_fatal', exit_code: 3 });
  });

  test('may go away for a while: the session halts, reconnects, trades on, and says that it was degraded', async () => {
    const venue = await startVenue();
    const port = new URL(venue.env['BITUNIX_REST_URL'] ?? '').port;
    const workspace = makeWorkspace();
    // Ends for want of data after ten such times: the venue needs a moment to come back.
    const options = ['--duration', 'forever', '--stale-timeout', '4s'];
    const session = startProgram(sessionArguments(workspace, ...options), { env: venue.env });
    await waitUntilRunning(session, workspace);
    venue.program.process.kill('SIGTERM');
    expect((await venue.program.ended).code).toBe(0);
    const halted = await waitUntilBeats(session, workspace, 'halt', ({ state }) => state === 'halted');
    expect(halted.reason).toBe('ORDER_BOOK_STALE');
    const again = startProgram(['venue', '--port', port, '--seed', '9']);
    await waitUntilBeats(session, workspace, 'session with both feeds anew', ({ state, feeds }) => {
      return state === 'running' && feeds['ticker']?.reconnects === 1 && feeds['kline']?.reconnects === 1;
    });
    session.process.kill('SIGTERM');
    expect((await session.ended).code).toBe(0);
    again.process.kill('SIGTERM');
    expect((await again.ended).code).toBe(0);

    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ status: 'degraded', stopped_reason: 'signal', exit_code: 0 });
    expect(report.reconnects).toBe(2);
    const [alert] = readAlerts(workspace);
    expect(alert).toMatchObject({ level: 'warning', reason: 'degraded' });
    // The page is written once that is told.
    const page = readFileSync(join(workspace, 'runs/latest/report.html'), 'utf8');
    expect(page).toContain('the session traded part of its time on bad data');
    const messages = readSystemLog(workspace).map(({ msg }) => msg);
    expect(messages).toContain('ORDER_BOOK_STALE');
    for (const feed of ['Kline', 'Ticker']) {
      expect(messages.filter((msg) => msg === `Connected to ${feed} WS`)).toHaveLength(2);
    }
  });

  test('may go away for good: the session ends by itself with 5 and says so', async () => {
    const venue = await startVenue();
    const workspace = makeWorkspace();
    // One that is denied because the book is late on a busy machine is followed by the next.
    const buys = Array.from({ length: 20 }, (_, second) => ({
      ...{ at: `${second + 1}s`, action: 'submit', id: `in-${second}`, side: 'buy' },
      ...{ type: 'market', quantity: '0.01' },
    }));
    const script = ['--strategy', 'scripted', '--params', writeScript(workspace, buys)];
    const options = ['--duration', 'forever', '--stale-timeout', '1s', ...script];
    const session = startProgram(sessionArguments(workspace, ...options), { env: venue.env });
    await waitUntilBeats(
      session,
      workspace,
      'open position',
      ({ state, position }) => state === 'running' && position !== null && position !== '0',
    );
    venue.program.process.kill('SIGKILL');
    const lostMs = performance.now();
    expect((await session.ended).code).toBe(5);
    // Ten stale timeouts, the time to stop, and the age of the last book.
    expect(performance.now() - lostMs).toBeGreaterThan(8_000);
    expect(performance.now() - lostMs).toBeLessThan(25_000);
    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ status: 'error', stopped_reason: 'market_data_lost', exit_code: 5 });
    expect(report.ledger_difference).toBe('0');
    expect(readAlerts(workspace)).toMatchObject([{ level: 'critical', reason: 'market_data_lost' }]);
    expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', reason: 'market_data_lost' });
  });
});

test('a venue ends with 0 at SIGTERM, and at SIGINT, also with clients', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { program, env } = await startVenue();
    // A socket that stays open and a connection that is kept alive.
    const socket = new WebSocket(env['BITUNIX_WS_URL'] ?? '');
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const reply = await fetch(`${env['BITUNIX_REST_URL'] ?? ''}/api/v1/futures/market/trading_pairs`);
    expect(await reply.json()).toMatchObject({ code: 0 });
    const askedMs = performance.now();
    program.process.kill(signal);
    expect({ signal, code: (await program.ended).code }).toEqual({ signal, code: 0 });
    expect(performance.now() - askedMs).toBeLessThan(END_LIMIT_MS);
  }
});
