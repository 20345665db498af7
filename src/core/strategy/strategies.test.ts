import { describe, expect, test } from 'vitest';
import { ZodError } from 'zod';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { createBuiltInStrategy } from './built-in-strategies.ts';

const BIDS = [[1000_0, 900]] as const;
const ASKS = [[1000_1, 900]] as const;

const handlersOf = (
  name: string,
  params: unknown,
): NonNullable<ReturnType<typeof createBuiltInStrategy>>['handlers'] => {
  const strategy = createBuiltInStrategy(name, params);
  if (strategy === null) throw new Error(`no strategy ${name}`);
  return strategy.handlers;
};

describe('sma_cross', () => {
  test('is long while the fast average is above the slow one, short while below, and turns in one order', () => {
    const market = new TestMarket(
      sessionStart({ stale_timeout_ms: 3_600_000 }),
      handlersOf('sma_cross', { fast: 1, slow: 2, equity_percent: 10 }),
    );
    market.mark(0, 1000_0).book(0, BIDS, ASKS).trade(0, 'buy', 1000_0, 1).bar(100, -60_000, 1000_0);
    market.bar(60_050, 0, 1001_0).time(61_000);
    // 10 % of 10,000 USDT at 1,000.
    expect(market.engine.status().position).toBe(9_00);
    expect(market.of('order').at(-1)?.order).toMatchObject({ side: 'buy', type: 'market', quantity: 10_000 });
    market
      .book(119_000, [[1000_0, 90_000]], [[1000_1, 90_000]])
      .bar(120_050, 60_000, 1002_0)
      .time(121_000);
    expect(market.of('order').filter(({ order }) => order.status === 'new')).toHaveLength(1);
    market.bar(180_050, 120_000, 990_0).time(181_000);
    expect(Math.sign(market.engine.status().position)).toBe(-1);
    expect(market.of('trade').map(({ trade }) => [trade.side, trade.exitReason])).toEqual([
      ['long', 'cross'],
    ]);
  });

  test('refuses a fast length that is not below the slow one', () => {
    expect(() => createBuiltInStrategy('sma_cross', { fast: 5, slow: 5 })).toThrow('fast must be below slow');
  });
});

describe('funding_carry', () => {
  const HOUR = 3_600_000;
  const run = (rates: readonly (readonly [atMs: number, rate: number])[]): TestMarket => {
    const market = new TestMarket(
      sessionStart({ stale_timeout_ms: 3_600_000, duration_ms: HOUR }),
      handlersOf('funding_carry', { equity_percent: 10, enter_rate: 0.0003, exit_rate: 0.0001 }),
      1,
    );
    market.book(0, BIDS, ASKS).bar(50, -60_000, 1000_0, true);
    for (const [atMs, rate] of rates) {
      market
        .markWithRate(atMs, 1000_0, rate, HOUR)
        .book(atMs, [[1000_0, 90_000]], [[1000_1, 90_000]])
        .bar(atMs + 50, atMs - 60_000, 1000_0)
        .time(atMs + 1_000);
    }
    return market;
  };

  test('takes the side that receives, and keeps it while the rate is worth it', () => {
    expect(run([[60_000, 0.0004]]).engine.status().position).toBe(-10_000);
    expect(run([[60_000, -0.0004]]).engine.status().position).toBe(10_000);
    const kept = run([
      [60_000, 0.0004],
      [120_000, 0.0002],
    ]);
    expect(kept.engine.status().position).toBe(-10_000);
  });

  test('leaves when the rate has faded or turned, and stays out below its entry', () => {
    for (const rate of [0.00005, -0.0004]) {
      const left = run([
        [60_000, 0.0004],
        [120_000, rate],
      ]);
      expect(left.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['carry_over']);
    }
    expect(run([[60_000, 0.0002]]).of('order')).toEqual([]);
  });
});

describe('scripted', () => {
  const run = (actions: unknown[], untilMs = 60_000): TestMarket => {
    const start = sessionStart({ stale_timeout_ms: 3_600_000, min_history_bars: 1 });
    const market = new TestMarket(start, handlersOf('scripted', { actions }));
    // Times count from the moment the session runs, which is 7 seconds after its start here.
    return market.mark(0, 1000_0).book(0, BIDS, ASKS).bar(7_000, -60_000, 1000_0).time(untilMs);
  };

  test('submits, cancels and flattens at its times, under its own ids', () => {
    const market = run([
      { at: '2s', action: 'submit', id: 'a', side: 'buy', type: 'market', quantity: '0.01' },
      {
        at: '3s',
        action: 'submit',
        id: 'b',
        side: 'sell',
        type: 'limit',
        quantity: '0.01',
        price_offset_bps: 5,
        time_in_force: 'post_only',
        reduce_only: true,
      },
      { at: '4s', action: 'submit', id: 'c', side: 'buy', type: 'limit', quantity: '0.02', price: '998.5' },
      { at: '9s', action: 'cancel', id: 'b' },
      { at: '10s', action: 'flatten' },
    ]);
    const orders = new Map(market.of('order').map(({ order }) => [order.clientOrderId ?? 'closing', order]));
    expect(orders.get('a')).toMatchObject({ status: 'filled', decisionTimeMs: START_MS + 9_000 });
    // 5 bps above the best ask of 1,000.1 is 1,000.60005: the tick further away.
    expect(orders.get('b')).toMatchObject({
      status: 'canceled',
      price: 1000_7,
      reduceOnly: true,
      closedTimeMs: START_MS + 16_100,
    });
    expect(orders.get('c')).toMatchObject({
      status: 'canceled',
      price: 998_5,
      closedTimeMs: START_MS + 17_100,
    });
    expect(orders.get('closing')).toMatchObject({ status: 'filled', side: 'sell', reduceOnly: true });
    expect(market.engine.status().position).toBe(0);
  });

  test('a buy offset counts down from the best bid', () => {
    const market = run(
      [
        {
          at: '1s',
          action: 'submit',
          id: 'x',
          side: 'buy',
          type: 'limit',
          quantity: '0.01',
          price_offset_bps: 7,
        },
      ],
      9_000,
    );
    expect(market.of('order').at(-1)?.order.price).toBe(999_3);
  });

  test('sends every kind of order, brackets and amendments', () => {
    const market = run(
      [
        {
          at: '1s',
          action: 'submit',
          id: 'e',
          side: 'buy',
          type: 'market',
          quantity: '0.01',
          trigger_on: 'last',
          bracket: { take_profit_price: '1020', stop_loss_price: '980' },
        },
        {
          at: '2s',
          action: 'submit',
          id: 'stop',
          side: 'sell',
          type: 'stop_market',
          quantity: '0.01',
          trigger_price: '990',
        },
        {
          at: '3s',
          action: 'submit',
          id: 'limit',
          side: 'sell',
          type: 'stop_limit',
          quantity: '0.01',
          trigger_price: '985',
          price: '984.5',
          trigger_on: 'last',
        },
        {
          at: '4s',
          action: 'submit',
          id: 'profit',
          side: 'sell',
          type: 'take_profit',
          quantity: '0.01',
          trigger_price: '1010',
        },
        {
          at: '5s',
          action: 'submit',
          id: 'trail',
          side: 'sell',
          type: 'trailing_stop',
          quantity: '0.01',
          price_offset_bps: 25,
          trigger_price: '1005',
        },
        {
          at: '6s',
          action: 'submit',
          id: 'rest',
          side: 'buy',
          type: 'limit',
          quantity: '0.02',
          price: '998.5',
        },
        { at: '7s', action: 'amend', id: 'rest', price: '999.1', quantity: '0.03' },
      ],
      20_000,
    );
    const orders = new Map(market.of('order').map(({ order }) => [order.clientOrderId, order]));
    expect([...orders.values()].map(({ type, status }) => [type, status])).toEqual([
      ['market', 'filled'],
      ['take_profit', 'new'],
      ['stop_market', 'new'],
      ['stop_market', 'new'],
      ['stop_limit', 'new'],
      ['take_profit', 'new'],
      ['trailing_stop', 'new'],
      ['limit', 'new'],
    ]);
    expect(orders.get('rest')).toMatchObject({ price: 999_1, quantity: 300 });
    expect(orders.get('limit')).toMatchObject({ price: 984_5 });
  });

  test.each([
    ['a stop without its trigger', { type: 'stop_market' }],
    ['a limit order with a trigger', { type: 'limit', price: '5', trigger_price: '6' }],
    ['a trailing stop without a distance', { type: 'trailing_stop' }],
  ])('refuses %s', (_what, terms) => {
    const action = { at: '1s', action: 'submit', id: 'x', side: 'buy', quantity: '1', ...terms };
    expect(() => createBuiltInStrategy('scripted', { actions: [action] })).toThrow(/trigger|distance/);
  });

  test.each([
    [
      'a limit order without a price',
      { at: '1s', action: 'submit', id: 'x', side: 'buy', type: 'limit', quantity: '1' },
    ],
    [
      'a market order with a price',
      { at: '1s', action: 'submit', id: 'x', side: 'buy', type: 'market', quantity: '1', price: '5' },
    ],
    ['a bad time', { at: 'soon', action: 'flatten' }],
    [
      'a number as quantity',
      { at: '1s', action: 'submit', id: 'x', side: 'buy', type: 'market', quantity: 1 },
    ],
    ['an unknown key', { at: '1s', action: 'flatten', id: 'x' }],
  ])('refuses %s', (_what, action) => {
    expect(() => createBuiltInStrategy('scripted', { actions: [action] })).toThrow(ZodError);
  });

  test('an id that is submitted again names its first order', () => {
    const market = run([
      { at: '1s', action: 'submit', id: 'x', side: 'buy', type: 'market', quantity: '0.01' },
      { at: '2s', action: 'submit', id: 'x', side: 'sell', type: 'market', quantity: '0.03' },
    ]);
    expect(market.of('order').at(-1)?.order).toMatchObject({ side: 'buy', quantity: 100, status: 'filled' });
    expect(market.of('fill')).toHaveLength(1);
    expect(market.of('denial')).toEqual([]);
  });

  test.each([
    [
      'a quantity',
      { type: 'market', quantity: '0.00001' },
      { code: 'quantity_invalid', quantity: '0.00001' },
    ],
    ['a huge quantity', { type: 'market', quantity: '9'.repeat(30) }, { code: 'quantity_invalid' }],
    [
      'a price',
      { type: 'limit', quantity: '0.1', price: '990.05' },
      { code: 'price_invalid', price: '990.05' },
    ],
    [
      'a trigger',
      { type: 'stop_market', quantity: '0.1', trigger_price: '990.05' },
      { code: 'trigger_invalid', price: '990.05' },
    ],
    [
      'a stop of a bracket',
      { type: 'market', quantity: '0.1', bracket: { stop_loss_price: '990.05' } },
      { code: 'trigger_invalid', price: '990.05' },
    ],
  ])('%s that is not on the grid is denied with it, and nothing is lost silently', (_what, terms, reason) => {
    const market = run([{ at: '1s', action: 'submit', id: 'x', side: 'buy', ...terms }]);
    expect(market.of('order').at(-1)?.order).toMatchObject({
      status: 'denied',
      reason: reason.code,
      type: terms.type,
    });
    expect(market.of('denial').map((denial) => denial.reason)).toMatchObject([reason]);
    expect(market.engine.status().strategyErrors).toBe(0);
  });
});

test('a strategy that throws loses its signal, is reported, and the session goes on', () => {
  const market = new TestMarket(sessionStart(), {
    onBook: () => {
      throw new Error('user bug');
    },
  });
  market.mark(0, 1000_0).book(0, BIDS, ASKS).book(10, BIDS, ASKS).book(20, BIDS, ASKS);
  expect(market.engine.lifecycle).toBe('running');
  expect(market.engine.status().strategyErrors).toBe(2);
  expect(market.of('log').find(({ event }) => event === 'strategy_error')?.fields).toMatchObject({
    handler: 'onBook',
    error: 'user bug',
  });
});
