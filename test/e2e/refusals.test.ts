/** What the program refuses, or cannot go on with: one clear sentence, the right exit code, and never a stack trace. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { finalReportShape } from './support/contract-shapes.ts';
import { alertKinds } from './support/reported-failure.ts';
import { type Ended, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  listSessions,
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  removeWorkspaces,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 120_000;
const MIB = 1_048_576;
/** Nobody listens there, nor is given it by the system. */
const DEAD_PORT = 2;
const RUN = ['run', '--source', 'simulated', '--dashboard', 'off'] as const;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** One line on stderr, which says it. */
function expectSentence(ended: Ended, code: number, pattern: RegExp): void {
  expect(ended.stderr).toMatch(pattern);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.code).toBe(code);
}

/** Listens on a port that then is taken. */
async function takePort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

describe.concurrent('the venue', { timeout: TEST_LIMIT_MS }, () => {
  test('that cannot be reached ends the session by itself: exit 5, an alert, a report', async () => {
    const workspace = makeWorkspace();
    const options = ['--source', 'bitunix', '--dashboard', 'off', '--workspace', workspace];
    const [restUrl, wsUrl] = [`http://127.0.0.1:${DEAD_PORT}`, `ws://127.0.0.1:${DEAD_PORT}/public/`];
    const env = { BITUNIX_REST_URL: restUrl, BITUNIX_WS_URL: wsUrl };
    const ended = await runProgram(['run', ...options], { env });
    expectSentence(ended, 5, new RegExp(`^market_data_lost: the venue at ${restUrl} cannot be reached: `));
    expect(ended.durationMs).toBeLessThan(90_000);
    expect(readAlerts(workspace)).toMatchObject([{ level: 'critical', reason: 'market_data_lost' }]);
    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({
      status: 'error',
      stopped_reason: 'market_data_lost',
      exit_code: 5,
      fills: 0,
    });
    expect(report).toMatchObject({
      starting_equity: '10000',
      ending_equity: '10000',
      ledger_difference: '0',
    });
    expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', reason: 'market_data_lost' });
    expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
  });

  test('whose port is taken does not start: exit 1', async () => {
    const { port, close } = await takePort();
    const ended = await runProgram(['venue', '--port', String(port)]);
    close();
    expectSentence(ended, 1, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
    expect(ended.stdout).toBe('');
  });

  test('that does not have the symbol: exit 3', async () => {
    const workspace = makeWorkspace();
    const ended = await runProgram([...RUN, '--symbol', 'NOSUCHUSDT', '--workspace', workspace]);
    expectSentence(ended, 3, /^venue_fatal: .*NOSUCHUSDT/);
    expect(readAlerts(workspace)).toMatchObject([{ level: 'critical', reason: 'venue_fatal' }]);
    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ status: 'error', stopped_reason: 'venue_fatal', exit_code: 3 });
  });
});

test('a dashboard whose port is taken moves to another one and says so', async () => {
  const { port, close } = await takePort();
  const [workspace, another] = [makeWorkspace(), makeWorkspace()];
  const options = ['--source', 'simulated', '--duration', '2s', '--dashboard', `127.0.0.1:${port}`];
  const [ended, forMachines] = await Promise.all([
    runProgram(['run', ...options, '--workspace', workspace]),
    runProgram(['run', '--json', ...options, '--workspace', another]),
  ]);
  close();
  expect([ended.code, forMachines.code]).toEqual([0, 0]);
  expect(forMachines.stderr).toMatch(new RegExp(`^warning: Port ${port} is busy; \\d+ is used instead\n$`));
  expect(JSON.parse(forMachines.stdout)).toMatchObject({ exit_code: 0 });
  const { dashboard_url: url } = readHeartbeat(workspace);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
  expect(url).not.toContain(`:${port}`);
  expect(ended.stdout).toContain(`Port ${port} is busy`);
  expect(ended.stdout).toContain(url);
});

describe('the command line and the configuration', () => {
  test.each([
    ['an unknown flag', ['--no-such-flag'], /--no-such-flag/],
    ['a flag that is nearly one', ['--durration', '5s'], /--duration/],
    ['a word that cannot be a symbol', ['--symbol', 'B!'], /--symbol: expected .*symbols.*, found .*B!/],
    ['an impossible duration', ['--duration', 'soon'], /--duration: expected .*, found .*soon/],
    ['a leverage out of range', ['--leverage', '1000'], /--leverage: expected .*1000/],
    [
      'a strategy that does not exist',
      ['--strategy', 'no_such'],
      /--strategy: expected .*sma_cross.*found no_such/,
    ],
    ['a strategy file that does not exist', ['--strategy', './no-such.ts'], /--strategy: .*no-such\.ts/],
    ['a source that is none', ['--source', 'nasdaq'], /--source: expected .*found .*nasdaq/],
    ['parameters that are no JSON', ['--strategy', 'sma_cross', '--params', '{"fast":'], /--params/],
    ['parameters that the strategy does not have', ['--params', '{"speed":3}'], /--params: .*speed/],
    ['a parameter of the wrong kind', ['--params', '{"fast":"x"}'], /--params: fast/],
    ['a parameter file that does not exist', ['--params', 'no-such.json'], /no-such\.json/],
    ['a configuration file that does not exist', ['--config', 'no-such.yaml'], /no-such\.yaml/],
  ])('refuse %s with exit 2', async (_, options, pattern) => {
    const workspace = makeWorkspace();
    const ended = await runProgram([...RUN, '--workspace', workspace, ...options]);
    expectSentence(ended, 2, pattern);
    expect(ended.stdout).toBe('');
    expect(listSessions(workspace)).toEqual([]);
    expect(readAlerts(workspace)).toEqual([]);
  });

  test.each([
    [
      'a value out of range',
      'leverage: 3\nrisk:\n  max_leverage: 5000\n',
      /^\S*laptop-agents\.yaml:3:17: expected .*5000/,
    ],
    ['an unknown key', 'leverage: 3\nlevarage: 4\n', /^\S*laptop-agents\.yaml:2:1: .*levarage/],
    ['a file that is no YAML', 'leverage: [3\nstrategy: none\n', /^\S*laptop-agents\.yaml:\d+:\d+: /],
  ])('name file, line and column of %s', async (_, text, pattern) => {
    const workspace = makeWorkspace();
    writeFileSync(join(workspace, 'laptop-agents.yaml'), text);
    expectSentence(await runProgram([...RUN, '--workspace', workspace]), 2, pattern);
    expect(listSessions(workspace)).toEqual([]);
  });

  test('name a parameter file that is no JSON, or holds scripted actions that make no sense', async () => {
    const workspace = makeWorkspace();
    const path = join(workspace, 'params.json');
    const scripted = [...RUN, '--strategy', 'scripted', '--params', path, '--workspace', workspace];
    writeFileSync(path, '{"actions": [');
    expectSentence(await runProgram(scripted), 2, /params\.json/);
    writeFileSync(path, '{"actions":[{"at":"1s","action":"dance"}]}');
    expectSentence(await runProgram(scripted), 2, /--params: actions\.0/);
    writeFileSync(
      path,
      '{"actions":[{"at":"1s","action":"submit","id":"a","side":"buy","type":"limit","quantity":"1"}]}',
    );
    expectSentence(await runProgram(scripted), 2, /--params: actions\.0\.price: .*price_offset_bps/);
  });

  test('name a session that there is not', async () => {
    const workspace = makeWorkspace();
    for (const session of ['latest', 'no-such', '../elsewhere']) {
      expectSentence(await runProgram(['report', session, '--workspace', workspace]), 2, /session/);
    }
  });
});

describe('a recording', () => {
  const header = 'seq,recv_us,kind,event_ms,tx_ms,first_id,last_id,prev_id,bids,asks\n';
  const snapshot = '1,1000000,s,1000,1000,,10,,100.0:1,100.1:1\n';
  const trades =
    'seq,recv_us,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker,type\n5,5000,1005,1005,1,100.1,1,0,MARKET\n';

  function write(l2: string): string {
    const prefix = join(makeWorkspace(), 'test-btcusdt-1');
    writeFileSync(`${prefix}-l2.csv.gz`, gzipSync(l2));
    writeFileSync(`${prefix}-trades.csv.gz`, gzipSync(trades));
    return prefix;
  }

  test.each([
    ['that is not there', () => join(makeWorkspace(), 'no-such'), /no-such/],
    [
      'with another header',
      () => write(`time,price\n1,2\n`),
      /test-btcusdt-1-l2\.csv\.gz:1: expected the header/,
    ],
    [
      'with a number that is none',
      () => write(`${header}${snapshot.replace('100.0:1', '100.0:x')}`),
      /test-btcusdt-1-l2\.csv\.gz:2: expected .*bids/,
    ],
    [
      'with a hole in its updates',
      () =>
        write(
          `${header}${snapshot}2,2000000,u,1010,1010,9,11,8,100.0:2,\n3,3000000,u,1020,1020,15,16,14,100.0:3,\n`,
        ),
      /test-btcusdt-1-l2\.csv\.gz:4: expected .*chain/,
    ],
  ])('%s: exit 2, with the file and the line', async (_, make, pattern) => {
    const workspace = makeWorkspace();
    const options = ['--source', `recording:${make()}`, '--dashboard', 'off', '--workspace', workspace];
    expectSentence(await runProgram(['run', ...options]), 2, pattern);
    expect(readAlerts(workspace)).toEqual([]);
    const asVenue = await runProgram(['venue', '--port', '0', '--market', options[1] ?? '']);
    expectSentence(asVenue, 2, pattern);
  });

  test('that is cut off: exit 2, with the file', async () => {
    const prefix = write(`${header}${snapshot}`);
    const whole = readFileSync(`${prefix}-l2.csv.gz`);
    writeFileSync(`${prefix}-l2.csv.gz`, whole.subarray(0, whole.length - 12));
    const workspace = makeWorkspace();
    const options = ['--source', `recording:${prefix}`, '--dashboard', 'off', '--workspace', workspace];
    expectSentence(await runProgram(['run', ...options]), 2, /test-btcusdt-1-l2\.csv\.gz.*: expected/);
  });
});

/** Mounts a file system of `options` on a new folder; null where this machine does not permit it. */
function mountFolder(options: readonly string[]): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'la-mount-'));
  try {
    execFileSync('mount', [...options, folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

const mounted: string[] = [];

function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}

const probe = mountFolder(['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs']);
if (probe !== null) unmount(probe);

/** Root may write where permissions forbid it, so only a mount makes a folder read-only or full. */
describe.skipIf(probe === null)('a workspace', { timeout: TEST_LIMIT_MS }, () => {
  afterEach(async () => {
    await endPrograms();
    for (const folder of mounted.splice(0)) unmount(folder);
  });

  function mountWorkspace(size: string): string {
    const folder = mountFolder(['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs']);
    if (folder === null) throw new Error('a folder could be mounted before, now not');
    mounted.push(folder);
    return folder;
  }

  /** Takes what is left but for `spareBytes`. */
  function fill(folder: string, spareBytes: number): void {
    const { bavail, bsize } = statfsSync(folder);
    const ballast = join(folder, 'ballast');
    try {
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - spareBytes)));
      if (spareBytes === 0) for (;;) appendFileSync(ballast, Buffer.alloc(1));
    } catch (error) {
      // Full, also because the session wrote meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }

  test('that is read-only is refused with a sentence: exit 1', async () => {
    const folder = mountWorkspace('1m');
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    const ended = await runProgram([...RUN, '--duration', '5s', '--workspace', folder]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/read-only/i);
    expect(ended.stderr).toContain(folder);
    expect(ended.stdout).toBe('');
    for (const [command, code] of [
      ['status', 3],
      ['stop', 3],
      ['--help', 0],
      ['--version', 0],
    ] as const) {
      const inPeace = await runProgram([command, '--workspace', folder]);
      expect({ command, code: inPeace.code }).toEqual({ command, code });
    }
  });

  test('that is full is refused with a sentence: exit 4', async () => {
    const folder = mountWorkspace('1m');
    fill(folder, 0);
    const ended = await runProgram([...RUN, '--duration', '5s', '--workspace', folder]);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/no space left|disk.*full/i);
  });

  test('that becomes full to the last byte ends the session in order, on what it held back', async () => {
    const folder = mountWorkspace('160m');
    const held = writeScript(folder, [
      { at: '100ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
    ]);
    const program = startProgram([
      ...[...RUN, '--duration', 'forever', '--workspace', folder],
      ...['--strategy', 'scripted', '--params', held],
    ]);
    await waitUntilBeats(program, folder, 'position', ({ position }) => position === '0.05');
    const session = join(folder, 'runs/latest');
    expect(statSync(join(session, 'reserve')).size).toBe(8 * MIB);
    fill(folder, 0);
    const ended = await program.ended;
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/^disk_full: /);
    expect(alertKinds(folder)).toEqual(['critical disk_full']);
    const report = finalReportShape.parse(readJson(join(session, 'final_report.json')));
    expect(report).toMatchObject({ status: 'error', stopped_reason: 'disk_full', ledger_difference: '0' });
    // Closed like at any other end, and every event of it recorded; each order over as many levels as it took.
    expect(readHeartbeat(folder)).toMatchObject({ state: 'ended', position: '0', open_orders: 0 });
    expect(report.trades).toBe(1);
    expect(report.fills).toBeGreaterThanOrEqual(2);
    expect(readdirSync(session)).not.toContain('reserve');
    expect(readdirSync(join(folder, '.agent'))).not.toContain('lockfile.pid');
    rmSync(join(folder, 'ballast'));
    const verified = await runProgram(['verify', 'latest', '--workspace', folder]);
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('that becomes nearly full still holds the whole result', async () => {
    const folder = mountWorkspace('160m');
    const program = startProgram([...RUN, '--duration', 'forever', '--workspace', folder]);
    await waitUntilRunning(program, folder);
    fill(folder, 16 * MIB);
    expect((await program.ended).code).toBe(4);
    const report = finalReportShape.parse(readJson(join(folder, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ status: 'error', stopped_reason: 'disk_full', ledger_difference: '0' });
    expect(readHeartbeat(folder)).toMatchObject({ state: 'ended', reason: 'disk_full' });
  });
});
