/** Writes down a fill: what it was, what justified it, what it cost, and the two log lines people look for. */

import { type Instrument, formatMoney, formatPrice, formatQuantity } from '../domain/instrument.ts';
import type { FillRecord } from '../domain/order.ts';
import type { Output } from '../domain/outputs.ts';
import type { Money } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { splitCosts } from './costs.ts';
import type { WorkingOrder } from './working-order.ts';

/** What the exchange decided about a fill. */
export interface FillFacts extends Pick<
  FillRecord,
  | 'id'
  | 'quantity'
  | 'price'
  | 'liquidity'
  | 'fee'
  | 'feeRate'
  | 'timeMs'
  | 'model'
  | 'evidenceSequence'
  | 'extrapolatedQuantity'
> {
  /** Best opposite price at arrival for takers, the fill price for makers; ticks. */
  readonly touch: number;
  readonly slippageTicks: number;
}

export function recordFill(order: WorkingOrder, market: InstrumentMarket, facts: FillFacts): FillRecord {
  const { touch, slippageTicks, ...decided } = facts;
  // Without a book the parametric model's own touch stands in for the mid, so that the parts still add up.
  const midX2 = facts.model === 'parametric' && market.midX2 === null ? 2 * touch : market.midX2;
  const { instrument } = market;
  const { price, quantity } = facts;
  const costs = splitCosts(
    instrument,
    order.isBid,
    quantity,
    price,
    touch,
    slippageTicks,
    midX2,
    order.decisionMidX2,
  );
  return {
    ...decided,
    orderId: order.id,
    instrument: instrument.index,
    side: order.intent.side,
    decisionTimeMs: order.decisionTimeMs,
    arrivalTimeMs: order.arrivalTimeMs ?? facts.timeMs,
    markPrice: market.mark,
    spreadCost: costs.spread,
    latencyCost: costs.latency,
    impactCost: costs.impact,
    slippageCost: costs.slippage,
    queueAheadAtAcceptance: facts.liquidity === 'maker' ? order.queueAheadAtAcceptance : null,
    reconstructed: market.isLastBook,
  };
}

/** The `Impact Penalty` and `Slippage` lines of a taker fill; bps of its notional `value`, to two decimals. */
export function costLines(fill: FillRecord, instrument: Instrument, value: Money): Output[] {
  const parts = [
    ['Impact Penalty', 'impact_penalty', fill.impactCost],
    ['Slippage', 'slippage', fill.slippageCost],
  ] as const;
  return parts.map(([msg, event, cost]) => ({
    type: 'log',
    timeMs: fill.timeMs,
    level: 'info',
    event,
    msg,
    fields: {
      fill_id: fill.id,
      symbol: instrument.symbol,
      price: formatPrice(instrument, fill.price),
      quantity: formatQuantity(instrument, fill.quantity),
      bps: cost === null ? null : Number((cost * 1_000_000n) / value) / 100,
      usdt: cost === null ? null : formatMoney(cost),
    },
  }));
}
