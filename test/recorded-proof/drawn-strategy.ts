/** Orders of every kind, drawn from a seed, at a steady pace through a recorded session. */

import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { OrderIntent, Side } from '../../src/core/domain/order.ts';
import { type Ticks, lots, ticks } from '../../src/core/domain/units.ts';
import {
  type MarketView,
  type StrategyHandlers,
  conditionalOrder,
  limitOrder,
  marketOrder,
} from '../../src/core/strategy/strategy.ts';

const TIMER = 'draw';
const BPS = 10_000;

/** `paceMs`: time between draws. The same seed draws the same orders from the same market. */
export function drawnStrategy(seed: number, spec: InstrumentSpec, paceMs: number): StrategyHandlers {
  const draw = mulberry32(seed);
  const pick = <Choice>(...choices: readonly Choice[]): Choice =>
    choices[Math.floor(draw() * choices.length)] as Choice;
  let sent = 0;
  /** A price so many bps from another, small distances more often; positive is upward. */
  const away = (price: Ticks, sign: number, mostBps: number): Ticks =>
    ticks(Math.max(1, price + sign * Math.round((price * draw() ** 3 * mostBps) / BPS)));
  const decide = (view: MarketView): readonly OrderIntent[] => {
    const bid = view.bestBid(0);
    const ask = view.bestAsk(0);
    const last = view.lastPrice(0);
    if (bid === null || ask === null || last === null) return [];
    const side: Side = pick('buy', 'sell');
    const sign = side === 'buy' ? 1 : -1;
    const [own, opposite] = side === 'buy' ? [bid, ask] : [ask, bid];
    // Ten to some hundred thousand USDT, small ones more often.
    const lotValue = (bid / 10 ** spec.price_decimals) * 10 ** -spec.quantity_decimals;
    const quantity = lots(Math.max(1, Math.round((10 * 10 ** (draw() ** 2 * 4.5)) / lotValue)));
    const clientOrderId = `d${++sent}`;
    const earlier = `d${Math.max(1, sent - 1 - Math.floor(draw() * 30))}`;
    const options = { clientOrderId, reduceOnly: draw() < 0.15 };
    const kind = draw();
    if (kind < 0.02) return [{ action: 'flatten' }];
    if (kind < 0.14) return [{ action: 'cancel', orderId: null, clientOrderId: earlier }];
    if (kind < 0.2) {
      const price = away(own, -sign, 5);
      return [{ action: 'amend', orderId: null, clientOrderId: earlier, price, quantity: null }];
    }
    if (kind < 0.34) {
      // Now and then a second one for the same displayed size.
      const second = marketOrder(0, side, quantity, { reduceOnly: options.reduceOnly });
      const first = marketOrder(0, side, quantity, options);
      return draw() < 0.3 ? [first, second] : [first];
    }
    if (kind < 0.5) {
      const price = away(opposite, sign, 6);
      return [limitOrder(0, side, quantity, price, { ...options, timeInForce: pick('ioc', 'fok') })];
    }
    if (kind < 0.54) {
      const price = away(opposite, sign, 3);
      return [limitOrder(0, side, quantity, price, { ...options, timeInForce: 'post_only' })];
    }
    if (kind < 0.62) {
      const bracket = {
        on: 'last',
        takeProfit: away(ask, sign, 10),
        stopLoss: away(bid, -sign, 10),
      } as const;
      return [marketOrder(0, side, quantity, { clientOrderId, bracket })];
    }
    if (kind < 0.7) {
      const type = pick('stop_market', 'stop_limit', 'take_profit', 'trailing_stop');
      const isUp = (side === 'buy') === (type !== 'take_profit');
      const price = type === 'trailing_stop' ? null : away(last, isUp ? 1 : -1, 8);
      const trailBps = type === 'trailing_stop' ? pick(1, 3, 8) : null;
      const limit = type === 'stop_limit' ? away(own, sign, 10) : null;
      return [conditionalOrder(0, side, type, quantity, { on: 'last', price, trailBps }, limit, options)];
    }
    const price = draw() < 0.6 ? own : away(own, -sign, 10);
    return [
      limitOrder(0, side, quantity, price, { ...options, timeInForce: pick('gtc', 'gtc', 'post_only') }),
    ];
  };
  return {
    onStart: (view) => view.setTimer(TIMER, view.timeMs + paceMs),
    onTimer: (_, view) => {
      view.setTimer(TIMER, view.timeMs + paceMs);
      return decide(view);
    },
  };
}

/** A small generator of uniform numbers in [0, 1). Source: Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
