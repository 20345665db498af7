/** A whole session of two contracts on one cross margin, seen from outside, until a mark takes its account. */

import { afterAll, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { heartbeatShape, reportDocumentShape } from './support/contract-shapes.ts';
import { exact } from './support/exact-decimal.ts';
import { sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { endPrograms, runProgram, startProgram } from './support/program.ts';
import { expectReportedFailure } from './support/reported-failure.ts';
import {
  makeWorkspace,
  readAlerts,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 150_000;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

test(
  'two contracts share a margin and are shown as two; a liquidation ends the session with 6 and is told as it was',
  { timeout: TEST_LIMIT_MS },
  async () => {
    const venue = await startFaultyVenue();
    const workspace = makeWorkspace();
    const open = { at: '200ms', action: 'submit', type: 'market' };
    const script = writeScript(workspace, [
      { ...open, id: 'a', symbol: 'BTCUSDT', side: 'buy', quantity: '0.5' },
      { ...open, id: 'b', symbol: 'ETHUSDT', side: 'sell', quantity: '2' },
    ]);
    const market = ['--symbol', 'BTCUSDT', '--symbol', 'ETHUSDT'];
    const margin = ['--margin-mode', 'cross', '--leverage', '20', '--duration', 'forever'];
    const strategy = ['--strategy', 'scripted', '--params', script];
    const program = startProgram(sessionAt(workspace, ...market, ...margin, ...strategy), {
      env: { ...venue.env, LA_RISK_MAX_LEVERAGE: '20' },
    });
    const held = await waitUntilBeats(
      program,
      workspace,
      'two positions',
      ({ positions }) => positions?.length === 2,
    );
    expect(held).toMatchObject({ symbol: 'BTCUSDT', symbols: ['BTCUSDT', 'ETHUSDT'], position: '0.5' });
    expect(held.positions?.map(({ symbol, side, quantity }) => [symbol, side, quantity])).toEqual([
      ['BTCUSDT', 'long', '0.5'],
      ['ETHUSDT', 'short', '-2'],
    ]);
    const status = await runProgram(['status', '--workspace', workspace]);
    expect(status.stdout).toContain('position     BTCUSDT 0.5, ETHUSDT -2\n');

    // 0.5 BTC at some 86,000: a mark 30 % lower is worth less than the 10,000 of the wallet can bear.
    await venue.addFaults({ kind: 'mark_offset', symbol: 'BTCUSDT', bps: -3_000 });
    const { code, stdout } = await program.ended;
    expect(code).toBe(6);
    expect(stdout).toContain('The session did not end well: liquidated (exit 6)');

    const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
    const { report, orders, fills, ledger } = reportDocumentShape.parse(JSON.parse(printed.stdout));
    const line = readSystemLog(workspace).find(({ event }) => event === 'liquidation');
    const detail = `0.5 BTCUSDT long liquidated at mark ${String(line?.['mark_price'])}`;
    expectReportedFailure(workspace, 'liquidated', 6, detail);
    expect(report).toMatchObject({ liquidations: 1, positions: [], trades: 2, fills: fills.length });
    expect(report.by_symbol.map(({ symbol, trades }) => [symbol, trades])).toEqual([
      ['BTCUSDT', 1],
      ['ETHUSDT', 1],
    ]);
    // The venue's own order closed the one, the end of the session the other; the fee of it is booked for the one alone.
    const forced = orders.filter(({ order_id: id }) => id.includes('-l'));
    expect(forced.length).toBeGreaterThan(0);
    expect(new Set(forced.map(({ symbol, reason }) => `${symbol} ${reason}`))).toEqual(
      new Set(['BTCUSDT liquidation']),
    );
    const fees = ledger.filter(({ kind }) => kind === 'liquidation_fee');
    expect(new Set(fees.map(({ symbol }) => symbol))).toEqual(new Set(['BTCUSDT']));
    const charged = fees.reduce((sum, { amount }) => sum - exact(amount), 0n);
    expect(exact(report.liquidation_fees)).toBe(charged);
    expect(stdout).toMatch(/Liquidated +1, with fees of /);
    const closing = fills.find(({ order_id: id }) => id === forced[0]?.order_id)?.fill_id ?? '';
    const told = await runProgram(['explain', closing, '--workspace', workspace]);
    expect(told.stdout).toContain('Forced    the venue closed the position');
    const trades = readFileSync(join(workspace, 'runs/latest/trades.csv'), 'utf8');
    expect(trades).toMatch(/^\d+,BTCUSDT,long,0\.5,.*,liquidation,/m);
    expect(trades).toMatch(/^\d+,ETHUSDT,short,2,.*,(?!liquidation)\w+,/m);
    expect(readAlerts(workspace).map(({ level, reason }) => `${level} ${reason}`)).toEqual([
      'critical liquidation',
      'critical liquidated',
    ]);
    const last = heartbeatShape.parse(
      JSON.parse(readFileSync(join(workspace, 'logs/heartbeat.json'), 'utf8')),
    );
    expect(last).toMatchObject({ state: 'ended', reason: 'liquidated', positions: [], position: '0' });
  },
);
