import { expect, test } from 'vitest';
import { BTCUSDT, START_MS, TestMarket, sessionStart } from '../../test/builders/session.ts';
import { type BarFields, EventBlock, EventKind, FLAG_RECONSTRUCTED } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import { lots, markPrice, ticks } from '../core/domain/units.ts';
import { limitOrder } from '../core/strategy/strategy.ts';
import { catchUp } from './catch-up.ts';

const BTC = createInstrument(BTCUSDT, 0);
const MINUTE_MS = 60_000;

/** Minute bars from 00:00 on that fall through 99,900.0 and come back. */
function minuteBars(fromMs: number, endMs: number): BarFields[] {
  const bars: BarFields[] = [];
  for (let openTimeMs = fromMs; openTimeMs < endMs; openTimeMs += MINUTE_MS) {
    const prices = {
      open: ticks(1_000_000),
      high: ticks(1_000_100),
      low: ticks(998_000),
      close: ticks(1_000_000),
    };
    bars.push({ openTimeMs, lengthMs: MINUTE_MS, ...prices, volume: lots(1_000_000) });
  }
  return bars;
}

test('an absence is told first, then its minutes at their own times, before the market is live again', async () => {
  const market = new TestMarket(sessionStart({ stale_timeout_ms: 600_000 }), {
    onStart: () => [limitOrder(0, 'buy', lots(100), ticks(999_000))],
  })
    .mark(50, 1_000_000)
    .trade(60, 'buy', 1_000_010, 1)
    .book(100, [[1_000_000, 10_000]], [[1_000_010, 10_000]])
    .time(5_000);
  const nextSequence = market.fed.events;
  const backMs = START_MS + 200_000;
  const write = await catchUp({
    settings: { interval: '1m', durationMs: 600_000, effective: {} },
    recovered: { tail: { timeMs: START_MS + 5_000, nextSequence }, engine: market.engine },
    instruments: [BTC],
    client: {
      history: () => Promise.resolve(minuteBars(START_MS - 5 * MINUTE_MS, START_MS + 3 * MINUTE_MS)),
      rest: {
        bars: (_, __, fromMs, endMs) => Promise.resolve(minuteBars(fromMs, endMs)),
        markBars: (_, __, fromMs, endMs) =>
          Promise.resolve(
            minuteBars(fromMs, endMs).map(({ openTimeMs, lengthMs }) => {
              const mark = markPrice(1_000_000 * BTC.tickMark);
              return { openTimeMs, lengthMs, open: mark, high: mark, low: mark, close: mark };
            }),
          ),
        fundingHistory: () => Promise.resolve([]),
      },
      clock: { nowMs: () => backMs },
    },
    logger: { log: () => {} },
    historyBars: 5,
  });
  const block = new EventBlock(256);
  block.reset(nextSequence);
  write({ open: () => block, nowMs: () => backMs, ready: () => {}, waitingRows: 0, whenDrained: () => {} });

  const told = Array.from({ length: block.length }, (_, row) => [
    block.kind[row],
    (block.receivedTimeMs[row] ?? 0) - START_MS,
    ((block.flags[row] ?? 0) & FLAG_RECONSTRUCTED) !== 0,
  ]);
  expect(told.slice(0, 6)).toEqual([
    [EventKind.command, 5_000, false],
    [EventKind.markBar, 120_000, true],
    [EventKind.bar, 120_000, true],
    [EventKind.markBar, 180_000, true],
    [EventKind.bar, 180_000, true],
    [EventKind.timeAdvanced, 200_000, false],
  ]);

  market.engine.process(block);
  market.outputs.push(...market.engine.takeOutputs());
  expect(market.of('fill').map(({ fill }) => [fill.side, fill.quantity, fill.reconstructed])).toEqual([
    ['buy', 100, true],
  ]);
  expect(market.of('quality').map(({ record }) => [record.feed, record.backfilled, record.detail])).toEqual([
    ['process', true, 'the program did not run; 2 of 2 whole minutes were played through by their bars'],
  ]);
});
