/** A running program led over its HTTP interface: followed by its stream, paused, resumed, flattened, stopped. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ask, type Answer } from '../builders/http-request.ts';
import { StreamFollower } from '../builders/stream-follower.ts';
import { endPrograms, runProgram, startProgram, waitFor, words } from './support/program.ts';
import { makeWorkspace, readJson, removeWorkspaces, writeScript } from './support/workspace.ts';

const SESSION_LIMIT_MS = 180_000;
const WAIT_MS = 60_000;

/** Buys once, then a little every 100 ms, so that a pause shows at once. */
const ACTIONS = [
  { at: '100ms', action: 'submit', id: 'first', side: 'buy', type: 'market', quantity: '0.01' },
  ...Array.from({ length: 1_700 }, (_, index) => ({
    at: `${500 + index * 100}ms`,
    action: 'submit',
    id: `again-${index}`,
    side: 'buy',
    type: 'market',
    quantity: '0.0001',
  })),
];

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

test(
  'a session does what is asked over HTTP, and tells so in its stream and its journal',
  async () => {
    const workspace = makeWorkspace();
    const program = startProgram([
      ...words('run --source simulated --duration 180s --strategy scripted --dashboard 127.0.0.1:0 --seed 3'),
      ...['--workspace', workspace, '--params', writeScript(workspace, ACTIONS)],
    ]);
    const port = await waitFor(program, 'dashboard', WAIT_MS, () => {
      const found = /Dashboard http:\/\/127\.0\.0\.1:(\d+)/.exec(program.stdout())?.[1];
      return found === undefined ? null : Number(found);
    });
    const token = readFileSync(join(workspace, 'state/token'), 'utf8').trim();
    expect(program.stdout()).toContain(`Dashboard http://127.0.0.1:${port} (token ${token}, from `);
    const command = (name: string): Promise<Answer> =>
      ask(port, `/api/v1/${name}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const follower = new StreamFollower(port);
    const first = await follower.until(() => true);
    expect(first).toMatchObject({
      type: 'snapshot',
      seq: 1,
      session: { mode: 'paper', strategy: 'scripted' },
    });
    await follower.until(({ fills = [] }) => fills.length > 0);
    expect((await ask(port, '/readyz')).status).toBe(200);

    expect((await command('pause')).status).toBe(202);
    const denied = await follower.until(({ denials = [] }) =>
      denials.some(({ reason }) => reason === 'paused'),
    );
    expect(denied.denials?.at(-1)).toMatchObject({ reason: 'paused', side: 'buy' });
    await follower.until(({ status }) => status?.is_paused === true);

    expect((await command('flatten')).status).toBe(202);
    const closed = await follower.until(({ trades = [] }) => trades.length > 0);
    expect(closed.trades).toMatchObject([{ exit_reason: 'flatten', side: 'long' }]);

    expect((await command('resume')).status).toBe(202);
    const resumedAt = follower.messages.length;
    await follower.until(
      (message) => follower.messages.indexOf(message) >= resumedAt && (message.fills ?? []).length > 0,
    );

    const status = await runProgram(['status', '--workspace', workspace]);
    expect(status.stdout).toMatch(/^state +running\nhealth +healthy\nsession /);
    expect(status.stdout).toMatch(/\nprice +BTCUSDT [\d.]+, mark [\d.]+\n/);
    expect(status.stdout).toMatch(/last events\n(?: {2}\d\d:\d\d:\d\d \w+ +.+\n)+$/);

    expect((await command('stop')).status).toBe(202);
    await follower.closing();
    expect((await program.ended).code).toBe(0);
    expect(follower.messages.map(({ seq }) => seq)).toEqual(follower.messages.map((_, index) => index + 1));
    const report = z
      .object({ stopped_reason: z.string(), fills: z.int(), orders_denied: z.int() })
      .parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report.stopped_reason).toBe('stop_requested');
    // Every fill was streamed, and none twice.
    const streamed = follower.messages.flatMap(({ fills = [] }) => fills.map(({ fill_id: id }) => id));
    expect(new Set(streamed).size).toBe(streamed.length);
    expect(streamed.length).toBeLessThanOrEqual(report.fills);
    expect(report.orders_denied).toBeGreaterThan(0);
  },
  SESSION_LIMIT_MS,
);
