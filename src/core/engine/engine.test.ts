import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { OrderIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder, type StrategyHandlers } from '../strategy/strategy.ts';

const BIDS = [[1000_0, 500]] as const;
const ASKS = [[1000_1, 500]] as const;
const usdt = (text: string): bigint => BigInt(Math.round(Number(text) * 1e8));

describe('money', () => {
  test('a strategy that does nothing ends with its deposit to the last unit', () => {
    const run = new TestMarket(sessionStart({ stale_timeout_ms: 600_000 }), {})
      .mark(0, 1000_0)
      .book(0, BIDS, ASKS)
      .mark(300_000, 900_0)
      .time(601_000);
    expect(run.engine.lifecycle).toBe('ended');
    expect(run.engine.endReason).toBe('duration_reached');
    expect(run.engine.status().wallet).toBe(usdt('10000'));
    expect(run.of('ledger').map(({ entry }) => entry.kind)).toEqual(['deposit']);
  });

  test('a round trip books fees and realized profit exactly, and closes one trade', () => {
    const run = new TestMarket(sessionStart(), {
      onStart: (view) => {
        view.setTimer('out', view.timeMs + 1000);
        return [marketOrder(0, 'buy', lots(100))];
      },
      onTimer: () => [marketOrder(0, 'sell', lots(100), { tag: 'target' })],
    })
      .mark(0, 1000_0)
      .book(0, BIDS, ASKS)
      .book(500, [[1010_0, 500]], [[1010_1, 500]])
      .time(1200);
    // Bought 0.01 at 1000.1, sold at 1010: profit 0.099; fees 0.06 % of 10.001 and of 10.1, each rounded up.
    expect(run.of('ledger').map(({ entry }) => [entry.kind, entry.amount])).toEqual([
      ['deposit', usdt('10000')],
      ['fee', -usdt('0.0060006')],
      ['fee', -usdt('0.00606')],
      ['realized_pnl', usdt('0.099')],
    ]);
    const [closed] = run.of('trade');
    expect(closed?.trade).toMatchObject({ side: 'long', quantity: 100, exitReason: 'target' });
    expect(closed?.trade.netPnl).toBe(run.engine.status().wallet - usdt('10000'));
  });

  test('an order that closes and reverses splits into two round trips whose nets add up', () => {
    const run = new TestMarket(sessionStart(), {
      onStart: (view) => {
        view.setTimer('turn', view.timeMs + 1000);
        return [marketOrder(0, 'buy', lots(7))];
      },
      onTimer: () => [marketOrder(0, 'sell', lots(20))],
    })
      .mark(0, 1000_0)
      .book(0, BIDS, ASKS)
      .time(2000);
    expect(run.engine.status().position).toBe(-13);
    run.command(3000, { type: 'stop', reason: 'stop_requested', detail: null }).time(4000);
    expect(run.engine.endReason).toBe('stop_requested');
    const nets = run.of('trade').map(({ trade }) => trade.netPnl);
    expect(nets).toHaveLength(2);
    expect(nets.reduce<bigint>((sum, net) => sum + net, 0n)).toBe(run.engine.status().wallet - usdt('10000'));
  });
});

describe('funding', () => {
  const hold = (side: 'buy' | 'sell'): StrategyHandlers => ({
    onStart: () => [marketOrder(0, side, lots(10_000))],
  });
  const settle = (side: 'buy' | 'sell', fraction: number): TestMarket =>
    new TestMarket(sessionStart({ duration_ms: null }), hold(side))
      .mark(0, 1000_0, 5_000)
      .book(0, [[1000_0, 50_000]], [[1000_1, 50_000]])
      .time(5_000)
      .funding(9_000, 5_000, fraction, 1001_0);

  test.each([
    ['buy', 100_000_000, '-0.1001'],
    ['sell', 100_000_000, '0.1001'],
    ['buy', -100_000_000, '0.1001'],
    ['sell', -100_000_000, '-0.1001'],
  ] as const)('a %s with a rate of %i pays %s', (side, fraction, amount) => {
    const entries = settle(side, fraction)
      .of('ledger')
      .filter(({ entry }) => entry.kind === 'funding');
    expect(entries.map(({ entry }) => entry.amount)).toEqual([usdt(amount)]);
    expect(entries[0]?.entry).toMatchObject({ settlementTimeMs: START_MS + 5_000, rate: fraction });
  });

  test('is booked once however often the venue repeats it', () => {
    const run = settle('buy', 100_000_000).funding(10_000, 5_000, 100_000_000, 1001_0);
    expect(run.of('ledger').filter(({ entry }) => entry.kind === 'funding')).toHaveLength(1);
  });

  test('counts what was held at the instant, not what is held when the rate becomes known', () => {
    const run = new TestMarket(sessionStart({ duration_ms: null }), {
      onStart: (view) => {
        view.setTimer('out', view.timeMs + 5_500);
        return [marketOrder(0, 'buy', lots(10_000))];
      },
      onTimer: () => [marketOrder(0, 'sell', lots(10_000))],
    })
      .mark(0, 1000_0, 5_000)
      .book(0, [[1000_0, 50_000]], [[1000_1, 50_000]])
      .time(6_000)
      .funding(9_000, 5_000, 100_000_000, 1001_0);
    expect(run.of('ledger').filter(({ entry }) => entry.kind === 'funding')).toHaveLength(1);
    expect(run.engine.status().position).toBe(0);
  });

  test('a flat account pays nothing', () => {
    const run = new TestMarket(sessionStart(), {}).mark(0, 1000_0, 5_000).book(0, BIDS, ASKS).time(5_000);
    run.funding(6_000, 5_000, 100_000_000, 1000_0);
    expect(run.of('ledger').map(({ entry }) => entry.kind)).toEqual(['deposit']);
  });
});

describe('lifecycle', () => {
  test('places nothing before the history is loaded, and says WARMUP_COMPLETE once', () => {
    let starts = 0;
    const run = new TestMarket(sessionStart({ min_history_bars: 3 }), {
      onStart: () => {
        starts++;
      },
      onBook: () => [marketOrder(0, 'buy', lots(1))],
    });
    run.mark(0, 1000_0).book(0, BIDS, ASKS).bar(10, -180_000, 1000_0, true).bar(10, -120_000, 1000_0, true);
    expect([run.engine.lifecycle, starts, run.of('order').length]).toEqual(['warming', 0, 0]);
    run.bar(20, -60_000, 1000_0, true).bar(30, 0, 1000_0);
    expect([run.engine.lifecycle, starts]).toEqual(['running', 1]);
    expect(
      run
        .of('log')
        .filter(({ msg }) => msg === 'WARMUP_COMPLETE')
        .map(({ fields }) => fields['bars']),
    ).toEqual([3]);
  });

  test('a session that cannot warm up waits out its duration', () => {
    const run = new TestMarket(sessionStart({ min_history_bars: 3, duration_ms: 60_000 }), {}).book(
      0,
      BIDS,
      ASKS,
    );
    expect(run.time(59_999).engine.lifecycle).toBe('warming');
    expect(run.time(60_000).engine.endReason).toBe('duration_reached');
  });

  test('a stale book halts trading, a fresh one resumes it, a lost one ends the session unsuccessfully', () => {
    const run = new TestMarket(sessionStart({ stale_timeout_ms: 5_000 }), {
      onTimer: () => [marketOrder(0, 'buy', lots(1))],
      onStart: (view) => view.setTimer('late', view.timeMs + 9_000),
    });
    run.mark(0, 1000_0).book(0, BIDS, ASKS).time(5_000);
    expect(run.engine.lifecycle).toBe('running');
    run.time(9_500);
    expect([run.engine.lifecycle, run.engine.status().reason]).toEqual(['halted', 'ORDER_BOOK_STALE']);
    expect(run.of('denial').map(({ reason }) => reason.code)).toEqual(['market_data_stale']);
    run.book(10_000, BIDS, ASKS).time(11_500);
    expect(run.engine.lifecycle).toBe('running');
    expect(run.of('quality').map(({ record }) => record.kind)).toEqual(['stale']);
    run.time(62_000);
    expect(run.engine.endReason).toBe('market_data_lost');
  });

  test('a stop cancels, closes and ends; a position that cannot be closed is no success', () => {
    const handlers: StrategyHandlers = {
      onStart: () => [marketOrder(0, 'buy', lots(5)), limitOrder(0, 'buy', lots(5), ticks(990_0))],
    };
    const stop = { type: 'stop', reason: 'signal', detail: null } as const;
    const run = new TestMarket(sessionStart(), handlers)
      .mark(0, 1000_0)
      .book(0, BIDS, ASKS)
      .command(1000, stop);
    expect(run.engine.lifecycle).toBe('stopping');
    run.time(1500);
    expect([run.engine.endReason, run.engine.status().position, run.engine.status().openOrders]).toEqual([
      'signal',
      0,
      0,
    ]);
    expect(run.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['session_end']);

    const stuck = new TestMarket(sessionStart(), handlers).mark(0, 1000_0).book(0, BIDS, ASKS).time(900);
    stuck.feedState(950, 'disconnected').command(1000, stop).time(20_000);
    expect([stuck.engine.endReason, stuck.engine.status().position]).toEqual(['market_data_lost', 5]);
  });

  test('keep leaves position and working orders for the next session, which finds them', () => {
    const run = new TestMarket(sessionStart({ on_end: 'keep', duration_ms: 5_000 }), {
      onStart: () => [
        marketOrder(0, 'buy', lots(5)),
        limitOrder(0, 'buy', lots(6), ticks(990_0), { clientOrderId: 'x' }),
      ],
    });
    run.mark(0, 1000_0).book(0, BIDS, ASKS).time(5_000);
    const account = run.engine.accountEnd();
    expect(account).toMatchObject({
      positions: [{ quantity: '0.0005' }],
      orders: [{ client_order_id: 'x' }],
    });
    const next = new TestMarket(sessionStart({ account }), {}).mark(0, 1000_0).book(0, BIDS, ASKS);
    expect(next.engine.status()).toMatchObject({
      position: 5,
      openOrders: 1,
      wallet: run.engine.status().wallet,
    });
    next.trade(500, 'sell', 989_9, 100);
    expect(next.engine.status().position).toBe(11);
  });

  test('an end before the market was there leaves the orders that the session found as it found them', () => {
    const resting = { onStart: () => [limitOrder(0, 'buy', lots(6), ticks(990_0), { clientOrderId: 'x' })] };
    const run = new TestMarket(sessionStart(), resting).mark(0, 1000_0).book(0, BIDS, ASKS).time(5_000);
    const account = run.engine.accountEnd();
    expect(account.orders).toHaveLength(1);
    const blind = new TestMarket(sessionStart({ account }), {}).mark(0, 1000_0);
    expect(blind.engine.accountEnd().orders).toEqual(account.orders);
    blind.command(1_000, { type: 'stop', reason: 'signal', detail: null }).time(20_000);
    expect(blind.engine.lifecycle).toBe('ended');
    expect(blind.engine.accountEnd().orders).toEqual(account.orders);
  });

  test('the loss of the account ends the session, the loss of the day allows only reducing orders', () => {
    const losing = (dayPercent: number, accountPercent: number): TestMarket => {
      const risk = {
        ...sessionStart().risk,
        max_day_loss_percent: dayPercent,
        max_account_loss_percent: accountPercent,
      };
      const run = new TestMarket(sessionStart({ risk }), {
        onStart: (view) => {
          view.setTimer('more', view.timeMs + 5_000);
          return [marketOrder(0, 'buy', lots(400_000))];
        },
        onTimer: () => [marketOrder(0, 'buy', lots(1)), marketOrder(0, 'sell', lots(1))],
      });
      const deep = 1_000_000;
      return run
        .mark(0, 1000_0)
        .book(0, [[1000_0, deep]], [[1000_1, deep]])
        .time(2_000)
        .mark(2_500, 980_0)
        .book(2_500, [[980_0, deep]], [[980_1, deep]])
        .time(6_000);
    };
    // 40 BTC x 20 USDT = 800 USDT lost of 10,000.
    const day = losing(5, 20);
    expect(day.of('denial').map(({ reason }) => reason.code)).toEqual(['day_loss']);
    expect(day.engine.status().position).toBe(399_999);
    expect(losing(50, 7).engine.endReason).toBe('max_loss');
  });
});

describe('data that cannot be trusted', () => {
  const holding: StrategyHandlers = { onStart: () => [marketOrder(0, 'buy', lots(5))] };
  const running = (handlers: StrategyHandlers): TestMarket =>
    new TestMarket(sessionStart(), handlers).mark(0, 1000_0).book(0, BIDS, ASKS).time(900);

  test.each(['venue_fatal', 'market_data_lost', 'kill_switch'] as const)(
    'a %s with the market gone closes on the last good book, and marks the fill',
    (reason) => {
      const run = running(holding).feedState(950, 'disconnected');
      run.command(1000, { type: 'stop', reason, detail: null }).time(1500);
      expect([run.engine.endReason, run.engine.status().position]).toEqual([reason, 0]);
      expect(run.of('fill').map(({ fill }) => fill.reconstructed)).toEqual([false, true]);
      expect(run.of('log').map(({ event }) => event)).toContain('last_good_book');
    },
  );

  test('a lost connection denies orders at once', () => {
    const run = running({
      onStart: (view) => view.setTimer('try', view.timeMs + 2_000),
      onTimer: () => [marketOrder(0, 'buy', lots(1))],
    });
    run.feedState(1_000, 'disconnected').time(2_500);
    expect(run.of('denial').map(({ reason }) => reason.code)).toEqual(['market_data_stale']);
  });

  test('an overdue bar denies new risk until it comes; reducing orders pass', () => {
    const start = sessionStart({ stale_timeout_ms: 600_000 });
    const run = new TestMarket(start, {
      onStart: (view) => {
        for (const atMs of [1_000, 70_100, 80_000]) view.setTimer(String(atMs), view.timeMs + atMs);
      },
      onTimer: (name) =>
        name === '70100'
          ? [marketOrder(0, 'buy', lots(1)), marketOrder(0, 'sell', lots(1))]
          : [marketOrder(0, 'buy', lots(2))],
    });
    run.bar(0, -60_000, 1000_0, true).mark(0, 1000_0).book(0, BIDS, ASKS).time(2_000);
    // The bar of the first minute closes at 60 s and may be 10 s late.
    run.time(71_000);
    expect(run.of('denial').map(({ reason }) => reason)).toEqual([{ code: 'bars_missing', overdueMs: 100 }]);
    expect(run.engine.status().position).toBe(1);
    run.bar(75_000, 0, 1000_0).time(81_000);
    expect(run.engine.status().position).toBe(3);
  });

  test("a jump of the venue's clock leaves a record, its drift does not", () => {
    const run = running({}).clock(1_000, 50).clock(2_000, 900).clock(3_000, 120_000);
    expect(run.of('quality').map(({ record }) => record.kind)).toEqual(['clock']);
  });

  test('says why it does not trade yet', () => {
    const run = new TestMarket(sessionStart({ min_history_bars: 3 }), {})
      .bar(0, -60_000, 1000_0, true)
      .time(5_000);
    expect(
      run
        .of('log')
        .filter(({ event }) => event === 'warming')
        .map(({ fields }) => fields),
    ).toEqual([{ bars: 1, needed: 3 }]);
    expect(run.engine.status().reason).toBe('history has 1 of 3 bars');
  });
});

test('a client order id that was used names its first order: no second one, no denial, and the answer is how that stands', () => {
  const heard: unknown[] = [];
  const send = (quantity: number): OrderIntent =>
    limitOrder(0, 'buy', lots(quantity), ticks(1000_0), { clientOrderId: 'mine' });
  const run = new TestMarket(sessionStart(), {
    onStart: (view) => {
      view.setTimer('again', view.timeMs + 1_000);
      view.setTimer('late', view.timeMs + 9_000);
      return [send(5), send(5)];
    },
    onTimer: () => [send(7)],
    onOrder: ({ id, quantity, status, filled }) => void heard.push([id, quantity, status, filled]),
  })
    .mark(0, 1000_0)
    .book(0, BIDS, ASKS)
    .time(3_000);
  expect(run.engine.status().openOrders).toBe(1);
  run.trade(4_000, 'sell', 999_0, 5).time(10_000);
  expect(new Set(run.of('order').map(({ order }) => `${order.id} ${order.quantity}`))).toEqual(
    new Set(['s1-o1 5']),
  );
  expect(run.of('denial')).toEqual([]);
  expect(run.of('fill').map(({ fill }) => fill.quantity)).toEqual([5]);
  expect(heard.at(-1)).toEqual(['s1-o1', 5, 'filled', 5]);
  // Sent, repeated, accepted, repeated, filled, repeated when it was closed already.
  expect(heard).toHaveLength(6);
});
