/** A small sweep as `la sweep` leaves it, with names that a page must not believe. */

import type { SweepDocument, SweepTrialRow } from '../../src/report/sweep-html.ts';

export const SWEEP_ID = '20261122-225103-abcd';
export const HOSTILE_NAME = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

function trial(number: number, fast: number, slow: number, score: number | null): SweepTrialRow {
  const pnl = ((score ?? 0) * 10).toFixed(2);
  return {
    trial: number,
    params: { fast, slow },
    score,
    pnl_absolute: pnl,
    pnl_percent: Number(pnl) / 100,
    trades: 12,
    win_rate: 0.5,
    fees_paid: '1.5',
    funding_paid: '0',
    max_drawdown: '4.25',
    max_drawdown_percent: 0.04,
    sharpe: score,
    profit_factor: null,
    exposure_percent: 40,
    liquidations: 0,
    orders_denied: 0,
    status: 'success',
    stopped_reason: 'data_ended',
    state_hash: '0123456789abcdef',
  };
}

/** Two parameters, six trials, one without a score, one refused. */
export function sampleSweep(): SweepDocument {
  const spread = { p5: -3, p50: 5, p95: 14 };
  return {
    version: 1,
    sweep_id: SWEEP_ID,
    strategy: 'sma_cross',
    source: `backtest:/data/${HOSTILE_NAME}`,
    symbol: 'BTCUSDT',
    seed: 7,
    score: 'sharpe',
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-08T00:00:00.000Z',
    hashes: { engine: 'e'.repeat(64), strategy: 's'.repeat(64), data: 'd'.repeat(64) },
    refused: [{ trial: 7, params: { fast: 20, slow: 20 }, reason: 'fast must be below slow' }],
    deflated_sharpe: 0.62,
    median_score: 0.5,
    profitable_share: 0.8,
    neighbour_score: 1.1,
    resampling: { draws: 2_000, drawdown: spread, profit: spread, lossShare: 0.2 },
    fill_draws: { draws: 20, profit: spread },
    warnings: [`The best of many tries: ${HOSTILE_NAME}`],
    walk_forward: {
      out_of_sample_pnl: 3.5,
      efficiency: 0.4,
      windows: [
        {
          train_from: '2026-11-01T00:00:00.000Z',
          test_from: '2026-11-04T00:00:00.000Z',
          test_to: '2026-11-05T00:00:00.000Z',
          params: { fast: 5, slow: 40 },
          train_score: 1.2,
          train_pnl: '9.1',
          test_pnl: '3.5',
        },
      ],
    },
    trials: [
      trial(2, 5, 40, 2),
      trial(1, 5, 30, 1.5),
      trial(4, 10, 40, 0.75),
      trial(3, 10, 30, 0.5),
      trial(5, 20, 30, -1.5),
      trial(6, 20, 40, null),
    ],
  };
}
