/** What operators and the shell tell the engine; each is an event, so a replay hears it too. */

import type { StoppedReason } from './reasons.ts';

/**
 * stop: end gracefully with this reason. kill: cancel and flatten at once. end_now: end without waiting for a flatten
 * (the market or the machine is gone).
 */
export type OperatorCommand =
  | { readonly type: 'stop'; readonly reason: StoppedReason; readonly detail: string | null }
  | { readonly type: 'end_now'; readonly reason: StoppedReason; readonly detail: string | null }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'flatten' };

/** State of one market-data connection, as its client sees it. */
export interface FeedState {
  readonly feed: 'kline' | 'ticker';
  readonly state: 'connecting' | 'connected' | 'disconnected';
  readonly reconnects: number;
  readonly detail: string | null;
}

/** A stretch of doubtful or missing data. */
export interface QualityRecord {
  readonly fromMs: number;
  readonly toMs: number;
  readonly instrument: number;
  readonly feed: string;
  readonly kind: 'gap' | 'stale' | 'crossed' | 'out_of_order' | 'reconnect' | 'clock' | 'late' | 'malformed';
  readonly detail: string;
  readonly backfilled: boolean;
}
