import { describe, expect, test } from 'vitest';
import { BarSeries } from '../market/bar-series.ts';
import {
  averageClose,
  averageRange,
  averageVolume,
  findEqualLevel,
  findSwings,
  windowBars,
} from './bar-window.ts';

/** Bars of [high, low, close, volume], oldest first; opens at the previous close. */
function series(
  rows: readonly (readonly [high: number, low: number, close: number, volume?: number])[],
): BarSeries {
  const bars = new BarSeries(2_000);
  for (const [index, [high, low, close, volume = 10]] of rows.entries()) {
    bars.add(index * 60_000, rows[index - 1]?.[2] ?? close, high, low, close, volume);
  }
  return bars;
}

describe('averages', () => {
  test('an exponential average follows its recursion from the oldest bar of the window', () => {
    const closes = Array.from({ length: 12 }, (_, index) => 100 + index * index);
    const bars = series(closes.map((close) => [close, close, close] as const));
    let expected = closes[0] ?? 0;
    for (const close of closes.slice(1)) expected += (close - expected) * (2 / (3 + 1));
    expect(averageClose(bars, 3)).toBeCloseTo(expected, 9);
  });

  test('are null while fewer bars are held than their length', () => {
    const bars = series([
      [2, 1, 1],
      [3, 1, 2],
    ]);
    expect([averageClose(bars, 3), averageRange(bars, 3), averageVolume(bars, 2)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('a longer history changes an average by less than the rest of its window', () => {
    const closes = Array.from({ length: 1_000 }, (_, index) => 10_000 + 500 * Math.sin(index / 9));
    const rows = closes.map((close) => [close + 5, close - 5, close] as const);
    const long = averageClose(series(rows), 20) ?? Number.NaN;
    const short = averageClose(series(rows.slice(-windowBars(20))), 20) ?? Number.NaN;
    expect(short).toBe(long);
  });

  test('the average range of bars of one height without gaps is that height', () => {
    const bars = series(Array.from({ length: 60 }, () => [110, 100, 105] as const));
    expect(averageRange(bars, 14)).toBeCloseTo(10, 9);
  });

  test('the average volume leaves the newest bar out', () => {
    const bars = series([
      [2, 1, 1, 4],
      [2, 1, 1, 8],
      [2, 1, 1, 1_000],
    ]);
    expect(averageVolume(bars, 2)).toBe(6);
  });
});

describe('swings', () => {
  const bars = series([
    [10, 8, 9],
    [12, 9, 11],
    [15, 10, 12],
    [13, 9, 10],
    [12, 7, 9],
    [14, 8, 10],
    [15, 9, 12],
    [11, 8, 9],
    [10, 6, 8],
    [11, 7, 10],
  ]);

  test('are extremes that no neighbour within reach exceeds, newest first', () => {
    expect(findSwings(bars, 'high', 2, 60)).toEqual([
      { back: 3, price: 15 },
      { back: 7, price: 15 },
    ]);
    expect(findSwings(bars, 'low', 2, 60)).toEqual([{ back: 5, price: 7 }]);
  });

  test('never include the newest bars, whose followers are not known', () => {
    expect(findSwings(bars, 'low', 1, 60)[0]).toEqual({ back: 1, price: 6 });
    expect(findSwings(bars, 'low', 2, 60).some(({ back }) => back < 2)).toBe(false);
  });

  test('equal levels are the newest two within the tolerance', () => {
    const swings = [
      { back: 2, price: 105 },
      { back: 6, price: 100 },
      { back: 9, price: 101 },
    ];
    expect(findEqualLevel(swings, 1)).toBe(100.5);
    expect(findEqualLevel(swings, 0)).toBeNull();
  });
});
