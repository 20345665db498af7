/**
 * The first event of every session: everything that decides its outcome besides the market itself.
 *
 * A document: recorded in the event log as it stands, hence decimal text and the spelling of files.
 */

import type { FillTerms } from './fill-terms.ts';
import type { InstrumentSpec } from './instrument.ts';

/** A resting or waiting order carried over from the account's last session. Its queue place is lost: it rejoins at the back. */
export interface CarriedOrder {
  readonly id: string;
  readonly client_order_id: string | null;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly type: 'limit' | 'stop_market' | 'stop_limit' | 'take_profit' | 'trailing_stop';
  readonly quantity: string;
  readonly price: string | null;
  readonly trigger: {
    readonly on: 'mark' | 'last';
    readonly price: string | null;
    readonly trail_bps: number | null;
  } | null;
  readonly time_in_force: 'gtc' | 'ioc' | 'fok' | 'post_only';
  readonly reduce_only: boolean;
  /** Set in hedge mode only. */
  readonly position_side?: 'long' | 'short';
  readonly filled_quantity: string;
  readonly filled_notional: string;
  readonly decision_time_ms: number;
}

export interface CarriedPosition {
  readonly symbol: string;
  /** Set in hedge mode only. */
  readonly position_side?: 'long' | 'short';
  /** Signed. */
  readonly quantity: string;
  /** Signed sum of entry price x quantity. */
  readonly cost: string;
  readonly opened_time_ms: number;
  /** Funding already taken from its isolated margin; absent = none. */
  readonly margin_drawn?: string;
  /** What its entries risk at their own stops; absent = not known. */
  readonly risk?: string;
}

/** What the venue lets an account change only while nothing stands in the way of it. */
export interface AccountTerms {
  readonly leverage: number;
  readonly margin_mode: 'isolated' | 'cross';
  readonly position_mode: 'one_way' | 'hedge';
}

/** How the session treats liquidations. */
export interface LiquidationStart {
  /** What follows one: the session ends with `liquidated`, or goes on. */
  readonly on_event: 'end' | 'continue';
  /** Fraction of notional charged for a forced fill, beside the taker fee. */
  readonly fee_rate: string;
  /** Which step's rate of the risk table counts: of the position's value, or of the chosen leverage where that is higher. */
  readonly tier_rule: 'position' | 'leverage';
}

/** What the circuit breakers know of an account; a part is there only while its limit is set. Times are venue time. */
export interface BreakerDocument {
  /** Highest equity since the limit was set, or since its last cool-down. */
  readonly peak_equity?: string;
  readonly drawdown_until_ms?: number;
  readonly losses_in_row?: number;
  readonly losses_until_ms?: number;
}

/** The limits of the risk gate; absent and null = none. */
export interface RiskStart {
  readonly max_orders_per_second: number;
  readonly max_day_loss_percent: number;
  readonly max_account_loss_percent: number;
  readonly max_notional: string | null;
  readonly max_leverage: number;
  /** Largest position by symbol, decimal text. */
  readonly max_position?: Readonly<Record<string, string>> | null;
  readonly max_total_notional?: string | null;
  readonly max_total_leverage?: number | null;
  readonly max_trade_loss_percent?: number | null;
  readonly max_drawdown_percent?: number | null;
  readonly max_consecutive_losses?: number | null;
  readonly max_position_time_ms?: number | null;
  /** How long a breaker keeps new risk away. */
  readonly cooldown_ms?: number;
}

/** The account as a session finds it. `new` deposits the wallet as its opening ledger entry. */
export interface AccountStart {
  readonly kind: 'new' | 'carried';
  readonly wallet: string;
  /** Wallet with which the account was once opened: the base of the account-loss limit. */
  readonly opening_balance: string;
  /** UTC day (days since 1970) of the day-loss limit, and the equity it opened with; null where no day was begun. */
  readonly day: number | null;
  readonly day_opening_equity: string | null;
  /** Whether that day's limit was reached; absent = not. */
  readonly day_loss_reached?: boolean;
  /** Absent = none is set. */
  readonly breakers?: BreakerDocument;
  /** Terms under which the positions and orders were made; absent = those of the session. */
  readonly terms?: AccountTerms;
  readonly positions: readonly CarriedPosition[];
  readonly orders: readonly CarriedOrder[];
}

export interface SessionStart {
  readonly session_id: string;
  readonly seed: number;
  readonly source: string;
  readonly instruments: readonly InstrumentSpec[];
  readonly interval: string;
  /** Absent = the venue's klines, but for intervals below its shortest. */
  readonly bars_from?: 'trades';
  readonly strategy: { readonly name: string; readonly params: unknown };
  /** Session length; null = no end of its own. */
  readonly duration_ms: number | null;
  /** The market's own end (a recording), relative to the start; null = none. */
  readonly market_ends_after_ms: number | null;
  readonly min_history_bars: number;
  readonly account: AccountStart;
  readonly leverage: number;
  readonly margin_mode: 'isolated' | 'cross';
  /** Absent = one_way. */
  readonly position_mode?: 'one_way' | 'hedge';
  /** Absent = the defaults of exchange-settings.ts. */
  readonly liquidation?: LiquidationStart;
  readonly maker_fee_rate: string;
  readonly taker_fee_rate: string;
  /** VIP tier of those rates; absent where only they are known. */
  readonly fee_tier?: number;
  readonly fill_model: 'book' | 'parametric';
  readonly request_latency_ms: number;
  readonly response_latency_ms: number;
  readonly fills: FillTerms;
  /** Whether an optimistic and a pessimistic exchange run beside the session's own; absent = off. */
  readonly band?: 'on' | 'off';
  readonly stale_timeout_ms: number;
  /** How often limits are judged and equity may be told; absent = each second. A session of bars does both with its bars. */
  readonly sample_interval_ms?: number;
  readonly on_end: 'flatten' | 'keep';
  readonly risk: RiskStart;
}
