import { describe, expect, test } from 'vitest';
import { recut } from '../../../test/builders/recut.ts';
import { START_MS, TestMarket, sessionStart, strategyOf } from '../../../test/builders/session.ts';
import { syntheticEvents, syntheticStart } from '../../../test/builders/synthetic-events.ts';
import { InvariantViolation } from '../base/assert.ts';
import { SeededRandom } from '../base/random.ts';
import type { EventBlock } from '../domain/event-block.ts';
import type { BandPoint, Output } from '../domain/outputs.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots, ticks } from '../domain/units.ts';
import { createBuiltInStrategy } from '../strategy/built-in-strategies.ts';
import {
  type StrategyHandlers,
  type StrategyInstance,
  limitOrder,
  marketOrder,
} from '../strategy/strategy.ts';
import { EngineBand } from './engine-band.ts';
import { Engine } from './engine.ts';

const BIDS = [[1000_0, 20]] as const;
const ASKS = [[1000_2, 5]] as const;

type Play = (market: TestMarket) => TestMarket;

function banded(changes: Partial<SessionStart> = {}): SessionStart {
  return sessionStart({ band: 'on', ...changes });
}

/** The events that `play` types in, as one block a market step would be: recorded by a market nobody trades on. */
function script(start: SessionStart, play: Play): EventBlock {
  return play(new TestMarket(start, {}).mark(1_000, 1000_1).book(1_000, BIDS, ASKS)).fed;
}

interface Held {
  readonly band: EngineBand;
  readonly outputs: readonly Output[];
  readonly last: BandPoint;
}

/** Holds a session of three exchanges over what `play` types in; `each` makes the handlers of one instance. */
function hold(each: () => StrategyHandlers, play: Play, changes: Partial<SessionStart> = {}): Held {
  const start = banded(changes);
  const band = new EngineBand(start, () => strategyOf(each()));
  band.process(script(start, play));
  band.finish();
  const outputs = band.takeOutputs();
  const last = outputs.findLast((output) => output.type === 'band')?.point;
  if (last === undefined) throw new Error('the band said nothing');
  return { band, outputs, last };
}

/** Rests a bid of 10 lots at the best bid, ten seconds in. */
const restingBid = (): StrategyHandlers => ({
  onStart: (view) => view.setTimer('rest', START_MS + 10_000),
  onTimer: () => [limitOrder(0, 'buy', lots(10), ticks(1000_0))],
});

const end = (run: TestMarket): TestMarket =>
  run.command(30_000, { type: 'end_now', reason: 'stop_requested', detail: null });

function fillsOf(outputs: readonly Output[]): number {
  return outputs.filter(({ type }) => type === 'fill').length;
}

function runBlocks(start: SessionStart, blocks: Iterable<EventBlock>): Held & { readonly hash: string } {
  const make = (): StrategyInstance => {
    const strategy = createBuiltInStrategy(start.strategy.name, start.strategy.params);
    if (strategy === null) throw new Error('no such strategy');
    return strategy;
  };
  const band = new EngineBand(start, make);
  const outputs: Output[] = [];
  for (const block of blocks) {
    band.process(block);
    outputs.push(...band.takeOutputs());
  }
  band.finish();
  outputs.push(...band.takeOutputs());
  const last = outputs.findLast((output) => output.type === 'band')?.point;
  if (last === undefined) throw new Error('the band said nothing');
  return { band, outputs, last, hash: band.primary.stateHash() };
}

describe('the three exchanges of a band', () => {
  test('a quote that only touches fills the optimistic one, and says that this is doubtful', () => {
    const { outputs, last } = hold(restingBid, (run) =>
      end(
        run
          .book(11_000, BIDS, ASKS)
          .book(12_000, [[999_8, 5]], [[1000_0, 5]])
          .mark(13_000, 1000_5),
      ),
    );
    expect(fillsOf(outputs)).toBe(0);
    expect([last.realistic, last.pessimistic]).toEqual([0n, 0n]);
    // Bought 10 lots at 10000 ticks, marked at 10005, less the maker fee.
    expect(last.optimistic).toBe(10n * 5n * 1_000n - 20_000n);
    expect(outputs.flatMap((output) => (output.type === 'quality' ? [output.record] : []))).toMatchObject([
      {
        ...{ kind: 'late', feed: 'band', fromMs: START_MS + 12_000 },
        detail: 'the book reached a resting buy without a print; it filled in the optimistic model only',
      },
    ]);
  });

  test('a shrinking display moves the realistic queue on, and not the pessimistic one', () => {
    const { outputs, last } = hold(restingBid, (run) =>
      end(
        run
          .book(11_000, BIDS, ASKS)
          .book(12_000, [[1000_0, 2]], ASKS)
          .trade(13_000, 'sell', 1000_0, 12)
          .mark(14_000, 1000_5),
      ),
    );
    expect(fillsOf(outputs)).toBe(1);
    expect(last.realistic > 0n).toBe(true);
    expect(last.optimistic).toBe(last.realistic);
    expect(last.pessimistic).toBe(0n);
  });

  test('orders meet the book at once, after the session’s latency, after the 99th percentile', () => {
    const buying = (): StrategyHandlers => ({
      onStart: (view) => view.setTimer('buy', START_MS + 10_000),
      onTimer: () => [marketOrder(0, 'buy', lots(5))],
    });
    const { last } = hold(buying, (run) =>
      end(
        run
          .book(9_990, BIDS, [[1000_2, 50]])
          .book(10_050, BIDS, [[1000_4, 50]])
          .book(10_300, BIDS, [[1000_9, 50]])
          .book(10_500, BIDS, [[1000_2, 50]]),
      ),
    );
    const spent = (price: number): bigint => -(BigInt(price - 1000_1) * 5n * 1_000n);
    const fee = (price: number): bigint => (BigInt(price) * 5n * 1_000n * 6n) / 10_000n;
    expect(last.optimistic).toBe(spent(1000_2) - fee(1000_2));
    expect(last.realistic).toBe(spent(1000_4) - fee(1000_4));
    expect(last.pessimistic).toBe(spent(1000_9) - fee(1000_9));
  });

  test('each has a strategy of its own, and all hear the operator', () => {
    const calls: number[] = [];
    let made = 0;
    const each = (): StrategyHandlers => {
      const mine = ++made;
      return { onTrade: () => void calls.push(mine) };
    };
    hold(each, (run) =>
      end(
        run.trade(2_000, 'buy', 1000_2, 1).command(3_000, { type: 'pause' }).trade(4_000, 'buy', 1000_2, 1),
      ),
    );
    expect(calls).toEqual([1, 2, 3]);
  });

  test('what a slower exchange still holds at the end is closed on the last book', () => {
    const buying = (): StrategyHandlers => ({ onStart: () => [marketOrder(0, 'buy', lots(5))] });
    const { band, last } = hold(buying, (run) =>
      run
        .book(2_000, BIDS, ASKS)
        .command(20_000, { type: 'stop', reason: 'stop_requested', detail: null })
        .time(20_100)
        .time(20_200)
        .time(20_260),
    );
    expect(band.lifecycle).toBe('ended');
    // Both bought at 10002 and sold at 10000, with two taker fees: the pessimistic one after the session.
    expect(last.pessimistic).toBe(last.realistic);
  });

  test('a shadow that fails has no result, is said, and changes nothing of the session', () => {
    let made = 0;
    const each = (): StrategyHandlers => {
      const mine = ++made;
      let looks = 0;
      return {
        // Whatever a handler throws is the strategy's error; this breaks the engine that looks for the handler.
        get onTrade() {
          if (mine === 3 && looks++ > 0) throw new InvariantViolation('broken shadow');
          return () => [];
        },
      };
    };
    const play: Play = (run) => end(run.trade(2_000, 'buy', 1000_2, 1).time(5_000));
    const { band, last, outputs } = hold(each, play);
    expect(last).toMatchObject({ pessimistic: null, optimistic: 0n, realistic: 0n });
    expect(band.primary.endReason).toBe('stop_requested');
    expect(outputs.filter((output) => output.type === 'log' && output.event === 'band_failed')).toHaveLength(
      1,
    );
  });

  test('is off without a book, and where the session says so', () => {
    const alone = (changes: Partial<SessionStart>): Output[] => {
      const start = banded(changes);
      const band = new EngineBand(start, () => strategyOf({}));
      band.process(script(start, (run) => end(run)));
      band.finish();
      return band.takeOutputs();
    };
    for (const changes of [{ band: 'off' }, { fill_model: 'parametric' }] as const)
      expect(alone(changes).filter(({ type }) => type === 'band')).toEqual([]);
  });
});

describe('what a band says', () => {
  /** Rests on both sides of whatever the book shows, and turns round when it holds much. */
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

  test('does not depend on how the events are cut into blocks', () => {
    const random = new SeededRandom(3);
    const start = banded({ risk: { ...sessionStart().risk, max_orders_per_second: 100 } });
    const whole = script(start, (run) => {
      for (let atMs = 2_000; atMs < 40_000; atMs += random.nextBelow(700)) {
        const price = 9_990 + random.nextBelow(20);
        const quantity = 1 + random.nextBelow(30);
        if (random.nextBelow(2) === 0) run.book(atMs, [[price, quantity]], [[price + 2, quantity]]);
        else run.trade(atMs, random.nextBelow(2) === 0 ? 'buy' : 'sell', price, quantity);
      }
      return run.command(41_000, { type: 'stop', reason: 'stop_requested', detail: null }).time(42_000);
    });
    const say = (blocks: readonly EventBlock[]): Output[] => {
      const band = new EngineBand(start, () => strategyOf(quoting()));
      const outputs: Output[] = [];
      for (const block of blocks) {
        band.process(block);
        outputs.push(...band.takeOutputs());
      }
      band.finish();
      return [...outputs, ...band.takeOutputs()];
    };
    const said = say([whole]);
    expect(said.filter(({ type }) => type === 'quality').length).toBeGreaterThan(0);
    expect(fillsOf(said)).toBeGreaterThan(5);
    for (const cuts of [[1], [2, 5], [7]]) expect(say(recut(whole, cuts))).toEqual(said);
  });
});

describe('a band over a generated session', () => {
  const start: SessionStart = { ...syntheticStart(5, 40_000), band: 'on' };

  test('leaves the session as it is without a band, to the byte', () => {
    const strategy = createBuiltInStrategy(start.strategy.name, start.strategy.params);
    if (strategy === null) throw new Error('no such strategy');
    const alone = new Engine(start, strategy);
    const said: Output[] = [];
    for (const block of syntheticEvents(start)) {
      alone.process(block);
      said.push(...alone.takeOutputs());
    }
    const { outputs, hash } = runBlocks(start, syntheticEvents(start));
    const own = outputs.filter(
      (output) =>
        output.type !== 'band' && !(output.type === 'quality' && output.record.detail.includes('optimistic')),
    );
    expect(hash).toBe(alone.stateHash());
    expect(own).toEqual(said);
    expect(fillsOf(own)).toBeGreaterThan(5);
  });

  test('says a point with every equity point, and the same at every run', () => {
    const { outputs, last, band } = runBlocks(start, syntheticEvents(start));
    const points = outputs.filter(({ type }) => type === 'band');
    expect(points).toHaveLength(outputs.filter(({ type }) => type === 'equity').length + 1);
    expect(last.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(last.realistic).toBe(band.primary.status().equity - band.primary.startingEquity);
    expect(runBlocks(start, syntheticEvents(start)).last).toEqual(last);
    // Market orders of 90 BTC: the slower exchange gives another result than the faster one.
    expect(last.optimistic).not.toBe(last.pessimistic);
  });
});
