/** `la watch`: the real program kept alive by itself, through everything that kills it, and through nothing else. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Heartbeat, reportDocumentShape } from './support/contract-shapes.ts';
import { exact, sumExact } from './support/exact-decimal.ts';
import { type Program, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  listSessions,
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  removeWorkspaces,
  waitUntilBeats,
} from './support/workspace.ts';

/** Sessions side by side on a busy machine take their time. */
const LIMIT_MS = 240_000;

const SIMULATED = ['--source', 'simulated', '--seed', '5', '--dashboard', 'off'] as const;

/** Buys once in the life of an account, and then holds, beside an order that rests far from the market. */
const HOLDER = `
  import { defineStrategy, limitOrder, marketOrder } from 'laptop-agents';
  import { z } from 'zod';
  export default defineStrategy({
    name: 'holder',
    params: z.object({}),
    historyBars: () => 1,
    create: () => ({
      onStart(view) {
        if (view.position(0) !== 0) return [];
        const lots = Math.round(0.05 / 10 ** -view.instruments[0].quantityDecimals);
        const far = Math.round(view.bestBid(0) * 0.97);
        return [marketOrder(0, 'buy', lots), limitOrder(0, 'buy', lots, far, { timeInForce: 'post_only' })];
      },
    }),
  });`;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

function watch(
  workspace: string,
  options: readonly string[],
  environment: Record<string, string> = {},
): Program {
  return startProgram(['watch', '--workspace', workspace, '--', ...options], { env: environment });
}

function writeHolder(workspace: string): string {
  const path = join(workspace, 'holder.ts');
  writeFileSync(path, HOLDER);
  return path;
}

const isHolding = ({ position, open_orders: orders }: Heartbeat): boolean =>
  position === '0.05' && orders === 1;

/** Waits until a session of another process than `formerPid` is as wanted. */
function waitForNext(
  program: Program,
  workspace: string,
  formerPid: number,
  isWanted: (beat: Heartbeat) => boolean,
): Promise<Heartbeat> {
  return waitUntilBeats(
    program,
    workspace,
    'next session',
    (beat) => beat.pid !== formerPid && isWanted(beat),
  );
}

function alertsOf(workspace: string): string[] {
  return readAlerts(workspace).map(({ level, reason, text }) => `${level} ${reason}: ${text}`);
}

describe('a supervised session', () => {
  test.concurrent(
    'that is killed goes on as the same session: its position, its order, the rest of its time; SIGTERM ends it for good',
    async () => {
      const workspace = makeWorkspace();
      const options = [...SIMULATED, '--fresh', '--duration', '10m', '--strategy', writeHolder(workspace)];
      const program = watch(workspace, options);
      // Long enough into its time for the rest to differ from the whole.
      const isUnderway = (beat: Heartbeat): boolean => isHolding(beat) && (beat.remaining ?? 600) < 598;
      const first = await waitUntilBeats(program, workspace, 'held position', isUnderway);
      const before = readJson(join(workspace, 'state/account.json')) as {
        positions: unknown;
        orders: unknown;
      };
      expect(before).toMatchObject({ positions: [{ quantity: '0.05' }] });
      process.kill(first.pid, 'SIGKILL');

      const isBack = (beat: Heartbeat): boolean => isHolding(beat) && beat.state === 'running';
      const second = await waitForNext(program, workspace, first.pid, isBack);
      expect(second.session_id).toBe(first.session_id);
      expect(second.wallet_balance).toBe(first.wallet_balance);
      expect(listSessions(workspace)).toEqual([second.session_id]);
      expect(second.remaining).toBeLessThan(first.remaining ?? 0);
      expect(second.remaining).toBeGreaterThan(500);
      expect(alertsOf(workspace)).toEqual([
        expect.stringMatching(
          /^critical crashed: session [^ ]+ \(pid \d+\) ended without a report \(SIGKILL\); last heartbeat .* position 0\.05/,
        ),
      ]);
      expect(program.stderr()).toContain('la watch: the session crashed; starting it again in 1 s\n');

      program.process.kill('SIGTERM');
      expect((await program.ended).code).toBe(0);
      const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
      const { report, fills } = reportDocumentShape.parse(JSON.parse(printed.stdout));
      expect(report).toMatchObject({ stopped_reason: 'signal', status: 'degraded', trades: 1, resumed: 1 });
      // It bought once and sold once, over as many levels as that took.
      const bought = fills.filter(({ side }) => side === 'buy').map(({ quantity }) => quantity);
      const sold = fills.filter(({ side }) => side === 'sell').map(({ quantity }) => quantity);
      expect([sumExact(bought), sumExact(sold)]).toEqual([exact('0.05'), exact('0.05')]);
      expect(alertsOf(workspace).slice(1)).toEqual([expect.stringMatching(/^warning degraded: /)]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'that is frozen is noticed by its heartbeat, killed and replaced; SIGINT ends it for good',
    async () => {
      const workspace = makeWorkspace();
      const program = watch(workspace, [
        ...SIMULATED,
        '--duration',
        'forever',
        '--strategy',
        writeHolder(workspace),
      ]);
      const first = await waitUntilBeats(program, workspace, 'held position', isHolding);
      process.kill(first.pid, 'SIGSTOP');
      await expect
        .poll(() => alertsOf(workspace), { timeout: 60_000, interval: 100 })
        .toEqual([
          expect.stringMatching(
            /^critical crashed: session [^ ]+ \(pid \d+\) is frozen: no sign of life for 15 s; it is killed; last heartbeat .* running/,
          ),
        ]);
      const [frozen] = readAlerts(workspace);
      const lastBeat = /last heartbeat (\S+Z)/.exec(frozen?.text ?? '')?.[1] ?? '';
      expect((frozen?.timeMs ?? 0) - Date.parse(lastBeat)).toBeGreaterThanOrEqual(15_000);
      const isBack = (beat: Heartbeat): boolean => isHolding(beat) && beat.state === 'running';
      await waitForNext(program, workspace, first.pid, isBack);
      expect(listSessions(workspace)).toEqual([first.session_id]);
      program.process.kill('SIGINT');
      expect((await program.ended).code).toBe(0);
      expect(alertsOf(workspace).slice(1)).toEqual([expect.stringMatching(/^warning degraded: /)]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'that cannot live is started five times more, less and less often, and then given up with an alert',
    async () => {
      const workspace = makeWorkspace();
      const program = watch(workspace, [...SIMULATED, '--duration', '10m'], { LA_TEST_CRASH: 'startup' });
      const { code, durationMs } = await program.ended;
      expect(code).toBe(1);
      expect(durationMs).toBeGreaterThan(31_000);
      expect(listSessions(workspace)).toHaveLength(6);
      expect(alertsOf(workspace)).toEqual([
        ...Array.from({ length: 6 }, () => 'critical crashed: Test Crash'),
        'critical watch_gave_up: gave up after 5 restarts in 10 minutes',
      ]);
    },
    LIMIT_MS,
  );
});

describe('an end that is not a crash', () => {
  test.concurrent.each([
    ['la stop', 'stop', 0],
    ['la kill', 'kill', 99],
  ])(
    'by %s is the end of the watch, too',
    async (_, command, exitCode) => {
      const workspace = makeWorkspace();
      const program = watch(workspace, [...SIMULATED, '--duration', 'forever']);
      await waitUntilBeats(program, workspace, 'session', ({ state }) => state === 'running');
      expect((await runProgram([command, '--workspace', workspace])).code).toBe(0);
      expect((await program.ended).code).toBe(exitCode);
      expect(listSessions(workspace)).toHaveLength(1);
      expect(readHeartbeat(workspace).state).toBe('ended');
    },
    LIMIT_MS,
  );

  test.concurrent.each([
    ['its time being up', ['--duration', '1s'], {}, 0, 1],
    ['a fatal refusal of the venue', ['--symbol', 'NOSUCHUSDT'], {}, 3, 1],
    ['a limit of memory', ['--duration', '10m'], { LA_RESOURCES_MAX_MEMORY_MB: '90' }, 4, 1],
    ['a kill switch that is on already', [], { LA_KILL_SWITCH: 'TRUE' }, 99, 0],
    ['a strategy that does not exist', ['--strategy', 'none_such'], {}, 2, 0],
  ])(
    'by %s is the end of the watch, too',
    async (_, options, environment, exitCode, sessions) => {
      const workspace = makeWorkspace();
      const { code, stderr } = await watch(workspace, [...SIMULATED, ...options], environment).ended;
      expect(code).toBe(exitCode);
      expect(stderr).not.toContain('starting it again');
      expect(listSessions(workspace)).toHaveLength(sessions);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'by another session in the workspace is the end of the watch, too, and leaves the other one alone',
    async () => {
      const workspace = makeWorkspace();
      const other = startProgram(['run', ...SIMULATED, '--duration', 'forever', '--workspace', workspace]);
      const { pid } = await waitUntilBeats(other, workspace, 'session', ({ state }) => state === 'running');
      const { code, stderr } = await watch(workspace, SIMULATED).ended;
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(`^Already running \\(pid ${pid} since [^ ]+\\)\\n$`) as string,
      });
      expect(readFileSync(join(workspace, '.agent/lockfile.pid'), 'utf8').split('\n')[0]).toBe(String(pid));
      expect(readHeartbeat(workspace)).toMatchObject({ pid, state: 'running' });
      other.process.kill('SIGTERM');
      expect((await other.ended).code).toBe(0);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'by a mistake in the options is told before anything is started',
    async () => {
      const workspace = makeWorkspace();
      const mistake = await watch(workspace, ['--leverge', '3']).ended;
      expect(mistake.code).toBe(2);
      expect(mistake.stderr).toContain("unknown option '--leverge'");
      const range = await watch(workspace, ['--leverage', '1000']).ended;
      expect({ code: range.code, stderr: range.stderr }).toEqual({
        code: 2,
        stderr: '--leverage: expected a whole number from 1 to 200, found 1000\n',
      });
      const preflight = await watch(workspace, [...SIMULATED, '--preflight']).ended;
      expect(preflight.code).toBe(2);
      expect(existsSync(join(workspace, 'logs'))).toBe(false);
    },
    LIMIT_MS,
  );
});
