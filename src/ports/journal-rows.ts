/** What the journal gives back: the objects of `la report --format json`, in its names. Times ms UTC, amounts decimal text. */

import type { QualityRecord } from '../core/domain/commands.ts';
import type { OrderStatus, OrderType, Side, TimeInForce, TriggerSource } from '../core/domain/order.ts';
import type { LedgerKind, LifecycleState } from '../core/domain/outputs.ts';
import type { AgentName } from '../core/domain/verdict.ts';

export interface OrderRow {
  readonly order_id: string;
  readonly client_order_id: string | null;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly quantity: string;
  readonly price: string | null;
  readonly time_in_force: TimeInForce;
  readonly reduce_only: boolean;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly decision_time_ms: number;
  readonly arrival_time_ms: number | null;
  readonly closed_time_ms: number | null;
  readonly filled_quantity: string;
  /** Null while nothing is filled. */
  readonly average_price: string | null;
}

/** What fires a conditional order; `price` null = a trailing stop that is active at once. */
export interface TriggerRow {
  readonly on: TriggerSource;
  readonly price: string | null;
  readonly trail_bps: number | null;
}

/** An order with what the report leaves out; null where a session of an older version did not keep it. */
export interface WholeOrderRow extends OrderRow {
  readonly trigger: TriggerRow | null;
  readonly tag: string | null;
}

export interface FillRow {
  readonly fill_id: string;
  readonly order_id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  readonly price: string;
  readonly liquidity: 'maker' | 'taker';
  /** Positive = paid. */
  readonly fee: string;
  readonly fee_rate: string;
  readonly time_ms: number;
  readonly decision_time_ms: number;
  readonly arrival_time_ms: number;
  readonly mark_price: string | null;
  readonly spread_cost: string | null;
  readonly latency_cost: string | null;
  readonly impact_cost: string | null;
  readonly slippage_cost: string | null;
  readonly queue_ahead_at_acceptance: string | null;
  readonly extrapolated_quantity: string;
  readonly reconstructed: boolean;
  readonly model: 'book' | 'parametric';
  /** Sequence number in the event log of the event that justifies the fill. */
  readonly evidence_sequence: number;
}

export interface LedgerRow {
  readonly entry_id: number;
  readonly time_ms: number;
  readonly kind: LedgerKind;
  readonly symbol: string | null;
  /** Signed, negative = paid out. */
  readonly amount: string;
  readonly fill_id: string | null;
  readonly settlement_time_ms: number | null;
  readonly rate: string | null;
  readonly mark_price: string | null;
}

export interface PositionRow {
  readonly symbol: string;
  /** Signed. */
  readonly quantity: string;
  /** Signed sum of entry price x quantity of what is held. */
  readonly entry_notional: string;
  /** Null when flat. */
  readonly average_price: string | null;
  /** Time of the last fill; null before the first of this session. */
  readonly time_ms: number | null;
}

export interface TradeRow {
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
  /** Signed, positive = received: net = gross - fees + funding. */
  readonly funding: string;
  readonly net_pnl: string;
  /** Profit in units of the risk taken at entry; null where the strategy named none. */
  readonly r_multiple: number | null;
  readonly bars_held: number;
  readonly strategy: string;
}

export interface EquityRow {
  readonly time_ms: number;
  readonly equity: string;
  readonly wallet: string;
  readonly unrealized_pnl: string;
  /** Signed position of the session's first instrument. */
  readonly position: string;
}

/** Profit since the start; null where that exchange did not run, or has not begun. */
export interface BandRow {
  readonly time_ms: number;
  readonly optimistic: string | null;
  readonly realistic: string;
  readonly pessimistic: string | null;
  /** On the last row of a session only. */
  readonly hash: string | null;
}

export interface DenialRow {
  readonly time_ms: number;
  readonly order_id: string | null;
  readonly client_order_id: string | null;
  readonly symbol: string | null;
  readonly side: Side | null;
  readonly type: OrderType | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly reason: string;
  /** The numbers that decided it, under the names of `reasons.ts`. */
  readonly numbers: Readonly<Record<string, string | number>>;
}

export interface QualityRow {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly symbol: string;
  readonly feed: string;
  readonly kind: QualityRecord['kind'];
  readonly detail: string;
  readonly backfilled: boolean;
}

/** What an agent said of a bar. */
export interface VerdictRow {
  readonly time_ms: number;
  readonly symbol: string;
  readonly bar_open_time_ms: number;
  readonly agent: AgentName;
  readonly verdict: string;
  readonly confidence: number | null;
  readonly reason: string;
  readonly numbers: Readonly<Record<string, string | number | null>>;
}

export interface VerdictCountRow {
  readonly agent: AgentName;
  readonly verdict: string;
  readonly times: number;
}

export interface LifecycleRow {
  readonly time_ms: number;
  readonly state: LifecycleState;
  readonly reason: string | null;
}
