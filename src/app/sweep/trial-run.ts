/** One trial of a sweep: a backtest in memory, in whatever thread or process it runs; the same trial gives the same outcome. */

import type { InstrumentSpec } from '../../core/domain/instrument.ts';
import { type ReturnMoments, returnMoments } from '../../core/statistics/sharpe-confidence.ts';
import type { FinalReport } from '../../report/final-report.ts';
import type { Dataset } from '../../storage/datasets/dataset.ts';
import { type EventTape, playTape } from '../../storage/datasets/event-tape.ts';
import { joinFeeds } from '../../storage/datasets/joined-feed.ts';
import { type BacktestPlan, evaluateBacktest } from '../backtest-run.ts';
import { composeBacktestStart, neededHistory } from '../backtest-start.ts';
import { type CallMark, loadMarked } from '../call-mark.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { type StrategyMaker, loadStrategyMaker } from '../strategy-loader.ts';
import type { Trial, TrialParams } from './sweep-space.ts';

/** Every trial has this session id: what a trial comes to must not hang on when or where it ran. */
const TRIAL_SESSION = 'trial';

/** What all trials of a search have in common. Plain data, so that it passes to threads and other machines. */
export interface TrialGround {
  readonly settings: Settings;
  readonly specs: readonly InstrumentSpec[];
  readonly data: Pick<Dataset, 'priceSource' | 'barMs'>;
  /** How reports name the data. */
  readonly source: string;
  readonly seed: number;
}

export interface TrialOutcome {
  readonly trial: number;
  readonly params: TrialParams;
  /** Null where the strategy refused the parameters. */
  readonly report: FinalReport | null;
  /** Why there is no report. */
  readonly refusal: string | null;
  /** Of the returns between the report's equity samples; null where there are too few or none changed anything. */
  readonly moments: ReturnMoments | null;
  /** Net profit of each closed trade, USDT. */
  readonly profits: readonly number[];
}

/** The strategy with the parameters of a trial over those configured. Throws ConfigError where it refuses them. */
export function loadTrialStrategy(
  { settings }: TrialGround,
  params: TrialParams,
  calls: CallMark | null,
): Promise<StrategyMaker> {
  return loadMarked(calls, () => loadStrategyMaker(settings.strategy, { ...settings.params, ...params }));
}

/** The backtest that a trial is. */
function planTrial(
  { settings, data, source, specs }: TrialGround,
  seed: number,
  tapes: readonly EventTape[],
  createStrategy: StrategyMaker,
): BacktestPlan {
  const strategy = createStrategy();
  const historyBars = neededHistory(settings, data, strategy);
  const feed = joinFeeds(tapes.map((tape) => playTape(tape, historyBars)));
  const facts = { sessionId: TRIAL_SESSION, seed, source, specs, strategy };
  return { start: composeBacktestStart(settings, data, feed, facts), createStrategy, feed };
}

/** Throws what a backtest throws; parameters that the strategy refuses are an outcome. */
export async function runTrial(
  ground: TrialGround,
  tapes: readonly EventTape[],
  { trial, params, seed = ground.seed }: Trial,
  calls: CallMark | null,
): Promise<TrialOutcome> {
  let createStrategy: StrategyMaker;
  try {
    createStrategy = await loadTrialStrategy(ground, params, calls);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { trial, params, report: null, refusal: error.message, moments: null, profits: [] };
  }
  const { report, rows } = await evaluateBacktest(planTrial(ground, seed, tapes, createStrategy));
  const equity = rows.equity.map((row) => Number(row.equity));
  const returns = equity.slice(1).map((value, at) => value / (equity[at] ?? Number.NaN) - 1);
  return {
    trial,
    params,
    report,
    refusal: null,
    moments: returns.every(Number.isFinite) ? returnMoments(returns) : null,
    profits: rows.trades.map(({ net_pnl: net }) => Number(net)),
  };
}
