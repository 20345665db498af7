/**
 * What the server asks about sessions on disk, running or over, and about sweeps. The app answers on a thread of its own, so that no reader
 * can hold up the session's loop.
 */

import type { SessionInfo } from '../protocol/messages.ts';
import type { Receipt, Recording, SessionSummary } from '../protocol/rest.ts';
import type { Sweep, SweepList, SweepTrials } from '../protocol/sweeps.ts';
import type { Book, Candle } from '../protocol/rows.ts';

export type RecordTable =
  | 'orders'
  | 'fills'
  | 'trades'
  | 'equity'
  | 'ledger'
  | 'denials'
  | 'quality'
  | 'verdicts'
  | 'lifecycle';

/** One page of a table; see the storage's page for the meaning of each part. */
export interface RecordQuery {
  readonly table: RecordTable;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly cursor: number | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly filters: Readonly<Record<string, string>>;
  readonly stepMs: number | null;
}

export interface RecordPage {
  /** Rows of the table in the protocol's names; checked against its schema when they are sent. */
  readonly rows: readonly Record<string, unknown>[];
  readonly nextCursor: number | null;
}

/** The receipt as the dashboard shows it, and as `la explain --json` prints it. */
export type ReceiptAnswer = Receipt & { readonly document: Record<string, unknown> };

export interface BookAtQuery {
  readonly symbol: string;
  readonly atMs: number;
  readonly levels: number;
}

/** Questions and answers. `sessionId` null in an answer never happens: an unknown session or sweep is {@link RecordsError}. */
export interface RecordsProtocol {
  readonly sessions: {
    readonly question: { readonly limit: number; readonly before: string | null };
    readonly answer: { readonly sessions: SessionSummary[]; readonly nextCursor: string | null };
  };
  readonly session: {
    readonly question: { readonly sessionId: string };
    readonly answer: { readonly summary: SessionSummary; readonly session: SessionInfo | null };
  };
  readonly page: {
    readonly question: { readonly sessionId: string; readonly query: RecordQuery };
    readonly answer: RecordPage;
  };
  /** The final report; null where the session left none (yet). */
  readonly report: {
    readonly question: { readonly sessionId: string };
    readonly answer: Record<string, unknown> | null;
  };
  readonly candles: { readonly question: { readonly sessionId: string }; readonly answer: Candle[] };
  readonly book: {
    readonly question: { readonly sessionId: string; readonly query: BookAtQuery };
    readonly answer: Book | null;
  };
  readonly receipt: {
    readonly question: { readonly sessionId: string; readonly fillId: string };
    readonly answer: ReceiptAnswer;
  };
  readonly sweeps: {
    readonly question: { readonly limit: number; readonly before: string | null };
    readonly answer: SweepList;
  };
  readonly sweep: { readonly question: { readonly sweepId: string }; readonly answer: Sweep };
  /** Best first, `after` so many. */
  readonly trials: {
    readonly question: { readonly sweepId: string; readonly limit: number; readonly after: number };
    readonly answer: SweepTrials;
  };
  readonly recording: { readonly question: { readonly sessionId: string }; readonly answer: Recording };
}

export type RecordsTopic = keyof RecordsProtocol;

export interface SessionRecords {
  /** Rejects with {@link RecordsError}. */
  ask<Topic extends RecordsTopic>(
    topic: Topic,
    question: RecordsProtocol[Topic]['question'],
  ): Promise<RecordsProtocol[Topic]['answer']>;
}

export type RecordsErrorCode =
  | 'unknown_session'
  | 'unknown_fill'
  | 'unknown_sweep'
  | 'too_large'
  | 'busy'
  | 'timeout'
  | 'unreadable';

export class RecordsError extends Error {
  override readonly name = 'RecordsError';
  readonly code: RecordsErrorCode;
  readonly retryable: boolean;

  constructor(code: RecordsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = code === 'busy' || code === 'timeout';
  }
}
