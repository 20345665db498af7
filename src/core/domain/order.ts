/** Orders and what a strategy may ask for: intents before the risk gate, records after it. */

import type { DenialReason, ClosureReason } from './reasons.ts';
import type { FillReceipt } from './receipt.ts';
import type { Lots, Money, Rate, Ticks } from './units.ts';

export type Side = 'buy' | 'sell';
/** The last four are conditional: they wait for their trigger, then trade at market, or at `price` where they have one. */
export type OrderType = 'market' | 'limit' | 'stop_market' | 'stop_limit' | 'take_profit' | 'trailing_stop';
/** Which of an instrument's two positions an order belongs to, where the account keeps long and short side by side (hedge mode). */
export type PositionSide = 'long' | 'short';
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'post_only';

/**
 * new: sent or resting, nothing filled. denied: by our risk gate. rejected: by the exchange. expired: its time in force
 * ended it (IOC, FOK, post-only, a market order's remainder). Terminal: filled, canceled, rejected, denied, expired.
 */
export type OrderStatus =
  | 'new'
  | 'partially_filled'
  | 'filled'
  | 'canceled'
  | 'rejected'
  | 'denied'
  | 'expired';

export function oppositeSide(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy';
}

export function isTerminal(status: OrderStatus): boolean {
  return status !== 'new' && status !== 'partially_filled';
}

export type TriggerSource = 'mark' | 'last';

/**
 * When a conditional order fires. Stops fire when the price reaches `price` from the side of profit, take-profits from the
 * side of loss. A trailing stop follows the best price since its activation at a distance of `trailBps`; `price` is then
 * its activation price, null = active at once.
 */
export interface Trigger {
  readonly on: TriggerSource;
  readonly price: Ticks | null;
  readonly trailBps: number | null;
}

/** Exits attached to an entry: active from its first fill, closing what the entry opened; one cancels the other. */
export interface Bracket {
  readonly on: TriggerSource;
  readonly takeProfit: Ticks | null;
  readonly stopLoss: Ticks | null;
}

/** A strategy's wish to place an order. `price` is required for limit and stop-limit orders, absent for market orders. */
export interface SubmitIntent {
  readonly action: 'submit';
  readonly instrument: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly quantity: Lots;
  readonly price: Ticks | null;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  /** Set in hedge mode only. The order opens where its side is the position's own, else it closes and is reduce-only. */
  readonly positionSide?: PositionSide;
  /** Set for conditional orders only. */
  readonly trigger: Trigger | null;
  readonly bracket: Bracket | null;
  /** The strategy's own name for the order, unique in the account; null = none. */
  readonly clientOrderId: string | null;
  /** Why, in one snake_case word: the exit reason of a trade that this order closes. */
  readonly tag: string;
  /** Set where what was asked for does not lie on the grid of ticks and lots: it is denied with this, and `quantity` and `price` say nothing. */
  readonly unfit?: Extract<
    DenialReason,
    { readonly code: 'quantity_invalid' | 'price_invalid' | 'trigger_invalid' }
  >;
}

/** A strategy's wish to cancel a working order, by our id or by its own. */
export interface CancelIntent {
  readonly action: 'cancel';
  readonly orderId: string | null;
  readonly clientOrderId: string | null;
}

/** A strategy's wish to change the price or the quantity of a resting limit order; null leaves as is. It goes to the back of its queue. */
export interface AmendIntent {
  readonly action: 'amend';
  readonly orderId: string | null;
  readonly clientOrderId: string | null;
  readonly price: Ticks | null;
  /** New total quantity, what is filled included. */
  readonly quantity: Lots | null;
}

/** Cancels every working order of the account and closes its positions at market. */
export interface FlattenIntent {
  readonly action: 'flatten';
}

export type OrderIntent = SubmitIntent | CancelIntent | AmendIntent | FlattenIntent;

declare const approved: unique symbol;

/** An order that passed the risk gate; only `risk-gate.ts` makes one, so a forgotten check does not compile. */
export type ApprovedOrder = OrderDraft & {
  readonly [approved]: true;
  /** Exits of its bracket, approved with it: they can only reduce. */
  readonly attached: readonly ApprovedOrder[];
};

/** What the gate approves: an intent with its identity and the market the strategy saw when it decided. */
export interface OrderDraft {
  readonly id: string;
  readonly intent: SubmitIntent;
  readonly decisionTimeMs: number;
  /** Twice the mid price in ticks at decision (best bid + best ask); null without a two-sided book. */
  readonly decisionMidX2: number | null;
  /** Best bid at decision in ticks, the other half of that sum's story; null without a two-sided book. */
  readonly decisionBid: number | null;
}

/** One order as it stands; an immutable copy goes out at every change. */
export interface OrderRecord {
  readonly id: string;
  readonly clientOrderId: string | null;
  readonly instrument: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly quantity: Lots;
  readonly price: Ticks | null;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  /** Set for conditional orders only. */
  readonly trigger: Trigger | null;
  /** Why it was placed, in one snake_case word. */
  readonly tag: string;
  /** Set in hedge mode only. */
  readonly positionSide?: PositionSide;
  readonly status: OrderStatus;
  readonly reason: DenialReason['code'] | ClosureReason | null;
  readonly decisionTimeMs: number;
  readonly arrivalTimeMs: number | null;
  readonly closedTimeMs: number | null;
  readonly filled: Lots;
  /** Sum of fill price x quantity, unsigned; the average price is derived from it for display. */
  readonly filledNotional: Money;
}

/** One execution of ours. Costs are positive where they cost the account; they add up to price - decision mid, signed by side. */
export interface FillRecord {
  readonly id: string;
  readonly orderId: string;
  readonly instrument: number;
  readonly side: Side;
  /** Set in hedge mode only. */
  readonly positionSide?: PositionSide;
  readonly quantity: Lots;
  readonly price: Ticks;
  readonly liquidity: 'maker' | 'taker';
  /** Positive = paid. */
  readonly fee: Money;
  readonly feeRate: Rate;
  readonly timeMs: number;
  readonly decisionTimeMs: number;
  readonly arrivalTimeMs: number;
  /** Mark in force, in mark units; null before the first one. */
  readonly markPrice: number | null;
  readonly spreadCost: Money | null;
  readonly latencyCost: Money | null;
  readonly impactCost: Money | null;
  readonly slippageCost: Money | null;
  /** Displayed quantity ahead of us when the order was accepted; null for takers. */
  readonly queueAheadAtAcceptance: Lots | null;
  readonly extrapolatedQuantity: Lots;
  readonly reconstructed: boolean;
  readonly model: 'book' | 'parametric';
  /** Sequence number of the event that justifies the fill: the book walked, or the public trade. */
  readonly evidenceSequence: number;
  /** The whole story behind it. */
  readonly receipt: FillReceipt;
}
