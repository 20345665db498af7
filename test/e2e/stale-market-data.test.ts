/** Market data that stops, grows old, crosses or empties: nothing is traded on it, and the session says so. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { reportDocumentShape } from './support/contract-shapes.ts';
import { readEvents } from './support/event-lines.ts';
import { sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { judgeByLog } from './support/log-oracle.ts';
import { endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  makeWorkspace,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 180_000;
const STALE_MS = 2_000;

/** Buys a little twice a second, so that whatever can fill does. */
const SCRIPT = Array.from({ length: 360 }, (_, row) => ({
  at: `${500 + row * 500}ms`,
  action: 'submit',
  id: `buy-${row}`,
  side: 'buy',
  type: 'market',
  quantity: '0.001',
}));

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe.concurrent('market data that cannot be traded on', { timeout: TEST_LIMIT_MS }, () => {
  test.each([
    ['stops', { kind: 'freeze_stream', channel: 'depth' }, 'ticker', 'stale'],
    ['comes with stamps that are too old', { kind: 'delay', ms: 4_000 }, 'book', 'late'],
    ['is crossed', { kind: 'crossed_book' }, 'book', 'crossed'],
    ['is empty', { kind: 'empty_book' }, 'book', 'stale'],
  ])('halts trading, fills nothing and is recorded: a book that %s', async (_, fault, feed, kind) => {
    const venue = await startFaultyVenue('--symbol', 'BTCUSDT');
    const workspace = makeWorkspace();
    const session = startProgram(
      sessionAt(
        workspace,
        ...['--duration', 'forever', '--stale-timeout', `${STALE_MS}ms`],
        ...['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)],
      ),
      { env: venue.env },
    );
    await waitUntilBeats(session, workspace, 'position', ({ state, position }) => {
      return state === 'running' && position !== null && position !== '0';
    });
    await venue.addFaults(fault);
    const halted = await waitUntilBeats(session, workspace, 'halt', ({ state }) => state === 'halted');
    expect(halted.reason).toBe('ORDER_BOOK_STALE');
    // Long enough for delayed frames to arrive.
    await delay(4_000);
    await venue.clearFaults();
    await waitUntilRunning(session, workspace);
    await delay(2_000);
    session.process.kill('SIGTERM');
    const { code, stderr } = await session.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
    const document = reportDocumentShape.parse(JSON.parse(printed.stdout));
    expect(document.report).toMatchObject({ status: 'degraded', ledger_difference: '0' });
    expect(judgeByLog(readEvents(join(workspace, 'runs/latest')), document, STALE_MS)).toEqual([]);
    expect(document.fills.length).toBeGreaterThan(0);
    const record = document.quality.find((row) => row.feed === feed && row.kind === kind);
    expect(record, JSON.stringify(document.quality)).toBeDefined();
    const halt = document.quality.find((row) => row.feed === 'ticker' && row.kind === 'stale');
    expect(halt).toBeDefined();
    expect(document.denials.some(({ reason }) => reason === 'market_data_stale')).toBe(true);
    expect(readSystemLog(workspace).some(({ msg }) => msg === 'ORDER_BOOK_STALE')).toBe(true);
  });
});
