/**
 * A recorded order-book session as `la backtest` plays it, against the scan: the loop, a strategy, the exchange with all it
 * has, and the rows that a journal and a report are made from; with the one exchange and with the band of three.
 *
 * Files are read before the clock starts, and nothing is written to a disk. The strategy crosses averages of five-second bars
 * made from the session's trades.
 */

import { createInstrument } from '../../src/core/domain/instrument.ts';
import { type BacktestPlan, evaluateBacktest } from '../../src/app/backtest-run.ts';
import {
  DEFAULT_SEED,
  composeBacktestStart,
  contractOf,
  neededHistory,
} from '../../src/app/backtest-start.ts';
import { loadStrategyMaker } from '../../src/app/strategy-loader.ts';
import { openDataset } from '../../src/storage/datasets/open-dataset.ts';
import { backtestSettings } from '../harness/backtest-settings.ts';
import type { BenchCase, Conclusion, Sample } from '../harness/bench-case.ts';
import { measureAsyncRounds } from '../harness/measure-rounds.ts';
import { loadTile, sessionPrefix } from '../harness/recorded-tiles.ts';
import { measureScan } from './scan.ts';

const SYMBOL = 'BTCUSDT';
const GOAL = 1 / 40;

async function planOf(hasBand: boolean): Promise<BacktestPlan> {
  const settings = {
    ...backtestSettings({ strategy: 'sma_cross', interval: '5s' }),
    band: hasBand ? ('on' as const) : ('off' as const),
  };
  const dataset = await openDataset({ data: sessionPrefix(), marks: null, funding: null, symbol: SYMBOL });
  const createStrategy = await loadStrategyMaker(settings.strategy, settings.params);
  const strategy = createStrategy();
  const spec = contractOf(SYMBOL, dataset);
  const historyBars = neededHistory(settings, dataset, strategy);
  const feed = dataset.feed(createInstrument(spec, 0), { fromMs: null, toMs: null, historyBars });
  const facts = { sessionId: 'bench', seed: DEFAULT_SEED, source: 'bench', specs: [spec], strategy };
  return { start: composeBacktestStart(settings, dataset, feed, facts), createStrategy, feed };
}

async function measureBacktest(hasBand: boolean): Promise<Sample> {
  const plan = await planOf(hasBand);
  const { rows: units } = await loadTile();
  let fills = 0;
  return measureAsyncRounds({
    units,
    async run() {
      const { report, rows } = await evaluateBacktest(plan);
      ({ fills } = report);
      if (report.status !== 'success' || fills === 0) throw new Error(`${report.status}, ${fills} fills`);
      if (rows.band.length > 0 !== hasBand) throw new Error(`${rows.band.length} rows of the band`);
      return `${report.state_hash}, ${fills} fills, equity ${report.ending_equity}`;
    },
    extra: () => ({ fills }),
  });
}

function toScan(numerator: string): Conclusion {
  const goal = { atLeast: GOAL };
  return {
    kind: 'ratio',
    label: `${numerator} / scan`,
    ...{ numerator, denominator: 'scan', goal, isFraction: true },
  };
}

export const l2Case: BenchCase = {
  name: 'l2',
  title: 'la backtest over a recorded order-book session, with one exchange and with the band of three',
  needsData: true,
  variants: [
    { name: 'scan', unit: 'rows', measure: measureScan },
    { name: 'band off', unit: 'rows', measure: () => measureBacktest(false) },
    { name: 'band on', unit: 'rows', measure: () => measureBacktest(true) },
  ],
  // One exchange says the same whether or not two others stand beside it.
  sameWork: [['band off', 'band on']],
  conclusions: [toScan('band off'), toScan('band on')],
};
