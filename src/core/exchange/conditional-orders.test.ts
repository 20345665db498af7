import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { OrderIntent, Side, Trigger } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { conditionalOrder, limitOrder, marketOrder } from '../strategy/strategy.ts';

const BIDS = [[1000_0, 500]] as const;
const ASKS = [[1000_1, 500]] as const;

/** A running session; orders leave at its start and at timers. The mark is 1,000.0, the book 1,000.0 / 1,000.1. */
function market(
  intents: readonly OrderIntent[],
  later: Readonly<Record<number, readonly OrderIntent[]>> = {},
): TestMarket {
  return new TestMarket(sessionStart(), {
    onStart: (view) => {
      for (const atMs of Object.keys(later)) view.setTimer(atMs, view.timeMs + Number(atMs));
      return intents;
    },
    onTimer: (name) => later[Number(name)] ?? [],
  })
    .mark(0, 1000_0)
    .trade(0, 'buy', 1000_1, 1)
    .book(0, BIDS, ASKS);
}

const on = (source: 'mark' | 'last', price: number | null, trailBps: number | null = null): Trigger => ({
  on: source,
  price: price === null ? null : ticks(price),
  trailBps,
});
type Conditional = Parameters<typeof conditionalOrder>[2];
const order = (type: Conditional, side: Side, trigger: Trigger, price: number | null = null): OrderIntent =>
  conditionalOrder(0, side, type, lots(5), trigger, price === null ? null : ticks(price));
const fills = (run: TestMarket): unknown[] =>
  run.of('fill').map(({ fill }) => [fill.side, fill.price, fill.timeMs - START_MS]);
const ends = (run: TestMarket): Record<string, unknown> =>
  Object.fromEntries(
    run.of('order').map(({ order: { id, status, reason } }) => [id.slice(3), [status, reason]]),
  );

describe('a conditional order', () => {
  test.each([
    ['stop_market', 'buy', 1001_0, 1000_9],
    ['stop_market', 'sell', 999_0, 999_1],
    ['take_profit', 'buy', 999_0, 999_1],
    ['take_profit', 'sell', 1001_0, 1000_9],
  ] as const)('%s to %s fires once when the mark reaches %i, and not before', (type, side, trigger, near) => {
    const run = market([order(type, side, on('mark', trigger))])
      .time(200)
      .mark(300, near)
      .time(350);
    expect(fills(run)).toEqual([]);
    expect(run.engine.status().openOrders).toBe(1);
    run.mark(400, trigger).mark(500, near).mark(600, trigger);
    expect(fills(run)).toEqual([[side, side === 'buy' ? 1000_1 : 1000_0, 400]]);
  });

  test('listens to its own kind of price only', () => {
    const run = market([order('stop_market', 'buy', on('last', 1001_0))])
      .time(200)
      .mark(300, 1005_0);
    expect(fills(run)).toEqual([]);
    run.trade(400, 'buy', 1001_0, 1);
    expect(fills(run)).toEqual([['buy', 1000_1, 400]]);
  });

  test('a stop-limit trades at its limit or rests there', () => {
    const run = market([order('stop_limit', 'buy', on('mark', 1001_0), 999_5)])
      .time(200)
      .mark(300, 1001_0)
      .time(400);
    expect(fills(run)).toEqual([]);
    run.trade(500, 'sell', 999_4, 9);
    expect(fills(run)).toEqual([['buy', 999_5, 500]]);
  });

  test.each([
    ['stop_market', 'buy', on('mark', 1000_0), 'stop_not_above_mark'],
    ['stop_market', 'sell', on('mark', 1000_0), 'stop_not_below_mark'],
    ['stop_market', 'buy', on('last', 1000_1), 'stop_not_above_last'],
    ['stop_market', 'sell', on('last', 1000_1), 'stop_not_below_last'],
    ['take_profit', 'sell', on('mark', 1000_0), 'take_profit_not_above_mark'],
    ['take_profit', 'buy', on('mark', 1000_0), 'take_profit_not_below_mark'],
    ['take_profit', 'sell', on('last', 1000_1), 'take_profit_not_above_last'],
    ['take_profit', 'buy', on('last', 1000_1), 'take_profit_not_below_last'],
  ] as const)('%s to %s that would fire on arrival is rejected', (type, side, trigger, reason) => {
    expect(ends(market([order(type, side, trigger)]).time(200))).toEqual({ o1: ['rejected', reason] });
  });

  test('does not fire while the book cannot be trusted, and fires on the next price after', () => {
    const run = market([order('stop_market', 'sell', on('mark', 999_0))])
      .time(200)
      .feedState(250, 'disconnected')
      .mark(300, 998_0);
    expect(fills(run)).toEqual([]);
    run.book(400, [[997_0, 50]], [[997_1, 50]]).mark(450, 998_0);
    expect(fills(run)).toEqual([['sell', 997_0, 450]]);
  });

  test('can be cancelled while it waits', () => {
    const stop = conditionalOrder(0, 'buy', 'stop_market', lots(5), on('mark', 1001_0), null, {
      clientOrderId: 's',
    });
    const run = market([stop], { 500: [{ action: 'cancel', orderId: null, clientOrderId: 's' }] })
      .time(700)
      .mark(800, 1002_0);
    expect(ends(run)).toEqual({ o1: ['canceled', 'cancel_requested'] });
    expect(fills(run)).toEqual([]);
  });
});

describe('a trailing stop', () => {
  test('follows the best price and fires when it comes back by its distance', () => {
    // 10 bps of 1,010 are 1.01: fires at 1,008.99 or below.
    const run = market([order('trailing_stop', 'sell', on('mark', null, 10))]).time(200);
    run.mark(300, 1010_0).mark(400, 1009_0);
    expect(fills(run)).toEqual([]);
    run.mark(500, 1008_9);
    expect(fills(run)).toEqual([['sell', 1000_0, 500]]);
  });

  test('waits for its activation price', () => {
    const run = market([order('trailing_stop', 'buy', on('mark', 995_0, 10))])
      .time(200)
      .mark(300, 996_0)
      .mark(400, 1005_0);
    expect(fills(run)).toEqual([]);
    run.mark(500, 994_0).mark(600, 995_1);
    expect(fills(run)).toEqual([['buy', 1000_1, 600]]);
  });
});

describe('a bracket', () => {
  const entry = marketOrder(0, 'buy', lots(5), {
    clientOrderId: 'e',
    bracket: { on: 'mark', takeProfit: ticks(1005_0), stopLoss: ticks(995_0) },
  });

  test('becomes active with the entry, and one exit cancels the other', () => {
    const run = market([entry]).time(200);
    expect(ends(run)).toMatchObject({ 'o1-tp': ['new', null], 'o1-sl': ['new', null] });
    run.mark(300, 1005_0).time(400);
    expect(ends(run)).toEqual({
      o1: ['filled', null],
      'o1-tp': ['filled', null],
      'o1-sl': ['canceled', 'other_exit_triggered'],
    });
    expect(run.engine.status()).toMatchObject({ position: 0, openOrders: 0 });
    expect(run.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['take_profit']);
  });

  test('stops the loss', () => {
    const run = market([entry])
      .time(200)
      .book(250, [[994_9, 50]], [[995_0, 50]])
      .mark(300, 995_0)
      .time(400);
    expect(run.of('trade').map(({ trade }) => [trade.exitReason, trade.exitQuantity])).toEqual([
      ['stop_loss', 5],
    ]);
    expect(run.engine.status().openOrders).toBe(0);
  });

  test('leaves with the position, however that was closed', () => {
    const run = market([entry], { 1_000: [marketOrder(0, 'sell', lots(5), { reduceOnly: true })] }).time(
      2_000,
    );
    expect(ends(run)).toMatchObject({
      'o1-tp': ['canceled', 'reduce_only_shrunk'],
      'o1-sl': ['canceled', 'reduce_only_shrunk'],
    });
  });

  test('closes once, also where one price reaches both of its exits', () => {
    const bracket = { on: 'mark', takeProfit: ticks(999_0), stopLoss: ticks(1001_0) } as const;
    const buy = marketOrder(0, 'buy', lots(5));
    const run = market([marketOrder(0, 'buy', lots(5), { bracket }), buy])
      .time(200)
      .mark(300, 1000_0);
    expect(ends(run)).toMatchObject({
      'o1-tp': ['filled', null],
      'o1-sl': ['canceled', 'other_exit_triggered'],
    });
    expect(run.engine.status().position).toBe(5);
  });

  test('never becomes active when the entry does not fill', () => {
    const bracket = { on: 'mark', takeProfit: ticks(1005_0), stopLoss: null } as const;
    const run = market([limitOrder(0, 'buy', lots(5), ticks(990_5), { clientOrderId: 'e', bracket })], {
      500: [{ action: 'cancel', orderId: null, clientOrderId: 'e' }],
    }).time(1_000);
    expect(ends(run)).toEqual({ o1: ['canceled', 'cancel_requested'] });
  });
});

describe('an amendment', () => {
  const bid = limitOrder(0, 'buy', lots(6), ticks(999_0), { clientOrderId: 'b' });
  const amend = (price: number | null, quantity: number | null): OrderIntent => ({
    action: 'amend',
    orderId: null,
    clientOrderId: 'b',
    price: price === null ? null : ticks(price),
    quantity: quantity === null ? null : lots(quantity),
  });

  test('moves the order one request latency later, to the back of its queue', () => {
    const run = market([bid], { 500: [amend(1000_0, 4)] }).time(599);
    run.trade(600, 'sell', 1000_0, 500).trade(700, 'sell', 1000_0, 3);
    // 500 were displayed ahead at 600 ms; the first print empties them, the second is ours.
    expect(run.of('fill').map(({ fill }) => [fill.price, fill.quantity, fill.timeMs - START_MS])).toEqual([
      [1000_0, 3, 700],
    ]);
  });

  test('that crosses the market takes', () => {
    const run = market([bid], { 500: [amend(1000_1, null)] }).time(700);
    expect(run.of('fill').map(({ fill }) => [fill.price, fill.quantity, fill.liquidity])).toEqual([
      [1000_1, 6, 'taker'],
    ]);
  });

  test('below what is filled closes the order', () => {
    const run = market([bid], { 500: [amend(null, 2)] })
      .time(200)
      .trade(300, 'sell', 998_9, 3)
      .time(700);
    expect(ends(run)).toEqual({ o1: ['canceled', 'amended_below_filled'] });
  });

  test('that comes too late changes nothing; one of an unknown or waiting order is denied', () => {
    const late = market([bid], { 500: [amend(1000_0, null)] })
      .time(500)
      .trade(550, 'sell', 998_9, 50)
      .time(700);
    expect(ends(late)).toEqual({ o1: ['filled', null] });
    const denied = market(
      [conditionalOrder(0, 'buy', 'stop_market', lots(5), on('mark', 1001_0), null, { clientOrderId: 'b' })],
      {
        500: [amend(1000_0, null), { ...amend(1, null), clientOrderId: 'nobody' } as OrderIntent],
      },
    ).time(700);
    expect(denied.of('denial').map(({ reason }) => reason.code)).toEqual(['not_amendable', 'order_unknown']);
  });

  test('growth passes the risk gate', () => {
    const run = market([bid], { 500: [amend(null, 60_000_000)] }).time(700);
    expect(run.of('denial').map(({ reason }) => reason.code)).toEqual(['leverage']);
    expect(run.engine.status().openOrders).toBe(1);
  });
});

test('orders that wait are carried to the next session of the account', () => {
  const start = sessionStart({ on_end: 'keep', duration_ms: 5_000 });
  const stop = order('stop_market', 'sell', on('mark', 995_0));
  const run = new TestMarket(start, { onStart: () => [marketOrder(0, 'buy', lots(5)), stop] })
    .mark(0, 1000_0)
    .book(0, BIDS, ASKS)
    .time(5_000);
  const account = run.engine.accountEnd();
  expect(account.orders).toMatchObject([
    { type: 'stop_market', price: null, trigger: { on: 'mark', price: '995', trail_bps: null } },
  ]);
  const next = new TestMarket(sessionStart({ account }), {})
    .mark(0, 1000_0)
    .book(0, BIDS, ASKS)
    .mark(500, 994_0);
  expect(next.engine.status()).toMatchObject({ position: 0, openOrders: 0 });
});
