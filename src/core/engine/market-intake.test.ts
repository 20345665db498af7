import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder } from '../strategy/strategy.ts';
import { LATE_MS } from './market-intake.ts';

const BIDS = [[1000_0, 500]] as const;
const ASKS = [[1000_1, 500]] as const;

/** A session that has run for ten seconds, its book renewed each second. */
function running(...handlers: ConstructorParameters<typeof TestMarket>[1][]): TestMarket {
  const run = new TestMarket(sessionStart({ stale_timeout_ms: 5_000 }), handlers[0] ?? {}).mark(0, 1000_0);
  for (let atMs = 0; atMs <= 10_000; atMs += 1_000) run.book(atMs, BIDS, ASKS);
  expect(run.engine.lifecycle).toBe('running');
  return run;
}

const quality = (run: TestMarket): unknown[] =>
  run.of('quality').map(({ record }) => [record.feed, record.kind, record.toMs - record.fromMs]);

describe('old data', () => {
  test('a book is as old as its stamp says, however new its arrival: late books halt trading', () => {
    const run = running();
    for (let atMs = 17_000; atMs <= 20_000; atMs += 500) run.book(atMs, BIDS, ASKS, atMs - 6_000);
    expect([run.engine.lifecycle, run.engine.status().reason]).toEqual(['halted', 'ORDER_BOOK_STALE']);
    run.book(21_000, BIDS, ASKS).time(22_100);
    expect(run.engine.lifecycle).toBe('running');
    expect(quality(run)).toContainEqual(['book', 'late', 4_000]);
  });

  test("stamps that go back halt nothing before the venue's clock was looked at, and fill nothing until then", () => {
    const run = running({ onStart: () => [limitOrder(0, 'buy', lots(5), ticks(999_5))] });
    run.book(11_000, BIDS, ASKS, 11_000 - 45_000).time(12_100);
    expect(run.engine.lifecycle).toBe('running');
    run.trade(12_200, 'sell', 999_0, 100);
    expect(run.of('fill')).toEqual([]);
    for (let atMs = 12_500; atMs <= 16_500; atMs += 500) run.book(atMs, BIDS, ASKS, atMs - 45_000);
    expect(run.engine.lifecycle).toBe('halted');
  });

  test('a delay within the limits is nothing to speak of', () => {
    const run = running();
    for (let atMs = 11_000; atMs <= 20_000; atMs += 500) run.book(atMs, BIDS, ASKS, atMs - LATE_MS);
    expect(run.engine.lifecycle).toBe('running');
    expect(quality(run)).toEqual([]);
  });

  test.each([
    ['stood still since', (run: TestMarket) => run.time(16_100)],
    ['is renewed too late', (run: TestMarket) => run.book(16_050, BIDS, ASKS, 10_900)],
  ])('an order already on its way finds no market in a book that %s', (_, pass) => {
    const run = new TestMarket(sessionStart({ stale_timeout_ms: 5_000, request_latency_ms: 2_000 }), {
      onStart: (view) => view.setTimer('buy', view.timeMs + 14_500),
      onTimer: () => [limitOrder(0, 'buy', lots(5), ticks(1000_1))],
    }).mark(0, 1000_0);
    for (let atMs = 0; atMs <= 10_000; atMs += 1_000) run.book(atMs, BIDS, ASKS);
    pass(run).time(16_600);
    expect(run.of('fill')).toEqual([]);
    expect(run.of('order').map(({ order: { reason } }) => reason)).toEqual([null, 'no_market']);
  });

  test("a step back of the venue's clock does not make its books old", () => {
    const run = running().clock(10_500, 0).clock(11_000, -60_000);
    for (let atMs = 11_000; atMs <= 60_000; atMs += 500) {
      // Engine time runs at half its pace until the venue's clock, a minute behind at first, has caught up.
      run.book(atMs, BIDS, ASKS, 11_000 - 60_000 + (atMs - 11_000) * 2);
    }
    expect(run.engine.lifecycle).toBe('running');
    expect(quality(run)).toEqual([['clock', 'clock', 0]]);
  });

  test('nothing is decided or filled on a book from before a jump of time', () => {
    const run = running({
      onStart: (view) => {
        view.setTimer('buy', view.timeMs + 30_000);
      },
      onTimer: () => [limitOrder(0, 'buy', lots(5), ticks(1000_1))],
    })
      .clock(10_500, 0)
      .clock(70_500, 60_000);
    expect(run.engine.lifecycle).toBe('running');
    expect(run.of('order').map(({ order, timeMs }) => [order.status, timeMs - START_MS])).toEqual([
      ['denied', 70_500],
    ]);
    expect(run.of('denial').map(({ reason }) => reason.code)).toEqual(['market_data_stale']);
    run.book(70_800, BIDS, ASKS).time(71_900);
    expect(run.engine.lifecycle).toBe('running');
  });

  test('a book with an empty side is recorded while it lasts', () => {
    const run = running().book(11_000, BIDS, []).book(12_000, BIDS, []).book(13_000, BIDS, ASKS);
    expect(quality(run)).toEqual([['book', 'stale', 2_000]]);
  });

  test('what is wrong when the session stops is recorded too', () => {
    const run = running()
      .book(11_000, [[1000_1, 5]], [[1000_0, 5]])
      .command(12_000, { type: 'stop', reason: 'stop_requested', detail: null });
    expect(quality(run)).toEqual([['book', 'crossed', 1_000]]);
  });

  test('a late print moves no last price, and is recorded', () => {
    const prices: (number | null)[] = [];
    const run = running({ onTrade: (_, view) => void prices.push(view.lastPrice(0)) })
      .trade(10_100, 'buy', 1000_1, 5)
      .trade(10_200, 'buy', 990_0, 5, 5_000)
      .trade(10_300, 'buy', 1000_2, 5);
    expect(prices).toEqual([1000_1, 1000_1, 1000_2]);
    expect(quality(run)).toEqual([['trade', 'late', 100]]);
  });

  test('a print whose time was cut to whole seconds is not late', () => {
    const prices: (number | null)[] = [];
    running({ onTrade: (_, view) => void prices.push(view.lastPrice(0)) })
      .trade(10_960, 'buy', 1000_1, 5, 10_900)
      .trade(11_060, 'buy', 1000_2, 5, 10_000);
    expect(prices).toEqual([1000_1, 1000_2]);
  });

  test('a late print fills nothing that arrived after it', () => {
    const run = running({
      onStart: (view) => {
        view.setTimer('rest', view.timeMs + 10_000);
      },
      onTimer: () => [limitOrder(0, 'buy', lots(5), ticks(999_0))],
    })
      .book(11_000, BIDS, ASKS)
      .trade(15_000, 'sell', 998_0, 50, 10_050);
    expect(run.of('order').at(-1)?.order.status).toBe('new');
    run.trade(15_100, 'sell', 998_0, 50, 10_150);
    expect(run.of('fill')).toHaveLength(1);
  });
});

test('a strategy is told the delta of bars that were heard whole, and of no others', () => {
  const told: unknown[] = [];
  const run = new TestMarket(sessionStart({ stale_timeout_ms: 600_000 }), {
    onBar: (_, view) => void told.push(view.barDelta(0, 0)),
  })
    .mark(0, 1000_0)
    .feedState(20, 'connected')
    .book(30, BIDS, ASKS)
    .trade(30_000, 'buy', 1000_1, 9)
    .bar(60_050, 0, 1000_0)
    .trade(61_000, 'buy', 1000_1, 5)
    .trade(62_000, 'sell', 1000_0, 2)
    .bar(120_050, 60_000, 1000_0)
    .trade(121_000, 'buy', 1000_1, 4)
    .feedState(130_000, 'disconnected')
    .bar(180_050, 120_000, 1000_0)
    .feedState(185_000, 'connected')
    .book(185_500, BIDS, ASKS)
    .bar(240_050, 180_000, 1000_0);
  expect(run.engine.lifecycle).toBe('running');
  expect(told).toEqual([null, 3, null, null]);
});
