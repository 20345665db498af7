import { expect, test } from 'vitest';
import { SeededRandom } from '../../core/base/random.ts';
import { returnMoments } from '../../core/statistics/sharpe-confidence.ts';
import type { FinalReport } from '../../report/final-report.ts';
import { judgeSweep, rankTrials, scoreOf } from './sweep-ranking.ts';
import type { TrialParams } from './sweep-space.ts';
import type { TrialOutcome } from './trial-run.ts';

interface Result {
  readonly params: TrialParams;
  readonly sharpe: number | null;
  readonly pnl?: string;
  readonly trades?: number;
  /** Mean of the returns, whose spread is 1. */
  readonly drift?: number;
}

function outcome(
  trial: number,
  { params, sharpe, pnl = '10', trades = 100, drift = 0 }: Result,
): TrialOutcome {
  const random = new SeededRandom(trial);
  const returns = Array.from({ length: 400 }, () => drift + random.nextNormal());
  const report = { sharpe, pnl_absolute: pnl, max_drawdown: '4', profit_factor: null, trades };
  return {
    trial,
    params,
    // Only what the ranking reads.
    report: report as unknown as FinalReport,
    refusal: null,
    moments: returnMoments(returns),
    profits: [3, -1, 2],
  };
}

test('the best comes first, equal ones in their order, those without a score last', () => {
  const ranked = rankTrials(
    [
      outcome(1, { params: { a: 1 }, sharpe: null }),
      outcome(2, { params: { a: 2 }, sharpe: 1 }),
      outcome(3, { params: { a: 3 }, sharpe: 2 }),
      outcome(4, { params: { a: 4 }, sharpe: 1 }),
      { trial: 5, params: { a: 5 }, report: null, refusal: 'no', moments: null, profits: [] },
    ],
    'sharpe',
  );
  expect(ranked.map(({ trial }) => trial)).toEqual([3, 2, 4, 1]);
});

test('each score is what its name says', () => {
  const { report } = outcome(1, { params: {}, sharpe: 1.5, pnl: '-6' });
  expect(report).not.toBeNull();
  if (report === null) return;
  expect(scoreOf(report, 'sharpe')).toBe(1.5);
  expect(scoreOf(report, 'pnl')).toBe(-6);
  expect(scoreOf(report, 'pnl_over_drawdown')).toBe(-1.5);
  expect(scoreOf(report, 'profit_factor')).toBeNull();
});

test('the best of many without skill is called luck; one with skill is not', () => {
  const noise = Array.from({ length: 60 }, (_, at) =>
    outcome(at + 1, { params: { a: at }, sharpe: at === 0 ? 3 : 2.9 }),
  );
  expect(judgeSweep(rankTrials(noise, 'sharpe'), [], 1).warnings).toEqual([
    expect.stringMatching(/can be luck/),
  ]);
  const skilled = [outcome(99, { params: { a: 99 }, sharpe: 4, drift: 0.5 }), ...noise];
  const belief = judgeSweep(rankTrials(skilled, 'sharpe'), [], 1);
  expect(belief.deflated_sharpe).toBeGreaterThan(0.95);
  expect(belief.warnings).toEqual([]);
});

test('a spike among bad neighbours, a losing median and a handful of trades are each told', () => {
  const ranked = rankTrials(
    [
      outcome(1, { params: { a: 1, b: 1 }, sharpe: -1 }),
      outcome(2, { params: { a: 2, b: 1 }, sharpe: 3, drift: 0.5, trades: 7 }),
      outcome(3, { params: { a: 3, b: 1 }, sharpe: 0.2 }),
      // Two parameters away: no neighbour.
      outcome(4, { params: { a: 3, b: 2 }, sharpe: -2 }),
      outcome(5, { params: { a: 9, b: 1 }, sharpe: -3 }),
    ],
    'sharpe',
  );
  const belief = judgeSweep(ranked, [], 1);
  expect(belief.neighbour_score).toBeCloseTo(-0.4, 12);
  expect(belief.median_score).toBe(-1);
  expect(belief.warnings).toEqual([
    expect.stringMatching(/7 trades/),
    expect.stringMatching(/stands alone: one step beside it the score is -0.400, not 3.00/),
    expect.stringMatching(/median trial scored -1.00/),
  ]);
});

test('a profit that hangs on the chance in fills is told', () => {
  const best = outcome(1, { params: { a: 1 }, sharpe: 3, drift: 0.5 });
  const drawn = ['-8', '12', '9', '11', '10'].map((pnl, at) =>
    outcome(at + 1, { params: { a: 1 }, sharpe: 1, pnl }),
  );
  const belief = judgeSweep(rankTrials([best], 'sharpe'), drawn, 1);
  expect(belief.fill_draws).toEqual({ draws: 5, profit: { p5: -8, p50: 10, p95: 12 } });
  expect(belief.warnings).toEqual([expect.stringMatching(/drawn anew, 5 times, .* -8.00 USDT/)]);
});
