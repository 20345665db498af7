import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart, strategyOf } from '../../../test/builders/session.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { EventBlock } from '../domain/event-block.ts';
import { lots, ticks } from '../domain/units.ts';
import { type StrategyHandlers, limitOrder, marketOrder } from '../strategy/strategy.ts';
import { Engine } from './engine.ts';
import { openPublicMarket } from './engine-parts.ts';
import { passEvents } from './event-pass.ts';

const EARLY = sessionStart({ request_latency_ms: 0 });
const LATE = sessionStart({ request_latency_ms: 700 });

/** Rests a bid, and buys at market just before the book moves. */
const trading = (): StrategyHandlers => ({
  onStart: (view) => {
    view.setTimer('buy', START_MS + 10_000);
    return [limitOrder(0, 'buy', lots(10), ticks(1000_0))];
  },
  onTimer: () => [marketOrder(0, 'buy', lots(3))],
});

function events(): EventBlock {
  const market = new TestMarket(EARLY, {}).feedState(0, 'connected').mark(1_000, 1000_1);
  market.book(1_000, [[1000_0, 20]], [[1000_2, 5]]).trade(5_000, 'buy', 1000_2, 4);
  market.book(10_500, [[999_9, 20]], [[1000_3, 5]]).trade(20_000, 'sell', 999_9, 7);
  market.trade(MINUTE_MS + 5_000, 'sell', 999_8, 9).book(MINUTE_MS + 6_000, [[999_7, 8]], [[999_9, 6]]);
  return market.time(2 * MINUTE_MS).fed;
}

const engineOf = (start: typeof EARLY, ...rest: [] | [ReturnType<typeof openPublicMarket>]): Engine =>
  new Engine(start, strategyOf(trading()), ...rest);

describe('engines over one public market', () => {
  test('say what each says alone, though the market changes once', () => {
    const market = openPublicMarket(EARLY);
    const together = [EARLY, LATE].map((start) => engineOf(start, market));
    passEvents(events(), market, together);
    const alone = [EARLY, LATE].map((start) => engineOf(start));
    for (const engine of alone) engine.process(events());
    const said = together.map((engine) => engine.takeOutputs());
    expect(said).toEqual(alone.map((engine) => engine.takeOutputs()));
    expect(together.map((engine) => engine.stateHash())).toEqual(alone.map((engine) => engine.stateHash()));
    // The slower one buys from the later book.
    expect(said[0]).not.toEqual(said[1]);
    for (const engine of together) expect(engine.view.markets[0]?.book).toBe(market.books[0]?.ladder);
    expect(market.books[0]?.flow.delta(START_MS + MINUTE_MS)).toBe(-9);
  });
});
