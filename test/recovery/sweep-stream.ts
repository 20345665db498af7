/** The made-up stream of the crash tests: the same events whenever it is asked for, and a strategy that trades on them. */

import { z } from 'zod';
import { SeededRandom } from '../../src/core/base/random.ts';
import { EventBlock, EventKind } from '../../src/core/domain/event-block.ts';
import { lots, markPrice, rate, ticks } from '../../src/core/domain/units.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import {
  type StrategyInstance,
  defineStrategy,
  instantiateStrategy,
  limitOrder,
  marketOrder,
} from '../../src/core/strategy/strategy.ts';
import { START_MS, sessionStart } from '../builders/session.ts';

export const SWEEP_START: SessionStart = sessionStart({
  session_id: 'sweep',
  duration_ms: null,
  strategy: { name: 'test', params: {} },
});

const STEP_MS = 200;
const LEVELS = 5;

/** Trades both sides: what it does next depends on what it remembers, on its timers, and on its fills. */
const sweeper = defineStrategy({
  name: 'test',
  params: z.strictObject({}),
  historyBars: () => 0,
  state: () => ({ beats: 0, filled: 0 }),
  create: (_, memory) => ({
    onStart: (view) => view.setTimer('beat', view.timeMs + 500),
    onFill: (fill) => {
      memory.filled += fill.quantity;
    },
    onTimer: (_name, view) => {
      memory.beats++;
      view.setTimer('beat', view.timeMs + 700);
      const { beats, filled } = memory;
      const bid = view.bestBid(0);
      const ask = view.bestAsk(0);
      if (bid === null || ask === null) return [];
      if (beats % 5 === 0) return [{ action: 'flatten' }];
      if (beats % 3 === 0)
        return [marketOrder(0, filled % 2 === 0 ? 'buy' : 'sell', lots(10 + (filled % 7)))];
      return [limitOrder(0, 'buy', lots(20), ticks(bid - (beats % 3)), { timeInForce: 'gtc' })];
    },
  }),
});

export function sweepStrategy(): StrategyInstance {
  return instantiateStrategy(sweeper, {});
}

/** Blocks of a few events each, from event `fromSequence` on, which must begin a block. `steps`: length of the session. */
export function* sweepBlocks(fromSequence: number, steps = 150): Generator<EventBlock> {
  const random = new SeededRandom(5);
  let sequence = 0;
  let price = 1_000_000;
  const block = new EventBlock(256);
  for (let step = 0; step < steps + 5; step++) {
    const timeMs = START_MS + step * STEP_MS;
    block.reset(sequence);
    if (step === 0) block.appendSessionStarted(timeMs, SWEEP_START);
    price += Math.floor(random.nextFloat() * 21) - 10;
    const mark = {
      mark: markPrice(price * 10_000_000),
      index: null,
      settledRate: null,
      lastSettlementMs: null,
      nextSettlementMs: START_MS + 60 * STEP_MS,
    };
    if (step % 4 === 0) block.appendMark(0, timeMs, timeMs, mark);
    block.appendBook(EventKind.bookSnapshot, 0, timeMs, timeMs, 2 * LEVELS);
    for (let level = 0; level < 2 * LEVELS; level++) {
      const isBid = level < LEVELS;
      const away = 1 + (level % LEVELS);
      const quantity = lots(50 + Math.floor(random.nextFloat() * 100));
      const isLast = level === 2 * LEVELS - 1;
      block.appendLevel(
        0,
        timeMs,
        timeMs,
        isBid,
        ticks(isBid ? price - away : price + away),
        quantity,
        isLast,
      );
    }
    const side = random.nextFloat() < 0.5 ? 'buy' : 'sell';
    const reach = Math.floor(random.nextFloat() * 6);
    const traded = ticks(side === 'buy' ? price + reach : price - reach);
    block.appendTrade(0, timeMs, timeMs, side, traded, lots(1 + Math.floor(random.nextFloat() * 200)));
    if (step === 70) block.appendFunding(0, timeMs, START_MS + 60 * STEP_MS, rate(100_000_000), mark.mark);
    if (step === steps) block.appendCommand(timeMs, { type: 'stop', reason: 'stop_requested', detail: null });
    sequence += block.events;
    if (block.firstSequence >= fromSequence) yield block;
  }
}
