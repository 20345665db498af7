import { describe, expect, test } from 'vitest';
import { DEFAULT_FILL_TERMS } from '../domain/fill-terms.ts';
import type { OrderIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { conditionalOrder, limitOrder, marketOrder } from '../strategy/strategy.ts';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';

/** Takers pay 1 bp of spread and no impact worth a tick at this size. */
const START = sessionStart({
  fill_model: 'parametric',
  bars_from: 'trades',
  fills: {
    ...DEFAULT_FILL_TERMS,
    price_source: 'trades',
    parametric: {
      ...DEFAULT_FILL_TERMS.parametric,
      half_spread_bps: 1,
      max_slippage_bps: 0,
      simulated_liquidity: 1e12,
    },
  },
});

/** Sends the orders with the trade of one second. */
function marketWith(...orders: OrderIntent[]): TestMarket {
  const market = new TestMarket(START, {
    onTrade: (_trade, view) => (view.timeMs % 60_000 === 1_000 ? orders : []),
  });
  return market.trade(0, 'buy', 100_000, 10).trade(1_000, 'buy', 100_000, 10);
}

describe('where public trades are all there is', () => {
  test('a market order pays the parametric price round the last trade at its arrival', () => {
    const market = marketWith(marketOrder(0, 'buy', lots(10)));
    market.trade(1_050, 'buy', 100_200, 5).time(2_000);
    // 100,200 x 1 bp = 10.02, rounded up, and a tick of impact.
    expect(market.of('fill').map(({ fill }) => [fill.price, fill.quantity, fill.liquidity])).toEqual([
      [100_212, 10, 'taker'],
    ]);
  });

  test('a resting order fills by trades through its price only, at most by their size', () => {
    const market = marketWith(limitOrder(0, 'buy', lots(10), ticks(99_900)));
    market.trade(2_000, 'sell', 99_900, 50).time(3_000);
    expect(market.of('fill')).toHaveLength(0);
    market.trade(4_000, 'sell', 99_899, 4).trade(5_000, 'sell', 99_890, 50).time(6_000);
    expect(market.of('fill').map(({ fill }) => [fill.price, fill.quantity, fill.liquidity])).toEqual([
      [99_900, 4, 'maker'],
      [99_900, 6, 'maker'],
    ]);
  });

  test.each([
    ['gtc', 100_100, 'filled', 1],
    ['gtc', 100_005, 'new', 0],
    ['ioc', 100_005, 'expired', 0],
    ['fok', 100_005, 'expired', 0],
    ['post_only', 100_100, 'expired', 0],
    ['post_only', 99_000, 'new', 0],
  ] as const)('a limit order, %s at %i, is %s', (timeInForce, price, status, fills) => {
    // The parametric price is 100,011: spread 10, impact 1.
    const market = marketWith(limitOrder(0, 'buy', lots(10), ticks(price), { timeInForce }));
    market.time(2_000);
    expect(market.of('fill')).toHaveLength(fills);
    expect(market.of('order').at(-1)?.order.status).toBe(status);
  });

  test.each(['last', 'mark'] as const)('a stop on the %s price fires on the trade that reaches it', (on) => {
    const trigger = { on, price: ticks(99_500), trailBps: null };
    const stop = conditionalOrder(0, 'sell', 'stop_market', lots(10), trigger, null, { reduceOnly: true });
    const market = new TestMarket(START, {
      onTrade(_trade, view) {
        if (view.timeMs % 60_000 === 1_000) return [marketOrder(0, 'buy', lots(10))];
        return view.timeMs % 60_000 === 3_000 ? [stop] : [];
      },
    });
    for (const [atMs, price] of [
      [0, 100_000],
      [1_000, 100_000],
      [3_000, 100_000],
      [4_000, 99_501],
      [5_000, 99_500],
    ] as const)
      market.trade(atMs, 'sell', price, 10);
    market.time(6_000);
    const fills = market.of('fill');
    expect(fills.map(({ fill }) => [fill.side, fill.price])).toEqual([
      ['buy', 100_011],
      ['sell', 99_489],
    ]);
    expect((fills[1]?.timeMs ?? 0) % 60_000).toBe(5_000);
  });
});
