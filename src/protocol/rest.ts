/**
 * Answers of the HTTP interface that are not rows alone: receipts, what-ifs, commands, past sessions.
 *
 * `GET /api/v1/{orders,fills,trades,equity,candles,quality,logs,…}` answer `{"rows": […]}` of the rows of `rows.ts`.
 * Errors answer `{"error": "a sentence"}` with their HTTP status.
 */

import { z } from 'zod';
import { sessionInfoSchema } from './messages.ts';
import {
  bookSchema,
  candleSchema,
  denialSchema,
  equityPointSchema,
  fillSchema,
  instrumentSchema,
  ledgerEntrySchema,
  logLineSchema,
  orderSchema,
  qualitySchema,
  sideSchema,
  tradeSchema,
  verdictSchema,
} from './rows.ts';

const amount = z.string();

/**
 * `GET /api/v1/fills/:id/receipt` and `GET /api/v1/sessions/:session/fills/:id/receipt`: why a fill happened as it did.
 * What the model did not use or did not keep is null or empty.
 */
export const receiptSchema = z.object({
  fill: fillSchema,
  order: orderSchema.nullable(),
  /** The story in plain sentences, in order. */
  text: z.array(z.string()),
  /** The book that the strategy saw when it decided. */
  book_at_decision: bookSchema.nullable(),
  /** The book that the order met (takers), or that stood when it filled (makers). */
  book_at_arrival: bookSchema.nullable(),
  /** Fingerprint of the book at arrival, for comparison with a replay. */
  book_hash: z.string().nullable(),
  /** What this fill took of each displayed level. */
  levels_used: z.array(z.object({ price: amount, quantity: amount })),
  /** What moved a resting order forward, from its acceptance to this fill; `ahead` is what was left after it. */
  queue_steps: z.array(
    z.object({
      time_ms: z.int(),
      kind: z.enum(['accepted', 'traded', 'canceled']),
      quantity: amount,
      ahead: amount,
    }),
  ),
  /** The public trades that justify the fill. */
  prints: z.array(
    z.object({ time_ms: z.int(), side: sideSchema, price: amount, quantity: amount, used: amount }),
  ),
  /** Sequence number in the event log of what justifies the fill. */
  evidence_sequence: z.int().nullable(),
});

/** `GET /api/v1/what-if?symbol=&quantity=&price=`: the position after trading that signed quantity at that price. */
export const whatIfSchema = z.object({
  symbol: z.string(),
  quantity: amount,
  average_price: amount.nullable(),
  notional: amount.nullable(),
  initial_margin: amount.nullable(),
  maintenance_margin: amount.nullable(),
  available_balance: amount.nullable(),
  liquidation_price: amount.nullable(),
  liquidation_distance_percent: z.number().nullable(),
  fee: amount.nullable(),
  /** Why the order would be refused, a code of the closed lists; null = it would pass. */
  refusal: z.string().nullable(),
});

/** `POST /api/v1/{pause,resume,flatten,stop,kill}`, with `Authorization: Bearer TOKEN`: 202 and this. */
export const commandAnswerSchema = z.object({
  accepted: z.boolean(),
  command: z.enum(['pause', 'resume', 'flatten', 'stop', 'kill']),
});

/** One session of this workspace, from its manifest and final report. */
export const sessionSummarySchema = z.object({
  session_id: z.string(),
  kind: z.enum(['paper', 'backtest']),
  strategy: z.string().nullable(),
  symbols: z.array(z.string()),
  source: z.string().nullable(),
  started_time_ms: z.int().nullable(),
  ended_time_ms: z.int().nullable(),
  /** `running`, or that of the final report; null where a session left none. */
  status: z.enum(['running', 'success', 'degraded', 'error', 'killed']).nullable(),
  stopped_reason: z.string().nullable(),
  pnl_absolute: amount.nullable(),
  pnl_percent: z.number().nullable(),
  trades: z.int().nullable(),
  max_drawdown_percent: z.number().nullable(),
});

/** `GET /api/v1/sessions`, newest first. `next_cursor` asks for those before them; null = there are none. */
export const sessionListSchema = z.object({
  sessions: z.array(sessionSummarySchema),
  next_cursor: z.string().nullable(),
});

/** `GET /api/v1/sessions/:id/recording`: a session that is over, whole, for the dashboard's time slider. */
export const recordingSchema = z.object({
  session: sessionInfoSchema,
  /** `final_report.json` as it stands; null where the session left none. */
  report: z.record(z.string(), z.unknown()).nullable(),
  instruments: z.array(instrumentSchema),
  candles: z.array(candleSchema),
  orders: z.array(orderSchema),
  fills: z.array(fillSchema),
  trades: z.array(tradeSchema),
  ledger: z.array(ledgerEntrySchema),
  equity: z.array(equityPointSchema),
  denials: z.array(denialSchema),
  quality: z.array(qualitySchema),
  verdicts: z.array(verdictSchema),
  logs: z.array(logLineSchema),
  lifecycle: z.array(z.object({ time_ms: z.int(), state: z.string(), reason: z.string().nullable() })),
});

/** `GET /api/v1/sessions/:id/book?symbol=&at_ms=`: the book as it stood then; null where the log does not say. */
export const bookAtSchema = z.object({ book: bookSchema.nullable() });

export type Receipt = z.infer<typeof receiptSchema>;
export type WhatIf = z.infer<typeof whatIfSchema>;
export type CommandAnswer = z.infer<typeof commandAnswerSchema>;
export type SessionSummary = z.infer<typeof sessionSummarySchema>;
export type SessionList = z.infer<typeof sessionListSchema>;
export type BookAt = z.infer<typeof bookAtSchema>;
export type Recording = z.infer<typeof recordingSchema>;
