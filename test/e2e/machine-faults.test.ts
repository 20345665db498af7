/** A running session to which the machine does what it must not: its disk fails. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Heartbeat, finalReportShape } from './support/contract-shapes.ts';
import { type Program, endPrograms, runProgram } from './support/program.ts';
import { BUSY_LIMIT_MS as LIMIT_MS, alertKinds, startSimulated } from './support/reported-failure.ts';
import {
  makeWorkspace,
  readAlerts,
  readJson,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const HAS_STRACE = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0;

const HOLDING = [
  { at: '100ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
];

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

async function startHolding(): Promise<{ workspace: string; program: Program; beat: Heartbeat }> {
  const workspace = makeWorkspace();
  const script = writeScript(workspace, HOLDING);
  const program = startSimulated(workspace, [
    ...['--duration', '1m', '--strategy', 'scripted', '--params', script],
  ]);
  const beat = await waitUntilBeats(program, workspace, 'position', ({ position }) => position === '0.05');
  return { workspace, program, beat };
}

/** Ended as a crash that it could report, with its position; the next process goes on with it to a clean end. */
async function expectCrashThenResume(workspace: string, program: Program, detail: RegExp): Promise<void> {
  const ended = await program.ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^crashed: /);
  expect(alertKinds(workspace)).toEqual(['critical crashed']);
  expect(readAlerts(workspace)[0]?.text).toMatch(detail);
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({ status: 'error', stopped_reason: 'crashed', ledger_difference: '0' });
  expect(readdirSync(join(workspace, 'runs/latest'))).not.toContain('reserve');

  const next = await runProgram(['run', '--resume', '--duration', '1s', '--json', '--workspace', workspace]);
  expect(next.code).toBe(0);
  const after = finalReportShape.parse(JSON.parse(next.stdout));
  expect(after).toMatchObject({
    session_id: report.session_id,
    resumed: 1,
    ledger_difference: '0',
  });
  expect(readJson(join(workspace, 'state/account.json'))).toMatchObject({ positions: [], orders: [] });
}

describe('a session', { timeout: LIMIT_MS }, () => {
  test.skipIf(!HAS_STRACE)(
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
});
