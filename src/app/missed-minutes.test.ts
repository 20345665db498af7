import { describe, expect, test } from 'vitest';
import { BTCUSDT, START_MS, TestMarket, sessionStart } from '../../test/builders/session.ts';
import type { Outage } from '../core/domain/commands.ts';
import { type BarFields, EventBlock, type MarkBarFields } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import { lots, markPrice, ticks } from '../core/domain/units.ts';
import { conditionalOrder, limitOrder, marketOrder } from '../core/strategy/strategy.ts';
import { VenueError } from '../ports/venue-error.ts';
import { MissedMinutes, PLAYED_MAX_MS } from './missed-minutes.ts';

const BTC = createInstrument(BTCUSDT, 0);
const MINUTE_MS = 60_000;
const logger = { log: () => {} };

function barOf(minute: number, low: number, high: number, close: number): BarFields {
  const [open, volume] = [ticks(1_000_000), lots(1_000_000)];
  const openTimeMs = START_MS + minute * MINUTE_MS;
  return {
    openTimeMs,
    lengthMs: MINUTE_MS,
    open,
    high: ticks(high),
    low: ticks(low),
    close: ticks(close),
    volume,
  };
}

function markOf(bar: BarFields): MarkBarFields {
  const mark = (price: number): ReturnType<typeof markPrice> => markPrice(price * BTC.tickMark);
  return {
    ...{ openTimeMs: bar.openTimeMs, lengthMs: bar.lengthMs },
    ...{ open: mark(bar.open), high: mark(bar.high), low: mark(bar.low), close: mark(bar.close) },
  };
}

/** A venue that has these minutes. */
function venueOf(bars: readonly BarFields[]) {
  return {
    bars: (_: unknown, __: unknown, fromMs: number, endMs: number) =>
      Promise.resolve(bars.filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs < endMs)),
    markBars: () => Promise.resolve(bars.map(markOf)),
  };
}

const QUIET = [1, 2, 3, 4].map((minute) => barOf(minute, 999_900, 1_000_100, 1_000_000));

describe('minutes that were missed', () => {
  test('are the whole ones inside the absence', async () => {
    const minutes = await MissedMinutes.fetch(
      venueOf(QUIET),
      [BTC],
      START_MS + 70_000,
      START_MS + 290_000,
      logger,
    );
    // 00:01 had begun, 00:04 had not ended.
    expect([minutes.count, minutes.known]).toEqual([2, 2]);
    const none = await MissedMinutes.fetch(
      venueOf(QUIET),
      [BTC],
      START_MS + 61_000,
      START_MS + 119_000,
      logger,
    );
    expect(none.count).toBe(0);
  });

  test('that the venue does not have are missing, also when it does not answer', async () => {
    const [first, , third] = QUIET;
    if (first === undefined || third === undefined) throw new Error('no bars');
    const torn = await MissedMinutes.fetch(
      venueOf([first, third]),
      [BTC],
      START_MS,
      START_MS + 300_000,
      logger,
    );
    expect([torn.count, torn.known]).toEqual([5, 2]);
    const busy = (): Promise<never> => Promise.reject(new VenueError('transient', 503, 'busy'));
    const silent = await MissedMinutes.fetch(
      { bars: busy, markBars: busy },
      [BTC],
      START_MS,
      START_MS + 300_000,
      logger,
    );
    expect([silent.count, silent.known]).toEqual([5, 0]);
  });

  test('end the session where the venue refuses us for good', async () => {
    const banned = (): Promise<never> => Promise.reject(new VenueError('fatal', 403, 'banned'));
    const asked = MissedMinutes.fetch(
      { bars: banned, markBars: banned },
      [BTC],
      START_MS,
      START_MS + 300_000,
      logger,
    );
    await expect(asked).rejects.toThrow('banned');
  });

  test('of a very long absence are not asked for', async () => {
    const endMs = START_MS + PLAYED_MAX_MS + MINUTE_MS;
    expect((await MissedMinutes.fetch(venueOf(QUIET), [BTC], START_MS, endMs, logger)).count).toBe(0);
  });
});

describe('an absence that is played through', () => {
  const outage: Outage = {
    type: 'outage',
    fromMs: START_MS + 30_000,
    toMs: START_MS + 310_000,
    detail: 'the program did not run',
    backfilled: true,
    settlements: [],
  };

  async function live(bars: readonly BarFields[]): Promise<TestMarket> {
    const market = new TestMarket(sessionStart({ stale_timeout_ms: 600_000 }), {
      onStart: () => [
        limitOrder(0, 'buy', lots(100), ticks(999_000), { clientOrderId: 'dip' }),
        marketOrder(0, 'buy', lots(50), { clientOrderId: 'held' }),
        conditionalOrder(
          0,
          'sell',
          'stop_market',
          lots(50),
          { on: 'mark', price: ticks(990_000), trailBps: null },
          null,
          { reduceOnly: true, clientOrderId: 'stop' },
        ),
      ],
    })
      .mark(50, 1_000_000)
      .trade(60, 'buy', 1_000_010, 1)
      .book(100, [[1_000_000, 10_000]], [[1_000_010, 10_000]])
      .time(5_000)
      .command(30_000, outage);
    const minutes = await MissedMinutes.fetch(venueOf(bars), [BTC], outage.fromMs, outage.toMs, logger);
    const block = new EventBlock(64);
    block.reset(market.fed.events);
    minutes.write({
      open: () => block,
      nowMs: () => outage.toMs,
      ready: () => {},
      waitingRows: 0,
      whenDrained: () => {},
    });
    market.engine.process(block);
    market.outputs.push(...market.engine.takeOutputs());
    return market;
  }

  test('leaves orders alone that the market did not reach', async () => {
    const market = await live(QUIET);
    expect(market.of('fill')).toHaveLength(1);
    expect(market.engine.status().openOrders).toBe(2);
  });

  test('fills what the market traded through, stops before all, and marks it as reconstructed', async () => {
    const crash = barOf(2, 980_000, 1_000_100, 985_000);
    const market = await live(QUIET.map((bar, at) => (at === 1 ? crash : bar)));
    const filled = market
      .of('fill')
      .map(({ timeMs, fill }) => [timeMs - START_MS, fill.side, fill.reconstructed]);
    expect(filled).toEqual([
      [200, 'buy', false],
      [180_000, 'sell', true],
      [180_000, 'buy', true],
    ]);
    expect(market.engine.lifecycle).toBe('warming');
  });
});
