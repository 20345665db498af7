import { afterEach, describe, expect, test } from 'vitest';
import {
  ask,
  object,
  rows,
  startTestVenue,
  wait,
  WireClient,
  type JsonObject,
  type TestVenue,
} from './wire-client.test-support.ts';

const DECIMAL = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;
const ISO_SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

let venue: TestVenue | null = null;
let client: WireClient | null = null;
afterEach(async () => {
  client?.close();
  await venue?.close();
  venue = null;
});

async function connect(
  ...parameters: Parameters<typeof startTestVenue>
): Promise<{ running: TestVenue; client: WireClient }> {
  venue = await startTestVenue(...parameters);
  client = await WireClient.connect(venue);
  return { running: venue, client };
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => time - (times[at] ?? 0));
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function data(frame: JsonObject | undefined): JsonObject {
  return object(frame?.['data'] ?? null);
}

test('every channel has the recorded keys, key order and decimal strings', async () => {
  const { client: wire } = await connect();
  wire.subscribe(
    [
      'market_kline_1min',
      'mark_kline_60min',
      'ticker',
      'price',
      'depth_book1',
      'depth_book5',
      'depth_book15',
      'depth_books',
      'trade',
      'tickers',
    ],
    'btcusdt',
  );
  for (const ch of [
    'depth_book1',
    'depth_book5',
    'depth_book15',
    'depth_books',
    'price',
    'ticker',
    'trade',
    'market_kline_1min',
    'mark_kline_60min',
  ]) {
    const frame = await wire.next((candidate) => candidate['ch'] === ch, 8_000);
    expect(Object.keys(frame)).toEqual(['ch', 'symbol', 'ts', 'data']);
    expect([frame['symbol'], Number.isInteger(frame['ts'])]).toEqual(['BTCUSDT', true]);
  }
  for (const [ch, levels] of [
    ['depth_book1', 1],
    ['depth_book5', 5],
    ['depth_book15', 15],
  ] as const) {
    const { b, a } = data(wire.of(ch)[0]) as Record<'b' | 'a', string[][]>;
    expect([b.length, a.length]).toEqual([levels, levels]);
    for (const [price, quantity] of [...b, ...a]) {
      expect(price).toMatch(DECIMAL);
      expect(quantity).toMatch(DECIMAL);
    }
    const prices = [...b.toReversed(), ...a].map(([price]) => Number(price));
    expect(prices).toEqual(prices.toSorted((one, other) => one - other));
  }
  expect((data(wire.of('depth_books')[0])['b'] as unknown[]).length).toBeGreaterThanOrEqual(200);
  const price = data(wire.of('price')[0]);
  expect(Object.keys(price)).toEqual(['ip', 'mp', 'fr', 'ft', 'nft']);
  expect([price['ft'], price['nft']]).toEqual(['2026-09-23T00:00:00Z', '2026-09-23T08:00:00Z']);
  const ticker = data(wire.of('ticker')[0]);
  expect(Object.keys(ticker)).toEqual(['s', 'o', 'la', 'h', 'l', 'b', 'q', 'r']);
  const change = ((Number(ticker['la']) - Number(ticker['o'])) / Number(ticker['o'])) * 100;
  expect(Number(ticker['r'])).toBeCloseTo(change, 9);
  const [trade] = rows(wire.of('trade')[0]?.['data'] ?? null);
  expect(Object.keys(trade ?? {})).toEqual(['t', 'p', 'v', 's']);
  expect(trade?.['t']).toMatch(ISO_SECOND);
  expect(['buy', 'sell']).toContain(trade?.['s']);
  const kline = data(wire.of('market_kline_1min')[0]);
  expect(Object.keys(kline)).toEqual(['o', 'c', 'h', 'l', 'b', 'q']);
  for (const text of Object.values(kline)) expect(text).toMatch(DECIMAL);
  const tickers = await wire.next((frame) => frame['ch'] === 'tickers');
  expect(Object.keys(tickers)).toEqual(['ch', 'ts', 'data']);
  expect(Object.keys(rows(tickers['data'] ?? null)[0] ?? {})).toEqual([
    's',
    'o',
    'la',
    'h',
    'l',
    'b',
    'q',
    'r',
    'bd',
    'ak',
    'bv',
    'av',
  ]);
});

test(
  'pushes keep the cadence of each channel; the books of a socket come together; stamps precede delivery',
  {
    // What else runs on the machine takes of it: the cadence must be kept once in so many attempts.
    retry: 4,
  },
  async () => {
    const { running, client: wire } = await connect({ deliveryDelayMs: 50 });
    wire.subscribe(['depth_book1', 'depth_book15', 'price', 'ticker', 'market_kline_1min']);
    wire.subscribe(['depth_book15'], 'ETHUSDT');
    wire.subscribe(['depth_book1']);
    const subscribedMs = performance.now();
    await wait(6_000);
    const venueAheadMs = running.clock.nowMs() - performance.now();
    const arrivals = (ch: string): number[] =>
      wire.frames.flatMap(({ atMs, frame }) => (frame['ch'] === ch ? [atMs] : []));
    const first = (ch: string): number => (arrivals(ch)[0] ?? Number.NaN) - subscribedMs;
    expect(first('depth_book1')).toBeGreaterThan(90);
    expect(first('depth_book1')).toBeLessThan(900);
    expect(first('market_kline_1min')).toBeLessThan(400);
    const depthGaps = gaps(arrivals('depth_book1'));
    expect(median(depthGaps)).toBeGreaterThan(250);
    expect(median(depthGaps)).toBeLessThan(370);
    expect(Math.min(...depthGaps)).toBeGreaterThan(20);
    expect(median(gaps(arrivals('price')))).toBeGreaterThan(470);
    expect(median(gaps(arrivals('price')))).toBeLessThan(540);
    expect(arrivals('ticker').length).toBeGreaterThanOrEqual(3);
    expect(arrivals('ticker').length).toBeLessThanOrEqual(5);
    expect(median(gaps(arrivals('market_kline_1min')))).toBeGreaterThan(470);
    // One timer serves all books of the socket: each push carries both depths of BTC and the one of ETH, stamped alike.
    const books = wire.frames.filter(({ frame }) =>
      ['depth_book1', 'depth_book15'].some((ch) => frame['ch'] === ch),
    );
    const stamps = books.map(({ frame }) => frame['ts']);
    for (const stamp of new Set(stamps)) expect(stamps.filter((other) => other === stamp)).toHaveLength(3);
    const agesMs = wire.frames.flatMap(({ atMs, frame }) =>
      frame['ts'] === undefined ? [] : [atMs + venueAheadMs - Number(frame['ts'])],
    );
    expect(Math.min(...agesMs)).toBeGreaterThan(45);
    expect(median(agesMs)).toBeLessThan(150);
  },
);

describe('the market on the wire', () => {
  test('the trades pushed are all trades of the market, in order, and none from before the subscription', async () => {
    const { running, client: wire } = await connect();
    const [contract] = running.market.instruments;
    running.market.advance(running.clock.nowMs());
    const before = contract?.tape.sequence ?? 0;
    wire.subscribe(['trade']);
    await wait(100);
    running.clock.jump(20_000);
    const trades = (): JsonObject[] => wire.of('trade').flatMap((frame) => rows(frame['data'] ?? null));
    await expect.poll(() => trades().length, { timeout: 10_000 }).toBeGreaterThan(50);
    const pushed = trades();
    const played = (contract?.tape.since(before) ?? []).map(({ ticks, lots, isBuy }) => [
      ticks / 10,
      lots / 1e4,
      isBuy ? 'buy' : 'sell',
    ]);
    const seen = pushed.map((trade) => [Number(trade['p']), Number(trade['v']), trade['s']]);
    // The market may have moved on since the last batch, and before the subscription arrived.
    const offset = played.findIndex((trade) => JSON.stringify(trade) === JSON.stringify(seen[0]));
    expect(seen).toEqual(played.slice(offset, offset + seen.length));
    expect(offset).toBeLessThan(20);
  });

  test('a kline frame is the fold of the trades of its minute and agrees with REST', async () => {
    const { running, client: wire } = await connect();
    const [contract] = running.market.instruments;
    running.clock.jump(60_000);
    wire.subscribe(['market_kline_1min']);
    const frame = await wire.next(({ ch }) => ch === 'market_kline_1min');
    const openMs = Math.floor(Number(frame['ts']) / 60_000) * 60_000;
    const trades = (contract?.tape.since(0) ?? []).filter(
      ({ timeMs }) => timeMs > openMs && timeMs <= Number(frame['ts']),
    );
    const kline = data(frame);
    const prices = trades.map(({ ticks }) => ticks / 10);
    expect([Number(kline['h']), Number(kline['l'])]).toEqual([Math.max(...prices), Math.min(...prices)]);
    expect([Number(kline['o']), Number(kline['c'])]).toEqual([prices[0], prices.at(-1)]);
    expect(Math.round(Number(kline['b']) * 1e4)).toBe(trades.reduce((sum, { lots }) => sum + lots, 0));
    running.clock.jump(60_000);
    const [closed] = rows(
      (await ask(running, `market/kline?symbol=BTCUSDT&interval=1m&limit=1&endTime=${openMs}`)).data,
    );
    expect([closed?.['time'], closed?.['open']]).toEqual([String(openMs), kline['o']]);
  });

  test('a minute without a trade opens flat with zero volume, or stays unseen where the knob says so', async () => {
    const quiet = { orderRate: [1e-9, 1e-9, 1e-9], excitation: 0 } as const;
    for (const opensEmptyBars of [true, false]) {
      const { running, client: wire } = await connect({ opensEmptyBars }, { flow: quiet });
      running.clock.jump(180_000);
      wire.subscribe(['market_kline_1min']);
      const kline = data(await wire.next(({ ch }) => ch === 'market_kline_1min'));
      expect([kline['h'], kline['l'], kline['c']]).toEqual([kline['o'], kline['o'], kline['o']]);
      expect(kline['b']).toBe('0');
      wire.close();
      await running.close();
    }
  });

  test('after rollover the first frame opens the new bar', async () => {
    const { running, client: wire } = await connect({ stampLagMaxMs: 0 });
    wire.subscribe(['market_kline_1min']);
    const old = data(await wire.next(({ ch }) => ch === 'market_kline_1min'));
    const intoMinuteMs = running.clock.nowMs() % 60_000;
    running.clock.jump(60_000 - intoMinuteMs + 1);
    const openMs = Math.floor(running.clock.nowMs() / 60_000) * 60_000;
    // Frames of the old bar may still be on their way.
    const frame = await wire.next(({ ch, ts }) => ch === 'market_kline_1min' && Number(ts) >= openMs);
    expect(Number(data(frame)['b'])).toBeLessThan(Number(old['b']) + 20);
    expect(Number(frame['ts']) - openMs).toBeLessThan(10_000);
  });

  test.each([
    [true, 15],
    [false, 6],
  ])(
    'a thin book is padded with empty strings where the knob says so (%s)',
    async (padsThinBook, levelsMost) => {
      const thin = {
        levelsMin: 3,
        levelsFull: 4,
        levelsMax: 6,
        orderRate: [0.01, 0.01, 0.01],
        bookRate: 0,
      } as const;
      const { client: wire } = await connect({ padsThinBook }, { flow: thin });
      wire.subscribe(['depth_book15']);
      const { b } = data(await wire.next(({ ch }) => ch === 'depth_book15')) as Record<'b', string[][]>;
      expect(b.length).toBeLessThanOrEqual(levelsMost);
      expect(b.some(([price]) => price === '')).toBe(padsThinBook);
      expect(b.length === 15).toBe(padsThinBook);
      expect(b[0]?.[0]).toMatch(DECIMAL);
    },
  );

  test('fr stays at the settled rate until the settlement, then takes the rate that was running', async () => {
    const settlementMs = Date.UTC(2026, 8, 23, 8);
    const { running, client: wire } = await connect({ priceMs: 60 }, { startMs: settlementMs - 4_000 });
    const history = async (): Promise<JsonObject[]> =>
      rows((await ask(running, 'market/get_funding_rate_history?symbol=BTCUSDT&limit=2')).data);
    const [settled] = await history();
    wire.subscribe(['price']);
    const first = data(await wire.next(({ ch }) => ch === 'price'));
    expect(Number(first['fr']) / 100).toBeCloseTo(Number(settled?.['fundingRate']), 12);
    running.clock.jump(settlementMs - running.clock.nowMs() - 900);
    await wait(200);
    const before = data(wire.of('price').at(-1));
    expect([before['fr'], before['ft']]).toEqual([first['fr'], '2026-09-23T00:00:00Z']);
    const running8 = object((await ask(running, 'market/funding_rate?symbol=BTCUSDT')).data);
    const after = data(await wire.next((frame) => data(frame)['ft'] === '2026-09-23T08:00:00Z', 4_000));
    expect([after['fr'], after['nft']]).toEqual([running8['fundingRate'], '2026-09-23T16:00:00Z']);
    const [newest, older] = await history();
    expect(newest?.['fundingTime']).toBe(String(settlementMs));
    expect(Number(newest?.['fundingRate'])).toBeCloseTo(Number(running8['fundingRate']) / 100, 12);
    expect(older).toEqual(settled);
  });
});
