import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { TestMarket, START_MS, sessionStart } from '../../../test/builders/session.ts';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { createInstrument } from '../domain/instrument.ts';
import { lots } from '../domain/units.ts';
import { BarSeries } from '../market/bar-series.ts';
import { InstrumentMarket } from '../market/instrument-market.ts';
import { PublicBook } from '../market/public-book.ts';
import { marketOrder } from '../strategy/strategy.ts';
import { Resilience } from './resilience.ts';

const FRAME_MS = 300;

function freshMarket(): InstrumentMarket {
  const market = new InstrumentMarket(createInstrument(BTCUSDT, 0), new BarSeries(1), new PublicBook(60_000));
  market.book.set(true, 999, 1_000);
  market.book.set(false, 1_001, 1_000);
  market.isBookValid = true;
  return market;
}

/** Lets trades consume the ask `count` times, each on its way back at `ratePerMs` for ten seconds. */
function consume(count: number, ratePerMs: number, size = 800): number | null {
  const market = freshMarket();
  const resilience = new Resilience();
  let nowMs = START_MS;
  const frame = (quantity: number): void => {
    market.book.set(false, 1_001, quantity);
    resilience.onFrame(market, (nowMs += FRAME_MS));
  };
  for (let turn = 0; turn < count; turn++) {
    frame(1_000);
    frame(1_000);
    resilience.onTrade(true, 1_001, size);
    for (let sinceMs = 0; sinceMs <= 12_000; sinceMs += FRAME_MS) {
      frame(Math.round(1_000 - size * Math.exp(-ratePerMs * sinceMs)));
    }
  }
  return resilience.ratePerMs;
}

describe('the measured resilience', () => {
  test.each([0.0001, 0.0003, 0.0008])('finds a recovery of %d a ms again', (rate) => {
    const measured = consume(40, rate) ?? Number.NaN;
    expect(measured / rate).toBeGreaterThan(0.8);
    expect(measured / rate).toBeLessThan(1.25);
  });

  test('is unknown until 20 levels were seen, none where nothing comes back, and bounded', () => {
    expect(consume(19, 0.0005)).toBeNull();
    expect(consume(30, 0)).toBe(0);
    expect(consume(30, 1)).toBe(0.001);
  });

  test('does not count small losses, losses without trades, or what a break of the data hides', () => {
    expect(consume(30, 0.0005, 200)).toBeNull();
    const market = freshMarket();
    const resilience = new Resilience();
    let nowMs = START_MS;
    for (let turn = 0; turn < 60; turn++) {
      market.book.set(false, 1_001, turn % 2 === 0 ? 1_000 : 100);
      resilience.onFrame(market, (nowMs += FRAME_MS));
    }
    expect(resilience.ratePerMs).toBeNull();
    for (let turn = 0; turn < 60; turn++) {
      market.book.set(false, 1_001, 1_000);
      resilience.onFrame(market, (nowMs += FRAME_MS));
      resilience.onTrade(true, 1_001, 900);
      market.book.set(false, 1_001, 100);
      resilience.onFrame(market, (nowMs += 5_000));
    }
    expect(resilience.ratePerMs).toBeNull();
  });

  test('stays within its bounds whatever the book does', () => {
    const move = fc.record({
      quantity: fc.nat({ max: 2_000 }),
      traded: fc.nat({ max: 2_000 }),
      gapMs: fc.nat({ max: 3_000 }),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 300 }), (moves) => {
        const market = freshMarket();
        const resilience = new Resilience();
        let nowMs = START_MS;
        for (const { quantity, traded, gapMs } of moves) {
          if (traded > 0) resilience.onTrade(true, 1_001, traded);
          market.book.set(false, 1_001, quantity);
          resilience.onFrame(market, (nowMs += gapMs));
          const rate = resilience.ratePerMs ?? 0;
          expect(rate >= 0 && rate <= 0.001).toBe(true);
        }
      }),
      { seed: PROOF_SEED, numRuns: 60 },
    );
  });
});

describe('what we took comes back', () => {
  const bids = [[999_9, 1_000]] as const;
  /** Public trades consume the ask over and over; it recovers within three seconds, or never. */
  function measured(recovers: boolean): TestMarket {
    const run = new TestMarket(sessionStart({ stale_timeout_ms: 1_000_000 }), {
      onTimer: () => [marketOrder(0, 'buy', lots(900))],
      onStart: (view) => {
        for (const atMs of [400_000, 400_200, 460_000]) view.setTimer('buy', view.timeMs + atMs);
      },
    }).mark(0, 1000_0);
    for (let atMs = 0, turn = 0; turn < 30; turn++) {
      for (let step = 0; step < 40; step++, atMs += FRAME_MS) {
        const missing = recovers ? 800 * Math.exp(-0.001 * (step - 2) * FRAME_MS) : 800;
        if (step === 2) run.trade(atMs, 'buy', 1000_1, 800);
        run.book(atMs, bids, [
          [1000_1, Math.round(step < 2 ? 1_000 : 1_000 - missing)],
          [1000_9, 9_000],
        ]);
      }
    }
    for (let atMs = 370_000; atMs <= 470_000; atMs += FRAME_MS)
      run.book(atMs, bids, [
        [1000_1, 1_000],
        [1000_9, 9_000],
      ]);
    return run;
  }
  const atTouch = (run: TestMarket): number[] =>
    run.of('fill').map(({ fill }) => (fill.price === 1000_1 ? fill.quantity : 0));

  test('at the measured rate: not at once, and not never', () => {
    const [first, second, rest, later] = atTouch(measured(true));
    expect(first).toBe(900);
    expect(second).toBeGreaterThanOrEqual(100);
    expect(second).toBeLessThan(400);
    expect([rest, later]).toEqual([0, 900]);
  });

  test('not at all on a market where nothing was seen to come back', () => {
    expect(atTouch(measured(false))).toEqual([900, 100, 0, 0]);
  });
});
