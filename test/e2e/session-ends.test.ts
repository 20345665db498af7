/** Every way to end a running session from outside, and what each leaves: flat, told truly, and within its time. */

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { type FinalReport, type Heartbeat, finalReportShape } from './support/contract-shapes.ts';
import { type Ended, type Program, endPrograms, runProgram, startProgram, words } from './support/program.ts';
import {
  listSessions,
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const RUN = 'run --source simulated --seed 5 --dashboard off';
/** An end has something to close. */
const HOLDING = [{ at: '1s', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' }];
const GRACEFUL_END_LIMIT_MS = 10_000;
const KILL_LIMIT_MS = 2_000;
const TIMED_RETRIES = 3;
const TEST_LIMIT_MS = 150_000;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

interface Holding {
  readonly workspace: string;
  readonly program: Program;
  readonly beat: Heartbeat;
}

/** Starts a session without an end of its own and waits until it holds a position. */
async function startHolding(): Promise<Holding> {
  const workspace = makeWorkspace();
  const script = writeScript(workspace, HOLDING);
  const options = `--duration forever --strategy scripted --params ${script} --workspace ${workspace}`;
  const program = startProgram(words(`${RUN} ${options}`));
  const beat = await waitUntilBeats(
    program,
    workspace,
    'open position',
    ({ position }) => position === '0.05',
  );
  return { workspace, program, beat };
}

/** Starts a short session in a workspace that may not let it. */
function startAnother(workspace: string, seconds: number, env: Record<string, string> = {}): Promise<Ended> {
  return runProgram(words(`${RUN} --duration ${seconds}s --workspace ${workspace}`), { env });
}

/** What every end that the process survives leaves: one round trip, closed. */
function expectOrderlyEnd(workspace: string, stoppedReason: string, exitCode: number): FinalReport {
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({
    status: exitCode === 0 ? 'success' : 'killed',
    stopped_reason: stoppedReason,
    exit_code: exitCode,
    trades: 1,
    ledger_difference: '0',
  });
  expect(readHeartbeat(workspace)).toMatchObject({
    state: 'ended',
    reason: stoppedReason,
    position: '0',
    open_orders: 0,
  });
  expect(existsSync(join(workspace, '.agent/lockfile.pid'))).toBe(false);
  // What people were told stands beside what happened.
  const journal = new DatabaseSync(join(workspace, 'runs/latest/journal.db'), { readOnly: true });
  const kept = journal.prepare('SELECT level, reason FROM alerts ORDER BY alert_id').all();
  journal.close();
  expect(kept.map(({ level, reason }) => `${String(level)} ${String(reason)}`)).toEqual(alertsOf(workspace));
  return report;
}

function alertsOf(workspace: string): string[] {
  return readAlerts(workspace).map(({ level, reason }) => `${level} ${reason}`);
}

describe.concurrent('a running session', { timeout: TEST_LIMIT_MS }, () => {
  test('ends gracefully at SIGTERM and keeps a second session out of its workspace', async () => {
    const { workspace, program, beat } = await startHolding();
    const second = await startAnother(workspace, 5);
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
    expect(performance.now() - askedMs).toBeLessThan(GRACEFUL_END_LIMIT_MS);
    expectOrderlyEnd(workspace, 'signal', 0);
    // The one that was refused said so in the alerts; the one that ended cleanly did not.
    expect(alertsOf(workspace)).toEqual(['critical already_running']);
  });

  test('ends gracefully at SIGINT', async () => {
    const { workspace, program } = await startHolding();
    const askedMs = performance.now();
    program.process.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(GRACEFUL_END_LIMIT_MS);
    expectOrderlyEnd(workspace, 'signal', 0);
    expect(alertsOf(workspace)).toEqual([]);
  });

  test('ends at "la stop", which returns when it has', async () => {
    const { workspace, program, beat } = await startHolding();
    const stop = await runProgram(words(`stop --workspace ${workspace}`));
    expect({ code: stop.code, stderr: stop.stderr }).toEqual({ code: 0, stderr: '' });
    expect(stop.stdout).toContain(beat.session_id);
    expectOrderlyEnd(workspace, 'stop_requested', 0);
    expect((await program.ended).code).toBe(0);
    expect(alertsOf(workspace)).toEqual([]);
    for (const command of ['stop', 'kill', 'status']) {
      const { code, stdout, stderr } = await runProgram(words(`${command} --workspace ${workspace}`));
      expect({ command, code }).toEqual({ command, code: 3 });
      expect(stdout + stderr).toMatch(/^No session runs in .*\n$/);
    }
    expect(existsSync(join(workspace, 'kill.txt'))).toBe(false);
  });

  // What else runs on the machine takes of the two seconds: they must be kept once in so many attempts.
  test(
    'is killed by kill.txt within two seconds, flat, and no other starts while the file is there',
    {
      retry: TIMED_RETRIES,
    },
    async () => {
      const { workspace, program } = await startHolding();
      writeFileSync(join(workspace, 'kill.txt'), '');
      const thrownMs = performance.now();
      expect((await program.ended).code).toBe(99);
      expect(performance.now() - thrownMs).toBeLessThan(KILL_LIMIT_MS);
      expectOrderlyEnd(workspace, 'kill_switch', 99);
      expect(alertsOf(workspace)).toEqual(['critical kill_switch']);

      const refused = await startAnother(workspace, 5);
      expect(refused.code).toBe(99);
      expect(listSessions(workspace)).toHaveLength(1);
      expect(alertsOf(workspace)).toEqual(['critical kill_switch', 'critical kill_switch']);

      rmSync(join(workspace, 'kill.txt'));
      expect((await startAnother(workspace, 5, { LA_KILL_SWITCH: 'TRUE' })).code).toBe(99);
      expect(listSessions(workspace)).toHaveLength(1);
    },
  );

  test('is killed by "la kill", whose file stays', async () => {
    const { workspace, program } = await startHolding();
    expect((await runProgram(words(`kill --workspace ${workspace}`))).code).toBe(0);
    expect((await program.ended).code).toBe(99);
    expectOrderlyEnd(workspace, 'kill_switch', 99);
    expect(existsSync(join(workspace, 'kill.txt'))).toBe(true);
  });

  test('that died without a word leaves its workspace free, and the next start tells of it', async () => {
    const { workspace, program, beat } = await startHolding();
    process.kill(beat.pid, 'SIGKILL');
    await program.ended;
    const status = await runProgram(words(`status --workspace ${workspace}`));
    expect(status.code).toBe(3);
    expect(status.stdout).toContain(`${beat.pid}`);
    await startAnother(workspace, 1);
    expect(listSessions(workspace)).toHaveLength(2);
    expect(alertsOf(workspace)).toContain('critical crashed');
    expect(readAlerts(workspace)[0]?.text).toContain(`pid ${beat.pid}`);
    expect(readHeartbeat(workspace).state).toBe('ended');
  });
});
