/** A running session to which the machine does what it must not: its disk fails, its files run out. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { segmentName } from '../../src/storage/event-log-reader.ts';
import { type FinalReport, type Heartbeat, finalReportShape } from './support/contract-shapes.ts';
import { type Ended, type Program, endPrograms, runProgram } from './support/program.ts';
import {
  BUSY_LIMIT_MS as LIMIT_MS,
  alertKinds,
  lockFileOf,
  startSimulated,
} from './support/reported-failure.ts';
import {
  makeWorkspace,
  readAlerts,
  readJson,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const HAS_STRACE = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0;
const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;
/** A session holds some fifty files and sockets open. */
const OPEN_FILES_MAX = 72;

const HOLDING = [
  { at: '100ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
];
/** Whose account must be written again while the machine fails, whenever it begins to. */
const TRADING = [
  ...HOLDING,
  ...Array.from({ length: 12 }, (_, time) => `${5 + time * 3}s`).map((at) => ({
    ...{ at, action: 'submit', id: `more-${at}`, side: 'buy', type: 'market', quantity: '0.001' },
  })),
];

/** Opens a hundred files that it never closes, then buys. */
const LEAKING = `
import { openSync } from 'node:fs';
import { defineStrategy, lots, marketOrder } from 'laptop-agents';
import { z } from 'zod';
export default defineStrategy({
  name: 'leaking',
  params: z.strictObject({}),
  historyBars: () => 0,
  create: () => ({
    onStart: (view) => view.setTimer('leak', view.timeMs + 1_500),
    onTimer() {
      try {
        for (let count = 0; count < 100; count++) openSync('/dev/null', 'r');
      } catch {}
      return [marketOrder(0, 'buy', lots(100))];
    },
  }),
});
`;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

interface Holding {
  readonly workspace: string;
  readonly program: Program;
  readonly beat: Heartbeat;
}

async function startHolding(actions: readonly object[] = HOLDING): Promise<Holding> {
  const workspace = makeWorkspace();
  const script = writeScript(workspace, actions);
  const program = startSimulated(workspace, [
    ...['--duration', '1m', '--strategy', 'scripted', '--params', script],
  ]);
  const beat = await waitUntilBeats(program, workspace, 'position', ({ position }) => position === '0.05');
  return { workspace, program, beat };
}

/** Ended as a crash that it could report, with its position; the next process goes on with it to a clean end. */
async function expectCrashThenResume(workspace: string, program: Program, detail: RegExp): Promise<void> {
  const ended = await program.ended;
  expect(ended.stderr).toMatch(/^crashed: /);
  expect(ended.code).toBe(1);
  expect(alertKinds(workspace)).toEqual(['critical crashed']);
  expect(readAlerts(workspace)[0]?.text).toMatch(detail);
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({ status: 'error', stopped_reason: 'crashed', ledger_difference: '0' });
  expect(readdirSync(join(workspace, 'runs/latest'))).not.toContain('reserve');
  expect(existsSync(lockFileOf(workspace))).toBe(false);
  await expectResumed(workspace, report.session_id);
}

/** The next process goes on with the session to a clean end, and the whole of its log verifies. */
async function expectResumed(workspace: string, sessionId: string | null): Promise<FinalReport> {
  const next = await runProgram(['run', '--resume', '--duration', '1s', '--json', '--workspace', workspace]);
  // Nothing that is not so: a session that failed was not frozen.
  expect({ code: next.code, stderr: next.stderr }).toEqual({ code: 0, stderr: '' });
  const after = finalReportShape.parse(JSON.parse(next.stdout));
  expect(after).toMatchObject({ session_id: sessionId, resumed: 1, ledger_difference: '0' });
  expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({ positions: [], orders: [] });
  const verified = await runProgram(['verify', 'latest', '--workspace', workspace]);
  expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  return after;
}

/** Ended where nothing could be written, not even that; the next start says it, once. */
async function expectMuteEnd({ workspace, program, beat }: Holding): Promise<Ended> {
  const ended = await program.ended;
  expect(ended.code).toBe(1);
  expect(readAlerts(workspace)).toEqual([]);
  expect(readdirSync(join(workspace, 'runs/latest'))).not.toContain('final_report.json');
  const { fills } = await expectResumed(workspace, beat.session_id);
  expect(fills).toBeGreaterThanOrEqual(2);
  expect(alertKinds(workspace)).toEqual(['critical crashed', 'warning degraded']);
  expect(readAlerts(workspace)[0]?.text).toMatch(
    / ended without a report; last heartbeat .*position 0\.0[56]/,
  );
  return ended;
}

describe('a session', { timeout: LIMIT_MS }, () => {
  test
    .skipIf(!HAS_STRACE)
    .concurrent(
      'ends at the first sync of its log that fails, though later ones would succeed; nothing of it is lost',
      async () => {
        const { workspace, program, beat } = await startHolding();
        const words = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=1', '-o', '/dev/null'];
        const strace = spawn('strace', [...words, '-p', String(beat.pid)], { stdio: 'ignore' });
        const gone = once(strace, 'exit');
        await expectCrashThenResume(workspace, program, /EIO/);
        await gone;
      },
    );

  test
    .runIf(process.platform !== 'win32')
    .concurrent(
      'whose strategy opens files without end ends where its account needs one, alerts and reports it, and goes on',
      async () => {
        const workspace = makeWorkspace();
        const strategy = join(workspace, 'leaking.ts');
        writeFileSync(strategy, LEAKING);
        const options = ['--strategy', strategy, '--duration', '1m'];
        const program = startSimulated(workspace, options, {}, OPEN_FILES_MAX);
        await expectCrashThenResume(workspace, program, /could not write .*account\.json.*: EMFILE/);
      },
    );

  test
    .skipIf(!HAS_PRLIMIT)
    .concurrent(
      'that may not open one more file, not even for its end, says so where it can and is told of by the next start',
      async () => {
        const holding = await startHolding(TRADING);
        spawnSync('prlimit', ['--pid', String(holding.beat.pid), '--nofile=8:4096']);
        const { stderr } = await expectMuteEnd(holding);
        expect(stderr.replaceAll(/'[^']*'|\/\S*:/g, '_').split('\n')).toEqual([
          'the alert could not be written: EMFILE: too many open files, open _',
          'crashed: could not write _ EMFILE: too many open files, open _',
          'the result is not complete: could not write _ EMFILE: too many open files, open _',
          '',
        ]);
      },
    );

  test
    .skipIf(!HAS_STRACE)
    .concurrent(
      'whose disk turns read-only ends as one that cannot be written, and goes on once it can',
      async () => {
        const holding = await startHolding(TRADING);
        const strace = turnReadOnly(holding);
        const { stderr } = await expectMuteEnd(holding);
        expect(stderr).toMatch(/^the alert could not be written: EROFS/m);
        expect(stderr).toMatch(/^workspace_unwritable: could not write the event log .* EROFS/m);
        await strace;
      },
    );
});

/** Every file that the session changes, and the folders of those that it makes, refuse it from now on. */
function turnReadOnly({ workspace, beat }: Holding): Promise<unknown> {
  const session = join(workspace, 'sessions', beat.session_id ?? '');
  const replaced = [
    ...['logs/heartbeat.json', 'state/account.json'].map((name) => join(workspace, name)),
    ...['final_report.json', 'session.json'].map((name) => join(session, name)),
  ];
  const files = [
    ...[`events/${segmentName(1)}`, 'journal.db', 'journal.db-wal', 'checkpoints.jsonl', 'reserve'].map(
      (name) => join(session, name),
    ),
    ...['logs/system.jsonl', 'logs/alert.txt', '.agent/lockfile.pid', '.agent/lock.db-journal'].map((name) =>
      join(workspace, name),
    ),
    ...replaced.flatMap((file) => [file, `${file}.${beat.pid}.tmp`]),
  ];
  const calls = 'write,pwrite64,openat,rename,unlink,ftruncate,mkdir';
  const words = ['-f', '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EROFS`, '-o', '/dev/null'];
  const strace = spawn(
    'strace',
    [...words, ...files.flatMap((file) => ['-P', file]), '-p', String(beat.pid)],
    { stdio: 'ignore' },
  );
  return once(strace, 'exit');
}
