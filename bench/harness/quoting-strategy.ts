/**
 * The quoting strategy of the engine cases: a symmetric grid of post-only limit orders round the mid, renewed by a timer.
 *
 * Every {@link DECISION_MS} it cancels the quotes that have left the grid and places the missing ones: {@link QUOTES} a
 * side, {@link INTERVAL_TICKS} apart, the nearest {@link HALF_SPREAD_TICKS} from the mid, {@link QUOTE_LOTS} each. A side
 * is not quoted while the position on it is at its limit.
 */

import { DEFAULT_FILL_TERMS } from '../../src/core/domain/fill-terms.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { FillRecord, OrderIntent, OrderRecord, Side } from '../../src/core/domain/order.ts';
import { isTerminal } from '../../src/core/domain/order.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { type Ticks, lots, ticks } from '../../src/core/domain/units.ts';
import {
  type MarketView,
  type StrategyHandlers,
  type StrategyInstance,
  limitOrder,
} from '../../src/core/strategy/strategy.ts';

const QUOTES = 20;
const INTERVAL_TICKS = 10;
const HALF_SPREAD_TICKS = 20;
const DECISION_MS = 100;
const LATENCY_MS = 10;
/** In lots of 0.001 BTC: 0.1 and 5 BTC. */
const QUOTE_LOTS = lots(100);
const POSITION_LOTS_MAX = 5_000;
const TIMER = 'quote';

export class QuotingStrategy implements StrategyHandlers {
  /** Client order id of our quote by price, per side. */
  readonly #bids = new Map<number, string>();
  readonly #asks = new Map<number, string>();
  decisions = 0;
  submits = 0;
  fills = 0;

  onStart(view: MarketView): void {
    view.setTimer(TIMER, view.timeMs + DECISION_MS);
  }

  onTimer(_name: string, view: MarketView): readonly OrderIntent[] {
    view.setTimer(TIMER, view.timeMs + DECISION_MS);
    this.decisions++;
    const bid = view.bestBid(0);
    const ask = view.bestAsk(0);
    if (bid === null || ask === null) return [];
    const mid = (bid + ask) / 2;
    const held = view.position(0);
    const intents: OrderIntent[] = [];
    const bidTop = Math.floor((mid - HALF_SPREAD_TICKS) / INTERVAL_TICKS) * INTERVAL_TICKS;
    const askTop = Math.ceil((mid + HALF_SPREAD_TICKS) / INTERVAL_TICKS) * INTERVAL_TICKS;
    this.#renew('buy', this.#bids, bidTop, -INTERVAL_TICKS, held < POSITION_LOTS_MAX, intents);
    this.#renew('sell', this.#asks, askTop, INTERVAL_TICKS, held > -POSITION_LOTS_MAX, intents);
    return intents;
  }

  onOrder(order: OrderRecord): void {
    if (!isTerminal(order.status) || order.price === null) return;
    const quotes = order.side === 'buy' ? this.#bids : this.#asks;
    if (quotes.get(order.price) === order.clientOrderId) quotes.delete(order.price);
  }

  onFill(_fill: FillRecord): void {
    this.fills++;
  }

  #renew(
    side: Side,
    quotes: Map<number, string>,
    top: number,
    step: number,
    isQuoting: boolean,
    intents: OrderIntent[],
  ): void {
    const end = top + step * QUOTES;
    for (const [price, id] of quotes) {
      const isWanted = isQuoting && (step < 0 ? price <= top && price > end : price >= top && price < end);
      if (isWanted) continue;
      quotes.delete(price);
      intents.push({ action: 'cancel', orderId: null, clientOrderId: id });
    }
    if (!isQuoting) return;
    for (let price = top; price !== end; price += step) {
      if (quotes.has(price)) continue;
      const id = `q${++this.submits}`;
      quotes.set(price, id);
      intents.push(quote(side, ticks(price), id));
    }
  }
}

function quote(side: Side, price: Ticks, clientOrderId: string): OrderIntent {
  return limitOrder(0, side, QUOTE_LOTS, price, { timeInForce: 'post_only', clientOrderId, tag: 'quote' });
}

export function instanceOf(handlers: StrategyHandlers): StrategyInstance {
  return { name: 'bench', params: {}, historyBars: 0, handlers };
}

/** A session without an end, with latencies and fees of the quoting case and limits that never bind. */
export function openSession(instrument: InstrumentSpec): SessionStart {
  return {
    session_id: 'bench',
    seed: 1,
    source: 'bench',
    instruments: [instrument],
    interval: '1m',
    strategy: { name: 'bench', params: {} },
    duration_ms: null,
    market_ends_after_ms: null,
    min_history_bars: 0,
    account: {
      kind: 'new',
      wallet: '10000000',
      opening_balance: '10000000',
      day: null,
      day_opening_equity: null,
      positions: [],
      orders: [],
    },
    leverage: 5,
    margin_mode: 'isolated',
    maker_fee_rate: '-0.00005',
    taker_fee_rate: '0.0007',
    fill_model: 'book',
    request_latency_ms: LATENCY_MS,
    response_latency_ms: LATENCY_MS,
    fills: DEFAULT_FILL_TERMS,
    stale_timeout_ms: 3_600_000,
    on_end: 'keep',
    risk: {
      max_orders_per_second: 10_000,
      max_day_loss_percent: 100,
      max_account_loss_percent: 100,
      max_notional: null,
      max_leverage: 100,
    },
  };
}
