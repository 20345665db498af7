/** A strategy of one's own that never comes back: cut off, alerted, disabled, and the session goes on; a replay is told. */

import { mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { finalReportShape } from './support/contract-shapes.ts';
import { endPrograms, runProgram } from './support/program.ts';
import { makeWorkspace, readJson, removeWorkspaces } from './support/workspace.ts';

/** Loops at its second trade; its memory begins anew after it, so it does so again. */
const LOOPING = `
import { defineStrategy, lots, marketOrder } from 'laptop-agents';
import { z } from 'zod';
export default defineStrategy({
  name: 'looping',
  params: z.strictObject({}),
  historyBars: () => 0,
  create() {
    let trades = 0;
    return {
      onStart: () => [marketOrder(0, 'buy', lots(100))],
      onTrade() {
        if (++trades === 2) while (true) {}
      },
    };
  },
});
`;

/** Loops at its bar number 700, of which only a backtest gets that far. */
const LOOPING_LATE = `
import { defineStrategy } from 'laptop-agents';
import { z } from 'zod';
export default defineStrategy({
  name: 'looping_late',
  params: z.strictObject({}),
  historyBars: () => 0,
  state: () => ({ bars: 0 }),
  create: (_params, state) => ({ onBar() { if (++state.bars === 700) while (true) {} } }),
});
`;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

test('an endless loop loses its signal, is alerted, and the session runs its time; its recording verifies', async () => {
  const workspace = makeWorkspace();
  const strategy = join(workspace, 'looping.ts');
  writeFileSync(strategy, LOOPING);
  const options = ['--source', 'simulated', '--dashboard', 'off', '--seed', '5', '--duration', '8s'];
  const ended = await runProgram(['run', ...options, '--strategy', strategy, '--workspace', workspace], {
    // Too long for a call that comes back to take it, also on a busy machine.
    env: { LA_ENGINE_STRATEGY_CALL_BUDGET: '400ms' },
  });
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({ status: 'degraded', stopped_reason: 'duration_reached' });
  expect(report.fills).toBeGreaterThan(1);
  const alerts = readFileSync(join(workspace, 'logs/alert.txt'), 'utf8');
  expect(alerts).toMatch(
    /error strategy_overrun: Strategy looping took too long in onTrade; its signal is lost/,
  );
  expect(alerts).toMatch(/critical strategy_disabled: Strategy looping is disabled after 3 calls/);
  // Without what was recorded of the calls, the replay would come to the loop and never end.
  const verified = await runProgram(['verify', 'latest', '--workspace', workspace]);
  expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
}, 120_000);

const SHORT_BUDGET = { LA_ENGINE_STRATEGY_CALL_BUDGET: '100ms' };

function candles(workspace: string, count: number): string {
  const rows = Array.from({ length: count }, (_, at) => `${at * 60_000},100,101,99,100,5`);
  const data = join(workspace, 'btcusdt.csv');
  writeFileSync(data, `open_time_ms,open,high,low,close,volume\n${rows.join('\n')}\n`);
  return data;
}

function stuckSentence(strategy: string): string {
  return `strategy_stuck: ${strategy}: onBar at 1970-01-01 11:41:00 of the market (its call 700) did not come back within 1 s; the run was ended and has no result\n`;
}

test('an endless loop ends a backtest and a check, with a sentence that says where', async () => {
  const workspace = makeWorkspace();
  const strategy = join(workspace, 'looping.ts');
  writeFileSync(strategy, LOOPING_LATE);
  const data = candles(workspace, 800);
  for (const command of ['backtest', 'check']) {
    const words = [command, '--data', data, '--strategy', strategy, '--workspace', workspace];
    const ended = await runProgram(words, { env: SHORT_BUDGET });
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' });
    expect(ended.stderr).toBe(stuckSentence(strategy));
  }
}, 120_000);

test('an endless loop ends whatever replays a session, by the budget that the session had', async () => {
  const workspace = makeWorkspace();
  const strategy = join(workspace, 'looping.ts');
  writeFileSync(strategy, LOOPING_LATE.replace('=== 700', '=== 900'));
  const words = ['backtest', '--data', candles(workspace, 800), '--strategy', strategy];
  const recorded = await runProgram([...words, '--workspace', workspace], { env: SHORT_BUDGET });
  expect({ code: recorded.code, stderr: recorded.stderr }).toEqual({ code: 0, stderr: '' });
  // As a strategy does that hangs on what is there besides the recording.
  const session = realpathSync(join(workspace, 'runs/latest'));
  const kept = join(session, 'strategy.ts');
  writeFileSync(kept, LOOPING_LATE);
  const before = readdirSync(session).toSorted();
  const scratch = join(workspace, 'scratch');
  mkdirSync(scratch);
  const env = { TMPDIR: scratch, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };
  const end = async (...command: string[]) => {
    const { code, stdout, stderr } = await runProgram([...command, session, '--workspace', workspace], {
      env,
    });
    return { code, stdout, said: stderr.replace(/^warning: .*\n/gm, '') };
  };
  const ends = [
    ...(await Promise.all([end('replay'), end('verify')])),
    ...(await Promise.all([end('diff', '--rerun'), end('journal', 'rebuild')])),
  ];
  const said = stuckSentence(kept);
  expect(ends).toEqual([1, 1, 2, 1].map((code) => ({ code, stdout: '', said })));
  // What they had open is gone.
  expect(readdirSync(scratch)).toEqual([]);
  expect(readdirSync(session).toSorted()).toEqual(before);
}, 120_000);
