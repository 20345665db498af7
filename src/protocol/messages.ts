/**
 * The stream between server and dashboard: `/api/v1/stream`, one JSON object a WebSocket text frame.
 *
 * The first message is a snapshot; every later message has a `seq` one higher than the one before, whatever its type. A
 * snapshot may come again (a client that could not keep up is given one instead of what it missed) and replaces all that
 * came before. An update carries only what changed since the message before it, merged by the server to at most one
 * message every {@link UPDATE_INTERVAL_MS}; a `status` comes at least once every {@link STATUS_INTERVAL_MS}, so that
 * silence means trouble. A client that sees a `seq` it did not expect connects again.
 *
 * Lists of a snapshot hold the newest rows in ascending order of time, at most {@link ROWS_MAX} of each kind.
 * Limits: the client sends nothing. Beyond loopback its token travels as the second WebSocket subprotocol
 * (`bearer.TOKEN`), because a browser cannot set headers there.
 */

import { z } from 'zod';
import {
  accountSchema,
  bookSchema,
  candleSchema,
  denialSchema,
  equityPointSchema,
  fillSchema,
  instrumentSchema,
  ledgerEntrySchema,
  logLineSchema,
  marketSchema,
  orderSchema,
  positionSchema,
  qualitySchema,
  tradeSchema,
  verdictSchema,
} from './rows.ts';

/** Raised when a message changes in a way that an older client would misread; a client refuses another version. */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol of this version. A token travels beside it as `bearer.TOKEN`. */
export const STREAM_SUBPROTOCOL = 'laptop-agents.v1';
export const TOKEN_SUBPROTOCOL_PREFIX = 'bearer.';

export const UPDATE_INTERVAL_MS = 50;
export const STATUS_INTERVAL_MS = 1_000;

/** Rows of each kind that a snapshot holds and a replica keeps; older ones are asked for over REST. */
export const ROWS_MAX = {
  candles: 1_000,
  book_levels: 15,
  /** Working orders are never left out; this many closed ones stand beside them. */
  orders: 300,
  fills: 500,
  trades: 300,
  ledger: 500,
  equity: 3_600,
  denials: 200,
  quality: 300,
  verdicts: 300,
  logs: 500,
} as const;

/** What does not change while a session runs. */
export const sessionInfoSchema = z.object({
  session_id: z.string(),
  program_version: z.string(),
  /** paper: a running session; recorded: one that is over and looked at again. */
  mode: z.enum(['paper', 'recorded']),
  source: z.string(),
  strategy: z.string(),
  params: z.unknown(),
  seed: z.int(),
  symbols: z.array(z.string()),
  interval: z.string(),
  interval_ms: z.int(),
  started_time_ms: z.int().nullable(),
  duration_ms: z.int().nullable(),
  leverage: z.number(),
  margin_mode: z.enum(['isolated', 'cross']),
  fill_model: z.enum(['book', 'parametric']),
  maker_fee_rate: z.string(),
  taker_fee_rate: z.string(),
  on_end: z.enum(['flatten', 'keep']),
});

/** The heartbeat's fields, `is_paused` and the venue's time; seconds and milliseconds as their names say. */
export const statusSchema = z.object({
  ts: z.string(),
  unix_ts: z.number(),
  /** Corrected venue time of the session, ms UTC; null before it is known. */
  session_time_ms: z.int().nullable(),
  pid: z.int(),
  session_id: z.string().nullable(),
  state: z.enum(['starting', 'warming', 'running', 'halted', 'stopping', 'ended']),
  reason: z.string().nullable(),
  is_paused: z.boolean(),
  symbol: z.string().nullable(),
  elapsed: z.number().nullable(),
  remaining: z.number().nullable(),
  equity: z.string().nullable(),
  wallet_balance: z.string().nullable(),
  unrealized_pnl: z.string().nullable(),
  position: z.string().nullable(),
  symbols: z.array(z.string()).optional(),
  /** Open positions. */
  positions: z
    .array(
      z.object({
        symbol: z.string(),
        side: z.enum(['long', 'short']),
        quantity: z.string(),
        average_price: z.string().nullable(),
        mark_price: z.string().nullable(),
        unrealized_pnl: z.string().nullable(),
      }),
    )
    .nullable()
    .optional(),
  open_orders: z.int().nullable(),
  /** Of the position nearest to its liquidation; null while none is open. */
  margin: z
    .object({
      symbol: z.string(),
      side: z.enum(['long', 'short']),
      liquidation_price: z.string().nullable(),
      distance_percent: z.number().nullable(),
      distance_sigmas: z.number().nullable(),
      maintenance_margin: z.string(),
      margin_ratio: z.number().nullable(),
      next_tier: z.object({ level: z.int(), quantity: z.string() }).nullable(),
      funding_to_settlement: z.string().nullable(),
    })
    .nullable()
    .optional(),
  ram_mb: z.number().nullable(),
  cpu_percent: z.number().nullable(),
  event_loop_lag_ms: z.number().nullable(),
  clock_offset_ms: z.number().nullable(),
  round_trip_ms: z.number().nullable(),
  events: z.int().nullable(),
  errors: z.int().nullable(),
  feeds: z.record(
    z.string(),
    z.object({
      state: z.enum(['connecting', 'connected', 'disconnected']),
      age_ms: z.number().nullable(),
      reconnects: z.int(),
      gaps: z.int(),
    }),
  ),
  dashboard_url: z.string().nullable(),
});

const lists = {
  /** Upserted by `symbol` and `open_time_ms`. */
  candles: z.array(candleSchema),
  /** Replaced by `symbol`. */
  markets: z.array(marketSchema),
  /** Replaced by `symbol`. */
  books: z.array(bookSchema),
  /** Upserted by `order_id`. */
  orders: z.array(orderSchema),
  /** Replaced by `symbol`. */
  positions: z.array(positionSchema),
  fills: z.array(fillSchema),
  trades: z.array(tradeSchema),
  ledger: z.array(ledgerEntrySchema),
  equity: z.array(equityPointSchema),
  denials: z.array(denialSchema),
  /** Upserted by `from_ms`, `symbol`, `feed` and `kind`. */
  quality: z.array(qualitySchema),
  verdicts: z.array(verdictSchema),
  logs: z.array(logLineSchema),
};

export const snapshotSchema = z.object({
  type: z.literal('snapshot'),
  version: z.literal(PROTOCOL_VERSION),
  seq: z.int(),
  session: sessionInfoSchema,
  status: statusSchema,
  instruments: z.array(instrumentSchema),
  /** Null before the engine runs. */
  account: accountSchema.nullable(),
  ...lists,
});

/** What is absent did not change. */
export const updateSchema = z
  .object({ status: statusSchema, account: accountSchema, ...lists })
  .partial()
  .extend({ type: z.literal('update'), seq: z.int() });

export const streamMessageSchema = z.discriminatedUnion('type', [snapshotSchema, updateSchema]);

export type SessionInfo = z.infer<typeof sessionInfoSchema>;
export type Status = z.infer<typeof statusSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type Update = z.infer<typeof updateSchema>;
export type StreamMessage = z.infer<typeof streamMessageSchema>;
