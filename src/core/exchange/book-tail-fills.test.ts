import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { OrderIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';

const BIDS = [[999_9, 50]] as const;
const ASKS = [
  [1000_1, 4],
  [1000_2, 6],
] as const;
const TAIL = [
  [1000_1, 900],
  [1000_2, 900],
  [1000_5, 20],
  [1001_0, 30],
] as const;

/** The intents leave at `atMs` against a two-level window; the tail, if any, came at 500 ms. */
function market(intents: readonly OrderIntent[], tail: typeof TAIL | null, atMs = 1_000): TestMarket {
  const run = new TestMarket(sessionStart({ stale_timeout_ms: 1_000_000 }), {
    onTimer: () => intents,
    onStart: (view) => {
      view.setTimer('send', view.timeMs + atMs);
    },
  })
    .mark(0, 1000_0)
    .book(0, BIDS, ASKS);
  return tail === null ? run : run.tail(500, BIDS, tail);
}

const rows = (run: TestMarket): unknown[] =>
  run
    .of('fill')
    .map(({ fill }) => [fill.price, fill.quantity, fill.extrapolatedQuantity, fill.evidenceSequence]);
const end = (run: TestMarket): unknown[] => {
  const order = run.of('order').at(-1)?.order;
  return [order?.status, order?.reason, order?.filled];
};

describe('behind the window', () => {
  test('the last full book fills what the window cannot, marked as extrapolated', () => {
    const run = market([marketOrder(0, 'buy', lots(40))], TAIL).time(1_200);
    expect(rows(run)).toEqual([
      [1000_1, 4, 0, 2],
      [1000_2, 6, 0, 2],
      [1000_5, 20, 20, 3],
      [1001_0, 10, 10, 3],
    ]);
    expect(end(run)).toEqual(['filled', null, 40]);
  });

  test('what neither holds is not invented: market orders expire, a limit order rests', () => {
    expect(end(market([marketOrder(0, 'buy', lots(70))], TAIL).time(1_200))).toEqual([
      'expired',
      'market_remainder',
      60,
    ]);
    const limit = limitOrder(0, 'buy', lots(40), ticks(1000_6));
    expect(end(market([limit], TAIL).time(1_200))).toEqual(['partially_filled', null, 30]);
    const fok = limitOrder(0, 'buy', lots(31), ticks(1000_6), { timeInForce: 'fok' });
    expect(end(market([fok], TAIL).time(1_200))).toEqual(['expired', 'fok_not_fillable', 0]);
  });

  test('nothing fills there without a tail, or with one that is too old', () => {
    const order = marketOrder(0, 'buy', lots(40));
    expect(end(market([order], null).time(1_200))).toEqual(['expired', 'market_remainder', 10]);
    expect(end(market([order], TAIL, 121_000).time(121_200))).toEqual(['expired', 'market_remainder', 10]);
  });

  test('the same estimate does not fill twice', () => {
    const order = marketOrder(0, 'buy', lots(20));
    const run = market([order, order, order], TAIL).time(1_200);
    expect(rows(run).map((row) => (row as number[])[0])).toEqual([
      1000_1, 1000_2, 1000_5, 1000_5, 1001_0, 1001_0,
    ]);
    expect(end(run)).toEqual(['filled', null, 20]);
  });

  test('a tail changes nothing that the window shows', () => {
    const lying = [
      [1000_1, 9_000],
      [1000_5, 20],
    ] as const;
    const small = market([marketOrder(0, 'buy', lots(9))], null)
      .tail(500, BIDS, lying)
      .time(1_200);
    expect(rows(small)).toEqual([
      [1000_1, 4, 0, 2],
      [1000_2, 5, 0, 2],
    ]);
  });

  test('a larger order never gets a better mean price nor fewer lots, and never more than window and tail hold', () => {
    const fillOf = (quantity: number): { filled: number; cost: number } => {
      const run = market([marketOrder(0, 'buy', lots(quantity))], TAIL).time(1_200);
      const fills = run.of('fill').map(({ fill }) => fill);
      return {
        filled: fills.reduce((sum, fill) => sum + fill.quantity, 0),
        cost: fills.reduce((sum, fill) => sum + fill.quantity * fill.price, 0),
      };
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (left, right) => {
        const [small, large] = [fillOf(Math.min(left, right)), fillOf(Math.max(left, right))];
        expect(large.filled).toBeGreaterThanOrEqual(small.filled);
        expect(large.filled).toBe(Math.min(60, Math.max(left, right)));
        expect(large.cost / large.filled).toBeGreaterThanOrEqual(small.cost / small.filled);
      }),
      { seed: PROOF_SEED, numRuns: 40 },
    );
  });
});
