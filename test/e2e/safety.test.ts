/** What the real program does when something goes wrong: a crash, a kill, a limit, the kill switch. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type Heartbeat, finalReportShape } from './support/contract-shapes.ts';
import { type Program, endPrograms } from './support/program.ts';
import {
  BUSY_LIMIT_MS as LIMIT_MS,
  SIMULATED_RUN as RUN,
  alertKinds,
  expectReportedFailure,
  lockFileOf,
  startSimulated as start,
} from './support/reported-failure.ts';
import {
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

const LAUNCHER = fileURLToPath(new URL('../../bin/la.js', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/** What else runs on the machine takes of the two seconds: they must be kept once in so many attempts. */
const TIMED = { timeout: LIMIT_MS, retry: 3 };

/** A position that is held, and an order that rests far from the market. */
const HOLDING = [
  { at: '500ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
  {
    at: '500ms',
    action: 'submit',
    id: 'resting',
    side: 'buy',
    type: 'limit',
    quantity: '0.02',
    price_offset_bps: 400,
    time_in_force: 'post_only',
  },
];

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

async function startHolding(
  options: readonly string[],
  workspace = makeWorkspace(),
): Promise<{
  workspace: string;
  program: Program;
  beat: Heartbeat;
}> {
  const script = ['--strategy', 'scripted', '--params', writeScript(workspace, HOLDING)];
  const program = start(workspace, [...script, '--duration', 'forever', ...options]);
  const isHolding = ({ position, open_orders: orders }: Heartbeat): boolean =>
    position === '0.05' && orders === 1;
  return { workspace, program, beat: await waitUntilBeats(program, workspace, 'held position', isHolding) };
}

describe('a crash', () => {
  test.concurrent.each(['startup', 'running', 'shutdown'])(
    'during %s is alerted and reported, exit 1',
    async (phase) => {
      const workspace = makeWorkspace();
      const { code, stderr } = await start(workspace, ['--duration', '2s'], {
        LA_TEST_CRASH: phase,
        // Node would otherwise make an exception of a promise that nobody awaits.
        NODE_OPTIONS: '--unhandled-rejections=none',
      }).ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: 'crashed: Test Crash\n' });
      expectReportedFailure(workspace, 'crashed', 1, 'Test Crash');
      expect(alertKinds(workspace)).toEqual(['critical crashed']);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'before there is a session is alerted all the same, without the secrets in its words',
    async () => {
      const workspace = makeWorkspace();
      const strategy = join(workspace, 'early.ts');
      const secret = 'correct-horse-battery-staple';
      writeFileSync(
        strategy,
        `setTimeout(() => { throw new Error('Early Crash ' + process.env.MY_API_KEY); }, 50);
       await new Promise((resolve) => setTimeout(resolve, 60_000));`,
      );
      const { code, stderr, durationMs } = await start(workspace, ['--strategy', strategy], {
        MY_API_KEY: secret,
      }).ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: 'Early Crash [redacted]\n' });
      // It did not wait for the strategy that was still loading.
      expect(durationMs).toBeLessThan(50_000);
      expect(existsSync(lockFileOf(workspace))).toBe(false);
      expect(readAlerts(workspace).map(({ reason, text }) => `${reason}: ${text}`)).toEqual([
        'crashed: Early Crash [redacted]',
      ]);
      expect(readSystemLog(workspace)).toMatchObject([
        { level: 'critical', event: 'session_refused', reason: 'crashed' },
      ]);
      expect(existsSync(join(workspace, 'sessions'))).toBe(false);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'that only a test may ask for is refused where the word for it is wrong',
    async () => {
      const { code, stderr } = await start(makeWorkspace(), [], { LA_TEST_CRASH: 'later' }).ended;
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: 'LA_TEST_CRASH: expected startup, running or shutdown, found "later"\n',
      });
    },
    LIMIT_MS,
  );

  test.concurrent(
    'of the books is a violated invariant: exit 7, the account as it was before it',
    async () => {
      const workspace = makeWorkspace();
      const saboteur = join(workspace, 'saboteur.mjs');
      writeFileSync(
        saboteur,
        `import { isMainThread } from 'node:worker_threads';
       if (isMainThread) {
         const { Account } = await import('${pathToFileURL(`${SOURCES}core/ledger/account.ts`).href}');
         const assertConsistent = Account.prototype.assertConsistent;
         Account.prototype.assertConsistent = function () {
           if (this.positions[0]?.quantity > 0) this.positions[0].quantity += 1;
           assertConsistent.call(this);
         };
       }`,
      );
      const script = ['--strategy', 'scripted', '--params', writeScript(workspace, HOLDING)];
      const program = start(workspace, [...script, '--duration', '20s'], {
        NODE_OPTIONS: `--import=${saboteur}`,
      });
      expect((await program.ended).code).toBe(7);
      const [alert] = readAlerts(workspace);
      expect(alert).toMatchObject({ level: 'critical', reason: 'invariant_violated' });
      expectReportedFailure(workspace, 'invariant_violated', 7, alert?.text ?? '');
      expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({
        wallet: '10000',
        positions: [],
      });
    },
    LIMIT_MS,
  );
});

describe('a session that was killed', () => {
  test.concurrent(
    'is reported by the next one, which goes on with its position and its resting order',
    async () => {
      const { workspace, program, beat } = await startHolding([]);
      process.kill(beat.pid, 'SIGKILL');
      await program.ended;
      const account = readJson(join(workspace, 'state/account.json')) as {
        positions: unknown[];
        orders: unknown[];
      };
      expect(account).toMatchObject({
        kind: 'carried',
        wallet: beat.wallet_balance,
        positions: [{ symbol: 'BTCUSDT', quantity: '0.05' }],
        orders: [{ client_order_id: 'resting', side: 'buy', quantity: '0.02', time_in_force: 'post_only' }],
      });

      const next = start(workspace, ['--strategy', 'none', '--duration', '6s', '--on-end', 'keep']);
      // The heartbeat of the killed one still says that it runs.
      const isNext = ({ state, pid }: Heartbeat): boolean => state === 'running' && pid !== beat.pid;
      const carried = await waitUntilBeats(next, workspace, 'next session', isNext);
      expect(carried).toMatchObject({
        position: '0.05',
        open_orders: 1,
        wallet_balance: beat.wallet_balance,
      });
      expect((await next.ended).code).toBe(0);
      const [alert, ...others] = readAlerts(workspace);
      expect(others).toEqual([]);
      expect(alert).toMatchObject({ level: 'critical', reason: 'crashed' });
      const sentence = `session ${beat.session_id} (pid ${beat.pid}) ended without a report; last heartbeat `;
      expect(alert?.text.slice(0, sentence.length)).toBe(sentence);
      expect(alert?.text).toMatch(/Z, running, position 0\.05, open orders 1, equity [\d.]+$/);
      const after = readJson(join(workspace, 'state/account.json')) as typeof account;
      expect({
        ...after,
        orders: [],
        updated_at: '',
        session_id: '',
        day: 0,
        day_opening_equity: '',
      }).toEqual({
        ...{ ...account, orders: [], updated_at: '', session_id: '', day: 0, day_opening_equity: '' },
      });
      expect(after.orders).toEqual(account.orders);
    },
    LIMIT_MS,
  );
});

describe('a limit of the machine', () => {
  test.concurrent(
    'of memory ends the session in order: High Memory, exit 4',
    async () => {
      const { workspace, program, beat } = await startHolding(
        [],
        makeWorkspaceWith('resources:\n  max_memory_mb: 20000\n'),
      );
      // A collection of garbage between the two measurements is no matter of the next beat.
      await waitUntilBeats(program, workspace, 'beat with the resident memory', ({ ram_mb: ramMb }) => {
        const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${beat.pid}/status`, 'utf8'))?.[1];
        return Math.abs((ramMb ?? 0) - Number(rss) / 1_024) < 40;
      });
      expect(beat.cpu_percent).toBeGreaterThan(0);
      program.process.kill('SIGTERM');
      await program.ended;

      const low = makeWorkspaceWith('resources:\n  max_memory_mb: 90\n');
      const { code } = await start(low, ['--duration', '30s']).ended;
      expect(code).toBe(4);
      const [alert] = readAlerts(low);
      expect(alert?.text).toMatch(/^[\d.]+ MiB resident, the limit is 90$/);
      expectReportedFailure(low, 'memory_limit', 4, alert?.text ?? '');
      expect(readSystemLog(low)).toContainEqual(
        expect.objectContaining({ level: 'critical', msg: 'High Memory' }),
      );
      expect(readAlerts(workspace)).toEqual([]);
    },
    LIMIT_MS,
  );

  test.runIf(canMount()).concurrent(
    'of disk space ends the session in order while it can still report: exit 4',
    async () => {
      const workspace = makeWorkspace();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', workspace]);
      try {
        const { program, beat } = await startHolding([], workspace);
        expect(readSystemLog(workspace)).toContainEqual(
          expect.objectContaining({ level: 'warning', event: 'disk_low', reserve_mb: 64 }),
        );
        expect(beat.state).toBe('running');
        writeFileSync(join(workspace, 'ballast'), Buffer.alloc(50 * 1_048_576));
        expect((await program.ended).code).toBe(4);
        const [alert] = readAlerts(workspace);
        expect(alert?.text).toMatch(/^\d+ MiB free, the reserve is 64$/);
        expectReportedFailure(workspace, 'disk_full', 4, alert?.text ?? '');
        expect(readHeartbeat(workspace)).toMatchObject({ position: '0', open_orders: 0 });
      } finally {
        execFileSync('umount', ['-l', workspace]);
      }
    },
    LIMIT_MS,
  );

  test.runIf(process.platform === 'linux').concurrent(
    'of open files is warned of',
    async () => {
      const workspace = makeWorkspace();
      const words = [process.execPath, LAUNCHER, ...RUN, '--duration', '8s', '--workspace', workspace];
      const shell = spawn('sh', ['-c', 'ulimit -n 46; exec "$@"', 'sh', ...words], { stdio: 'ignore' });
      expect(await once(shell, 'exit')).toEqual([0, null]);
      expect(readSystemLog(workspace)).toContainEqual(
        expect.objectContaining({ level: 'warning', event: 'open_files', limit: 46 }),
      );
    },
    LIMIT_MS,
  );
});

describe('the kill switch', () => {
  test.concurrent(
    'ends a session within two seconds also where nothing can be closed, and says so',
    TIMED,
    async () => {
      // Closing orders are longer on their way than the switch may wait.
      const slow = makeWorkspaceWith('exchange:\n  request_latency: 4s\n');
      const { workspace, program } = await startHolding([], slow);
      const thrownMs = performance.now();
      writeFileSync(join(workspace, 'kill.txt'), '');
      const { code } = await program.ended;
      expect(performance.now() - thrownMs).toBeLessThan(2_000);
      expect(code).toBe(99);
      const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
      expect(report).toMatchObject({ status: 'killed', stopped_reason: 'kill_switch', exit_code: 99 });
      expect(readAlerts(workspace)).toMatchObject([
        { level: 'critical', reason: 'kill_switch', text: 'kill.txt; not closed within 1000 ms' },
      ]);
      expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({
        positions: [{ quantity: '0.05' }],
      });
    },
  );

  test.concurrent(
    'closes an open position before it ends the session, within two seconds',
    TIMED,
    async () => {
      const { workspace, program } = await startHolding([]);
      const thrownMs = performance.now();
      rmSync(join(workspace, 'script.json'));
      writeFileSync(join(workspace, 'kill.txt'), '');
      expect((await program.ended).code).toBe(99);
      expect(performance.now() - thrownMs).toBeLessThan(2_000);
      expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', position: '0', open_orders: 0 });
      expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({ positions: [], orders: [] });
      expect(readlinkSync(join(workspace, 'runs/latest'))).toContain(listSessions(workspace)[0]);
    },
  );
});

function makeWorkspaceWith(configuration: string): string {
  const workspace = makeWorkspace();
  writeFileSync(join(workspace, 'laptop-agents.yaml'), configuration);
  return workspace;
}

/** Whether this machine lets us mount a file system of a known size. */
function canMount(): boolean {
  const probe = makeWorkspace();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status !== 0) return false;
  execFileSync('umount', [probe]);
  return true;
}
