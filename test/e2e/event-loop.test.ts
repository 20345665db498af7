/** A session whose event loop stands still: what the thread that watches it says and does, in the real program. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { endPrograms } from './support/program.ts';
import {
  BUSY_LIMIT_MS as LIMIT_MS,
  alertKinds,
  expectReportedFailure,
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
    'that a strategy blocks is alerted from outside, and the session ended and reported, exit 1',
    async () => {
      const workspace = makeWorkspace();
      const strategy = writeFreezer(workspace, 'while (true) {}');
      const options = ['--strategy', strategy, '--duration', 'forever'];
      // Each of the three exchanges makes the call and is cut off after a second, until it is disabled: 9 s in a row.
      const { code } = await start(workspace, options, { LA_RESOURCES_FREEZE_TIMEOUT: '7s' }).ended;
      expect(code).toBe(1);
      expectReportedFailure(workspace, 'crashed', 1, 'the event loop was frozen for 7 s');
      const alerts = readAlerts(workspace);
      const stall = alerts.find(({ reason }) => reason === 'event_loop_stalled');
      expect(stall).toMatchObject({ level: 'critical' });
      expect((alerts.at(-1)?.timeMs ?? 0) - (stall?.timeMs ?? 0)).toBeGreaterThan(1_000);
      expect(readSystemLog(workspace).filter(({ event }) => event === 'event_loop_stalled')).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test.runIf(process.platform === 'linux').concurrent(
    'that is frozen beyond reach leaves its last words, and the next session does not tell it again',
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
      expect((await start(workspace, ['--duration', '1s']).ended).code).toBe(0);
      expect(alertKinds(workspace)).toHaveLength(2);
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
