/** Closed lists of why something was refused or ended. Denied: by our risk gate. Rejected: by the (paper) exchange. */

/** Decimal text. `after` = what would be held, working orders of its side filled; it counts against the limit. */
interface SizeRefusal {
  readonly asked: string;
  readonly present: string;
  readonly after: string;
  readonly limit: string;
}

/** `asked` in USDT; `leverage` = what would be held / equity, null where no equity is left. */
interface LeverageRefusal {
  readonly asked: string;
  readonly present: string;
  readonly equity: string;
  readonly leverage: number | null;
  readonly limit: number;
}

/** Why our gate denied an intent; the numbers that decided it stand beside the code. */
export type DenialReason =
  | { readonly code: 'not_running'; readonly state: string }
  | { readonly code: 'paused' }
  | { readonly code: 'market_data_stale'; readonly ageMs: number; readonly limitMs: number }
  | { readonly code: 'bars_missing'; readonly overdueMs: number }
  | { readonly code: 'quantity_invalid'; readonly quantity: string; readonly minimum: string }
  | { readonly code: 'price_invalid'; readonly price: string }
  | { readonly code: 'trigger_invalid'; readonly price: string }
  | { readonly code: 'not_amendable'; readonly orderId: string; readonly status: string }
  | { readonly code: 'order_rate'; readonly ordersInLastSecond: number; readonly limit: number }
  | ({ readonly code: 'position_quantity' } & SizeRefusal)
  | ({ readonly code: 'position_notional' } & SizeRefusal)
  | ({ readonly code: 'total_notional' } & SizeRefusal)
  | ({ readonly code: 'leverage' } & LeverageRefusal)
  | ({ readonly code: 'total_leverage' } & LeverageRefusal)
  | { readonly code: 'trade_loss'; readonly loss: string; readonly limit: string; readonly asked: string }
  | { readonly code: 'day_loss'; readonly loss: string; readonly limit: string }
  | {
      readonly code: 'drawdown';
      readonly drawdown: string;
      readonly limit: string;
      readonly peak: string;
      readonly equity: string;
      readonly untilMs: number;
    }
  | {
      readonly code: 'consecutive_losses';
      readonly losses: number;
      readonly limit: number;
      readonly untilMs: number;
    }
  | { readonly code: 'order_unknown'; readonly orderId: string };

/** Why the exchange rejected an order: the venue's code and text (Bitunix error table) and our name for it. */
export type RejectionCode =
  | 'insufficient_balance'
  | 'quantity_below_minimum'
  | 'quantity_above_maximum'
  | 'buy_price_above_band'
  | 'sell_price_below_band'
  | 'reduce_only_without_position'
  | 'reduce_only_same_direction'
  | 'tier_limit_exceeded'
  | 'leverage_invalid'
  | 'open_orders_exist'
  | 'position_mode_fixed'
  | 'would_be_liquidated'
  | 'price_below_liquidation'
  | 'price_above_liquidation'
  | 'position_not_found'
  | 'stop_not_below_liquidation'
  | 'stop_not_above_liquidation'
  | 'order_not_found'
  | 'stop_not_above_mark'
  | 'stop_not_below_mark'
  | 'stop_not_above_last'
  | 'stop_not_below_last'
  | 'take_profit_not_above_mark'
  | 'take_profit_not_below_mark'
  | 'take_profit_not_above_last'
  | 'take_profit_not_below_last'
  | 'no_market';

/** Venue error code and text of each rejection. Source: Bitunix error code page. */
export const REJECTIONS: Readonly<
  Record<RejectionCode, { readonly venueCode: number | null; readonly text: string }>
> = {
  insufficient_balance: { venueCode: 20003, text: 'Insufficient balance' },
  tier_limit_exceeded: {
    venueCode: 20002,
    text: 'position amount exceeds the max open limit of the risk tier',
  },
  leverage_invalid: { venueCode: 20005, text: 'Invalid leverage' },
  open_orders_exist: {
    venueCode: 20006,
    text: "can't change leverage or margin mode, open orders exist",
  },
  position_mode_fixed: {
    venueCode: 20009,
    text: 'position exists, position mode cannot be updated',
  },
  would_be_liquidated: { venueCode: 30001, text: 'would liquidate at once, adjust price or leverage' },
  price_below_liquidation: { venueCode: 30002, text: 'price below liquidation price' },
  price_above_liquidation: { venueCode: 30003, text: 'price above liquidation price' },
  position_not_found: { venueCode: 30004, text: 'Position not exist' },
  stop_not_below_liquidation: {
    venueCode: 30024,
    text: 'SL trigger should be lower than the liquidation price',
  },
  stop_not_above_liquidation: {
    venueCode: 30025,
    text: 'SL trigger should be higher than the liquidation price',
  },
  order_not_found: { venueCode: 20007, text: 'Order not found' },
  take_profit_not_above_mark: { venueCode: 30020, text: 'TP trigger should be higher than mark' },
  take_profit_not_below_mark: { venueCode: 30021, text: 'TP trigger should be lower than mark' },
  stop_not_above_mark: { venueCode: 30022, text: 'SL trigger should be higher than mark' },
  stop_not_below_mark: { venueCode: 30023, text: 'SL trigger should be lower than mark' },
  take_profit_not_above_last: { venueCode: 30026, text: 'TP must be greater than last' },
  stop_not_below_last: { venueCode: 30028, text: 'SL must be less than last' },
  stop_not_above_last: { venueCode: 30030, text: 'SL must be greater than last' },
  take_profit_not_below_last: { venueCode: 30032, text: 'TP must be less than last' },
  quantity_below_minimum: { venueCode: 30017, text: 'qty less than the minimum' },
  quantity_above_maximum: { venueCode: 30013, text: 'exceeded the max order quantity' },
  buy_price_above_band: { venueCode: 30014, text: 'Max Buy Order Price' },
  sell_price_below_band: { venueCode: 30015, text: 'Mini Sell Order Price' },
  reduce_only_without_position: { venueCode: 30018, text: 'reduce-only, no position' },
  reduce_only_same_direction: { venueCode: 30019, text: 'reduce-only in the direction of the position' },
  no_market: { venueCode: null, text: 'no valid order book at arrival' },
};

/** Why an order left the book without being filled whole. */
export type ClosureReason =
  | RejectionCode
  | 'ioc_remainder'
  | 'fok_not_fillable'
  | 'post_only_would_cross'
  | 'market_remainder'
  | 'reduce_only_shrunk'
  | 'cancel_requested'
  | 'other_exit_triggered'
  | 'amended_below_filled'
  | 'liquidation'
  | 'funding_unpaid'
  | 'risk_limit'
  | 'session_end';

/** Why a session ended: the `stopped_reason` of its report. */
export type StoppedReason =
  | 'duration_reached'
  | 'recording_ended'
  | 'stop_requested'
  | 'signal'
  | 'already_running'
  | 'crashed'
  | 'config_invalid'
  | 'venue_fatal'
  | 'workspace_unwritable'
  | 'memory_limit'
  | 'disk_full'
  | 'market_data_lost'
  | 'max_loss'
  | 'liquidated'
  | 'invariant_violated'
  | 'kill_switch';

/** Exit code of each end (contract: 0 ran or stopped on request; nothing but 0 is success). */
export const EXIT_CODES: Readonly<Record<StoppedReason, number>> = {
  duration_reached: 0,
  recording_ended: 0,
  stop_requested: 0,
  signal: 0,
  already_running: 1,
  crashed: 1,
  workspace_unwritable: 1,
  config_invalid: 2,
  venue_fatal: 3,
  memory_limit: 4,
  disk_full: 4,
  market_data_lost: 5,
  max_loss: 6,
  liquidated: 6,
  invariant_violated: 7,
  kill_switch: 99,
};
