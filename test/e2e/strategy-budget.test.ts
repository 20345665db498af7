/** A strategy of one's own that never comes back: cut off, alerted, disabled, and the session goes on; a replay is told. */

import { readFileSync, writeFileSync } from 'node:fs';
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
    env: { LA_ENGINE_STRATEGY_CALL_BUDGET: '150ms' },
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
}, 60_000);
