/** `la run --resume`: the real program killed in the middle of a session, which then goes on as if it were one. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { finalReportShape, reportDocumentShape } from './support/contract-shapes.ts';
import { endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  listSessions,
  makeWorkspace,
  readAlerts,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const LIMIT_MS = 120_000;
const SIMULATED = ['--source', 'simulated', '--seed', '11', '--dashboard', 'off'] as const;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** A session that has bought once, has an order resting, and is killed then. */
async function killed(
  duration: string,
): Promise<{ workspace: string; id: string; walletBefore: string | null }> {
  const workspace = makeWorkspace();
  const script = writeScript(workspace, [
    { at: '1s', action: 'submit', id: 'a', side: 'buy', type: 'market', quantity: '0.01' },
    {
      at: '1s',
      action: 'submit',
      id: 'b',
      side: 'buy',
      type: 'limit',
      quantity: '0.02',
      price_offset_bps: 300,
    },
    { at: '10s', action: 'submit', id: 'c', side: 'sell', type: 'market', quantity: '0.004' },
  ]);
  const program = startProgram([
    ...['run', ...SIMULATED, '--workspace', workspace, '--duration', duration],
    ...['--strategy', 'scripted', '--params', script],
  ]);
  const isHolding = ({
    position,
    open_orders: orders,
  }: {
    position: string | null;
    open_orders: number | null;
  }) => position === '0.01' && orders === 1;
  const beat = await waitUntilBeats(program, workspace, 'position beside an order', isHolding);
  process.kill(beat.pid, 'SIGKILL');
  await program.ended;
  return { workspace, id: beat.session_id ?? '', walletBefore: beat.wallet_balance };
}

describe('an interrupted session', () => {
  test.concurrent(
    'is continued as the same one, with its account, its order and the rest of its script, to its own end',
    async () => {
      const { workspace, id } = await killed('20s');
      const { code, stdout } = await runProgram(['run', '--resume', '--json', '--workspace', workspace]);
      expect(code).toBe(0);
      const report = finalReportShape.parse(JSON.parse(stdout));
      expect(report).toMatchObject({
        session_id: id,
        stopped_reason: 'duration_reached',
        resumed: 1,
        ledger_difference: '0',
      });
      expect(report.downtime_seconds).toBeGreaterThan(0);
      expect(listSessions(workspace)).toEqual([id]);
      expect(readAlerts(workspace).map(({ reason }) => reason)).toEqual(['crashed', 'degraded']);

      const printed = await runProgram(['report', id, '--format', 'json', '--workspace', workspace]);
      const { orders, ledger, quality } = reportDocumentShape.parse(JSON.parse(printed.stdout));
      // Each action once, and the close of the end.
      expect(orders.map(({ client_order_id: name }) => name)).toEqual(['a', 'b', 'c', null]);
      expect(orders[1]).toMatchObject({ status: 'canceled', reason: 'session_end' });
      expect(ledger.filter(({ kind }) => kind === 'deposit')).toHaveLength(1);
      const absences = quality.filter(({ feed }) => feed === 'process');
      expect(absences).toHaveLength(1);
      // Time passed while it was away: it ended when it would have, or, where that had passed, once it was back.
      const backSeconds = ((absences[0]?.to_ms ?? 0) - Date.parse(report.started_at)) / 1_000;
      expect(report.duration_seconds).toBeGreaterThanOrEqual(20);
      expect(report.duration_seconds).toBeLessThan(Math.max(20, backSeconds) + 9);

      const finished = await runProgram(['run', '--resume', '--workspace', workspace]);
      expect(finished.code).toBe(2);
      expect(finished.stderr).toContain(`session ${id} is finished (duration_reached)`);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'is not continued under other settings, nor without being asked to; a new session takes over what its log says',
    async () => {
      const { workspace, id, walletBefore } = await killed('5m');
      const other = await runProgram(['run', '--resume', '--leverage', '9', '--workspace', workspace]);
      expect(other.code).toBe(2);
      expect(other.stderr).toContain(`--leverage: expected 5, with which session ${id} began`);

      // As a power loss may leave it: from before the session.
      const accountFile = join(workspace, 'state/account.json');
      const last = readJson(accountFile);
      rmSync(accountFile);
      const next = await runProgram([
        ...['run', ...SIMULATED, '--workspace', workspace, '--duration', '1s', '--on-end', 'keep'],
        ...['--strategy', 'none', '--json'],
      ]);
      expect(next.code).toBe(0);
      const report = finalReportShape.parse(JSON.parse(next.stdout));
      expect(report.session_id).not.toBe(id);
      expect(readJson(accountFile)).toMatchObject({
        wallet: (last as { wallet: string }).wallet,
        positions: [{ quantity: '0.01' }],
        orders: [{ client_order_id: 'b' }],
      });
      expect(walletBefore).toBe((last as { wallet: string }).wallet);
      const crashed = finalReportShape.parse(readJson(join(workspace, 'sessions', id, 'final_report.json')));
      expect(crashed).toMatchObject({
        status: 'error',
        stopped_reason: 'crashed',
        exit_code: 1,
        ledger_difference: '0',
      });
      // The one order, over as many levels as it took.
      expect(crashed.fills).toBeGreaterThanOrEqual(1);
      expect(crashed.trades).toBe(0);
      expect(readAlerts(workspace)[0]).toMatchObject({ level: 'critical', reason: 'crashed' });
      expect(readSystemLog(workspace).some(({ event }) => event === 'session_concluded')).toBe(true);
      expect(readFileSync(join(workspace, 'sessions', id, 'trades.csv'), 'utf8')).toContain('trade_id');
    },
    LIMIT_MS,
  );
});

test('a workspace without a session has nothing to continue', async () => {
  const { code, stderr } = await runProgram(['run', '--resume', '--workspace', makeWorkspace()]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^--resume: there is no session to continue in /) as string,
  });
});
