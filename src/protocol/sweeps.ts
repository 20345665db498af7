/**
 * Answers about sweeps: many backtests over a space of parameters, and what is believed of the best one.
 *
 * A sweep is shown once it is whole. Names and figures are those of `sweep.json` and `final_report.json`: times integer ms
 * UTC, amounts decimal text, scores, ratios and counts numbers; what cannot be measured is null. Unknown fields are dropped
 * on reading.
 */

import { z } from 'zod';

const amount = z.string().regex(/^-?\d+(?:\.\d+)?$/);
const paramSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const paramsSchema = z.record(z.string(), paramSchema);
const spreadSchema = z.object({ p5: z.number(), p50: z.number(), p95: z.number() });

/** One trial of a sweep: what its backtest ended with. */
export const sweepTrialSchema = z.object({
  trial: z.int(),
  params: paramsSchema,
  /** What was maximised; null where the trial has none. */
  score: z.number().nullable(),
  pnl_absolute: amount,
  pnl_percent: z.number().nullable(),
  trades: z.int(),
  win_rate: z.number().nullable(),
  fees_paid: amount,
  funding_paid: amount,
  max_drawdown: amount,
  max_drawdown_percent: z.number().nullable(),
  sharpe: z.number().nullable(),
  profit_factor: z.number().nullable(),
  exposure_percent: z.number().nullable(),
  liquidations: z.int(),
  orders_denied: z.int(),
  status: z.string(),
  stopped_reason: z.string(),
  state_hash: z.string().nullable(),
});

/** What a sweep was about, and its best trial; null = the strategy refused every set of parameters. */
export const sweepFiguresSchema = z.object({
  strategy: z.string(),
  symbol: z.string(),
  source: z.string(),
  seed: z.int(),
  score: z.string(),
  from_ms: z.int(),
  to_ms: z.int(),
  trials: z.int(),
  refused: z.int(),
  best: sweepTrialSchema.nullable(),
  /** Probability that the best Sharpe ratio is more than the luck of the best of so many. */
  deflated_sharpe: z.number().nullable(),
  median_score: z.number().nullable(),
  /** Share of trials that ended with a profit, 0 to 1. */
  profitable_share: z.number().nullable(),
  /** Mean score one step beside the best in one parameter. */
  neighbour_score: z.number().nullable(),
  /** What speaks against believing the best, in sentences. */
  warnings: z.array(z.string()),
});

/** `made_time_ms`: from its id. `figures` null: its document cannot be read, or is too large to be read here. */
export const sweepSummarySchema = z.object({
  sweep_id: z.string(),
  made_time_ms: z.int().nullable(),
  figures: sweepFiguresSchema.nullable(),
});

/** `GET /api/v1/sweeps`, newest first. */
export const sweepListSchema = z.object({
  sweeps: z.array(sweepSummarySchema),
  next_cursor: z.string().nullable(),
});

const axisSchema = z.object({ name: z.string(), values: z.array(paramSchema) });

/** A heat map: the best score of any trial with both values, by row (`down`) and column (`across`). */
export const sweepMapSchema = z.object({
  across: axisSchema,
  down: axisSchema,
  scores: z.array(z.array(z.number().nullable())),
});

/** `GET /api/v1/sweeps/:sweep_id`. The trials are a page of their own: `GET /api/v1/sweeps/:sweep_id/trials`, best first. */
export const sweepSchema = z.object({
  sweep_id: z.string(),
  made_time_ms: z.int().nullable(),
  figures: sweepFiguresSchema,
  hashes: z.object({ engine: z.string(), strategy: z.string(), data: z.string() }),
  /** Null where fewer than two parameters have several values, or one has too many. */
  map: sweepMapSchema.nullable(),
  /** The best trial's trades drawn anew, USDT. */
  resampling: z
    .object({ draws: z.int(), drawdown: spreadSchema, profit: spreadSchema, loss_share: z.number() })
    .nullable(),
  /** The best trial's profit with the chance in its fills drawn anew, USDT. */
  fill_draws: z.object({ draws: z.int(), profit: spreadSchema }).nullable(),
  walk_forward: z
    .object({
      out_of_sample_pnl: z.number(),
      efficiency: z.number().nullable(),
      windows: z.array(
        z.object({
          train_from_ms: z.int(),
          test_from_ms: z.int(),
          test_to_ms: z.int(),
          params: paramsSchema.nullable(),
          train_score: z.number().nullable(),
          train_pnl: amount.nullable(),
          test_pnl: amount.nullable(),
        }),
      ),
    })
    .nullable(),
});

/** `GET /api/v1/sweeps/:sweep_id/trials`. */
export const sweepTrialsSchema = z.object({
  rows: z.array(sweepTrialSchema),
  next_cursor: z.string().nullable(),
});

export type SweepParams = z.infer<typeof paramsSchema>;
export type SweepTrial = z.infer<typeof sweepTrialSchema>;
export type SweepFigures = z.infer<typeof sweepFiguresSchema>;
export type SweepSummary = z.infer<typeof sweepSummarySchema>;
export type SweepList = z.infer<typeof sweepListSchema>;
export type SweepMap = z.infer<typeof sweepMapSchema>;
export type Sweep = z.infer<typeof sweepSchema>;
export type SweepTrials = z.infer<typeof sweepTrialsSchema>;
