/** One search: every trial of a space over one part of the market, ranked. */

import type { StrategyInstance } from '../../core/strategy/strategy.ts';
import type { DatasetSpan } from '../../storage/datasets/dataset.ts';
import { neededHistory } from '../backtest-start.ts';
import type { CallMark } from '../call-mark.ts';
import { ConfigError } from '../config/config-error.ts';
import type { SweepMarket } from './sweep-market.ts';
import type { Trial } from './sweep-space.ts';
import { type TrialGround, type TrialOutcome, loadTrialStrategy } from './trial-run.ts';
import type { TrialMarket, TrialRunner } from './trial-runner.ts';

export interface SearchParts {
  readonly ground: TrialGround;
  readonly market: SweepMarket;
  readonly runner: TrialRunner;
  /** Under which strategies are made here; null = nobody looks. */
  readonly calls: CallMark | null;
}

/** Every trial over a part of the market, which is recorded for them. */
export async function search(
  parts: SearchParts,
  trials: readonly Trial[],
  span: Omit<DatasetSpan, 'historyBars'>,
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<readonly TrialOutcome[]> {
  return runTrials(parts, await recordFor(parts, trials, span), trials, onOutcome);
}

/** A part of the market with as much history as the most demanding of the trials needs. */
export async function recordFor(
  { ground, market, calls }: SearchParts,
  trials: readonly Trial[],
  span: Omit<DatasetSpan, 'historyBars'>,
): Promise<TrialMarket> {
  return market.record({ ...span, historyBars: await longestHistory(ground, trials, calls) });
}

/** The outcomes in the order of the trials, whichever ended first. */
export async function runTrials(
  { ground, runner }: SearchParts,
  recorded: TrialMarket,
  trials: readonly Trial[],
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<readonly TrialOutcome[]> {
  const outcomes: TrialOutcome[] = [];
  await runner.run(ground, recorded, trials, (outcome) => {
    outcomes.push(outcome);
    onOutcome(outcome);
  });
  return outcomes.toSorted((a, b) => a.trial - b.trial);
}

/** Bars before the start that the most demanding trial needs. */
async function longestHistory(
  ground: TrialGround,
  trials: readonly Trial[],
  calls: CallMark | null,
): Promise<number> {
  let longest = 0;
  for (const { params } of trials) {
    const strategy = await strategyOf(ground, params, calls);
    if (strategy !== null) longest = Math.max(longest, neededHistory(ground.settings, ground.data, strategy));
  }
  return longest;
}

async function strategyOf(
  ground: TrialGround,
  params: Trial['params'],
  calls: CallMark | null,
): Promise<StrategyInstance | null> {
  try {
    return (await loadTrialStrategy(ground, params, calls))();
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
