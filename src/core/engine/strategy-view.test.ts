import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { SeededRandom } from '../base/random.ts';
import { MINUTE_MS } from '../base/time.ts';
import { FLAG_HISTORY } from '../domain/event-block.ts';
import type { MarketView, StrategyInstance } from '../strategy/strategy.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';
import { historyNeed, unfitIntervals } from '../strategy/history-need.ts';
import { lots, ticks } from '../domain/units.ts';

const INTERVALS = { '15m': 1, '5m': 2 } as const;

/** Everything that the view shows, as text. */
function glance(view: MarketView): string {
  const bars = (['1m', '5m', '15m'] as const).map((interval) => {
    const series = view.bars(0, interval);
    const newest =
      series.length === 0 ? [] : [series.openTimeMs(0) - START_MS, series.open(0), series.high(0)];
    return [
      series.total,
      ...newest,
      ...(series.length === 0 ? [] : [series.low(0), series.close(0), series.volume(0)]),
    ];
  });
  const tape = view.trades(0);
  const newest =
    tape.length === 0 ? [] : [tape.exchangeTimeMs(0), tape.price(0), tape.quantity(0), tape.takerSide(0)];
  return JSON.stringify([
    ...[
      view.timeMs - START_MS,
      bars,
      tape.total,
      newest,
      view.bookLevels(0, 3),
      view.bestBid(0),
      view.bestAsk(0),
    ],
    ...[view.lastPrice(0), view.mark(0), view.settledRate(0), view.settlements(0), view.barDelta(0, 0)],
    ...[view.position(0), String(view.equity()), view.workingOrders()],
  ]);
}

/** A market of `steps` random events; those from `bend` on are drawn from another seed. Returns what was seen at each. */
function play(
  seed: number,
  steps: number,
  bend: number,
): { readonly seen: readonly string[]; readonly market: TestMarket } {
  let random = new SeededRandom(seed);
  const below = (limit: number): number => random.nextUint32() % limit;
  const seen: string[] = [];
  let step = 0;
  const look = (view: MarketView): void => {
    seen.push(`${step} ${glance(view)}`);
  };
  const market = new TestMarket(
    sessionStart({ stale_timeout_ms: 86_400_000, duration_ms: null }),
    {
      onBook: (_i, view) => look(view),
      onTrade: (trade, view) => {
        look(view);
        if (trade.quantity % 3 === 0) return [marketOrder(0, trade.takerSide, lots(2))];
        return trade.quantity % 3 === 1 ? [limitOrder(0, 'buy', lots(2), ticks(trade.price - 1))] : [];
      },
      onBar: (_i, view, interval) => {
        seen.push(`${step} ${interval}`);
        look(view);
      },
      onFill: (_fill, view) => look(view),
      onOrder: (_order, view) => look(view),
    },
    0,
    INTERVALS,
  );
  let atMs = 0;
  let barAtMs = 0;
  for (let minute = -30; minute < 0; minute++)
    market.candle(minute * MINUTE_MS, [1000_0, 1000_2, 999_8, 1000_1], 3, FLAG_HISTORY, 0);
  market.mark(0, 1000_0).book(0, [[999_9, 9]], [[1000_1, 9]]);
  for (; step < steps; step++) {
    if (step === bend) random = new SeededRandom(seed + 1_000);
    const kind = below(10);
    const price = 1000_0 + below(9) - 4;
    atMs += below(400);
    if (kind < 4) market.book(atMs, [[price - 1, 1 + below(9)]], [[price + 1, 1 + below(9)]]);
    else if (kind < 7) market.trade(atMs, below(2) === 0 ? 'buy' : 'sell', price, 1 + below(9));
    else if (kind === 7) market.markWithRate(atMs, price, below(5) / 10_000);
    else if (kind === 8) market.funding(atMs, atMs - below(1_000), below(1_000), price);
    else {
      atMs = barAtMs + MINUTE_MS + below(100);
      market.candle(barAtMs, [price, price + 2, price - 2, price + 1], 1 + below(50), 0, atMs);
      // Now and then a bar is missing: the longer one of its time must be, too.
      barAtMs += below(12) === 0 ? 2 * MINUTE_MS : MINUTE_MS;
      atMs = Math.max(atMs, barAtMs);
    }
  }
  return { seen, market };
}

test.each([1, 2, 3, 4, 5])(
  'what a strategy is shown does not depend on anything that comes later (seed %i)',
  (seed) => {
    const upTo = (seen: readonly string[], step: number): readonly string[] =>
      seen.filter((line) => Number(line.split(' ')[0]) < step);
    const whole = play(seed, 400, Number.POSITIVE_INFINITY);
    for (const bend of [1, 57, 211, 399]) {
      const bent = play(seed, 400, bend);
      expect(upTo(bent.seen, bend)).toEqual(upTo(whole.seen, bend));
    }
    expect(whole.market.of('fill').length).toBeGreaterThan(3);
    expect(whole.seen.some((line) => line.endsWith(' 5m'))).toBe(true);
  },
);

describe('longer intervals', () => {
  const run = (bars: readonly number[]): string[] => {
    const told: string[] = [];
    const market = new TestMarket(
      sessionStart({ stale_timeout_ms: 86_400_000, duration_ms: null }),
      {
        onBar: (_i, view, interval) => {
          const series = view.bars(0, interval);
          told.push(
            `${interval} ${(series.openTimeMs(0) - START_MS) / MINUTE_MS} ${series.open(0)} ${series.high(0)} ${series.low(0)} ${series.close(0)} ${series.volume(0)}`,
          );
        },
      },
      0,
      { '5m': 1 },
    );
    market.mark(0, 1000_0).book(0, [[999_9, 9]], [[1000_1, 9]]);
    // Its first bars are history: they count, but nobody is told.
    for (let minute = -10; minute < 0; minute++)
      market.candle(minute * MINUTE_MS, [5, 9, 1, 6], 3, FLAG_HISTORY, 0);
    for (const minute of bars)
      market.candle(minute * MINUTE_MS, [10 + minute, 20 + minute, 5 + minute, 12 + minute], 2);
    return told.filter((line) => line.startsWith('5m'));
  };

  test('are told when their last bar closes, after it, with everything that happened in them', () => {
    expect(run([0, 1, 2, 3, 4, 5])).toEqual(['5m 0 10 24 5 16 10']);
  });

  test('are not there where a bar of theirs is missing', () => {
    expect(run([0, 1, 3, 4, 5, 6, 7, 8, 9])).toEqual(['5m 5 15 29 10 21 10']);
  });

  test('need as many bars of the session as they are made of, and lengths that fit', () => {
    const strategy: Pick<StrategyInstance, 'historyBars' | 'intervals'> = {
      historyBars: 20,
      intervals: { '5m': 10, '1h': 2 },
    };
    expect(historyNeed(strategy, MINUTE_MS)).toBe(180);
    expect(historyNeed({ historyBars: 7 }, MINUTE_MS)).toBe(7);
    expect(unfitIntervals({ intervals: { '5m': 1, '1m': 1, '15m': 1 } }, 5 * MINUTE_MS)).toEqual([
      '5m',
      '1m',
    ]);
  });
});
