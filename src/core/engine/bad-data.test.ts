import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { lots, ticks } from '../domain/units.ts';
import { type StrategyHandlers, conditionalOrder, limitOrder, marketOrder } from '../strategy/strategy.ts';

const BIDS = [[1000_0, 20]] as const;
const ASKS = [[1000_2, 20]] as const;

/** A bid, and a stop that a fall of the price fires, wait at the exchange; at 20 s it wants to buy more. */
const handlers = (): StrategyHandlers => ({
  onStart: (view) => {
    view.setTimer('want', START_MS + 20_000);
    return [
      limitOrder(0, 'buy', lots(5), ticks(999_0)),
      conditionalOrder(
        0,
        'sell',
        'stop_market',
        lots(5),
        { on: 'last', price: ticks(990_0), trailBps: null },
        null,
      ),
    ];
  },
  onTimer: () => [marketOrder(0, 'buy', lots(5))],
});

function waiting(): TestMarket {
  return new TestMarket(sessionStart({ stale_timeout_ms: 5_000 }), handlers())
    .mark(1_000, 1000_1)
    .book(1_000, BIDS, ASKS)
    .trade(1_100, 'buy', 1000_2, 1)
    .book(10_000, BIDS, ASKS);
}

/** Each makes the data bad before the bid's price and the stop's trigger are reached by a print. */
const BAD = {
  'a crossed book': (run: TestMarket) => run.book(18_900, BIDS, ASKS).book(19_000, [[1000_3, 20]], ASKS),
  'a book with an empty side': (run: TestMarket) => run.book(18_900, BIDS, ASKS).book(19_000, BIDS, []),
  'a lost connection': (run: TestMarket) => run.book(18_900, BIDS, ASKS).feedState(19_000, 'disconnected'),
  'a stale book': (run: TestMarket) => run.time(15_500).time(16_500),
  'a jump of the clock': (run: TestMarket) => run.clock(10_500, 0).clock(19_900, 9_000),
} as const;

describe('while the data is bad', () => {
  test.each(Object.entries(BAD))('nothing fills, fires or adds risk: %s', (_what, spoil) => {
    const run = spoil(waiting())
      .trade(19_950, 'sell', 980_0, 50)
      .time(20_100)
      .trade(20_500, 'sell', 980_0, 50);
    expect(run.of('fill')).toEqual([]);
    expect(
      run.of('order').filter(({ order }) => order.closedTimeMs !== null && order.status !== 'denied'),
    ).toEqual([]);
    expect(run.of('denial').map(({ reason }) => reason.code)).toEqual(['market_data_stale']);
    // Good data makes the same print fill, so it was the data that held it back.
    run
      .book(21_000, [[980_0, 20]], [[1000_2, 20]])
      .time(22_500)
      .trade(23_000, 'sell', 980_0, 50);
    expect(run.of('fill').length).toBeGreaterThan(0);
  });
});
