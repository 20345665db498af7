/**
 * The risk gate: every order passes here before it leaves, and only here an {@link ApprovedOrder} is made.
 *
 * Limits hold whatever the strategy does: orders a second; quantity, notional and leverage of the position, and notional and
 * leverage of the account, as they would be if all working orders of that side filled; what a bracket's stop would lose; loss
 * of the UTC day; the circuit breakers. Orders that can only reduce a position pass all of them but the rate.
 */

import { formatMoney, formatPrice, formatQuantity, type Instrument, notional } from '../domain/instrument.ts';
import {
  type ApprovedOrder,
  type OrderDraft,
  type SubmitIntent,
  type TriggerSource,
  oppositeSide,
} from '../domain/order.ts';
import type { DenialReason } from '../domain/reasons.ts';
import { type Lots, type Money, type Ticks, lots, money, ticks } from '../domain/units.ts';
import type { BreakerTrip } from './circuit-breakers.ts';
import { percentOf } from './loss-limits.ts';

export interface RiskLimits {
  readonly maxOrdersPerSecond: number;
  readonly maxLeverage: number;
  /** Largest notional of one position; null = none beyond leverage and the venue's tiers. */
  readonly maxNotional: Money | null;
  /** Largest position by instrument; null = none. */
  readonly maxPositions: readonly (Lots | null)[];
  /** Largest notional of all positions together; null = none. */
  readonly maxTotalNotional: Money | null;
  readonly maxTotalLeverage: number | null;
  /** What one order may lose at the stop of its bracket, of the equity; null = none. */
  readonly maxTradeLossPercent: number | null;
}

/** What the gate must know of the moment; filled by the engine for each order. */
export interface RiskContext {
  readonly nowMs: number;
  /** Why no order at all may leave now; null when trading is on. */
  readonly refusal: DenialReason | null;
  readonly instrument: Instrument;
  readonly equity: Money;
  readonly held: Lots;
  /** Unfilled quantity of working orders of the order's side that are not reduce-only. */
  readonly pendingSameSide: Lots;
  /** What the account's other positions would be worth at most, their working orders filled. */
  readonly otherNotional: Money;
  /** Price to value the position at, in ticks; null while there is no market. */
  readonly price: Ticks | null;
  /** How long closed bars are overdue while a gap is not resolved; null while none is. */
  readonly barsOverdueMs: number | null;
  /** Set while the day's loss limit is reached. */
  readonly dayLoss: { readonly loss: Money; readonly limit: Money } | null;
  /** The circuit breaker that keeps new risk away; null while none does. */
  readonly breaker: BreakerTrip | null;
}

export type Decision =
  | { readonly approved: ApprovedOrder; readonly denied: null }
  | { readonly approved: null; readonly denied: DenialReason };

const RATE_WINDOW_MS = 1_000;

/** Renews the approval of an order that the gate had passed in the session that sent it. */
export function carryApproval(draft: OrderDraft): ApprovedOrder {
  return approve(draft);
}

/** Lets the venue's own order pass that closes a position in liquidation: our limits do not bind the venue. */
export function passForced(draft: OrderDraft): ApprovedOrder {
  return approve(draft);
}

/** The one place where an order becomes an approved one, together with the exits of its bracket. */
function approve(draft: OrderDraft): ApprovedOrder {
  const { bracket } = draft.intent;
  const attached =
    bracket === null
      ? []
      : [
          exitOf(draft, 'tp', 'take_profit', bracket.takeProfit, bracket.on),
          exitOf(draft, 'sl', 'stop_market', bracket.stopLoss, bracket.on),
        ].filter((exit) => exit !== null);
  const whole: OrderDraft & Pick<ApprovedOrder, 'attached'> = { ...draft, attached };
  return whole as ApprovedOrder;
}

function exitOf(
  entry: OrderDraft,
  suffix: string,
  type: 'take_profit' | 'stop_market',
  price: Ticks | null,
  on: TriggerSource,
): ApprovedOrder | null {
  if (price === null) return null;
  return approve({
    ...entry,
    id: `${entry.id}-${suffix}`,
    intent: {
      ...entry.intent,
      side: oppositeSide(entry.intent.side),
      type,
      price: null,
      timeInForce: 'ioc',
      reduceOnly: true,
      trigger: { on, price, trailBps: null },
      bracket: null,
      clientOrderId: entry.intent.clientOrderId === null ? null : `${entry.intent.clientOrderId}-${suffix}`,
      tag: type === 'take_profit' ? 'take_profit' : 'stop_loss',
    },
  });
}

export class RiskGate {
  readonly #limits: RiskLimits;
  /** Times of the last approved orders, a ring as long as the limit. */
  readonly #approvedAtMs: Float64Array;
  #approvals = 0;

  constructor(limits: RiskLimits) {
    this.#limits = limits;
    this.#approvedAtMs = new Float64Array(limits.maxOrdersPerSecond).fill(Number.NEGATIVE_INFINITY);
  }

  /** Whether any limit holds for all positions together. */
  get limitsTotal(): boolean {
    return this.#limits.maxTotalNotional !== null || this.#limits.maxTotalLeverage !== null;
  }

  decide(draft: OrderDraft, context: RiskContext): Decision {
    const denied = this.#deny(draft, context);
    if (denied !== null) return { approved: null, denied };
    this.#approvedAtMs[this.#approvals++ % this.#approvedAtMs.length] = context.nowMs;
    return { approved: approve(draft), denied: null };
  }

  #deny(draft: OrderDraft, context: RiskContext): DenialReason | null {
    const { intent } = draft;
    const { instrument, held } = context;
    if (context.refusal !== null) return context.refusal;
    if (intent.unfit !== undefined) return intent.unfit;
    if (intent.quantity <= 0) {
      return {
        code: 'quantity_invalid',
        quantity: formatQuantity(instrument, intent.quantity),
        minimum: formatQuantity(instrument, instrument.minQuantity),
      };
    }
    const needsPrice = intent.type === 'limit' || intent.type === 'stop_limit';
    if ((needsPrice && intent.price === null) || (intent.price !== null && intent.price <= 0)) {
      return {
        code: 'price_invalid',
        price: intent.price === null ? '' : formatPrice(instrument, intent.price),
      };
    }
    const badTrigger = invalidTrigger(intent);
    if (badTrigger !== null) return { code: 'trigger_invalid', price: badTrigger };
    const oldest =
      this.#approvedAtMs[this.#approvals % this.#approvedAtMs.length] ?? Number.NEGATIVE_INFINITY;
    if (context.nowMs - oldest < RATE_WINDOW_MS) {
      return {
        code: 'order_rate',
        ordersInLastSecond: this.#limits.maxOrdersPerSecond,
        limit: this.#limits.maxOrdersPerSecond,
      };
    }
    const signed = intent.side === 'buy' ? intent.quantity : -intent.quantity;
    const pending = intent.side === 'buy' ? context.pendingSameSide : -context.pendingSameSide;
    const after = held + signed + pending;
    if (
      intent.reduceOnly ||
      (Math.sign(after) === Math.sign(held) && Math.abs(after) < Math.abs(held)) ||
      after === 0
    )
      return null;
    if (context.barsOverdueMs !== null) return { code: 'bars_missing', overdueMs: context.barsOverdueMs };
    if (context.dayLoss !== null) {
      return {
        code: 'day_loss',
        loss: formatMoney(context.dayLoss.loss),
        limit: formatMoney(context.dayLoss.limit),
      };
    }
    if (context.breaker !== null) return context.breaker;
    return this.#denySize(intent, lots(Math.abs(after)), context) ?? this.#denyLoss(intent, context);
  }

  /** Refuses what would make the position, or all of them together, larger than they may be. */
  #denySize(intent: SubmitIntent, after: Lots, context: RiskContext): DenialReason | null {
    const { instrument, held, otherNotional, equity } = context;
    const price = context.price ?? intent.price;
    if (price === null) return { code: 'not_running', state: 'no_market' };
    const maxPosition = this.#limits.maxPositions[instrument.index] ?? null;
    if (maxPosition !== null && after > maxPosition) {
      return {
        code: 'position_quantity',
        asked: formatQuantity(instrument, intent.quantity),
        present: formatQuantity(instrument, held),
        after: formatQuantity(instrument, after),
        limit: formatQuantity(instrument, maxPosition),
      };
    }
    const value = notional(instrument, price, after);
    const total = money(value + otherNotional);
    const present = notional(instrument, price, lots(Math.abs(held)));
    const asked = notional(instrument, price, intent.quantity);
    const { maxNotional, maxLeverage, maxTotalNotional, maxTotalLeverage } = this.#limits;
    if (maxNotional !== null && value > maxNotional) {
      const limit = formatMoney(maxNotional);
      return { code: 'position_notional', ...sizes(asked, present), after: formatMoney(value), limit };
    }
    const totalPresent = money(present + otherNotional);
    if (maxTotalNotional !== null && total > maxTotalNotional) {
      const limit = formatMoney(maxTotalNotional);
      return { code: 'total_notional', ...sizes(asked, totalPresent), after: formatMoney(total), limit };
    }
    if (exceedsLeverage(value, equity, maxLeverage)) {
      const leverage = leverageOf(value, equity);
      const shown = { ...sizes(asked, present), equity: formatMoney(equity) };
      return { code: 'leverage', ...shown, leverage, limit: maxLeverage };
    }
    if (maxTotalLeverage !== null && exceedsLeverage(total, equity, maxTotalLeverage)) {
      const leverage = leverageOf(total, equity);
      const shown = { ...sizes(asked, totalPresent), equity: formatMoney(equity) };
      return { code: 'total_leverage', ...shown, leverage, limit: maxTotalLeverage };
    }
    return null;
  }

  /** Refuses an entry that would lose too much at its own stop. One without a stop is watched once it is open. */
  #denyLoss(intent: SubmitIntent, { instrument, price: market, equity }: RiskContext): DenialReason | null {
    const { maxTradeLossPercent } = this.#limits;
    const stop = intent.bracket?.stopLoss ?? null;
    const price = intent.price ?? market;
    if (maxTradeLossPercent === null || stop === null || price === null) return null;
    const distance = intent.side === 'buy' ? price - stop : stop - price;
    if (distance <= 0) return null;
    const loss = notional(instrument, ticks(distance), intent.quantity);
    const limit = percentOf(equity, maxTradeLossPercent);
    if (loss <= limit) return null;
    const asked = formatQuantity(instrument, intent.quantity);
    return { code: 'trade_loss', asked, loss: formatMoney(loss), limit: formatMoney(limit) };
  }

  save() {
    return { approvedAtMs: [...this.#approvedAtMs], approvals: this.#approvals };
  }

  restore(state: ReturnType<RiskGate['save']>): void {
    this.#approvedAtMs.set(state.approvedAtMs);
    this.#approvals = state.approvals;
  }
}

/** Compared as notional x 100 > equity x leverage x 100, so that a leverage with decimals stays exact enough. */
function exceedsLeverage(value: Money, equity: Money, limit: number): boolean {
  return value * 100n > equity * BigInt(Math.floor(limit * 100));
}

function leverageOf(value: Money, equity: Money): number | null {
  return equity > 0n ? Number((value * 100n) / equity) / 100 : null;
}

/** What is wrong with the trigger of a conditional order, as text; null where it fits its type. */
function invalidTrigger({ type, trigger }: SubmitIntent): string | null {
  if (type === 'market' || type === 'limit')
    return trigger === null ? null : `${type} orders have no trigger`;
  if (trigger === null) return 'none';
  if (trigger.price !== null && trigger.price <= 0) return String(trigger.price);
  if (type === 'trailing_stop')
    return trigger.trailBps !== null && trigger.trailBps > 0 ? null : 'no trailing distance';
  return trigger.price === null ? 'none' : null;
}

/** Texts are made for a refusal only: most orders pass. */
function sizes(asked: Money, present: Money): { readonly asked: string; readonly present: string } {
  return { asked: formatMoney(asked), present: formatMoney(present) };
}
