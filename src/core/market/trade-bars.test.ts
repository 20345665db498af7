import { describe, expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { BarSeries } from './bar-series.ts';

describe('bars built from trades', () => {
  test('fold the trades of their span, repeat the close through silence, and never give out a partial first bar', () => {
    const bars: number[][] = [];
    const market = new TestMarket(sessionStart({ interval: '5s', stale_timeout_ms: 600_000 }), {
      onBar: (instrument, view) => {
        const series = view.bars(instrument);
        bars.push([
          series.openTimeMs(0) % 60_000,
          series.open(0),
          series.high(0),
          series.low(0),
          series.close(0),
          series.volume(0),
        ]);
      },
    });
    market.mark(0, 1000_0).book(0, [[999_9, 9]], [[1000_1, 9]]);
    market
      .trade(2_000, 'buy', 1000_1, 3)
      .trade(5_000, 'buy', 1000_5, 1)
      .trade(7_000, 'sell', 999_9, 2)
      .trade(9_999, 'buy', 1000_1, 4);
    market.trade(21_000, 'buy', 1001_0, 6).time(25_000);
    expect(bars).toEqual([
      [5_000, 1000_5, 1000_5, 999_9, 1000_1, 7],
      [10_000, 1000_1, 1000_1, 1000_1, 1000_1, 0],
      [15_000, 1000_1, 1000_1, 1000_1, 1000_1, 0],
      [20_000, 1001_0, 1001_0, 1001_0, 1001_0, 6],
    ]);
  });
});

describe('the bar series', () => {
  test('keeps the newest bars, counts all, and refuses what is not newer', () => {
    const series = new BarSeries(3);
    for (let number = 1; number <= 5; number++) series.add(number * 60_000, 1, 2, 0, number, 9);
    expect([series.length, series.total, series.close(0), series.close(2)]).toEqual([3, 5, 5, 3]);
    expect(() => series.close(3)).toThrow('bar 3 back of 3 held');
    expect(() => series.add(300_000, 1, 1, 1, 1, 1)).toThrow('is not newer');
  });
});
