/**
 * A recorded order-book session replayed with all that `la backtest` has, against the scan: the loop, a strategy, the exchange
 * with all it can do, and the rows that a journal and a report are made from; with the one exchange and with the band of three.
 *
 * The events lie in memory, as the scan's rows do, and nothing is written to a disk; one more variant unpacks and parses the
 * recorded text as well. The strategy crosses averages of five-second bars made from the session's trades.
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
import { holdFeed } from '../harness/held-feed.ts';
import { measureAsyncRounds } from '../harness/measure-rounds.ts';
import { loadTile, sessionPrefix } from '../harness/recorded-tiles.ts';
import { measureScan } from './scan.ts';

const SYMBOL = 'BTCUSDT';
const GOAL = 1 / 40;

type Origin = 'memory' | 'file';

async function planOf(hasBand: boolean, origin: Origin): Promise<BacktestPlan> {
  const settings = {
    ...backtestSettings({ strategy: 'sma_cross', interval: '5s' }),
    band: hasBand ? ('on' as const) : ('off' as const),
  };
  const dataset = await openDataset({ data: sessionPrefix(), marks: null, funding: null, symbol: SYMBOL });
  const createStrategy = await loadStrategyMaker(settings.strategy, settings.params);
  const strategy = createStrategy();
  const spec = contractOf(SYMBOL, dataset);
  const historyBars = neededHistory(settings, dataset, strategy);
  const recorded = dataset.feed(createInstrument(spec, 0), { fromMs: null, toMs: null, historyBars });
  const feed = origin === 'memory' ? await holdFeed(recorded) : recorded;
  const facts = { sessionId: 'bench', seed: DEFAULT_SEED, source: 'bench', specs: [spec], strategy };
  return { start: composeBacktestStart(settings, dataset, feed, facts), createStrategy, feed };
}

async function measureBacktest(hasBand: boolean, origin: Origin): Promise<Sample> {
  const plan = await planOf(hasBand, origin);
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

function toScan(numerator: string, goal: number | null): Conclusion {
  return {
    kind: 'ratio',
    label: `${numerator} / scan`,
    ...{ numerator, denominator: 'scan', goal: goal === null ? null : { atLeast: goal }, isFraction: true },
  };
}

export const l2Case: BenchCase = {
  name: 'l2',
  title:
    'a recorded order-book session replayed with one exchange, with the band of three, and from its files',
  needsData: true,
  variants: [
    { name: 'scan', unit: 'rows', measure: measureScan },
    { name: 'band off', unit: 'rows', measure: () => measureBacktest(false, 'memory') },
    { name: 'band on', unit: 'rows', measure: () => measureBacktest(true, 'memory') },
    { name: 'band off, files', unit: 'rows', measure: () => measureBacktest(false, 'file') },
  ],
  // One exchange says the same whether or not two others stand beside it, and wherever its events come from.
  sameWork: [
    ['band off', 'band on'],
    ['band off', 'band off, files'],
  ],
  conclusions: [toScan('band off', GOAL), toScan('band on', GOAL), toScan('band off, files', null)],
};
