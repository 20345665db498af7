/** What a running session says about itself once a second: the document behind heartbeat.json, `la status` and the status API. */

import type { LifecycleState } from '../core/domain/outputs.ts';

/** One market-data connection as monitoring sees it. */
export interface FeedHealth {
  readonly state: 'connecting' | 'connected' | 'disconnected';
  /** Age of the newest message, ms; null before the first one. */
  readonly age_ms: number | null;
  readonly reconnects: number;
  readonly gaps: number;
}

/** How far the position nearest to its liquidation is from it; what is not known is null. */
export interface MarginHealth {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** The mark that liquidates, other marks as they are; null where none does. */
  readonly liquidation_price: string | null;
  /** To the liquidation price: percent of the mark; standard deviations of an hour's move. */
  readonly distance_percent: number | null;
  readonly distance_sigmas: number | null;
  readonly maintenance_margin: string;
  /** Maintenance margin / margin: liquidated at 1. */
  readonly margin_ratio: number | null;
  /** The next step of the venue's risk table, and the quantity that first stands on it. */
  readonly next_tier: { readonly level: number; readonly quantity: string } | null;
  /** At the mark and the last settled rate; negative = to be paid. */
  readonly funding_to_settlement: string | null;
}

/** An open position; in hedge mode a contract can have two. */
export interface HeldPosition {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** Signed. */
  readonly quantity: string;
  readonly average_price: string | null;
  readonly mark_price: string | null;
  readonly unrealized_pnl: string | null;
}

/**
 * Amounts (also `position`, signed) are decimal text in USDT or base units; ratios, counts and milliseconds are numbers.
 * What is not known is null, never 0. `elapsed` and `remaining` are seconds; `remaining` is null for a session without an end.
 */
export interface HeartbeatFields {
  /** Local UTC time, ISO 8601 with milliseconds; `unix_ts` is the same instant in seconds. */
  readonly ts: string;
  readonly unix_ts: number;
  readonly pid: number;
  readonly session_id: string | null;
  readonly state: LifecycleState;
  readonly reason: string | null;
  /** The first contract of the session; `position` is its quantity, long and short together. */
  readonly symbol: string | null;
  readonly elapsed: number | null;
  readonly remaining: number | null;
  readonly equity: string | null;
  readonly wallet_balance: string | null;
  readonly unrealized_pnl: string | null;
  readonly position: string | null;
  /** Every contract of the session, and every open position; absent in heartbeats of versions before them. */
  readonly symbols?: readonly string[];
  readonly positions?: readonly HeldPosition[] | null;
  readonly open_orders: number | null;
  /** null while no position is open; absent in heartbeats of versions before it. */
  readonly margin?: MarginHealth | null;
  /** Resident memory in MiB. */
  readonly ram_mb: number | null;
  /** CPU of the process over the last interval, 100 = one core; `cpu_pct` is its old name. */
  readonly cpu_percent: number | null;
  readonly cpu_pct: number | null;
  /** Longest delay of the event loop in the last interval. */
  readonly event_loop_lag_ms: number | null;
  /** Venue minus local. */
  readonly clock_offset_ms: number | null;
  readonly round_trip_ms: number | null;
  readonly events: number | null;
  readonly errors: number | null;
  readonly feeds: Readonly<Record<string, FeedHealth>>;
  /** null when the dashboard is off. */
  readonly dashboard_url: string | null;
}

/** What is held, for a line of text: the quantity of a session's one contract, or each position; null where unknown. */
export function heldText({
  symbols = [],
  position,
  positions = null,
}: Pick<HeartbeatFields, 'symbols' | 'position' | 'positions'>): string | null {
  if (positions === null || (symbols.length <= 1 && positions.length <= 1)) return position;
  if (positions.length === 0) return 'none';
  return positions.map(({ symbol, quantity }) => `${symbol} ${quantity}`).join(', ');
}
