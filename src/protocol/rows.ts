/**
 * Rows that the server sends and the dashboard keeps: market, orders, money, quality, verdicts, logs.
 *
 * Field names are those of `la report --format json`. Amounts and prices are decimal text, times integer milliseconds UTC
 * of the venue's clock, ratios and counts numbers. What is not known is null. Unknown fields are dropped on reading, so a
 * newer server may add some.
 */

import { z } from 'zod';

/** Decimal text: exact, never through a float. */
const amount = z.string().regex(/^-?\d+(?:\.\d+)?$/);
const timeMs = z.int();
const numbers = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const sideSchema = z.enum(['buy', 'sell']);

/** The contract that is traded. `tiers` is the venue's risk table, empty where it gave none. */
export const instrumentSchema = z.object({
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  price_decimals: z.int(),
  quantity_decimals: z.int(),
  min_quantity: amount,
  max_leverage: z.number(),
  tiers: z.array(
    z.object({
      level: z.int(),
      start_notional: amount,
      end_notional: amount,
      max_leverage: z.number(),
      maintenance_rate: amount,
    }),
  ),
});

/** One bar of the session's interval; `is_closed` false = the live bar, which is sent again as it grows. */
export const candleSchema = z.object({
  symbol: z.string(),
  open_time_ms: timeMs,
  open: amount,
  high: amount,
  low: amount,
  close: amount,
  volume: amount,
  is_closed: z.boolean(),
});

/** What is known of a symbol beside its book. `funding_rate`: of the last settlement, a fraction; positive: longs pay. */
export const marketSchema = z.object({
  symbol: z.string(),
  time_ms: timeMs,
  last_price: amount.nullable(),
  mark_price: amount.nullable(),
  index_price: amount.nullable(),
  funding_rate: amount.nullable(),
  next_funding_time_ms: timeMs.nullable(),
});

/** Price and displayed quantity. */
export const levelSchema = z.tuple([amount, amount]);

/** The best levels of both sides, best first; `is_valid` false = crossed, stale or not synchronized: nothing fills on it. */
export const bookSchema = z.object({
  symbol: z.string(),
  time_ms: timeMs,
  is_valid: z.boolean(),
  bids: z.array(levelSchema),
  asks: z.array(levelSchema),
});

/** One order as it stands. `queue_ahead`: displayed quantity before it at its price now; null = takes, waits or is over. */
export const orderSchema = z.object({
  order_id: z.string(),
  client_order_id: z.string().nullable(),
  symbol: z.string(),
  side: sideSchema,
  type: z.enum(['market', 'limit', 'stop_market', 'stop_limit', 'take_profit', 'trailing_stop']),
  quantity: amount,
  price: amount.nullable(),
  time_in_force: z.enum(['gtc', 'ioc', 'fok', 'post_only']),
  reduce_only: z.boolean(),
  status: z.enum(['new', 'partially_filled', 'filled', 'canceled', 'rejected', 'denied', 'expired']),
  reason: z.string().nullable(),
  decision_time_ms: timeMs,
  arrival_time_ms: timeMs.nullable(),
  closed_time_ms: timeMs.nullable(),
  filled_quantity: amount,
  average_price: amount.nullable(),
  /** Set for conditional orders; `price` null = a trailing stop that is active at once. */
  trigger: z
    .object({
      on: z.enum(['mark', 'last']),
      price: amount.nullable(),
      trail_bps: z.number().nullable(),
    })
    .nullable(),
  queue_ahead: amount.nullable(),
  /** Why the strategy placed it, one snake_case word; null where it is not kept. */
  tag: z.string().nullable(),
});

/** One execution of ours. Costs are positive where they cost the account; null = could not be known. */
export const fillSchema = z.object({
  fill_id: z.string(),
  order_id: z.string(),
  symbol: z.string(),
  side: sideSchema,
  quantity: amount,
  price: amount,
  liquidity: z.enum(['maker', 'taker']),
  fee: amount,
  fee_rate: amount,
  time_ms: timeMs,
  decision_time_ms: timeMs,
  arrival_time_ms: timeMs,
  mark_price: amount.nullable(),
  spread_cost: amount.nullable(),
  latency_cost: amount.nullable(),
  impact_cost: amount.nullable(),
  slippage_cost: amount.nullable(),
  queue_ahead_at_acceptance: amount.nullable(),
  extrapolated_quantity: amount,
  reconstructed: z.boolean(),
  model: z.enum(['book', 'parametric']),
});

/** One closed round trip. `fees` positive = paid; `funding` signed, positive = received; net = gross - fees + funding. */
export const tradeSchema = z.object({
  trade_id: z.int(),
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  quantity: amount,
  entry_time_ms: timeMs,
  entry_price: amount.nullable(),
  exit_time_ms: timeMs,
  exit_price: amount.nullable(),
  exit_reason: z.string(),
  gross_pnl: amount,
  fees: amount,
  funding: amount,
  net_pnl: amount,
  r_multiple: z.number().nullable(),
  bars_held: z.int(),
  strategy: z.string(),
});

export const ledgerKindSchema = z.enum([
  'deposit',
  'realized_pnl',
  'fee',
  'funding',
  'liquidation_fee',
  'insurance',
]);

/** One movement of the wallet; `amount` signed, negative = paid out. */
export const ledgerEntrySchema = z.object({
  entry_id: z.int(),
  time_ms: timeMs,
  kind: ledgerKindSchema,
  symbol: z.string().nullable(),
  amount,
  fill_id: z.string().nullable(),
  settlement_time_ms: timeMs.nullable(),
  rate: amount.nullable(),
  mark_price: amount.nullable(),
});

/** Equity of the realistic model; the band's other two are null where those models did not run. */
export const equityPointSchema = z.object({
  time_ms: timeMs,
  equity: amount,
  wallet: amount,
  unrealized_pnl: amount,
  position: amount,
  optimistic: amount.nullable(),
  pessimistic: amount.nullable(),
});

/** A position as margin sees it; `quantity` signed, "0" when flat. `liquidation_distance_percent`: of the mark, >= 0. */
export const positionSchema = z.object({
  symbol: z.string(),
  quantity: amount,
  average_price: amount.nullable(),
  mark_price: amount.nullable(),
  notional: amount.nullable(),
  unrealized_pnl: amount,
  initial_margin: amount.nullable(),
  maintenance_margin: amount.nullable(),
  leverage: z.number(),
  margin_mode: z.enum(['isolated', 'cross']),
  liquidation_price: amount.nullable(),
  liquidation_distance_percent: z.number().nullable(),
});

/** The account now, and what its wallet is the sum of: every ledger entry of this session by kind. */
export const accountSchema = z.object({
  time_ms: timeMs,
  starting_equity: amount,
  equity: amount,
  wallet_balance: amount,
  /** Wallet that the session found before its first entry: 0 for a new account, whose deposit is an entry. */
  opening_wallet: amount,
  unrealized_pnl: amount,
  available_balance: amount.nullable(),
  initial_margin: amount.nullable(),
  ledger_totals: z.array(z.object({ kind: ledgerKindSchema, amount, entries: z.int() })),
  fills: z.int(),
  trades: z.int(),
});

/** An intent that our risk gate refused, with the numbers that decided it. */
export const denialSchema = z.object({
  time_ms: timeMs,
  order_id: z.string().nullable(),
  client_order_id: z.string().nullable(),
  symbol: z.string().nullable(),
  side: sideSchema.nullable(),
  quantity: amount.nullable(),
  price: amount.nullable(),
  reason: z.string(),
  numbers,
});

/** A stretch of doubtful or missing data; a growing one is sent again with the same `from_ms`, `symbol`, `feed`, `kind`. */
export const qualitySchema = z.object({
  from_ms: timeMs,
  to_ms: timeMs,
  symbol: z.string(),
  feed: z.string(),
  kind: z.enum(['gap', 'stale', 'crossed', 'out_of_order', 'reconnect', 'clock', 'late', 'malformed']),
  detail: z.string(),
  backfilled: z.boolean(),
});

/** What one agent said of one bar. `confidence` 0 to 1; `numbers` are what it based its verdict on. */
export const verdictSchema = z.object({
  symbol: z.string(),
  bar_open_time_ms: timeMs,
  time_ms: timeMs,
  agent: z.string(),
  verdict: z.string(),
  confidence: z.number().nullable(),
  reason: z.string(),
  numbers,
});

/** One line of the system log. `line_id` counts up within a session's process. */
export const logLineSchema = z.object({
  line_id: z.int(),
  time_ms: timeMs,
  level: z.enum(['debug', 'info', 'warning', 'error', 'critical']),
  event: z.string(),
  msg: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export type Instrument = z.infer<typeof instrumentSchema>;
export type Candle = z.infer<typeof candleSchema>;
export type Market = z.infer<typeof marketSchema>;
export type Level = z.infer<typeof levelSchema>;
export type Book = z.infer<typeof bookSchema>;
export type Order = z.infer<typeof orderSchema>;
export type Fill = z.infer<typeof fillSchema>;
export type Trade = z.infer<typeof tradeSchema>;
export type LedgerKind = z.infer<typeof ledgerKindSchema>;
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;
export type EquityPoint = z.infer<typeof equityPointSchema>;
export type Position = z.infer<typeof positionSchema>;
export type Account = z.infer<typeof accountSchema>;
export type Denial = z.infer<typeof denialSchema>;
export type Quality = z.infer<typeof qualitySchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type LogLine = z.infer<typeof logLineSchema>;
