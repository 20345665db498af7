import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  TOKEN,
  serveSession,
  type ServedSession,
  startTestServer,
} from '../../test/builders/served-session.ts';
import type { RunningServer } from '../server/start-server.ts';
import { workspacePaths, type WorkspacePaths } from '../session/workspace-paths.ts';
import { readLastEvents, readStatusGlance } from './status-glance.ts';

let root: string;
let paths: WorkspacePaths;
let session: ServedSession;
let server: RunningServer;

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'glance-'));
  paths = workspacePaths(root);
  mkdirSync(paths.logsDirectory);
  mkdirSync(paths.stateDirectory);
  writeFileSync(paths.apiToken, `${TOKEN}\n`);
  session = serveSession();
  server = await startTestServer(session);
});

afterEach(async () => {
  await server.close();
  await session.close();
  rmSync(root, { recursive: true, force: true });
});

function writeLog(lines: readonly object[]): void {
  writeFileSync(paths.systemLog, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

test('reads prices and the position from the session’s own server', async () => {
  const glance = await readStatusGlance(paths, server.url);
  expect(glance.markets).toMatchObject([{ symbol: 'BTCUSDT', last_price: '1000', mark_price: '1000' }]);
  expect(glance.positions).toMatchObject([{ quantity: '0.01', average_price: '1000.1' }]);
});

test('goes without them where the server is off, gone, or not ready', async () => {
  session.shown = null;
  expect(await readStatusGlance(paths, server.url)).toMatchObject({ markets: [], positions: [] });
  await server.close();
  expect(await readStatusGlance(paths, server.url)).toMatchObject({ markets: [], positions: [] });
  expect(await readStatusGlance(paths, null)).toEqual({ markets: [], positions: [], events: [] });
});

test('shows the last lines that matter, in order, whatever stands in the log', () => {
  const ts = '2026-11-22T16:39:00.000Z';
  const noise = Array.from({ length: 2_000 }, (_, index) => ({
    ts,
    level: 'debug',
    event: 'tick',
    msg: `${index}`,
  }));
  writeLog([
    ...noise,
    {
      ts,
      level: 'info',
      event: 'fill',
      msg: 'Fill',
      symbol: 'BTCUSDT',
      side: 'buy',
      quantity: '0.01',
      fee: '1',
    },
    { ts, level: 'info', event: 'slippage', msg: 'Slippage', bps: 1 },
    { ts, level: 'warning', event: 'note', msg: 'red \u001B[31m\u202Etext\u0007\n' },
  ]);
  expect(readLastEvents(paths.systemLog)).toEqual([
    { ts, level: 'info', text: 'Fill (symbol BTCUSDT, side buy, quantity 0.01)' },
    { ts, level: 'warning', text: 'red  [31m text  ' },
  ]);
});
