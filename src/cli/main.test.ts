import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Holds a workspace as a session does, with the session's own parts, and ends when it is told to. */
const SESSION = `
const url = (name) => new URL(name, ${JSON.stringify(new URL('../session/', import.meta.url).href)}).href;
const { acquireInstanceLock } = await import(url('instance-lock.ts'));
const { Heartbeat } = await import(url('heartbeat.ts'));
const { ResourceSampler } = await import(url('resource-sampler.ts'));
const { watchOperator } = await import(url('operator-watch.ts'));
const { workspacePaths } = await import(url('workspace-paths.ts'));
const { mkdirSync } = await import('node:fs');
const paths = workspacePaths(process.argv[1]);
mkdirSync(paths.logsDirectory, { recursive: true });
const lock = acquireInstanceLock(paths, { sessionId: 's1', startedAt: '2026-11-22T16:39:00.123Z' });
let state = 'running';
let reason = null;
const sampler = new ResourceSampler();
const heartbeat = new Heartbeat({
  path: paths.heartbeat,
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  view: () => ({ session_id: 's1', state, reason, symbol: 'BTCUSDT', elapsed: 1, remaining: 9, equity: '10000',
    wallet_balance: '10000', unrealized_pnl: '0', position: '0', open_orders: 0, clock_offset_ms: null,
    round_trip_ms: null, events: 1, errors: 0, feeds: {}, dashboard_url: null }),
  sampleResources: () => sampler.sample(),
  onError: (error) => { throw error; },
});
const end = (why) => { state = 'ended'; reason = why; heartbeat.stop(); lock.release(); process.exit(0); };
watchOperator({ paths, environment: {}, onKill: () => end('kill_switch'), onStop: () => end('stop_requested'), onError: console.error });
heartbeat.start();
setInterval(() => {}, 1000);
console.log('ready');
`;

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let workspace: string;
let children: ChildProcess[];

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'la-cli-'));
  children = [];
});

afterEach(async () => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }),
  );
  rmSync(workspace, { recursive: true });
});

function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('LA_') && !name.startsWith('BITUNIX_'),
  );
  return { ...Object.fromEntries(inherited), ...extra };
}

function start(args: readonly string[], extra: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: workspace,
    env: environment(extra),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function la(args: readonly string[], extra: Record<string, string> = {}): Promise<Result> {
  const child = start(args, extra);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

async function startSession(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SESSION, workspace], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('prints version and help on stdout with exit 0', async () => {
  const version = await la(['--version']);
  expect(version).toMatchObject({ code: 0, stderr: '' });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await la(['run', '--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const word of ['--duration <span>', 'Examples:', 'Exit codes:', '--workspace'])
    expect(help.stdout).toContain(word);
});

test.each([
  ['an unknown command', ['statsu'], /unknown command 'statsu'.*did you mean status/i],
  ['a command of another release', ['trade-live'], /unknown command 'trade-live'/],
  ['an unknown option', ['run', '--leverge', '3'], /unknown option '--leverge'.*did you mean --leverage/i],
  ['too many operands', ['status', 'now'], /too many arguments/],
  ['a missing operand', ['report'], /missing required argument 'session'/],
  ['a missing value', ['run', '--seed'], /argument missing/],
  ['options that exclude each other', ['run', '--fresh', '--resume'], /cannot be used with/],
  ['a value out of range', ['run', '--leverage', '1000'], /^--leverage: expected .*, found 1000$/],
  ['a symbol that is none', ['run', '--symbol', 'BTC/USDT'], /^--symbol: expected .*, found "BTC\/USDT"$/],
  [
    'a log level that is none',
    ['config', 'show', '--log-level', 'loud'],
    /^--log-level: expected .*, found "loud"$/,
  ],
  [
    'a missing recording',
    ['run', '--source', 'recording:none'],
    /^--source: expected a recording .* at "none"$/,
  ],
  ['a session that is none', ['report', 'nowhere'], /nowhere/],
  ['a format that is none', ['report', 'latest', '--format', 'pdf'], /Allowed choices are html, json, csv/],
  ['a venue port that is none', ['venue', '--port', '70000'], /^--port: expected .*, found "70000"$/],
])('refuses %s in one line, with exit 2', async (_, args, pattern) => {
  const { code, stdout, stderr } = await la(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trimEnd()).toMatch(pattern);
  expect(stderr.trimEnd()).not.toContain('\n');
});

test('refuses a broken configuration with file, line and column, for each finding', async () => {
  writeFileSync(join(workspace, 'laptop-agents.yaml'), 'leverage: 0\nrisk:\n  max_notinal: 5\n');
  const { code, stderr } = await la(['run']);
  expect(code).toBe(2);
  expect(stderr).toBe(
    [
      'laptop-agents.yaml:1:11: expected a whole number from 1 to 200 for leverage, found 0',
      'laptop-agents.yaml:3:3: expected a known setting, found "risk.max_notinal" (did you mean risk.max_notional?)',
      '',
    ].join('\n'),
  );
});

test('takes global options before and after the command', async () => {
  mkdirSync(join(workspace, 'w'));
  writeFileSync(join(workspace, 'w', 'laptop-agents.yaml'), 'leverage: 7\n');
  for (const args of [
    ['--workspace', 'w', '--json', 'config', 'show', '--seed', '4'],
    ['config', 'show', '--seed', '4', '--json', '--workspace', 'w'],
    ['config', '--json', 'show', '--workspace=w', '--seed=4'],
  ]) {
    const { code, stdout } = await la(args, { LA_BALANCE: '5' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      leverage: { value: 7, origin: 'laptop-agents.yaml:1:11' },
      seed: { value: 4, origin: '--seed' },
      balance: { value: '5', origin: 'LA_BALANCE' },
      interval: { value: '1m', origin: 'default' },
    });
  }
});

test('shows the configuration as a table', async () => {
  const { code, stdout } = await la(['config', 'show', '--leverage', '3']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^leverage +3 +--leverage$/m);
  expect(stdout).toMatch(/^risk\.max_leverage +3 +--leverage$/m);
  expect(stdout).toMatch(/^fees\.tier +0 +default$/m);
});

test('survives a reader that goes away', async () => {
  const child = start(['config', 'show']);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('tells with exit 3 that nothing runs, and leaves nothing behind', async () => {
  const status = await la(['status']);
  expect(status).toMatchObject({ code: 3, stderr: '' });
  expect(status.stdout).toContain('No session runs in');
  for (const command of ['stop', 'kill']) {
    const { code, stderr } = await la([command]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^No session runs in .*\.\n$/);
  }
  expect(existsSync(join(workspace, 'kill.txt'))).toBe(false);
  expect(existsSync(join(workspace, '.agent'))).toBe(false);
});

test('tells what runs, and stops it', async () => {
  const session = await startSession();
  const human = await la(['status']);
  expect(human.code).toBe(0);
  expect(human.stdout).toMatch(/^state +running$/m);
  const status = await la(['status', '--json']);
  expect(status.code).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({
    pid: session.pid,
    state: 'running',
    symbol: 'BTCUSDT',
    equity: '10000',
  });
  const stop = await la(['stop']);
  expect(stop).toMatchObject({ code: 0, stderr: '' });
  expect(stop.stdout).toBe(`Session s1 (pid ${session.pid}) has ended: stop_requested.\n`);
  expect(existsSync(join(workspace, '.agent', 'stop-request'))).toBe(false);
  expect((await la(['status'])).code).toBe(3);
});

test('throws the kill switch and waits for the end', async () => {
  const session = await startSession();
  const kill = await la(['kill', '--json']);
  expect(kill.code).toBe(0);
  expect(JSON.parse(kill.stdout)).toMatchObject({ ended: true, pid: session.pid, reason: 'kill_switch' });
  expect(existsSync(join(workspace, 'kill.txt'))).toBe(true);
});

test('does not take a fresh heartbeat of a killed session for a running one', async () => {
  const session = await startSession();
  const exit = once(session, 'exit');
  session.kill('SIGKILL');
  await exit;
  const heartbeat = JSON.parse(readFileSync(join(workspace, 'logs', 'heartbeat.json'), 'utf8')) as {
    state: string;
  };
  expect(heartbeat.state).toBe('running');
  const { code, stdout } = await la(['status']);
  expect(code).toBe(3);
  expect(stdout).toContain(`pid ${session.pid}, which is gone`);
});

test('finds what would break a session: nothing on the embedded venue, a thrown kill switch, a broken configuration', async () => {
  const healthy = await la(['doctor', '--source', 'simulated', '--json']);
  expect(healthy.code).toBe(0);
  expect(JSON.parse(healthy.stdout)).toMatchObject({ ok: true });
  writeFileSync(join(workspace, 'kill.txt'), '');
  const killed = await la(['run', '--preflight', '--source', 'simulated']);
  expect(killed.code).toBe(1);
  expect(killed.stdout).toMatch(/^fail +kill switch +thrown by kill\.txt/m);
  rmSync(join(workspace, 'kill.txt'));
  const senseless = ['--strategy', 'scripted', '--params', '{"actions":[{"at":"2s","action":"cancel"}]}'];
  const refused = await la(['run', '--preflight', '--source', 'simulated', ...senseless]);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/^fail +strategy +--params: actions\.0/m);
  writeFileSync(join(workspace, 'laptop-agents.yaml'), 'seed: x\n');
  const broken = await la(['doctor']);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(/^fail +configuration +laptop-agents\.yaml:1:7: /m);
});

test.skipIf(process.platform !== 'linux')(
  'refuses a workspace where the system makes no folders',
  async () => {
    const where = ['--source', 'simulated', '--workspace', '/proc/laptop-agents'];
    const { code, stderr } = await la(['run', ...where]);
    expect(stderr).toMatch(/^could not use the workspace \/proc\/laptop-agents: ENOENT/m);
    expect(code).toBe(1);
  },
);

test('finds that a venue does not answer', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const endpoints = {
    BITUNIX_REST_URL: `http://127.0.0.1:${port}`,
    BITUNIX_WS_URL: `ws://127.0.0.1:${port}/public/`,
  };
  const { code, stdout } = await la(['doctor'], endpoints);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail +venue REST +http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/m);
  expect(stdout).toMatch(/^fail +venue WebSocket +ws:\/\/127\.0\.0\.1:\d+\/public\/: .*ECONNREFUSED/m);
});

test('serves a venue that the doctor finds in order, until it is interrupted', async () => {
  const venue = start(['venue', '--port', '0', '--seed', '7', '--json']);
  const [text] = (await once(venue.stdout?.setEncoding('utf8') ?? venue, 'data')) as [string];
  const {
    rest_url: restUrl,
    ws_url: wsUrl,
    port,
  } = JSON.parse(text) as { rest_url: string; ws_url: string; port: number };
  const endpoints = { BITUNIX_REST_URL: restUrl, BITUNIX_WS_URL: wsUrl };
  const doctor = await la(['doctor', '--symbol', 'ethusdt'], endpoints);
  expect(doctor.stdout).toMatch(/^ok +ETHUSDT +trades$/m);
  expect(doctor.code).toBe(0);
  const second = await la(['venue', '--port', String(port)]);
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(/^The simulated venue cannot start: .*in use\.\n$/m);
  const exit = once(venue, 'exit');
  venue.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

test('stops a real session over its files and reports it in every format', async () => {
  const session = start([
    'run',
    '--source',
    'simulated',
    '--duration',
    'forever',
    '--dashboard',
    'off',
    '--seed',
    '3',
  ]);
  const exit = once(session, 'exit');
  const state = async (): Promise<unknown> =>
    (JSON.parse((await la(['status', '--json'])).stdout) as { state?: unknown }).state;
  await expect.poll(state, { timeout: 20_000, interval: 200 }).toMatch(/^(?:warming|running)$/);
  expect((await la(['stop'])).stdout).toMatch(/has ended: stop_requested\.$/m);
  expect(await exit).toEqual([0, null]);

  const json = await la(['report', 'latest', '--format', 'json']);
  const document = JSON.parse(json.stdout) as { report: { session_id: string }; alerts: unknown[] };
  expect(document).toMatchObject({
    report: { stopped_reason: 'stop_requested', status: 'success', seed: 3 },
    alerts: [],
  });
  const id = document.report.session_id;
  expect((await la(['report', id, '--json'])).stdout).toBe(json.stdout);
  expect((await la(['--format', 'json', 'report', join('sessions', id)])).code).toBe(2);
  expect((await la(['report', '--format', 'csv', join('sessions', id)])).stdout).toMatch(
    /^trade_id,symbol,side,/,
  );
  const page = join(workspace, 'sessions', id, 'report.html');
  rmSync(page);
  expect(await la(['report', id])).toEqual({ code: 0, stdout: `${page}\n`, stderr: '' });
  expect(readFileSync(page, 'utf8')).toContain(id);

  rmSync(join(workspace, 'sessions', id, 'final_report.json'));
  const unfinished = await la(['report', 'latest']);
  expect(unfinished.code).toBe(1);
  expect(unfinished.stderr).toMatch(/has no final report: .*\n$/);
}, 60_000);
