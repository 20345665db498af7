import { describe, expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { OrderIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';

const BIDS = [
  [1000_0, 5],
  [999_9, 10],
  [999_8, 20],
] as const;
const ASKS = [
  [1000_1, 4],
  [1000_2, 10],
  [1000_3, 50],
] as const;

/** A running session whose strategy sends `intents` as soon as it starts (at 0 ms) or at a timer. */
function market(
  intents: readonly OrderIntent[],
  later: Readonly<Record<number, readonly OrderIntent[]>> = {},
): TestMarket {
  const handlers = {
    onStart: (view: { timeMs: number; setTimer(name: string, atMs: number): void }) => {
      for (const atMs of Object.keys(later)) view.setTimer(atMs, view.timeMs + Number(atMs));
      return intents;
    },
    onTimer: (name: string) => later[Number(name)] ?? [],
  };
  return new TestMarket(sessionStart(), handlers).mark(0, 1000_0).book(0, BIDS, ASKS);
}

const rows = (run: TestMarket): unknown[] =>
  run.of('fill').map(({ fill }) => [fill.side, fill.price, fill.quantity, fill.liquidity]);
const lastOrder = (
  run: TestMarket,
): { status: string; reason: string | null; filled: number } | undefined => {
  const order = run.of('order').at(-1)?.order;
  return order && { status: order.status, reason: order.reason, filled: order.filled };
};

describe('taker orders', () => {
  test('walk the book that stands at arrival, not the one at decision', () => {
    const run = market([marketOrder(0, 'buy', lots(6))]);
    expect(run.of('fill')).toEqual([]);
    run.book(99, BIDS, [
      [1000_5, 2],
      [1000_7, 100],
    ]);
    expect(run.of('fill')).toEqual([]);
    run.time(100);
    expect(rows(run)).toEqual([
      ['buy', 1000_5, 2, 'taker'],
      ['buy', 1000_7, 4, 'taker'],
    ]);
    expect(run.of('fill')[0]?.fill.timeMs).toBe(run.of('fill')[0]?.fill.arrivalTimeMs);
  });

  test('never take more than is displayed: a market remainder expires', () => {
    const run = market([marketOrder(0, 'buy', lots(100))]).time(100);
    expect(rows(run)).toEqual([
      ['buy', 1000_1, 4, 'taker'],
      ['buy', 1000_2, 10, 'taker'],
      ['buy', 1000_3, 50, 'taker'],
    ]);
    expect(lastOrder(run)).toEqual({ status: 'expired', reason: 'market_remainder', filled: 64 });
  });

  test('do not take the same displayed liquidity twice until the book shows new size', () => {
    const buy = marketOrder(0, 'buy', lots(4));
    const run = market([buy], { 500: [buy], 1000: [buy] })
      .time(400)
      .book(450, BIDS, ASKS)
      .time(700);
    expect(rows(run)).toEqual([
      ['buy', 1000_1, 4, 'taker'],
      ['buy', 1000_2, 4, 'taker'],
    ]);
    const grown = ASKS.map(
      ([price, quantity]) => [price, price === 1000_1 ? quantity + 3 : quantity] as const,
    );
    run.book(800, BIDS, grown).time(1200);
    expect(rows(run).slice(2)).toEqual([
      ['buy', 1000_1, 3, 'taker'],
      ['buy', 1000_2, 1, 'taker'],
    ]);
  });

  test('remember what they took of a price that stands behind the displayed window for a while', () => {
    const buy = marketOrder(0, 'buy', lots(4));
    const run = market([buy], { 1000: [buy] }).time(200);
    run
      .book(300, [[999_0, 5]], [[999_5, 1]])
      .book(900, BIDS, ASKS)
      .time(1200);
    expect(rows(run)).toEqual([
      ['buy', 1000_1, 4, 'taker'],
      ['buy', 1000_2, 4, 'taker'],
    ]);
  });

  test('a limit order takes up to its limit and rests with the remainder', () => {
    const run = market([limitOrder(0, 'buy', lots(20), ticks(1000_2))]).time(100);
    expect(rows(run)).toEqual([
      ['buy', 1000_1, 4, 'taker'],
      ['buy', 1000_2, 10, 'taker'],
    ]);
    expect(lastOrder(run)).toEqual({ status: 'partially_filled', reason: null, filled: 14 });
    expect(run.engine.status().openOrders).toBe(1);
  });

  test.each([
    ['ioc', 20, 1000_2, { status: 'expired', reason: 'ioc_remainder', filled: 14 }],
    ['fok', 20, 1000_2, { status: 'expired', reason: 'fok_not_fillable', filled: 0 }],
    ['fok', 14, 1000_2, { status: 'filled', reason: null, filled: 14 }],
    ['post_only', 1, 1000_1, { status: 'expired', reason: 'post_only_would_cross', filled: 0 }],
    ['post_only', 1, 1000_0, { status: 'new', reason: null, filled: 0 }],
  ] as const)('%s of %i at %i ends as %o', (timeInForce, quantity, price, expected) => {
    const run = market([limitOrder(0, 'buy', lots(quantity), ticks(price), { timeInForce })]).time(100);
    expect(lastOrder(run)).toEqual(expected);
  });

  test('a book that is crossed or gone fills nothing', () => {
    const crossed = market([marketOrder(0, 'buy', lots(1))])
      .book(50, [[1000_5, 1]], [[1000_1, 1]])
      .time(100);
    expect(lastOrder(crossed)).toEqual({ status: 'rejected', reason: 'no_market', filled: 0 });
    const gone = market([marketOrder(0, 'buy', lots(1))])
      .feedState(50, 'disconnected')
      .time(100);
    expect(lastOrder(gone)).toEqual({ status: 'rejected', reason: 'no_market', filled: 0 });
  });
});

describe('resting orders', () => {
  const bid = limitOrder(0, 'buy', lots(6), ticks(999_9), { clientOrderId: 'b' });

  test('fill only after the queue ahead has traded, and by no more than the print', () => {
    const run = market([bid]).time(100).trade(200, 'sell', 999_9, 8);
    expect(rows(run)).toEqual([]);
    run.trade(300, 'sell', 999_9, 5);
    expect(rows(run)).toEqual([['buy', 999_9, 3, 'maker']]);
    run.trade(400, 'sell', 999_9, 100);
    expect(rows(run).slice(1)).toEqual([['buy', 999_9, 3, 'maker']]);
    expect(run.of('fill')[0]?.fill.queueAheadAtAcceptance).toBe(10);
  });

  test('a quote that touches or moves through without a print fills nothing', () => {
    const run = market([bid])
      .time(100)
      .book(200, [[999_0, 1]], [[999_5, 3]])
      .time(5000);
    expect(rows(run)).toEqual([]);
  });

  test('a print through the price finds no queue', () => {
    const run = market([bid]).time(100).trade(200, 'sell', 999_8, 4);
    expect(rows(run)).toEqual([['buy', 999_9, 4, 'maker']]);
  });

  test('prints on the other side do nothing', () => {
    expect(rows(market([bid]).time(100).trade(200, 'buy', 999_9, 500))).toEqual([]);
  });

  test('prints that the exchange stamped before our arrival never count', () => {
    const run = market([bid]).time(100).trade(200, 'sell', 999_8, 50, 99);
    expect(rows(run)).toEqual([]);
    expect(rows(run.trade(201, 'sell', 999_8, 50, 100))).toEqual([['buy', 999_9, 6, 'maker']]);
  });

  test('a smaller display proves that orders ahead left', () => {
    const run = market([bid])
      .time(100)
      .book(
        200,
        [
          [1000_0, 5],
          [999_9, 2],
          [999_8, 9],
        ],
        ASKS,
      )
      .trade(300, 'sell', 999_9, 5);
    expect(rows(run)).toEqual([['buy', 999_9, 3, 'maker']]);
  });

  test('a print that the last frame already shows does not shorten the queue twice', () => {
    const shown = [
      [1000_0, 5],
      [999_9, 4],
      [999_8, 9],
    ] as const;
    const run = market([bid]).time(100).book(300, shown, ASKS, 290).trade(310, 'sell', 999_9, 6, 280);
    expect(rows(run)).toEqual([]);
    expect(rows(run.trade(400, 'sell', 999_9, 5, 390))).toEqual([['buy', 999_9, 1, 'maker']]);
  });

  test('one print is shared out, best price first, and never exceeds its size', () => {
    const run = market([
      limitOrder(0, 'buy', lots(3), ticks(999_9)),
      limitOrder(0, 'buy', lots(3), ticks(1000_0)),
      limitOrder(0, 'buy', lots(3), ticks(999_8)),
    ])
      .time(100)
      .trade(200, 'sell', 999_7, 7);
    expect(rows(run)).toEqual([
      ['buy', 1000_0, 3, 'maker'],
      ['buy', 999_9, 3, 'maker'],
      ['buy', 999_8, 1, 'maker'],
    ]);
  });

  test('a price the book does not show fills only on prints through it', () => {
    const run = market([limitOrder(0, 'buy', lots(2), ticks(999_0))])
      .time(100)
      .trade(200, 'sell', 999_0, 50);
    expect(rows(run)).toEqual([]);
    expect(rows(run.trade(300, 'sell', 998_9, 50))).toEqual([['buy', 999_0, 2, 'maker']]);
  });

  test('a cancel that arrives after the fill is too late', () => {
    const cancel = { action: 'cancel', orderId: null, clientOrderId: 'b' } as const;
    const early = market([bid], { 200: [cancel] })
      .time(300)
      .trade(301, 'sell', 999_8, 50);
    expect(rows(early)).toEqual([]);
    expect(lastOrder(early)).toEqual({ status: 'canceled', reason: 'cancel_requested', filled: 0 });
    const late = market([bid], { 200: [cancel] })
      .time(200)
      .trade(299, 'sell', 999_8, 50)
      .time(400);
    expect(lastOrder(late)).toEqual({ status: 'filled', reason: null, filled: 6 });
  });
});

describe('what the exchange refuses', () => {
  test.each([
    ['a quantity above the maximum', marketOrder(0, 'buy', lots(120_0001)), 'denied', 'leverage'],
    [
      'a buy above the band',
      limitOrder(0, 'buy', lots(1), ticks(1010_1)),
      'rejected',
      'buy_price_above_band',
    ],
    [
      'a sell below the band',
      limitOrder(0, 'sell', lots(1), ticks(989_9)),
      'rejected',
      'sell_price_below_band',
    ],
    [
      'reduce-only without a position',
      marketOrder(0, 'buy', lots(1), { reduceOnly: true }),
      'rejected',
      'reduce_only_without_position',
    ],
    ['a quantity of zero', marketOrder(0, 'buy', lots(0)), 'denied', 'quantity_invalid'],
  ] as const)('%s', (_what, intent, status, reason) => {
    expect(lastOrder(market([intent]).time(200))).toMatchObject({ status, reason });
  });

  test('reduce-only never turns the position, and leaves when nothing is left to reduce', () => {
    const run = market([marketOrder(0, 'buy', lots(4))], {
      500: [limitOrder(0, 'sell', lots(4), ticks(1000_1), { reduceOnly: true })],
      1000: [marketOrder(0, 'sell', lots(9), { reduceOnly: true })],
    }).time(2000);
    expect(run.engine.status().position).toBe(0);
    expect(run.engine.status().openOrders).toBe(0);
    const reasons = run.of('order').map(({ order }) => order.reason);
    expect(reasons).toContain('reduce_only_shrunk');
  });

  test('an order beyond the free balance', () => {
    // 10,000 USDT at 5x carry 50,000 less fees; 4.99 BTC at 10,000 would be 49,900 and its fee does not fit any more twice.
    const book = [[100_000, 600_000]] as const;
    const run = new TestMarket(sessionStart({ risk: { ...sessionStart().risk, max_leverage: 1000 } }), {
      onStart: () => [marketOrder(0, 'buy', lots(49_900)), marketOrder(0, 'buy', lots(900))],
    })
      .mark(0, 100_000)
      .book(0, [[99_999, 600_000]], book)
      .time(200);
    const last = run.of('order').filter(({ order }) => order.status === 'rejected');
    expect(last.map(({ order }) => order.reason)).toEqual(['insufficient_balance']);
  });
});

test('the costs of a taker fill add up to its distance from the mid at decision', () => {
  const run = market([marketOrder(0, 'buy', lots(6))])
    .book(
      50,
      [[1000_2, 9]],
      [
        [1000_5, 2],
        [1000_9, 100],
      ],
    )
    .time(100);
  for (const { fill } of run.of('fill')) {
    const parts = [fill.spreadCost, fill.latencyCost, fill.impactCost, fill.slippageCost];
    const sum = parts.reduce<bigint>((total, part) => total + (part ?? 0n), 0n);
    // Decision mid: (1000.0 + 1000.1) / 2; one tick times one lot is 10^3 money units.
    expect(sum).toBe((BigInt(2 * fill.price - 2000_1) * BigInt(fill.quantity) * 1000n) / 2n);
  }
  expect(run.of('fill')[1]?.fill.impactCost).toBe(4n * 4n * 1000n);
});
