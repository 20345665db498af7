/**
 * The documents of the product contract, field by field: names, types and what may be null.
 *
 * Strict: a field too many is as wrong as one that is missing. Amounts are decimal text, ratios, counts and milliseconds
 * numbers; what was not measured is null.
 */

import { z } from 'zod';

const amount = z.string().regex(/^-?\d+(\.\d*[1-9])?$/, 'an amount as plain decimal text');
const unsigned = z.string().regex(/^\d+(\.\d*[1-9])?$/, 'an unsigned amount as plain decimal text');
const count = z.int().nonnegative();
const timeMs = z.int().positive();
const iso = z.iso.datetime({ precision: 3 });
const sessionId = z.string().min(1);
const side = z.enum(['buy', 'sell']);
const symbol = z.string().regex(/^[A-Z0-9]{2,20}$/);
const orderType = z.enum(['market', 'limit', 'stop_market', 'stop_limit', 'take_profit', 'trailing_stop']);

const heldPositions = z.array(
  z.strictObject({
    symbol,
    side: z.enum(['long', 'short']),
    quantity: amount,
    average_price: unsigned.nullable(),
    mark_price: unsigned.nullable(),
    unrealized_pnl: amount.nullable(),
  }),
);

export const heartbeatShape = z.strictObject({
  ts: iso,
  unix_ts: z.number().positive(),
  pid: z.int().positive(),
  session_id: sessionId.nullable(),
  state: z.enum(['starting', 'warming', 'running', 'halted', 'stopping', 'ended']),
  reason: z.string().nullable(),
  symbol: symbol.nullable(),
  elapsed: z.number().nonnegative().nullable(),
  remaining: z.number().nonnegative().nullable(),
  equity: amount.nullable(),
  wallet_balance: amount.nullable(),
  unrealized_pnl: amount.nullable(),
  position: amount.nullable(),
  symbols: z.array(symbol).min(1),
  positions: heldPositions.nullable(),
  open_orders: count.nullable(),
  margin: z
    .strictObject({
      symbol,
      side: z.enum(['long', 'short']),
      liquidation_price: amount.nullable(),
      distance_percent: z.number().nullable(),
      distance_sigmas: z.number().nullable(),
      maintenance_margin: amount,
      margin_ratio: z.number().nullable(),
      next_tier: z.strictObject({ level: z.int(), quantity: amount }).nullable(),
      funding_to_settlement: amount.nullable(),
    })
    .nullable(),
  ram_mb: z.number().positive().nullable(),
  cpu_percent: z.number().nonnegative().nullable(),
  cpu_pct: z.number().nonnegative().nullable(),
  event_loop_lag_ms: z.number().nonnegative().nullable(),
  clock_offset_ms: z.number().nullable(),
  round_trip_ms: z.number().nonnegative().nullable(),
  events: count.nullable(),
  errors: count.nullable(),
  feeds: z.record(
    z.string(),
    z.strictObject({
      state: z.string(),
      age_ms: z.number().nonnegative().nullable(),
      reconnects: count,
      gaps: count,
    }),
  ),
  dashboard_url: z.url().nullable(),
});
export type Heartbeat = z.output<typeof heartbeatShape>;

export const finalReportShape = z.strictObject({
  session_id: sessionId,
  status: z.enum(['success', 'degraded', 'error', 'killed']),
  stopped_reason: z.string().regex(/^[a-z_]+$/),
  exit_code: z.int(),
  symbol,
  symbols: z.array(symbol).min(1),
  strategy: z.string().min(1),
  source: z.string().min(1),
  seed: count,
  started_at: iso,
  ended_at: iso,
  duration_seconds: z.number().nonnegative(),
  starting_equity: amount,
  ending_equity: amount,
  pnl_absolute: amount,
  pnl_percent: z.number().nullable(),
  trades: count,
  fills: count,
  wins: count,
  losses: count,
  win_rate: z.number().min(0).max(1).nullable(),
  fees_paid: amount,
  funding_paid: amount,
  liquidation_fees: amount,
  spread_cost: amount.nullable(),
  impact_cost: amount.nullable(),
  latency_cost: amount.nullable(),
  slippage_cost: amount.nullable(),
  max_drawdown: unsigned,
  max_drawdown_percent: z.number().nonnegative().nullable(),
  sharpe: z.number().nullable(),
  profit_factor: z.number().nonnegative().nullable(),
  exposure_percent: z.number().min(0).max(100).nullable(),
  by_symbol: z.array(
    z.strictObject({
      symbol,
      trades: count,
      fills: count,
      fees_paid: amount,
      funding_paid: amount,
      net_pnl: amount,
    }),
  ),
  positions: heldPositions,
  liquidations: count,
  orders_denied: count,
  orders_rejected: count,
  reconnects: count.nullable(),
  gaps: count,
  gap_seconds: z.number().nonnegative(),
  gaps_backfilled: count,
  doubtful_seconds: z.number().nonnegative(),
  doubtful_pnl: amount,
  error_count: count.nullable(),
  events: count,
  state_hash: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  band: z.strictObject({
    optimistic: amount.nullable(),
    realistic: amount.nullable(),
    pessimistic: amount.nullable(),
  }),
  ledger_difference: amount,
  resumed: count.optional(),
  downtime_seconds: z.number().nonnegative().optional(),
  checks: z
    .array(
      z.strictObject({
        name: z.enum(['lookahead', 'recursive']),
        passed: z.boolean().nullable(),
        detail: z.string(),
      }),
    )
    .optional(),
});
export type FinalReport = z.output<typeof finalReportShape>;

const orderShape = z.strictObject({
  order_id: z.string().min(1),
  client_order_id: z.string().nullable(),
  symbol,
  side,
  type: orderType,
  quantity: unsigned,
  price: unsigned.nullable(),
  time_in_force: z.enum(['gtc', 'ioc', 'fok', 'post_only']),
  reduce_only: z.boolean(),
  status: z.enum(['new', 'partially_filled', 'filled', 'canceled', 'rejected', 'denied', 'expired']),
  reason: z.string().nullable(),
  decision_time_ms: timeMs,
  arrival_time_ms: timeMs.nullable(),
  closed_time_ms: timeMs.nullable(),
  filled_quantity: unsigned,
  average_price: unsigned.nullable(),
});
export type OrderRow = z.output<typeof orderShape>;

/** `evidence_sequence` is beyond the contract's list: it names the event that justifies the fill. */
const fillShape = z.strictObject({
  fill_id: z.string().min(1),
  order_id: z.string().min(1),
  symbol,
  side,
  quantity: unsigned,
  price: unsigned,
  liquidity: z.enum(['maker', 'taker']),
  fee: unsigned,
  fee_rate: unsigned,
  time_ms: timeMs,
  decision_time_ms: timeMs,
  arrival_time_ms: timeMs,
  mark_price: unsigned.nullable(),
  spread_cost: amount.nullable(),
  latency_cost: amount.nullable(),
  impact_cost: amount.nullable(),
  slippage_cost: amount.nullable(),
  queue_ahead_at_acceptance: unsigned.nullable(),
  extrapolated_quantity: unsigned,
  reconstructed: z.boolean(),
  model: z.enum(['book', 'parametric']),
  evidence_sequence: count,
});
export type FillRow = z.output<typeof fillShape>;

const ledgerShape = z.strictObject({
  entry_id: z.int().positive(),
  time_ms: timeMs,
  kind: z.enum(['deposit', 'realized_pnl', 'fee', 'funding', 'liquidation_fee', 'insurance']),
  symbol: symbol.nullable(),
  amount,
  fill_id: z.string().nullable(),
  settlement_time_ms: timeMs.nullable(),
  rate: amount.nullable(),
  mark_price: unsigned.nullable(),
});

const equityShape = z.strictObject({
  time_ms: timeMs,
  equity: amount,
  wallet: amount,
  unrealized_pnl: amount,
  position: amount,
});

const denialShape = z.strictObject({
  time_ms: timeMs,
  order_id: z.string().nullable(),
  client_order_id: z.string().nullable(),
  symbol: symbol.nullable(),
  side: side.nullable(),
  type: orderType.nullable(),
  quantity: unsigned.nullable(),
  price: unsigned.nullable(),
  reason: z.string().min(1),
  numbers: z.record(z.string(), z.union([z.string(), z.number()])),
});

const qualityShape = z.strictObject({
  from_ms: timeMs,
  to_ms: timeMs,
  symbol,
  feed: z.string().min(1),
  kind: z.enum(['gap', 'stale', 'crossed', 'out_of_order', 'reconnect', 'clock', 'late', 'malformed']),
  detail: z.string(),
  backfilled: z.boolean(),
});

/** What `la report SESSION --format json` prints. */
export const reportDocumentShape = z.strictObject({
  report: finalReportShape,
  orders: z.array(orderShape),
  fills: z.array(fillShape),
  ledger: z.array(ledgerShape),
  equity: z.array(equityShape),
  denials: z.array(denialShape),
  quality: z.array(qualityShape),
  alerts: z.array(z.looseObject({})),
});
export type ReportDocument = z.output<typeof reportDocumentShape>;

/** session.json: what the contract names, beside what the program adds. */
export const manifestShape = z.looseObject({
  session_id: sessionId,
  program_version: z.string().regex(/^\d+\.\d+\.\d+/),
  node_version: z.string().regex(/^v\d+\./),
  seed: count,
  source: z.string().min(1),
  symbols: z.array(symbol).min(1),
  config: z.record(z.string(), z.unknown()),
  started_at: iso,
  ended_at: iso.nullable(),
  stopped_reason: z.string().nullable(),
  exit_code: z.int().nullable(),
  state_hash: z.string().nullable(),
});
