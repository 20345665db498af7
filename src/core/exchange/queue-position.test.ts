import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { DEFAULT_FILL_TERMS } from '../domain/fill-terms.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder } from '../strategy/strategy.ts';

const ASKS = [[1000_1, 50]] as const;

/** One bid of `quantity` at 999.9 among `displayed` others, accepted at 100 ms. */
function queued(displayed: number, quantity = 6, exponent = 3): TestMarket {
  const start = sessionStart({ fills: { ...DEFAULT_FILL_TERMS, queue_exponent: exponent } });
  return new TestMarket(start, { onStart: () => [limitOrder(0, 'buy', lots(quantity), ticks(999_9))] })
    .mark(0, 1000_0)
    .book(
      0,
      [
        [1000_0, 5],
        [999_9, displayed],
        [999_8, 20],
      ],
      ASKS,
    )
    .time(100);
}

function show(run: TestMarket, atMs: number, displayed: number): TestMarket {
  return run.book(
    atMs,
    [
      [1000_0, 5],
      [999_9, displayed],
      [999_8, 20],
    ],
    ASKS,
  );
}

function filled(run: TestMarket): number {
  return run.of('fill').reduce((sum, { fill }) => sum + fill.quantity, 0);
}

describe('a displayed decrease that trades do not explain', () => {
  test('takes the share (ahead / displayed) ^ exponent from the queue ahead', () => {
    // 100 ahead; 100 more join behind; then 40 cancel: 40 x (100 / 200) ^ 3 = 5 of them were ahead.
    const run = show(show(queued(100), 2_000, 200), 4_000, 160);
    expect(filled(run.trade(5_000, 'sell', 999_9, 95))).toBe(0);
    expect(filled(run.trade(5_100, 'sell', 999_9, 1))).toBe(1);
  });

  test('is all ahead of us where nobody is behind', () => {
    const run = show(queued(100), 2_000, 60);
    expect(filled(run.trade(3_000, 'sell', 999_9, 61))).toBe(1);
  });

  test('is shared evenly with an exponent of 1', () => {
    const run = show(show(queued(100, 6, 1), 2_000, 200), 4_000, 160);
    expect(filled(run.trade(5_000, 'sell', 999_9, 81))).toBe(1);
  });

  test('is no cancel where trades at the price explain it, however early their stamp is', () => {
    // 30 print, are taken from the front, and the next frame shows just that: nothing else left.
    const run = show(show(queued(100), 2_000, 200).trade(2_100, 'sell', 999_9, 30, 2_000), 2_400, 170);
    expect(filled(run.trade(6_000, 'sell', 999_9, 70))).toBe(0);
    expect(filled(run.trade(6_100, 'sell', 999_9, 1))).toBe(1);
  });

  test('leaves a queue that is gone by trades where it is: an empty level is nobody ahead', () => {
    const run = show(queued(10).trade(200, 'sell', 999_9, 10), 500, 0);
    expect(filled(run.trade(3_000, 'sell', 999_9, 4))).toBe(4);
    expect(run.of('fill')[0]?.fill.receipt.queue).toMatchObject({
      tradedAhead: 10,
      canceledAhead: 0,
      cappedAhead: 0,
    });
  });

  test('counts nothing of what happened while the price was behind the window', () => {
    const run = show(queued(100), 2_000, 200);
    run.book(3_000, [[1000_0, 5]], ASKS);
    show(run, 4_000, 120);
    expect(filled(run.trade(5_000, 'sell', 999_9, 100))).toBe(0);
  });
});

describe('a price behind the window', () => {
  const deepTail = [
    [1000_0, 5],
    [999_9, 10],
    [999_5, 40],
    [999_0, 60],
  ] as const;
  const deep = (price: number): TestMarket =>
    new TestMarket(sessionStart(), {
      onTimer: () => [limitOrder(0, 'buy', lots(6), ticks(price))],
      onStart: (view) => {
        view.setTimer('send', view.timeMs + 1_000);
      },
    })
      .mark(0, 1000_0)
      .book(
        0,
        [
          [1000_0, 5],
          [999_9, 10],
        ],
        ASKS,
      );

  test('has the quantity of the last full book ahead, at least a mean level of it', () => {
    const run = deep(999_0).tail(500, deepTail, ASKS).time(1_200);
    run.trade(1_300, 'sell', 999_0, 61);
    expect(run.of('fill').map(({ fill }) => [fill.quantity, fill.queueAheadAtAcceptance])).toEqual([[1, 60]]);
    const bare = deep(999_2).tail(500, deepTail, ASKS).time(1_200);
    bare.trade(1_300, 'sell', 999_2, 30);
    expect(bare.of('fill').map(({ fill }) => [fill.quantity, fill.queueAheadAtAcceptance])).toEqual([
      [1, 29],
    ]);
  });

  test('has an unknown queue without a full book, behind its end, or when it is too old', () => {
    const none = deep(999_0).time(1_200).trade(1_300, 'sell', 999_0, 500);
    const behind = deep(998_9).tail(500, deepTail, ASKS).time(1_200).trade(1_300, 'sell', 998_9, 500);
    const start = sessionStart({ stale_timeout_ms: 1_000_000 });
    const old = new TestMarket(start, {
      onTimer: () => [limitOrder(0, 'buy', lots(6), ticks(999_0))],
      onStart: (view) => {
        view.setTimer('send', view.timeMs + 130_000);
      },
    })
      .mark(0, 1000_0)
      .book(0, [[1000_0, 5]], ASKS)
      .tail(500, deepTail, ASKS)
      .time(130_200)
      .trade(130_300, 'sell', 999_0, 500);
    expect([none, behind, old].map(filled)).toEqual([0, 0, 0]);
  });
});

describe('whatever happens at the price', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('frame' as const),
      size: fc.nat({ max: 60 }),
      lagMs: fc.nat({ max: 1_500 }),
    }),
    fc.record({
      kind: fc.constant('print' as const),
      size: fc.integer({ min: 1, max: 30 }),
      lagMs: fc.nat({ max: 1_500 }),
    }),
  );
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  /** Plays the steps; returns the filled lots after each. */
  function play(steps: readonly Step[], displayed: number, exponent: number): number[] {
    const run = queued(displayed, 40, exponent);
    const after: number[] = [];
    let atMs = 200;
    for (const { kind, size, lagMs } of steps) {
      atMs += 300;
      if (kind === 'frame')
        run.book(
          atMs,
          [
            [1000_0, 5],
            [999_9, size],
            [999_8, 20],
          ],
          ASKS,
          atMs - lagMs,
        );
      else run.trade(atMs, 'sell', 999_9, size, atMs - lagMs);
      after.push(filled(run));
    }
    return after;
  }

  test('a print fills at most its own size, and a frame fills nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 80 }), (steps, displayed) => {
        let before = 0;
        for (const [at, now] of play(steps, displayed, 3).entries()) {
          const { kind, size } = steps[at] ?? { kind: 'frame', size: 0 };
          expect(now - before).toBeLessThanOrEqual(kind === 'print' ? size : 0);
          before = now;
        }
      }),
      { seed: PROOF_SEED, numRuns: 60 },
    );
  });

  test('a larger exponent never fills more, at any moment', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 80 }), (steps, displayed) => {
        const [even, usual, strict] = [1, 3, 1_000].map((exponent) => play(steps, displayed, exponent));
        for (const [at, fills] of (usual ?? []).entries()) {
          expect(fills).toBeLessThanOrEqual(even?.[at] ?? 0);
          expect(fills).toBeGreaterThanOrEqual(strict?.[at] ?? Infinity);
        }
      }),
      { seed: PROOF_SEED, numRuns: 60 },
    );
  });
});
