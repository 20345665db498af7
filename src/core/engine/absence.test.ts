import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { Outage } from '../domain/commands.ts';
import { lots, ticks } from '../domain/units.ts';
import { type StrategyHandlers, limitOrder, marketOrder } from '../strategy/strategy.ts';

const BIDS = [[1_000_000, 10_000]] as const;
const ASKS = [[1_000_010, 10_000]] as const;

function outage(fromMs: number, toMs: number, settlementsAtMs: readonly number[] = []): Outage {
  return {
    type: 'outage',
    fromMs: START_MS + fromMs,
    toMs: START_MS + toMs,
    detail: 'the program did not run',
    backfilled: false,
    settlements: settlementsAtMs.map((atMs) => ({ instrument: 0, atMs: START_MS + atMs })),
  };
}

/** Runs from 0.1 s on, with a book, a price and a mark. */
function running(handlers: StrategyHandlers, changes: Parameters<typeof sessionStart>[0] = {}): TestMarket {
  return new TestMarket(sessionStart(changes), handlers)
    .mark(50, 1_000_000)
    .trade(60, 'buy', 1_000_010, 1)
    .book(100, BIDS, ASKS);
}

describe('an absence', () => {
  test('halts the session until the market is known again, and is recorded as a gap', () => {
    const market = running({});
    expect(market.engine.lifecycle).toBe('running');
    market.command(1_000, outage(1_000, 61_000)).time(61_000);
    expect(market.engine.lifecycle).toBe('warming');
    market.book(61_500, BIDS, ASKS);
    expect(market.engine.lifecycle).toBe('running');
    expect(market.of('quality').map(({ record }) => record)).toEqual([
      expect.objectContaining({
        feed: 'process',
        kind: 'gap',
        fromMs: START_MS + 1_000,
        toMs: START_MS + 61_000,
      }),
    ]);
    expect(market.of('log').filter(({ event }) => event === 'warmup_complete')).toHaveLength(1);
  });

  test('lets an order that was on its way arrive at its time, and the strategy learn of it afterwards', () => {
    const heard: number[] = [];
    const market = running({
      onStart: () => [marketOrder(0, 'buy', lots(100))],
      onFill: (_, view) => void heard.push(view.timeMs - START_MS),
    });
    market.command(120, outage(120, 60_000)).time(60_000);
    // Sent at 100 ms, it met the book 100 ms later.
    expect(market.of('fill').map(({ timeMs }) => timeMs - START_MS)).toEqual([200]);
    expect(heard).toEqual([]);
    market.book(60_400, BIDS, ASKS);
    expect(heard).toEqual([60_400]);
  });

  test('fills nothing while nobody looked, and keeps what rests in its place', () => {
    const market = running({ onStart: () => [limitOrder(0, 'buy', lots(100), ticks(1_000_000))] });
    market.time(1_000).command(1_000, outage(1_000, 60_000)).time(60_000);
    market.trade(60_050, 'sell', 999_000, 50_000).book(60_100, BIDS, ASKS);
    expect(market.of('fill')).toEqual([]);
    expect(market.engine.status().openOrders).toBe(1);
    market.trade(60_200, 'sell', 999_990, 50_000);
    expect(market.of('fill')).toHaveLength(1);
  });

  test('holds timers back until the market is known again', () => {
    const fired: string[] = [];
    const market = running({
      onStart: (view) => {
        view.setTimer('second', view.timeMs + 9_000);
        view.setTimer('first', view.timeMs + 8_000);
        view.setTimer('later', view.timeMs + 90_000);
      },
      onTimer: (name, view) => void fired.push(`${name} ${view.timeMs - START_MS}`),
    });
    market.command(1_000, outage(1_000, 60_000)).time(60_000).book(60_500, BIDS, ASKS);
    expect(fired).toEqual(['first 60500', 'second 60500']);
    market.time(91_000);
    expect(fired.at(-1)).toBe('later 90100');
  });

  test('lets an end that fell into it come once the program is back, and closes then', () => {
    const market = running({ onStart: () => [marketOrder(0, 'buy', lots(100))] }, { duration_ms: 30_000 });
    market.time(1_000).command(1_000, outage(1_000, 60_000)).time(60_000);
    expect(market.engine.lifecycle).toBe('stopping');
    for (let atMs = 60_500; atMs < 64_000; atMs += 500) market.book(atMs, BIDS, ASKS);
    expect(market.engine.endReason).toBe('duration_reached');
    expect(market.engine.status().position).toBe(0);
  });

  test('pays every settlement that fell into it, on what was held', () => {
    const market = running({ onStart: () => [marketOrder(0, 'buy', lots(1_000))] }, { duration_ms: null });
    const hours = 3_600_000;
    market.mark(900, 1_000_000, 8 * hours).time(1_000);
    market.command(1_000, outage(1_000, 20 * hours, [8 * hours, 16 * hours])).time(20 * hours);
    market.funding(20 * hours + 10, 8 * hours, 100_000_000, 1_000_000);
    market.funding(20 * hours + 20, 16 * hours, 100_000_000, 1_000_000);
    const paid = market.of('ledger').filter(({ entry }) => entry.kind === 'funding');
    expect(paid.map(({ entry }) => (entry.settlementTimeMs ?? 0) - START_MS)).toEqual([
      8 * hours,
      16 * hours,
    ]);
    expect(new Set(paid.map(({ entry }) => entry.amount)).size).toBe(1);
  });

  test('ends a session whose market does not come back', () => {
    const market = running({}, { stale_timeout_ms: 1_000 });
    market.command(1_000, outage(1_000, 60_000)).time(60_000);
    for (let atMs = 61_000; atMs <= 85_000; atMs += 1_000) market.time(atMs);
    expect(market.engine.endReason).toBe('market_data_lost');
  });
});

describe('a new duration', () => {
  test('counts from the start and replaces the former end', () => {
    const market = running({}, { duration_ms: 5_000 });
    market.command(1_000, { type: 'set_duration', durationMs: 10_000 });
    for (let atMs = 1_500; atMs < 9_900; atMs += 500) market.book(atMs, BIDS, ASKS);
    expect(market.engine.lifecycle).toBe('running');
    expect(market.engine.status().remainingMs).toBe(10_000 - 9_500);
    market.time(10_000);
    expect(market.engine.endReason).toBe('duration_reached');
  });

  test('that has passed already ends the session at once', () => {
    const market = running({}, { duration_ms: null });
    market.time(5_000).command(5_000, { type: 'set_duration', durationMs: 3_000 }).time(5_001);
    expect(market.engine.endReason).toBe('duration_reached');
  });
});
