import { describe, expect, test } from 'vitest';
import { DecodedFrame } from './decoded-frame.ts';
import { TradeReplay } from './trade-replay.ts';

type Trade = readonly [second: number, price: number, quantity: number, side?: 'buy' | 'sell'];

/** Feeds one frame; returns the trades that were taken for new. */
function feed(replay: TradeReplay, trades: readonly Trade[]): Trade[] {
  const frame = new DecodedFrame();
  frame.trades = trades.length;
  for (const [row, [second, price, quantity, side = 'buy']] of trades.entries()) {
    frame.tradeTimeMs[row] = second * 1_000;
    frame.tradePrice[row] = price;
    frame.tradeQuantity[row] = quantity;
    frame.tradeIsBuy[row] = side === 'buy' ? 1 : 0;
  }
  replay.begin(frame);
  return trades.filter((_, row) => replay.accept(frame, row));
}

const A: Trade = [1, 100, 5];
const B: Trade = [1, 101, 7];
const C: Trade = [1, 101, 9, 'sell'];
const D: Trade = [2, 102, 1];
const E: Trade = [2, 103, 2];

describe('repeated trades', () => {
  test('are dropped where a frame begins with a run that ends at our newest trade', () => {
    const replay = new TradeReplay();
    expect(feed(replay, [A, B, C])).toEqual([A, B, C]);
    expect(feed(replay, [A, B, C, D])).toEqual([D]);
    expect(feed(replay, [B, C, D, E])).toEqual([E]);
    expect(replay.dropped).toBe(6);
  });

  test('are dropped where the whole frame lies in the middle of what we have', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B, C, D, E]);
    expect(feed(replay, [A, B, C])).toEqual([]);
    expect(feed(replay, [D, E, A])).toEqual([D, E, A]);
  });

  test('are dropped again when they are repeated again', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B, C]);
    for (let turn = 0; turn < 3; turn++) expect(feed(replay, [A, B, C])).toEqual([]);
  });

  test('are dropped in any order after a reconnect, once for each that we have', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B]);
    replay.noteReconnect();
    expect(feed(replay, [B, A, A, D])).toEqual([A, D]);
  });
});

describe('a frame that begins before our newest trade', () => {
  test('repeats what we have of it; what we missed within it is new', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B, D, E]);
    expect(feed(replay, [A, B, C, D, E])).toEqual([C]);
    expect(feed(replay, [A, C, E])).toEqual([]);
  });

  test('does not make an alike trade of a later frame a repetition', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B, D]);
    expect(feed(replay, [B, C])).toEqual([C]);
    expect(feed(replay, [D])).toEqual([D]);
  });
});

describe('new trades', () => {
  test('may look alike: a run of equal prints is no repetition', () => {
    const replay = new TradeReplay();
    const alike = [A, A, A, A, A];
    for (let frame = 0; frame < 4; frame++) expect(feed(replay, alike)).toEqual(alike);
    expect(feed(replay, [A, B, A, B])).toEqual([A, B, A, B]);
    expect(feed(replay, [A, B, A, B])).toEqual([A, B, A, B]);
  });

  test('that differ in time, price, quantity or side from what they follow are new', () => {
    const replay = new TradeReplay();
    feed(replay, [A, B, C]);
    for (const changed of [
      [3, 101, 9, 'sell'],
      [1, 102, 9, 'sell'],
      [1, 101, 8, 'sell'],
      [1, 101, 9, 'buy'],
    ] as const) {
      const other = new TradeReplay();
      feed(other, [A, B, C]);
      expect(feed(other, [A, B, changed])).toEqual([A, B, changed]);
    }
  });
});
