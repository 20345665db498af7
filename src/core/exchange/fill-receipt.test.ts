import { describe, expect, test } from 'vitest';
import type { FillRecord } from '../domain/order.ts';
import { type Money, lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';

const BIDS = [
  [1000_0, 20],
  [999_9, 30],
] as const;
const ASKS = [
  [1000_2, 5],
  [1000_5, 40],
] as const;

type Action = () => ReturnType<typeof marketOrder>[];

/** A running session that acts at 10 s; requests travel 100 ms. */
function acting(action: Action, changes: Parameters<typeof sessionStart>[0] = {}): TestMarket {
  return new TestMarket(sessionStart(changes), {
    onStart: (view) => view.setTimer('act', START_MS + 10_000),
    onTimer: action,
  })
    .mark(1_000, 1000_1)
    .book(1_000, BIDS, ASKS);
}

function fills(run: TestMarket): FillRecord[] {
  return run.of('fill').map(({ fill }) => fill);
}

function sum(fill: FillRecord): bigint {
  const parts = [fill.spreadCost, fill.latencyCost, fill.impactCost, fill.slippageCost];
  return parts.reduce<bigint>((total, part) => total + (part ?? 0n), 0n);
}

describe('the receipt of a taker', () => {
  test('tells the decision, the way, the book it met and each level it took', () => {
    const run = acting(() => [marketOrder(0, 'buy', lots(12))])
      // The ask rises while the order travels.
      .book(10_050, BIDS, [
        [1000_4, 5],
        [1000_9, 40],
      ])
      .time(10_200);
    const [first, second] = fills(run);
    expect(first?.receipt).toMatchObject({
      decision: { bestBid: 1000_0, bestAsk: 1000_2 },
      requestLatencyMs: 100,
      responseLatencyMs: 50,
      book: { bestBid: 1000_0, bestAsk: 1000_4, sequence: 3, exchangeTimeMs: START_MS + 10_050 },
      level: { number: 1, price: 1000_4, displayed: 5, takenBefore: 0, filled: 5, isExtrapolated: false },
      ...{ queue: null, print: null, feeTier: null, model: { name: 'book' } },
    });
    expect(second?.receipt.level).toMatchObject({ number: 2, price: 1000_9, displayed: 40, filled: 7 });
    expect(second?.receipt.book?.hash).toBe(first?.receipt.book?.hash);
  });

  test('splits its distance from the mid exactly: spread, latency and impact in ticks times lots', () => {
    const run = acting(() => [marketOrder(0, 'buy', lots(12))])
      .book(10_050, BIDS, [
        [1000_4, 5],
        [1000_9, 40],
      ])
      .time(10_200);
    const unit = 1_000n;
    const [first, second] = fills(run);
    // Decision mid 10001, arrival mid 10002.
    expect([first?.spreadCost, first?.latencyCost, first?.impactCost]).toEqual([
      2n * 5n * unit,
      1n * 5n * unit,
      0n,
    ]);
    expect([second?.spreadCost, second?.latencyCost, second?.impactCost]).toEqual([
      2n * 7n * unit,
      1n * 7n * unit,
      5n * 7n * unit,
    ]);
    for (const fill of fills(run)) {
      expect(sum(fill)).toBe(fill.receipt.totalCost);
      expect(fill.receipt.totalCost).toBe(BigInt(fill.price - 1000_1) * BigInt(fill.quantity) * unit);
    }
  });

  test('says what earlier fills of ours had taken from its level', () => {
    const run = acting(() => [marketOrder(0, 'buy', lots(3)), marketOrder(0, 'buy', lots(4))]).time(10_200);
    expect(
      fills(run).map(({ receipt: { level } }) => [level?.number, level?.takenBefore, level?.filled]),
    ).toEqual([
      [1, 0, 3],
      [1, 3, 2],
      [2, 0, 2],
    ]);
  });

  test('names another book by another digest, and the same book by the same', () => {
    const digest = (asks: readonly (readonly [number, number])[]): string | undefined =>
      fills(
        acting(() => [marketOrder(0, 'buy', lots(1))])
          .book(10_050, BIDS, asks)
          .time(10_200),
      )[0]?.receipt.book?.hash;
    expect(digest(ASKS)).toBe(digest(ASKS));
    expect(digest([[1000_2, 6]])).not.toBe(digest([[1000_2, 5]]));
  });

  test('of the parametric model names its parameters and its random slippage', () => {
    const run = acting(() => [marketOrder(0, 'sell', lots(500))], { fill_model: 'parametric' }).time(10_200);
    const [fill] = fills(run);
    expect(fill?.receipt).toMatchObject({
      ...{ book: null, level: null },
      model: { name: 'parametric', parameters: { impact_factor: 0.05, simulated_liquidity: 1_000_000 } },
    });
    expect(fill === undefined ? null : sum(fill)).toBe(fill?.receipt.totalCost);
    expect((fill?.slippageCost ?? 0n) > 0n).toBe(true);
  });
});

describe('the receipt of a maker', () => {
  const rest: Action = () => [limitOrder(0, 'buy', lots(10), ticks(1000_0))];

  test('tells its queue from acceptance to the print that filled it', () => {
    const run = acting(rest)
      .book(11_000, BIDS, ASKS)
      .trade(12_000, 'sell', 1000_0, 8)
      // The display shows less than what was counted ahead (12): someone left.
      .book(13_000, [[1000_0, 7]], ASKS)
      .trade(14_000, 'sell', 1000_0, 11);
    const [fill] = fills(run);
    expect(fill).toMatchObject({ quantity: 4, liquidity: 'maker', queueAheadAtAcceptance: 20 });
    expect(fill?.receipt).toMatchObject({
      ...{ requestLatencyMs: 100, level: null },
      queue: {
        ...{
          acceptedTimeMs: START_MS + 10_100,
          bookSequence: 2,
          touch: { bestBid: 1000_0, bestAsk: 1000_2 },
        },
        ...{ aheadAtAcceptance: 20, tradedAhead: 15, printsAhead: 2, canceledAhead: 5, cappedAhead: 0 },
        aheadBeforePrint: 7,
      },
      print: { sequence: 6, exchangeTimeMs: START_MS + 14_000, price: 1000_0, quantity: 11 },
    });
    expect(fill?.evidenceSequence).toBe(6);
    const left = (fill?.receipt.queue?.tradedAhead ?? 0) + (fill?.receipt.queue?.canceledAhead ?? 0);
    expect(left).toBe(fill?.queueAheadAtAcceptance);
  });

  test('says that a print went through its price, where no queue counts', () => {
    const run = acting(rest).book(11_000, BIDS, ASKS).trade(12_000, 'sell', 999_9, 3);
    expect(fills(run)[0]?.receipt).toMatchObject({
      queue: { aheadBeforePrint: null },
      print: { price: 999_9, quantity: 3 },
    });
  });

  test('earns the spread and pays the drift of the mid', () => {
    const run = acting(rest)
      .book(11_000, [[999_6, 5]], [[999_8, 5]])
      .trade(12_000, 'sell', 999_0, 50);
    const [fill] = fills(run);
    const unit: Money[] = [fill?.spreadCost, fill?.latencyCost].map(
      (part) => ((part ?? 0n) / 10_000n) as Money,
    );
    // Bought at 10000; the mid was 10001 at decision and 9997 at the fill.
    expect(unit).toEqual([3n, -4n]);
    expect(fill?.receipt.totalCost).toBe(-10_000n);
  });
});
