/**
 * The real program killed while it writes a snapshot, and what it does then with what is left: as it is, and with each part of
 * it damaged. Time runs faster, so that a session has a snapshot after seconds.
 *
 * Where there is no strace it is killed at any other moment.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, afterAll, describe, expect, test } from 'vitest';
import { segmentName } from '../../src/storage/event-log-reader.ts';
import { SessionFolder } from '../../src/storage/session-folder.ts';
import { finalReportShape } from './support/contract-shapes.ts';
import { fastTime } from './support/fast-time.ts';
import { type Ended, endPrograms, runProgram, startProgram, waitFor } from './support/program.ts';
import { SIMULATED_RUN, alertKinds } from './support/reported-failure.ts';
import { shareSession } from './support/shared-session.ts';
import {
  listSessions,
  makeWorkspace,
  readHeartbeat,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
} from './support/workspace.ts';

const LIMIT_MS = 120_000;
/** Until it is killed; a session that must close within seconds has more time of the machine for it. */
const FACTOR = 15;
const CALM_FACTOR = 3;
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0;
/** A signal is heard between two blocks of the log. */
const SIGNAL_LIMIT_MS = 5_000;

/** Holds a position; where it is told to, each of its calls takes its time, from the first on. */
const HOLDER = `
import { writeFileSync } from 'node:fs';
import { defineStrategy, lots, marketOrder } from 'laptop-agents';
import { z } from 'zod';
const mark = process.env['TEST_REPLAY_MARK'];
export default defineStrategy({
  name: 'holder',
  params: z.strictObject({}),
  historyBars: () => 0,
  state: () => ({ isHolding: false, books: 0 }),
  create: (_, memory) => ({
    onFill() {
      memory.isHolding = true;
    },
    onBook() {
      if (mark !== undefined) {
        writeFileSync(mark, '');
        for (const fromMs = performance.now(); performance.now() - fromMs < 20;);
      }
      // Again where the market was late just then.
      if (!memory.isHolding && memory.books++ % 40 === 0) return [marketOrder(0, 'buy', lots(500))];
    },
  }),
});
`;

interface Dead {
  readonly workspace: string;
  readonly id: string;
  readonly snapshots: readonly string[];
  /** Of whoever comes after: its time goes on from the end of the dead process, more slowly. */
  readonly calm: Readonly<Record<string, string>>;
}

const shared = shareSession(async (): Promise<Dead> => {
  const workspace = makeWorkspace();
  const strategy = join(workspace, 'holder.ts');
  writeFileSync(strategy, HOLDER);
  const options = [
    '--workspace',
    workspace,
    '--strategy',
    strategy,
    '--duration',
    '1d',
    '--stale-timeout',
    '5m',
  ];
  const beganMs = Date.now();
  const program = startProgram([...SIMULATED_RUN, ...options], { env: fastTime(FACTOR, beganMs) });
  const { pid, session_id: id } = await waitUntilBeats(
    program,
    workspace,
    'position',
    ({ position }) => position === '0.05',
  );
  const folder = join(workspace, 'sessions', id ?? '', 'snapshots');
  await waitFor(
    program,
    'snapshot',
    LIMIT_MS,
    () => namesIn(folder).find((name) => name.endsWith('.snapshot')) ?? null,
  );
  if (HAS_STRACE) await killInSnapshot(pid);
  else process.kill(pid, 'SIGKILL');
  await program.ended;
  const diedMs = Date.now();
  const fastMs = beganMs + (diedMs - beganMs) * FACTOR;
  const calm = fastTime(CALM_FACTOR, Math.floor((CALM_FACTOR * diedMs - fastMs) / (CALM_FACTOR - 1)));
  return { workspace, id: id ?? '', snapshots: namesIn(folder), calm };
});

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** Sends the process its SIGKILL as a thread of its pool, which nothing but snapshots renames files in, is about to do so. */
async function killInSnapshot(pid: number): Promise<void> {
  const tasks = `/proc/${pid}/task`;
  const pool = readdirSync(tasks).filter((task) =>
    readFileSync(join(tasks, task, 'comm'), 'utf8').startsWith('libuv-worker'),
  );
  expect(pool.length).toBeGreaterThan(0);
  const words = ['-e', 'trace=rename', '-e', 'inject=rename:signal=SIGKILL:when=1', '-o', '/dev/null'];
  const strace = spawn('strace', [...words, ...pool.flatMap((task) => ['-p', task])], { stdio: 'ignore' });
  await once(strace, 'exit');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

interface Copy {
  readonly dead: Dead;
  readonly workspace: string;
  readonly folder: SessionFolder;
}

/** What the dead process left, to be damaged. */
async function copyOfDead({ onTestFailed }: TestContext): Promise<Copy> {
  const dead = await shared(onTestFailed);
  const workspace = makeWorkspace();
  cpSync(dead.workspace, workspace, { recursive: true, verbatimSymlinks: true });
  return { dead, workspace, folder: new SessionFolder(join(workspace, 'sessions', dead.id)) };
}

function resume({ dead, workspace }: Copy): Promise<Ended> {
  const options = ['--resume', '--duration', '1s', '--json', '--workspace', workspace];
  return runProgram(['run', ...options], { env: dead.calm });
}

/** It went on as the same session to a clean end. */
function expectResumed({ dead, workspace }: Copy, ended: Ended): void {
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  const report = finalReportShape.parse(JSON.parse(ended.stdout));
  expect(report).toMatchObject({ session_id: dead.id, resumed: 1, ledger_difference: '0' });
  // Told once, however often it was started since.
  expect(alertKinds(workspace).filter((kind) => kind !== 'warning degraded')).toEqual(['critical crashed']);
}

/** The same, and the whole of its recording verifies. */
async function expectWhole(copy: Copy, ended: Ended): Promise<void> {
  expectResumed(copy, ended);
  const verified = await runProgram(['verify', copy.dead.id, '--workspace', copy.workspace]);
  expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
}

function recoveryLines(workspace: string): string[] {
  return readSystemLog(workspace)
    .filter(({ event }) => event === 'session_recovered' || event === 'snapshot_ignored')
    .map(({ event, msg }) => `${event}: ${msg}`);
}

/** Every file of the session that must not change, and the account. */
function untouched({ workspace, folder }: Copy): string[] {
  const events = readdirSync(folder.eventsFolder).map((name) => join(folder.eventsFolder, name));
  return [...events, join(folder.path, 'session.json'), join(workspace, 'state/account.json')].map((file) =>
    readFileSync(file, 'latin1'),
  );
}

describe.concurrent('a session that was killed while it wrote a snapshot', { timeout: LIMIT_MS }, () => {
  test.runIf(HAS_STRACE)('goes on from the one before', async (context) => {
    const copy = await copyOfDead(context);
    const { snapshots } = copy.dead;
    // One was whole when the kill was made ready; on a busy machine another one since.
    const whole = snapshots.filter((name) => /^\d+\.snapshot$/.test(name));
    expect(whole.length).toBeGreaterThanOrEqual(1);
    const torn = snapshots.filter((name) => !whole.includes(name));
    expect(torn).toEqual([expect.stringMatching(/^\d+\.snapshot\.tmp$/) as string]);
    const ended = await resume(copy);
    const last = Math.max(...whole.map((name) => Number.parseInt(name, 10)));
    expect(recoveryLines(copy.workspace)).toEqual([
      expect.stringMatching(`^session_recovered: Brought back from the snapshot of event ${last}: `),
    ]);
    await expectWhole(copy, ended);
  });

  test('is replayed whole where its snapshots and its journal are damaged, and tells which', async (context) => {
    const copy = await copyOfDead(context);
    const { workspace, folder } = copy;
    const whole = namesIn(folder.snapshotFolder).filter((name) => name.endsWith('.snapshot'));
    for (const name of namesIn(folder.snapshotFolder)) truncateSync(join(folder.snapshotFolder, name), 700);
    writeFileSync(folder.journalFile, Buffer.alloc(20_000, 0xa5));
    const ended = await resume(copy);
    expect(recoveryLines(workspace)).toEqual([
      ...whole.map(
        () =>
          expect.stringMatching(
            /^snapshot_ignored: The snapshot of event \d+ is not used: .*does not decompress/,
          ) as string,
      ),
      expect.stringMatching(/^session_recovered: Brought back from its first event: /),
    ]);
    // A verification would name them.
    rmSync(folder.snapshotFolder, { recursive: true });
    await expectWhole(copy, ended);
  });

  test('is refused with exit 7 where a bit of its log is wrong, and left as it is; a new session says so', async (context) => {
    const copy = await copyOfDead(context);
    const { dead, workspace, folder } = copy;
    const segment = join(folder.eventsFolder, segmentName(1));
    const bytes = readFileSync(segment);
    // Before the snapshot, which does not hide it.
    const at = Math.floor(bytes.length / 4);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    const before = untouched(copy);
    const verified = await runProgram(['verify', dead.id, '--workspace', workspace]);
    expect(verified.code).toBe(7);
    const ended = await resume(copy);
    expect(ended.stderr).toContain(segmentName(1));
    expect(ended.code).toBe(7);
    expect(untouched(copy)).toEqual(before);
    const kinds = ['critical crashed', 'critical invariant_violated'];
    expect(alertKinds(workspace)).toEqual(kinds);

    const options = ['--duration', '1s', '--strategy', 'none', '--on-end', 'keep', '--workspace', workspace];
    const next = await runProgram([...SIMULATED_RUN, ...options], { env: dead.calm });
    expect(next.code).toBe(0);
    expect(alertKinds(workspace)).toEqual([...kinds, 'error recovery_failed']);
    expect(listSessions(workspace)).toHaveLength(2);
    expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({
      positions: [{ quantity: '0.05' }],
    });
  });

  test('is left to the next start by a signal in the middle of its replay', async (context) => {
    const copy = await copyOfDead(context);
    const { dead, workspace, folder } = copy;
    rmSync(folder.snapshotFolder, { recursive: true });
    const before = untouched(copy);
    const mark = join(workspace, 'replaying');
    const replay = startProgram(['run', '--resume', '--workspace', workspace], {
      env: { TEST_REPLAY_MARK: mark },
    });
    await waitFor(replay, 'replay', LIMIT_MS, () => (namesIn(workspace).includes('replaying') ? true : null));
    const askedMs = performance.now();
    replay.process.kill('SIGTERM');
    const { code, stderr, stdout } = await replay.ended;
    expect(performance.now() - askedMs).toBeLessThan(SIGNAL_LIMIT_MS);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe(
      `SIGTERM before session ${dead.id} was brought back: nothing of it is lost, --resume continues it\n`,
    );
    expect(untouched(copy)).toEqual(before);
    expect(namesIn(join(workspace, '.agent'))).not.toContain('lockfile.pid');
    expect(readHeartbeat(workspace)).toMatchObject({
      session_id: dead.id,
      state: 'ended',
      reason: 'crashed',
    });
    expectResumed(copy, await resume(copy));
  });
});
