import { describe, expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { SeededRandom } from '../base/random.ts';
import { HOUR_MS } from '../base/time.ts';
import type { BreakerDocument, RiskStart, SessionStart } from '../domain/session-start.ts';
import type { OrderIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder, type StrategyHandlers } from '../strategy/strategy.ts';

const DEEP = 1_000_000;
const startWith = (risk: Partial<RiskStart>, changes: Partial<SessionStart> = {}): SessionStart =>
  sessionStart({ ...changes, risk: { ...sessionStart().risk, max_day_loss_percent: 100, ...risk } });

/** Intents at seconds of the session, counted from its first book. */
const scripted = (plan: Readonly<Record<number, readonly OrderIntent[]>>): StrategyHandlers => ({
  onStart: (view) => {
    for (const second of Object.keys(plan)) view.setTimer(second, view.timeMs + Number(second) * 1_000);
  },
  onTimer: (name) => plan[Number(name)] ?? [],
});

const priceAt = (market: TestMarket, atMs: number, price: number): TestMarket =>
  market.mark(atMs, price).book(atMs, [[price, DEEP]], [[price + 1, DEEP]]);

const limitsSaid = (market: TestMarket): unknown[] =>
  market.of('log').flatMap(({ event, fields }) => (event === 'risk_limit' ? [fields['limit_reached']] : []));

const denied = (market: TestMarket): string[] => market.of('denial').map(({ reason }) => reason.code);

describe('drawdown', () => {
  // 20 BTC x 51 USDT of 10,000 are lost; 1 BTC is 10,000 lots.
  const falling = (account: Partial<SessionStart['account']> = {}): TestMarket => {
    const start = startWith({ max_drawdown_percent: 10, cooldown_ms: 2 * HOUR_MS });
    return new TestMarket(
      { ...start, account: { ...start.account, ...account } },
      scripted({
        1: [marketOrder(0, 'buy', lots(200_000)), limitOrder(0, 'buy', lots(1), ticks(900_0))],
        2: [limitOrder(0, 'sell', lots(1), ticks(1100_0))],
        6: [marketOrder(0, 'buy', lots(1)), marketOrder(0, 'sell', lots(1))],
      }),
    );
  };

  test('keeps new risk away, cancels what could add some, and lets what reduces pass', () => {
    const market = priceAt(falling(), 0, 1000_0).time(3_000);
    priceAt(market, 3_500, 949_0).time(5_000);
    expect(limitsSaid(market)).toEqual(['drawdown']);
    priceAt(market, 5_500, 950_0).time(7_000);
    expect(market.of('denial').map(({ reason }) => reason)).toEqual([
      {
        ...{ code: 'drawdown', limit: '1000', peak: '10000' },
        drawdown: expect.stringMatching(/^10\d\d/) as string,
        equity: expect.stringMatching(/^89\d\d/) as string,
        untilMs: expect.any(Number) as number,
      },
    ]);
    const canceled = market.of('order').filter(({ order }) => order.status === 'canceled');
    expect(canceled.map(({ order }) => [order.side, order.reason])).toEqual([['buy', 'risk_limit']]);
    expect(market.engine.status()).toMatchObject({ position: 199_999, openOrders: 1 });
  });

  test('goes on in the next session of the account, until its cool-down is over', () => {
    const market = priceAt(falling(), 0, 1000_0).time(3_000);
    priceAt(market, 3_500, 949_0).time(5_000);
    const account = market.engine.accountEnd();
    const { drawdown_until_ms: untilMs } = account.breakers as Required<BreakerDocument>;
    const next = priceAt(falling({ ...account, orders: [] }), 0, 990_0).time(7_000);
    expect(denied(next)).toEqual(['drawdown', 'drawdown', 'drawdown']);
    const breakers = { ...account.breakers, drawdown_until_ms: untilMs - 2 * HOUR_MS };
    const later = priceAt(falling({ ...account, orders: [], breakers }), 4_000, 990_0).time(12_000);
    expect(denied(later)).not.toContain('drawdown');
  });
});

test('losses in a row trip a breaker: the trade after them is denied, by a restarted account too', () => {
  const start = startWith({ max_consecutive_losses: 2, cooldown_ms: HOUR_MS });
  const roundTrip = [marketOrder(0, 'buy', lots(10))];
  const close = [marketOrder(0, 'sell', lots(10), { reduceOnly: true })];
  const plan = { 1: roundTrip, 2: close, 3: roundTrip, 4: close, 5: roundTrip };
  const market = priceAt(new TestMarket(start, scripted(plan)), 0, 1000_0).time(7_000);
  expect(market.of('trade').map(({ trade }) => trade.netPnl < 0n)).toEqual([true, true]);
  expect([limitsSaid(market), denied(market)]).toEqual([['consecutive_losses'], ['consecutive_losses']]);
  const account = market.engine.accountEnd();
  expect(account.breakers).toMatchObject({ losses_in_row: 2 });
  const next = priceAt(new TestMarket({ ...start, account }, scripted({ 1: roundTrip })), 0, 1000_0).time(
    3_000,
  );
  expect(denied(next)).toEqual(['consecutive_losses']);
});

test('a position is closed when it was held as long as it may be, counted over sessions', () => {
  const start = startWith({ max_position_time_ms: 60_000 }, { on_end: 'keep' });
  const plan = { 1: [marketOrder(0, 'buy', lots(10)), limitOrder(0, 'buy', lots(5), ticks(990_0))] };
  const market = priceAt(new TestMarket(start, scripted(plan)), 0, 1000_0).time(20_000);
  const next = new TestMarket({ ...start, account: market.engine.accountEnd() }, {});
  priceAt(next, 30_000, 1000_0).time(59_000);
  expect(next.engine.status()).toMatchObject({ position: 10, openOrders: 1 });
  priceAt(next, 60_500, 1000_0).time(64_000);
  expect(next.engine.status()).toMatchObject({ position: 0, openOrders: 0 });
  expect(next.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['time_limit']);
  expect(limitsSaid(next)).toEqual(['position_time']);
});

test('a trade that loses as much as it may is closed, one that loses less is not', () => {
  const start = startWith({ max_trade_loss_percent: 1 });
  const run = (price: number): TestMarket => {
    const market = priceAt(
      new TestMarket(start, scripted({ 1: [marketOrder(0, 'buy', lots(100_000))] })),
      0,
      1000_0,
    ).time(2_500);
    return priceAt(market, 3_000, price).time(5_000);
  };
  // 10 BTC paid 6 USDT of fees: 9.4 USDT a BTC more are 1 % of 10,000.
  const [held, closed] = [run(991_0), run(990_0)];
  expect([held.engine.status().position, limitsSaid(held)]).toEqual([100_000, []]);
  expect([closed.engine.status().position, limitsSaid(closed)]).toEqual([0, ['trade_loss']]);
  expect(closed.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['trade_loss_limit']);
});

test('a closing that found no market is sent again', () => {
  const start = startWith({ max_position_time_ms: 5_000 });
  const market = priceAt(
    new TestMarket(start, scripted({ 1: [marketOrder(0, 'buy', lots(10))] })),
    0,
    1000_0,
  ).time(5_500);
  market.book(5_600, [], [[1000_1, 1]]).time(8_000);
  expect(market.engine.status().position).toBe(10);
  priceAt(market, 8_500, 1000_0).time(10_500);
  expect(market.engine.status().position).toBe(0);
});

test('whatever a strategy asks for, no position grows beyond its limits', () => {
  for (const seed of [1, 2, 3, 4]) {
    const random = new SeededRandom(seed);
    const start = startWith({
      ...{ max_position: { BTCUSDT: '0.01' }, max_notional: '9', max_total_notional: '8' },
      max_orders_per_second: 1_000,
    });
    const draw = (): readonly OrderIntent[] => {
      const side = random.nextBelow(2) === 0 ? 'buy' : 'sell';
      const quantity = lots(1 + random.nextBelow(60));
      const price = ticks(1000_0 + random.nextBelow(9) - 4);
      const reduceOnly = random.nextBelow(6) === 0;
      if (random.nextBelow(3) === 0) return [marketOrder(0, side, quantity, { reduceOnly })];
      return [limitOrder(0, side, quantity, price, { reduceOnly })];
    };
    const market = new TestMarket(start, { onBook: draw, onTrade: draw }).mark(0, 1000_0);
    let largest = 0;
    for (let atMs = 0; atMs < 30_000; atMs += 250) {
      const price = 1000_0 + random.nextBelow(7) - 3;
      market.book(atMs, [[price - 1, 50]], [[price + 1, 50]]);
      market.trade(atMs + 10, random.nextBelow(2) === 0 ? 'buy' : 'sell', price, 80);
      largest = Math.max(largest, Math.abs(market.engine.status().position));
    }
    // 80 lots are 8 USDT.
    expect([seed, largest <= 80]).toEqual([seed, true]);
    expect([seed, largest > 40]).toEqual([seed, true]);
    expect(new Set(denied(market))).toContain('total_notional');
  }
});
