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
  | { readonly type: 'flatten' }
  /** Counts from the session's start; null = no end of its own. */
  | { readonly type: 'set_duration'; readonly durationMs: number | null }
  /** A call of the strategy was cut off; what follows from it happened at the call. See call-guard.ts. */
  | {
      readonly type: 'strategy_overrun';
      readonly role: 'realistic' | 'optimistic' | 'pessimistic';
      readonly call: number;
      readonly handler: string;
    }
  | Outage;

/**
 * Nothing was seen from the last event before this one until `toMs` (venue time): the program did not run, or its network
 * was gone. In the first case the event's own time is `fromMs`, and no event follows it before the earlier of `toMs` and
 * `fromMs` + 1 s; in the second the time is told as soon as the venue could be asked about it.
 */
export interface Outage {
  readonly type: 'outage';
  /** Absent: of the program. */
  readonly of?: 'network';
  readonly fromMs: number;
  readonly toMs: number;
  /** What ended the process, as far as the next one can tell. */
  readonly detail: string;
  /** Whether events that follow bring what happened in that time. */
  readonly backfilled: boolean;
  /** Funding settlements of that time. */
  readonly settlements: readonly { readonly instrument: number; readonly atMs: number }[];
}

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
