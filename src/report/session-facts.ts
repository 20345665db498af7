/**
 * What the reports need to know of a session, as the journal keeps it: times ms UTC, amounts decimal text.
 *
 * The journal's rows say more than this; they fit as they are.
 */

import type { OrderStatus, Side } from '../core/domain/order.ts';
import type { LedgerKind, LifecycleState } from '../core/domain/outputs.ts';

export interface OrderFacts {
  readonly order_id: string;
  readonly status: OrderStatus;
}

export interface FillFacts {
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  readonly time_ms: number;
  /** Costs are positive where they cost the account; null where they were not measured. */
  readonly spread_cost: string | null;
  readonly latency_cost: string | null;
  readonly impact_cost: string | null;
  readonly slippage_cost: string | null;
}

export interface LedgerFacts {
  readonly kind: LedgerKind;
  /** null where an entry belongs to no contract. */
  readonly symbol: string | null;
  /** Signed, negative = paid out. */
  readonly amount: string;
}

export interface TradeFacts {
  readonly trade_id: number;
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly quantity: string;
  readonly entry_time_ms: number;
  readonly entry_price: string | null;
  readonly exit_time_ms: number;
  readonly exit_price: string | null;
  readonly exit_reason: string;
  readonly gross_pnl: string;
  /** Positive = paid. */
  readonly fees: string;
  /** Signed, positive = received. */
  readonly funding: string;
  readonly net_pnl: string;
  readonly r_multiple: number | null;
  readonly bars_held: number;
  readonly strategy: string;
}

export interface EquityFacts {
  readonly time_ms: number;
  readonly equity: string;
  readonly wallet: string;
  readonly unrealized_pnl: string;
  /** Signed position of the session's first instrument. */
  readonly position: string;
}

/** What statistics need of it. */
export type EquitySample = Pick<EquityFacts, 'time_ms' | 'equity'>;

/** Profit since the start under the three exchanges; null where one did not run. `hash` is set on the last one only. */
export interface BandFacts {
  readonly time_ms: number;
  readonly optimistic: string | null;
  readonly realistic: string;
  readonly pessimistic: string | null;
  readonly hash: string | null;
}

export interface QualityFacts {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly symbol: string;
  readonly feed: string;
  readonly kind: string;
  readonly detail: string;
  readonly backfilled: boolean;
}

export interface LifecycleFacts {
  readonly time_ms: number;
  readonly state: LifecycleState;
  /** Why it entered it; null or absent = nothing to say. */
  readonly reason?: string | null;
}

/** A position with which the session began; quantity signed. */
export interface OpeningPosition {
  readonly symbol: string;
  readonly quantity: string;
}
