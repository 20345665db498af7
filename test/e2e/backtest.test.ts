/**
 * One strategy file in a paper session, in its replay and in a backtest of its recording: the same orders and fills. The
 * market is a recorded one where `LA_DATA_DIR` names the folder of recordings, else the simulated one.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { endPrograms, runProgram } from './support/program.ts';
import { makeWorkspace, readJson, removeWorkspaces } from './support/workspace.ts';

const DATA = process.env['LA_DATA_DIR'];
const SOURCE =
  DATA === undefined ? 'simulated' : `recording:${path.join(DATA, 'l2/binance-um-btcusdt-20230404T2358')}`;

/** Quotes both sides anew with every bar of five seconds, and trades at market with every other. */
const STRATEGY = `
import { z } from 'zod';
import { defineStrategy, limitOrder, marketOrder, lots } from 'laptop-agents';
export default defineStrategy({
  name: 'both_sides',
  params: z.strictObject({}),
  historyBars: () => 0,
  create() {
    let bars = 0;
    return {
      onBar(instrument, view) {
        const [bid, ask] = [view.bestBid(instrument), view.bestAsk(instrument)];
        if (bid === null || ask === null) return [];
        const side = ++bars % 2 === 0 ? 'sell' : 'buy';
        return [
          limitOrder(instrument, 'buy', lots(20), bid, { clientOrderId: 'b' + bars }),
          limitOrder(instrument, 'sell', lots(20), ask, { clientOrderId: 'a' + bars }),
          marketOrder(instrument, side, lots(50), { clientOrderId: 'm' + bars }),
        ];
      },
    };
  },
});
`;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

test(
  'a strategy file gives identical orders and fills live, replayed, and in a backtest of the recording',
  { timeout: 90_000 },
  async () => {
    const workspace = makeWorkspace();
    const strategy = path.join(workspace, 'both-sides.ts');
    writeFileSync(strategy, STRATEGY);
    writeFileSync(
      path.join(workspace, 'laptop-agents.yaml'),
      'engine: { min_history_bars: 0 }\nchecks: { twin: on }\n',
    );
    const la = async (...words: string[]): Promise<string> => {
      const ended = await runProgram([...words, '--workspace', workspace]);
      if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.stdout}${ended.stderr}`);
      return ended.stdout;
    };
    const session = ['--strategy', strategy, '--interval', '5s', '--duration', '13s', '--seed', '3'];
    await la('run', '--source', SOURCE, ...session, '--dashboard', 'off');
    const live = reportDocumentShape.parse(JSON.parse(await la('report', 'latest', '--format', 'json')));
    const folder = path.join(workspace, 'sessions', live.report.session_id);
    expect(live.fills.length).toBeGreaterThan(1);
    expect(live.report.checks?.map(({ name, passed }) => [name, passed])).toEqual([
      ['lookahead', true],
      // Without any history there is none to leave out.
      ['recursive', null],
    ]);

    const replayed = JSON.parse(await la('replay', folder, '--json')) as { matches_recording: boolean };
    expect(replayed.matches_recording).toBe(true);

    await la('backtest', '--data', folder, '--strategy', strategy);
    const tested = reportDocumentShape.parse(JSON.parse(await la('report', 'latest', '--format', 'json')));
    expect(tested.report.session_id).not.toBe(live.report.session_id);
    expect(readJson(path.join(workspace, 'runs/latest/session.json'))).toMatchObject({
      source: `backtest:${folder}`,
    });
    expect(withoutId(tested)).toEqual(withoutId(live));
    expect(await la('verify', 'latest')).toMatch(/is identical/);
  },
);

/** Orders, fills and ledger; ids begin with that of their session. */
function withoutId({ report, orders, fills, ledger }: ReportDocument): unknown {
  const text = JSON.stringify({ orders, fills, ledger, ending_equity: report.ending_equity });
  return JSON.parse(text.replaceAll(report.session_id, 'SESSION'));
}
