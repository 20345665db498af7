/**
 * Which trial of a sweep was the best, and how far that can be believed.
 *
 * The best of many tries looks good by luck alone; every sentence of doubt here names its number and its limit.
 */

import { SeededRandom } from '../../core/base/random.ts';
import { deflatedSharpe } from '../../core/statistics/sharpe-confidence.ts';
import {
  type Resampling,
  type Spread,
  resampleTrades,
  spreadOf,
} from '../../core/statistics/trade-resampling.ts';
import type { FinalReport } from '../../report/final-report.ts';
import type { Score, TrialParams } from './sweep-space.ts';
import type { TrialOutcome } from './trial-run.ts';

/** Below it the best trial is not distinguishable from luck. */
const DEFLATED_MIN = 0.95;
const TRADES_MIN = 30;
/** Share of the best score that its neighbours have at least, where it stands on a plateau and not on a spike. */
const NEIGHBOUR_SHARE_MIN = 0.5;
const RESAMPLING_DRAWS = 2_000;

export interface RankedTrial extends TrialOutcome {
  readonly report: FinalReport;
  /** Null where the trial has none: too short, nothing lost, nothing traded. */
  readonly score: number | null;
}

export interface SweepBelief {
  /** Probability that the best trial's Sharpe ratio is more than the luck of the best of so many; null = not measurable. */
  readonly deflated_sharpe: number | null;
  readonly median_score: number | null;
  /** Share of trials that ended with a profit, 0 to 1. */
  readonly profitable_share: number | null;
  /** Mean score of the trials one step beside the best in one parameter; null where the search has none. */
  readonly neighbour_score: number | null;
  /** The best trial's trades drawn anew. */
  readonly resampling: Resampling | null;
  /** Profit of the best trial with the chance in its fills drawn anew. */
  readonly fill_draws: FillDraws | null;
  readonly warnings: readonly string[];
}

/** Chance in fills: random slippage, drawn latencies. */
export interface FillDraws {
  readonly draws: number;
  /** USDT. */
  readonly profit: Spread;
}

/** Null where nothing was drawn. */
function summarizeDraws(outcomes: readonly TrialOutcome[]): FillDraws | null {
  const profits = outcomes.flatMap(({ report }) => (report === null ? [] : [Number(report.pnl_absolute)]));
  return profits.length === 0
    ? null
    : { draws: profits.length, profit: spreadOf(Float64Array.from(profits)) };
}

/** The value that a search maximises; null where the report has none. */
export function scoreOf(report: FinalReport, score: Score): number | null {
  switch (score) {
    case 'sharpe':
      return report.sharpe;
    case 'pnl':
      return Number(report.pnl_absolute);
    case 'profit_factor':
      return report.profit_factor;
    case 'pnl_over_drawdown': {
      const drawdown = Number(report.max_drawdown);
      return drawdown === 0 ? null : Number(report.pnl_absolute) / drawdown;
    }
  }
}

/** Best first; those without a score last; equal ones in the order of the space, so that no thread decides. */
export function rankTrials(outcomes: readonly TrialOutcome[], score: Score): readonly RankedTrial[] {
  const worst = Number.NEGATIVE_INFINITY;
  return outcomes
    .flatMap((outcome) =>
      outcome.report === null
        ? []
        : [{ ...outcome, report: outcome.report, score: scoreOf(outcome.report, score) }],
    )
    .toSorted((a, b) => (b.score ?? worst) - (a.score ?? worst) || a.trial - b.trial);
}

/**
 * `ranked` as {@link rankTrials} gives it; `drawn`: the best trial again under other seeds; `seed` draws its trades anew.
 */
export function judgeSweep(
  ranked: readonly RankedTrial[],
  drawn: readonly TrialOutcome[],
  seed: number,
): SweepBelief {
  const [best] = ranked;
  const scores = ranked.flatMap(({ score }) => score ?? []);
  const median = scores.length === 0 ? null : (scores[Math.floor((scores.length - 1) / 2)] ?? null);
  const profitable = ranked.filter(({ report }) => Number(report.pnl_absolute) > 0).length;
  const deflated = best === undefined ? null : deflate(best, ranked);
  const neighbours = best === undefined ? null : neighbourScore(best, ranked);
  const draws = summarizeDraws(drawn);
  return {
    deflated_sharpe: deflated,
    median_score: median,
    profitable_share: ranked.length === 0 ? null : profitable / ranked.length,
    neighbour_score: neighbours,
    resampling:
      best === undefined
        ? null
        : resampleTrades(best.profits, RESAMPLING_DRAWS, new SeededRandom(seed).nextUint32()),
    fill_draws: draws,
    warnings:
      best === undefined ? [] : doubts(best, { deflated, median, neighbours, draws, trials: ranked.length }),
  };
}

function deflate(best: RankedTrial, ranked: readonly RankedTrial[]): number | null {
  if (best.moments === null) return null;
  const ratios = ranked.flatMap(({ moments }) => moments?.sharpe ?? []);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const variance =
    ratios.length < 2 ? 0 : ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (ratios.length - 1);
  return deflatedSharpe(best.moments, ranked.length, variance);
}

function neighbourScore(best: RankedTrial, ranked: readonly RankedTrial[]): number | null {
  const scores = neighboursOf(best, ranked).flatMap(({ score }) => score ?? []);
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The trials that differ from `best` in one numeric parameter only, by one step of the values that were tried. */
function neighboursOf(best: RankedTrial, ranked: readonly RankedTrial[]): readonly RankedTrial[] {
  const steps = new Map(
    Object.keys(best.params).map((name) => {
      const tried = new Set(ranked.flatMap(({ params }) => numberOf(params, name) ?? []));
      const values = [...tried].toSorted((a, b) => a - b);
      const at = values.indexOf(numberOf(best.params, name) ?? Number.NaN);
      return [name, at < 0 ? [] : [values[at - 1], values[at + 1]]] as const;
    }),
  );
  return ranked.filter(({ params }) => {
    const changed = Object.keys(best.params).filter((name) => params[name] !== best.params[name]);
    const [name] = changed;
    if (name === undefined || changed.length > 1) return false;
    return steps.get(name)?.includes(numberOf(params, name) ?? Number.NaN) ?? false;
  });
}

function numberOf(params: TrialParams, name: string): number | null {
  const value = params[name];
  return typeof value === 'number' ? value : null;
}

interface Doubts {
  readonly deflated: number | null;
  readonly median: number | null;
  readonly neighbours: number | null;
  readonly draws: FillDraws | null;
  readonly trials: number;
}

function doubts(best: RankedTrial, { deflated, median, neighbours, draws, trials }: Doubts): string[] {
  const found: string[] = [];
  const { score, report } = best;
  if (deflated === null)
    found.push('The returns of the best trial say nothing about luck: too few samples, or none changed.');
  else if (deflated < DEFLATED_MIN)
    found.push(
      `The best of ${trials} trials can be luck: its Sharpe ratio is real with a probability of ${percent(deflated)}, ` +
        `not ${percent(DEFLATED_MIN)} (deflated Sharpe ratio).`,
    );
  if (report.trades < TRADES_MIN)
    found.push(
      `The best trial closed ${report.trades} trades; fewer than ${TRADES_MIN} are a story, not a sample.`,
    );
  if (score !== null && score > 0 && neighbours !== null && neighbours < score * NEIGHBOUR_SHARE_MIN)
    found.push(
      `The best trial stands alone: one step beside it the score is ${neighbours.toPrecision(3)}, not ${score.toPrecision(3)}.`,
    );
  if (draws !== null && draws.profit.p5 <= 0 && Number(report.pnl_absolute) > 0)
    found.push(
      `With the chance in its fills drawn anew, ${draws.draws} times, the best trial ends at ${draws.profit.p5.toFixed(2)} USDT in one of twenty.`,
    );
  if (score !== null && score > 0 && median !== null && median <= 0)
    found.push(
      `The median trial scored ${median.toPrecision(3)}: only the choice of parameters made a profit.`,
    );
  return found;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
