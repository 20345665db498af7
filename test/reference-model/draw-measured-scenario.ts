/** Draws scenarios that begin with a market whose recovery can be measured: its touch is taken and comes back, again and again. */

import fc from 'fast-check';
import { buildScenario, drawTerms, gap, step } from './draw-scenario.ts';
import { BASE_PRICES, type MarketEvent, type Scenario, type Timed } from './scenario.ts';

/** A minute of rounds leaves other contracts without data: there are none, and nothing gets stale. */
const ALIVE = { instruments: 1, staleMs: 30_000 } as const;

/** One time round: how much of the touch is traded away, how much of that comes back, and how long it all takes. */
const round = fc.record({
  isBid: fc.boolean(),
  shown: fc.integer({ min: 8, max: 40 }),
  traded: fc.integer({ min: 2, max: 30 }),
  back: fc.constantFrom(0, 0.3, 0.7, 1, 1),
  waitMs: fc.constantFrom(50, 200, 700, 1_400),
});

export const drawMeasuredScenario: fc.Arbitrary<Scenario> = fc
  .tuple(
    drawTerms,
    fc.array(round, { minLength: 22, maxLength: 32 }),
    fc.array(fc.tuple(gap, step), { minLength: 20, maxLength: 60, size: 'max' }),
  )
  .map(([terms, rounds, steps]) => buildScenario({ ...terms, ...ALIVE }, steps, roundsOf(rounds)));

type Round = typeof round extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function roundsOf(rounds: readonly Round[]): Timed<MarketEvent>[] {
  const base = BASE_PRICES[0] ?? 0;
  const events: Timed<MarketEvent>[] = [];
  let atMs = 0;
  for (const { isBid, shown, traded, back, waitMs } of rounds) {
    const frame = (touch: number): Timed<MarketEvent> => ({
      ...{ atMs, do: 'book', instrument: 0, isSnapshot: true, exchangeMs: atMs },
      levels: [
        { isBid: true, price: base - 1, quantity: isBid ? touch : 20 },
        { isBid: true, price: base - 3, quantity: 9 },
        { isBid: false, price: base + 1, quantity: isBid ? 20 : touch },
        { isBid: false, price: base + 2, quantity: 6 },
      ],
    });
    const gone = Math.min(traded, shown - 1);
    events.push(frame(shown));
    atMs += waitMs;
    events.push({
      ...{
        atMs,
        do: 'trade',
        instrument: 0,
        taker: isBid ? 'sell' : 'buy',
        quantity: gone,
        exchangeMs: atMs,
      },
      price: isBid ? base - 1 : base + 1,
    });
    events.push(frame(shown - gone));
    atMs += waitMs;
    events.push(frame(shown - gone + Math.round(gone * back)));
    atMs += waitMs;
    events.push(frame(shown));
  }
  return events;
}
