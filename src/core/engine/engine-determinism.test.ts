import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import { recut } from '../../../test/builders/recut.ts';
import { TestMarket, sessionStart, strategyOf } from '../../../test/builders/session.ts';
import { lots, ticks } from '../domain/units.ts';
import { type StrategyHandlers, limitOrder } from '../strategy/strategy.ts';
import { Engine } from './engine.ts';

const BIDS = [[1000_0, 500]] as const;
const ASKS = [[1000_1, 500]] as const;

describe('determinism', () => {
  /** A market of random frames, prints, marks and time, always valid as input. */
  const step = fc.record({
    gapMs: fc.integer({ min: 0, max: 900 }),
    kind: fc.constantFrom('book', 'book', 'trade', 'trade', 'mark', 'time'),
    price: fc.integer({ min: 9_950, max: 10_050 }),
    quantity: fc.integer({ min: 1, max: 40 }),
    isBuy: fc.boolean(),
  });

  const quoting = (): StrategyHandlers => ({
    onBook: (instrument, view) => {
      const bid = view.bestBid(instrument);
      if (bid === null || view.workingOrders() > 4) return [];
      return [
        limitOrder(instrument, 'buy', lots(3), bid),
        limitOrder(instrument, 'sell', lots(2), ticks(bid + 2)),
      ];
    },
    onTrade: (trade, view) => (view.position(trade.instrument) > 20 ? [{ action: 'flatten' }] : []),
  });

  test('outputs and state hash do not depend on how the events are cut into blocks', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 150 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (steps, cuts) => {
          const start = sessionStart({ risk: { ...sessionStart().risk, max_orders_per_second: 100 } });
          const run = new TestMarket(start, quoting());
          let atMs = 0;
          for (const { gapMs, kind, price, quantity, isBuy } of steps) {
            atMs += gapMs;
            if (kind === 'book')
              run.book(
                atMs,
                [
                  [price, quantity],
                  [price - 3, 9],
                ],
                [
                  [price + 1, quantity],
                  [price + 2, 7],
                ],
              );
            else if (kind === 'trade') run.trade(atMs, isBuy ? 'buy' : 'sell', price, quantity);
            else if (kind === 'mark') run.mark(atMs, price);
            else run.time(atMs);
          }
          run.time(700_000);
          const again = new Engine(start, strategyOf(quoting()));
          const outputs = recut(run.fed, cuts).flatMap((block) => {
            again.process(block);
            return again.takeOutputs();
          });
          expect(again.stateHash()).toBe(run.engine.stateHash());
          expect(outputs).toEqual(run.outputs);
          expect(again.lifecycle).toBe('ended');
        },
      ),
      { seed: PROOF_SEED, numRuns: 60 },
    );
  });

  test('another seed, price or order of events gives another hash', () => {
    const run = (price: number): string =>
      new TestMarket(sessionStart(), quoting())
        .mark(0, 1000_0)
        .book(0, BIDS, ASKS)
        .trade(200, 'sell', price, 900)
        .engine.stateHash();
    expect(run(999_9)).toBe(run(999_9));
    expect(run(999_9)).not.toBe(run(999_8));
  });
});
