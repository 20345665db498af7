import { expect, test } from 'vitest';
import { BTCUSDT, START_MS, TestMarket, sessionStart } from '../../test/builders/session.ts';
import { type BarFields, EventBlock, type MarkBarFields } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import { lots, markPrice, ticks } from '../core/domain/units.ts';
import { conditionalOrder, limitOrder, marketOrder } from '../core/strategy/strategy.ts';
import { VenueError } from '../ports/venue-error.ts';
import { playNetworkOutage } from './network-outage.ts';

const BTC = createInstrument(BTCUSDT, 0);
const MINUTE_MS = 60_000;
const GONE_MS = 30_000;
const BACK_MS = 5 * MINUTE_MS + 10_000;
const SETTLEMENT_MS = 4 * MINUTE_MS;

/** Minutes 1 to 4; the market crashes in the second. */
const BARS = [1, 2, 3, 4].map((minute): BarFields => {
  const hasCrashed = minute >= 2;
  return {
    openTimeMs: START_MS + minute * MINUTE_MS,
    lengthMs: MINUTE_MS,
    open: ticks(minute === 2 ? 1_000_000 : hasCrashed ? 985_000 : 1_000_000),
    high: ticks(minute <= 2 ? 1_000_100 : 985_100),
    low: ticks(hasCrashed ? 980_000 : 999_900),
    close: ticks(hasCrashed ? 985_000 : 1_000_000),
    volume: lots(1_000_000),
  };
});

function markOf(bar: BarFields): MarkBarFields {
  const mark = (price: number): ReturnType<typeof markPrice> => markPrice(price * BTC.tickMark);
  return {
    ...{ openTimeMs: bar.openTimeMs, lengthMs: bar.lengthMs },
    ...{ open: mark(bar.open), high: mark(bar.high), low: mark(bar.low), close: mark(bar.close) },
  };
}

function venueOf(bars: readonly BarFields[]) {
  return { bars: () => Promise.resolve([...bars]), markBars: () => Promise.resolve(bars.map(markOf)) };
}

/** A long with a stop under it and a bid further down, whose network is gone over a crash and a settlement. */
async function outage(rest: Parameters<typeof playNetworkOutage>[0]['rest']): Promise<TestMarket> {
  const market = new TestMarket(sessionStart({ stale_timeout_ms: 60_000 }), {
    onStart: () => [
      marketOrder(0, 'buy', lots(1_000), { clientOrderId: 'held' }),
      limitOrder(0, 'buy', lots(100), ticks(981_000), { clientOrderId: 'dip' }),
      conditionalOrder(
        0,
        'sell',
        'stop_market',
        lots(1_000),
        { on: 'last', price: ticks(990_000), trailBps: null },
        null,
        { reduceOnly: true, clientOrderId: 'stop' },
      ),
    ],
  })
    .mark(50, 1_000_000, SETTLEMENT_MS)
    .trade(60, 'buy', 1_000_010, 1)
    .book(100, [[1_000_000, 10_000]], [[1_000_010, 10_000]])
    .time(GONE_MS);
  // The program ran on, and time with it.
  for (let atMs = GONE_MS + 1_000; atMs <= BACK_MS; atMs += 1_000) market.time(atMs);
  expect(market.engine.lifecycle).toBe('halted');
  const block = new EventBlock(64);
  block.reset(market.fed.events);
  const inlet = {
    open: () => block,
    nowMs: () => START_MS + BACK_MS,
    ready: () => {},
    waitingRows: 0,
    whenDrained: () => {},
  };
  const facts = { rest, instruments: [BTC], inlet, logger: { log: () => {} } };
  await playNetworkOutage(facts, START_MS + GONE_MS, START_MS + BACK_MS, new AbortController().signal);
  market.engine.process(block);
  market.outputs.push(...market.engine.takeOutputs());
  market.fed.events += block.events;
  return market;
}

const clientOrders = (market: TestMarket): string[] =>
  market
    .of('fill')
    .filter(({ fill }) => fill.reconstructed)
    .map(({ fill }) => {
      const said = market.of('order').find(({ order }) => order.id === fill.orderId);
      return said?.order.clientOrderId ?? '';
    });

test('time without a network decides stops and resting orders by its bars, before the market is known again', async () => {
  const market = await outage(venueOf(BARS));
  expect(clientOrders(market)).toEqual(['stop', 'dip']);
  const quality = market.of('quality').map(({ record }) => record);
  expect(quality.find(({ feed }) => feed === 'network')).toMatchObject({
    kind: 'reconnect',
    backfilled: true,
    fromMs: START_MS + GONE_MS,
    toMs: START_MS + BACK_MS,
  });
  market.book(BACK_MS + 100, [[985_000, 10_000]], [[985_010, 10_000]]).time(BACK_MS + 2_000);
  expect(market.engine.lifecycle).toBe('running');
  expect(market.of('fill').filter(({ fill }) => !fill.reconstructed)).toHaveLength(1);
});

test('a settlement of that time is paid on what was held at its instant, after what its bars decided', async () => {
  const market = await outage(venueOf(BARS));
  market.funding(BACK_MS + 50, SETTLEMENT_MS, 100_000_000, 985_000);
  const paid = market.of('ledger').filter(({ entry }) => entry.kind === 'funding');
  expect(paid).toHaveLength(1);
  // On what was bought in the crash, not on the tenfold that had been stopped out of by then.
  const whole = await outage(venueOf([]));
  whole.funding(BACK_MS + 50, SETTLEMENT_MS, 100_000_000, 985_000);
  const unknown = whole.of('ledger').find(({ entry }) => entry.kind === 'funding');
  expect(Number(unknown?.entry.amount)).toBe(10 * Number(paid[0]?.entry.amount));
});

test('what the venue cannot tell fills nothing and stays a gap', async () => {
  const busy = (): Promise<never> => Promise.reject(new VenueError('transient', 503, 'busy'));
  const market = await outage({ bars: busy, markBars: busy });
  expect(clientOrders(market)).toEqual([]);
  const records = market.of('quality').map(({ record }) => record);
  expect(records.find(({ feed }) => feed === 'network')).toMatchObject({ kind: 'gap', backfilled: false });
});
