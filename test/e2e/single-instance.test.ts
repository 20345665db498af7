/** One session a workspace, whoever starts how many at once: the real program, thirty times eight starts. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Ended, type ProgramOptions, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  listSessions,
  makeWorkspace,
  readAlerts,
  readSystemLog,
  removeWorkspaces,
} from './support/workspace.ts';

const RUN = ['run', '--source', 'simulated', '--seed', '5', '--dashboard', 'off'] as const;

const ROUNDS = 30;
const STARTS = 8;
/** A second a round on a machine that does nothing else; other tests may be running. */
const ROUNDS_LIMIT_MS = 900_000;
const LIMIT_MS = 180_000;

/** What a start costs is mostly its sources; Node keeps them compiled here. */
const QUICK: ProgramOptions = { env: { NODE_COMPILE_CACHE: join(makeWorkspace(), 'compiled') } };

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

function lockFileOf(workspace: string): string {
  return join(workspace, '.agent/lockfile.pid');
}

/** Starts eight sessions at once and waits until all but one have ended; then kills that one. */
async function holdRound(workspace: string): Promise<{ winnerPid: string; losers: Ended[] }> {
  const programs = Array.from({ length: STARTS }, () =>
    startProgram([...RUN, '--duration', 'forever', '--workspace', workspace], QUICK),
  );
  const losers: Ended[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const { ended } of programs)
      ended.then((end) => {
        if (losers.push(end) === STARTS - 1) resolve();
      }, reject);
  });
  const winnerPid = readFileSync(lockFileOf(workspace), 'utf8').split('\n')[0] ?? '';
  process.kill(Number(winnerPid), 'SIGKILL');
  await Promise.all(programs.map(({ ended }) => ended));
  return { winnerPid, losers: losers.slice(0, STARTS - 1) };
}

describe('simultaneous starts', () => {
  test(
    'let exactly one of eight win, thirty times, each time over the lock of a winner that was killed',
    async () => {
      const workspace = makeWorkspace();
      for (let round = 0; round < ROUNDS; round++) {
        const { winnerPid, losers } = await holdRound(workspace);
        const said = new RegExp(`^Already running \\(pid ${winnerPid} since [^ ]+Z\\)\\n$`);
        for (const { code, stderr } of losers) {
          expect(stderr, `round ${round}`).toMatch(said);
          expect(code, `round ${round}`).toBe(1);
        }
      }
      const refusals = readAlerts(workspace).filter(({ reason }) => reason === 'already_running');
      expect(refusals).toHaveLength(ROUNDS * (STARTS - 1));
    },
    ROUNDS_LIMIT_MS,
  );
});

describe('the lock of a workspace', () => {
  test(
    'is respected where a living process stands in it that holds nothing else, and taken from a dead one',
    async () => {
      const workspace = makeWorkspace();
      mkdirSync(join(workspace, '.agent'));
      writeFileSync(lockFileOf(workspace), `${process.pid}\n`);
      for (const words of [['--help'], ['status'], ['report', 'latest'], ['doctor', '--source', 'simulated']])
        await runProgram([...words, '--workspace', workspace]);
      expect(readFileSync(lockFileOf(workspace), 'utf8')).toBe(`${process.pid}\n`);
      const refused = await runProgram([...RUN, '--workspace', workspace]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toBe(`Already running (pid ${process.pid} since unknown)\n`);
      expect(listSessions(workspace)).toEqual([]);

      // The same pid, of a process that started at another time: what held the lock is gone.
      writeFileSync(lockFileOf(workspace), `${process.pid}\nprocess_start=another-boot:1\nsession_id=s0\n`);
      const { code } = await runProgram([...RUN, '--duration', '1s', '--workspace', workspace]);
      expect(code).toBe(0);
      const taken = readSystemLog(workspace).find(({ event }) => event === 'lock_taken_over');
      expect(taken?.msg).toContain(`took over from pid ${process.pid}`);
      expect(existsSync(lockFileOf(workspace))).toBe(false);
      expect(readAlerts(workspace).at(-1)?.text).toBe(
        `session s0 (pid ${process.pid}) ended without a report; no heartbeat`,
      );
    },
    LIMIT_MS,
  );
});
