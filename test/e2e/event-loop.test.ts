/** A session whose event loop stands still: what the thread that watches it says and does, in the real program. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { finalReportShape } from './support/contract-shapes.ts';
import { endPrograms, runProgram, startProgram, waitFor } from './support/program.ts';
import {
  BUSY_LIMIT_MS as LIMIT_MS,
  alertKinds,
  expectReportedFailure,
  lockFileOf,
  startSimulated as start,
} from './support/reported-failure.ts';
import {
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readSystemLog,
  removeWorkspaces,
  waitUntilRunning,
} from './support/workspace.ts';

const WAS_FROZEN =
  /^Session \S+ was frozen; its log is replayed, and what froze it may freeze this too\. Without --resume a new session goes on with its account\.\n/;

function resuming(workspace: string): string[] {
  return ['run', '--resume', '--duration', '1s', '--json', '--workspace', workspace];
}

function frozenMark(workspace: string): string {
  return join(workspace, '.agent/frozen');
}

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe('the event loop', () => {
  /** A strategy that never comes back. */
  function writeFreezer(workspace: string, freeze: string): string {
    const path = join(workspace, 'freezer.ts');
    writeFileSync(
      path,
      `import { readFileSync } from 'node:fs';
       import { defineStrategy } from 'laptop-agents';
       import { z } from 'zod';
       export default defineStrategy({
         name: 'freezer',
         params: z.object({}),
         historyBars: () => 1,
         create: () => ({
           onStart: (view) => view.setTimer('freeze', view.timeMs + 1_000),
           onTimer() { ${freeze} },
         }),
       });`,
    );
    return path;
  }

  test.concurrent(
    'that a strategy blocks is alerted from outside, and the session ended and reported, exit 1; resumed it runs to its end',
    async () => {
      const workspace = makeWorkspace();
      const strategy = writeFreezer(workspace, 'while (true) {}');
      const options = ['--strategy', strategy, '--duration', 'forever'];
      // Each of the three exchanges makes the call until it is disabled: 45 s in a row, were they still made once it froze.
      const { code } = await start(workspace, options, {
        LA_RESOURCES_FREEZE_TIMEOUT: '7s',
        LA_ENGINE_STRATEGY_CALL_BUDGET: '5s',
      }).ended;
      expect(code).toBe(1);
      expectReportedFailure(workspace, 'crashed', 1, 'the event loop was frozen for 7 s');
      const alerts = readAlerts(workspace);
      const stall = alerts.find(({ reason }) => reason === 'event_loop_stalled');
      expect(stall).toMatchObject({ level: 'critical' });
      expect((alerts.at(-1)?.timeMs ?? 0) - (stall?.timeMs ?? 0)).toBeGreaterThan(1_000);
      expect(readSystemLog(workspace).filter(({ event }) => event === 'event_loop_stalled')).toHaveLength(1);

      const next = await runProgram(resuming(workspace), {
        env: { LA_ENGINE_STRATEGY_CALL_BUDGET: '100ms' },
      });
      expect(next.stderr).toMatch(WAS_FROZEN);
      expect(next.code).toBe(0);
      const report = finalReportShape.parse(JSON.parse(next.stdout));
      expect(report).toMatchObject({
        resumed: 1,
        stopped_reason: 'duration_reached',
        ledger_difference: '0',
      });
      expect(readAlerts(workspace).map(({ reason }) => reason)).toContain('strategy_disabled');
      // It was brought back: nobody takes it for frozen any more.
      expect(existsSync(frozenMark(workspace))).toBe(false);
    },
    LIMIT_MS,
  );

  test.runIf(process.platform === 'linux').concurrent(
    'that is frozen beyond reach leaves its last words; a new session does not replay it, nor tell of it again',
    async () => {
      const workspace = makeWorkspace();
      const pipe = join(workspace, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const strategy = writeFreezer(workspace, `readFileSync(${JSON.stringify(pipe)});`);
      const options = ['--strategy', strategy, '--duration', 'forever'];
      const program = start(workspace, options, { LA_RESOURCES_FREEZE_TIMEOUT: '6s' });
      const { stderr } = await program.ended;
      expect(stderr).toMatch(
        /^crashed: the event loop of session [^ ]+ was frozen for \d+ s; the process was ended\n$/,
      );
      expect(alertKinds(workspace)).toEqual(['critical event_loop_stalled', 'critical crashed']);
      expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', reason: 'crashed' });
      expect(readFileSync(frozenMark(workspace), 'utf8').trim()).toBe(readHeartbeat(workspace).session_id);
      const copy = makeWorkspace();
      cpSync(workspace, copy, { recursive: true, verbatimSymlinks: true, filter: (file) => file !== pipe });

      // The replay freezes as the session did, having said so; only SIGKILL ends it.
      const replay = startProgram(resuming(workspace));
      await waitFor(replay, 'sentence', LIMIT_MS, () => (WAS_FROZEN.test(replay.stderr()) ? true : null));
      process.kill(Number.parseInt(readFileSync(lockFileOf(workspace), 'utf8'), 10), 'SIGKILL');
      await replay.ended;
      expect((await start(workspace, ['--duration', '1s']).ended).code).toBe(0);
      expect(alertKinds(workspace)).toEqual(['critical event_loop_stalled', 'critical crashed']);
      expect(readSystemLog(workspace).filter(({ event }) => event === 'session_was_frozen')).toHaveLength(2);

      // Where what it waited for is there by now, the session itself goes on.
      rmSync(pipe);
      writeFileSync(pipe, '');
      const next = await runProgram(resuming(copy));
      expect(next.stderr).toMatch(WAS_FROZEN);
      expect(next.code).toBe(0);
      expect(finalReportShape.parse(JSON.parse(next.stdout))).toMatchObject({ resumed: 1 });
    },
    LIMIT_MS,
  );

  test.concurrent(
    'of a process that was stopped whole and goes on is not taken for a frozen one',
    async () => {
      const workspace = makeWorkspace();
      const program = start(workspace, ['--duration', '14s', '--stale-timeout', '30s'], {
        LA_RESOURCES_FREEZE_TIMEOUT: '6s',
      });
      const { pid } = await waitUntilRunning(program, workspace);
      process.kill(pid, 'SIGSTOP');
      await delay(8_000);
      process.kill(pid, 'SIGCONT');
      expect((await program.ended).code).toBe(0);
      expect(readAlerts(workspace)).toEqual([]);
    },
    LIMIT_MS,
  );
});
