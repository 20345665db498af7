import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeedState } from '../../core/domain/commands.ts';
import { createInstrument } from '../../core/domain/instrument.ts';
import type { VenueError } from '../../ports/venue-error.ts';
import { systemClock } from '../../ports/wall-clock.ts';
import { startSimulatedVenue } from '../simulated/simulated-venue.ts';
import { createSyntheticMarket } from '../simulated/synthetic-market.ts';
import { type BitunixVenue, openBitunixVenue } from './bitunix-source.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';
import { StubVenue, failure, success } from './stub-venue.ts';
import { BTC, DATA_FRAMES, EMPTY_BOOK } from './wire-samples.ts';

const MINUTE_MS = 60_000;
const FAST = { backoffBaseMs: 20, backoffMaxMs: 50, greetingWaitMs: 300 };

let stub: StubVenue;
let live: BitunixVenue | null;
let logger: RecordingLogger;
let inlet: RecordingInlet;
let fatal: VenueError[];
let lost: string[];

beforeEach(async () => {
  stub = new StubVenue();
  await stub.open();
  stub.onSubscribe = (channel, _, socket) => {
    const frame = Object.values(DATA_FRAMES).find((text) => text.startsWith(`{"ch":"${channel}","symbol"`));
    if (frame !== undefined && channel !== 'market_kline_1min') socket.send(frame);
  };
  stub.answer = ({ pathname }) =>
    pathname.endsWith('depth') ? success({ asks: [], bids: [] }) : success([]);
  live = null;
  logger = new RecordingLogger();
  fatal = [];
  lost = [];
});

afterEach(async () => {
  await live?.stop();
  await stub.close();
});

function openVenue(restUrl = stub.restUrl, wsUrl = stub.wsUrl): BitunixVenue {
  live = openBitunixVenue({ restUrl, wsUrl, logger, clock: systemClock, random: () => 0.5, times: FAST });
  return live;
}

function start(venue: BitunixVenue, interval: '1m' | '5s' | null = '1m'): void {
  inlet = new RecordingInlet(() => venue.clock.nowMs());
  venue.start([BTC], interval, inlet, {
    onFatal: (error) => fatal.push(error),
    onLost: (feed) => lost.push(feed),
  });
}

function feedStates(): string[] {
  return inlet.of('feed').map(({ detail }) => (detail as FeedState).state);
}

async function until(condition: () => boolean, withinMs = 25_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function kline(timeMs: number, open: string, volume = '1', quote = '68581.4'): string {
  return `{"ch":"market_kline_1min","symbol":"BTCUSDT","ts":${timeMs},"data":{"o":"${open}","c":"${open}","h":"${open}","l":"${open}","b":"${volume}","q":"${quote}"}}`;
}

describe('the live venue', () => {
  test('opens both sockets, says so, and turns every stream into events', async () => {
    start(openVenue());
    await until(() =>
      ['bookSnapshot', 'trade', 'mark', 'lastPrice', 'clock'].every((kind) => inlet.of(kind).length > 0),
    );
    expect(logger.said('Connected to Kline WS')).toHaveLength(1);
    expect(logger.said('Connected to Ticker WS')).toHaveLength(1);
    expect(stub.frames.filter((frame) => frame.includes('subscribe')).toSorted()).toEqual([
      '{"op":"subscribe","args":[{"symbol":"BTCUSDT","ch":"depth_book15"},{"symbol":"BTCUSDT","ch":"price"},{"symbol":"BTCUSDT","ch":"trade"},{"symbol":"BTCUSDT","ch":"ticker"}]}',
      '{"op":"subscribe","args":[{"symbol":"BTCUSDT","ch":"market_kline_1min"}]}',
    ]);
    expect(feedStates().toSorted()).toEqual(['connected', 'connected', 'connecting', 'connecting']);
    expect(live?.feeds().ticker).toMatchObject({ state: 'connected', reconnects: 0, gaps: 0 });
    expect(live?.feeds().ticker.ageMs).toBeLessThan(5_000);
    expect(live?.feeds().kline).toMatchObject({ state: 'connected', ageMs: null });
  });

  test('opens the kline socket for its health also where the venue has no such bars', async () => {
    start(openVenue(), '5s');
    await until(() => stub.frames.some((frame) => frame.includes('kline')));
    stub.send(kline(systemClock.nowMs(), '68581.4'));
    await until(() => live?.feeds().kline.ageMs !== null);
    expect(inlet.of('bar')).toEqual([]);
  });

  test('hands a closed bar on as REST confirms it', async () => {
    const openMs = Math.floor(systemClock.nowMs() / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    const row = {
      open: '1',
      high: '3',
      low: '1',
      close: '2',
      quoteVol: '20',
      baseVol: '10',
      time: String(openMs),
    };
    stub.answer = ({ pathname }) => (pathname.endsWith('kline') ? success([row]) : success([]));
    start(openVenue());
    await until(() => stub.frames.some((frame) => frame.includes('kline')));
    stub.send(kline(openMs + 59_000, '2', '10', '20'));
    stub.send(kline(openMs + MINUTE_MS, '2', '0', '0'));
    await until(() => inlet.of('bar').length === 1);
    expect(inlet.of('bar')[0]?.wide).toEqual([openMs, MINUTE_MS, 10, 30, 10, 20, 100_000]);
  });

  test('comes back after a network loss, says so again, and does not count repeated trades twice', async () => {
    start(openVenue());
    await until(() => inlet.of('trade').length === 2);
    stub.drop();
    await until(
      () =>
        logger.said('Connected to Ticker WS').length === 2 &&
        logger.said('Connected to Kline WS').length === 2,
    );
    await until(() => inlet.of('bookSnapshot').length >= 2);
    await pause(100);
    expect(inlet.of('trade')).toHaveLength(2);
    expect(live?.feeds().ticker).toMatchObject({ state: 'connected', reconnects: 1, gaps: 1 });
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'reconnect' },
      { kind: 'reconnect' },
    ]);
  });

  test('quarantines what it cannot read, reports it once, and stays', async () => {
    start(openVenue());
    await until(() => inlet.of('trade').length === 2);
    for (let frame = 0; frame < 500; frame++) {
      stub.clients[0]?.socket.send('{"ch":"trade","symbol":"BTCUSDT","ts":1,"data":[{"p":"x"}]}');
      stub.clients[1]?.socket.send('\u0000garbage');
    }
    await until(() => inlet.of('quality').length === 2);
    await pause(100);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'malformed' },
      { kind: 'malformed' },
    ]);
    expect(logger.said('Frame refused')).toHaveLength(2);
    expect(live?.feeds().ticker.state).toBe('connected');
  });

  test('believes no stamp far ahead of the venue clock: one broken frame closes no bar', async () => {
    const venue = openVenue();
    await venue.clock.ready;
    start(venue);
    await until(() => stub.frames.some((frame) => frame.includes('kline')));
    const openMs = Math.floor(venue.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
    stub.send(kline(openMs, '2', '10', '20'));
    stub.send(kline(openMs + 40_000_000_000, '2', '10', '20'));
    await until(() => logger.said('Frame refused').length === 1);
    await pause(200);
    expect(stub.asked('kline')).toEqual([]);
    expect(inlet.of('bar')).toEqual([]);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'malformed', detail: "1 frames refused, last: a stamp ahead of the venue's clock" },
    ]);
  });

  test.each([
    ['a window of empty levels', EMPTY_BOOK, 'BTCUSDT'],
    ['an invalid key', '{"event":"error","code":10003,"msg":"api-key can\'t be empty"}', '10003'],
    ['a ban', '{"op":"error","msg":"Your IP has been banned"}', 'banned'],
    ['maintenance', '{"code":503,"msg":"System maintenance"}', 'maintenance'],
    ['an untradable symbol', '{"code":20015,"msg":"not allowed"}', '20015'],
  ])('ends for good, once and without another connection, on %s', async (_, frame, words) => {
    stub.onSubscribe = (channel, __, socket) => {
      if (channel === 'depth_book15') socket.send(frame);
    };
    start(openVenue());
    await until(() => fatal.length > 0);
    const { upgrades } = stub;
    const requests = stub.requests.length;
    await pause(500);
    expect(fatal.map(({ errorClass }) => errorClass)).toEqual(['fatal']);
    expect(fatal[0]?.message).toContain(words);
    expect([stub.upgrades, stub.requests.length]).toEqual([upgrades, requests]);
    expect(stub.clients.every(({ socket }) => socket.readyState >= 2)).toBe(true);
    expect(feedStates().slice(-2)).toEqual(['disconnected', 'disconnected']);
  });

  test('an empty window of a market it has seen is an empty book, not an unknown symbol', async () => {
    start(openVenue());
    await until(() => inlet.of('bookSnapshot').length === 1);
    stub.send(EMPTY_BOOK);
    await until(() => inlet.of('bookSnapshot').length === 2);
    expect(inlet.of('bookSnapshot')[1]?.price).toBe(0);
    expect(fatal).toEqual([]);
  });

  test('ends for good when the upgrade is refused with 403', async () => {
    stub.upgradeStatus = 403;
    start(openVenue());
    await until(() => fatal.length === 1);
    const { upgrades } = stub;
    await pause(500);
    expect([stub.upgrades, fatal.length]).toEqual([upgrades, 1]);
    expect(upgrades).toBeLessThanOrEqual(2);
  });

  test('survives an upgrade refused with 503', async () => {
    stub.upgradeStatus = 503;
    start(openVenue());
    await until(() => stub.upgrades >= 6);
    stub.upgradeStatus = null;
    await until(() => inlet.of('trade').length === 2);
    expect(fatal).toEqual([]);
  });

  test('answers a rate limit by waiting', async () => {
    start(openVenue());
    await until(() => inlet.of('trade').length === 2);
    const { upgrades } = stub;
    stub.clients
      .find(({ channels }) => channels.has('trade'))
      ?.socket.send('{"op":"subscribe","code":10006,"msg":"too fast"}');
    await until(() => feedStates().includes('disconnected'));
    await pause(1_000);
    expect([stub.upgrades, fatal.length]).toEqual([upgrades, 0]);
  });

  test('refuses everything after REST has refused it for good', async () => {
    stub.answer = () => ({ status: 403, body: '<html>Just a moment...</html>' });
    const venue = openVenue();
    await expect(venue.instrument('BTCUSDT')).rejects.toMatchObject({ errorClass: 'fatal', code: 403 });
    start(venue);
    expect(fatal).toHaveLength(1);
    await pause(200);
    expect(stub.upgrades).toBe(0);
  });

  test('refuses a symbol that the venue does not know, by name', async () => {
    stub.answer = () => failure(20015);
    await expect(openVenue().instrument('NOPEUSDT')).rejects.toThrow('NOPEUSDT');
  });

  test('asks once more for a hole in the history and names what stays missing', async () => {
    const row = { open: '1', high: '3', low: '1', close: '2', quoteVol: '20', baseVol: '10' };
    let endMs = Number.NaN;
    let openTimes: readonly number[] = [];
    stub.answer = ({ pathname, searchParams }) => {
      if (!pathname.endsWith('kline')) return success([]);
      // The minute is the one of the first request: it may be a new one since the test began.
      if (Number.isNaN(endMs)) endMs = Number(searchParams.get('endTime'));
      openTimes = [1, 2, 4, 5, 6].map((bar) => endMs - bar * MINUTE_MS);
      return success(openTimes.map((time) => ({ ...row, time })));
    };
    const bars = await openVenue().history(BTC, '1m', 6);
    expect(bars.map(({ openTimeMs }) => openTimeMs)).toEqual(openTimes.toReversed());
    expect(logger.said('Gap detected!').map(({ fields }) => fields)).toEqual([
      { symbol: 'BTCUSDT', from: endMs - 3 * MINUTE_MS, to: endMs - 2 * MINUTE_MS, missing: 1 },
    ]);
  });

  test('brings in a settlement once, after the price channel announced it', async () => {
    const venue = openVenue();
    await venue.clock.ready;
    start(venue);
    await until(() => inlet.of('mark').length === 1);
    const settlementMs = Math.ceil(venue.clock.nowMs() / 1_000 + 0.5) * 1_000;
    stub.answer = ({ pathname }) =>
      success(
        pathname.endsWith('get_funding_rate_history')
          ? [{ fundingRate: '-0.0000077', fundingTime: String(settlementMs), markPrice: '86688.3' }]
          : [],
      );
    const next = new Date(settlementMs).toISOString().replace('.000Z', 'Z');
    stub.send(
      `{"ch":"price","symbol":"BTCUSDT","ts":${settlementMs},"data":{"ip":"1","mp":"1","fr":"0","ft":"2026-09-23T00:00:00Z","nft":"${next}"}}`,
    );
    await until(() => inlet.of('funding').length === 1);
    stub.send(
      `{"ch":"price","symbol":"BTCUSDT","ts":${settlementMs},"data":{"ip":"1","mp":"1","fr":"0","ft":"${next}","nft":"2099-09-23T00:00:00Z"}}`,
    );
    await pause(1_000);
    expect(inlet.of('funding').map(({ wide }) => wide.slice(0, 3))).toEqual([
      [settlementMs, -7_700_000, 8_668_830_000_000],
    ]);
  });

  test('is silent once stopped', async () => {
    start(openVenue());
    await until(() => inlet.of('trade').length === 2);
    await live?.stop();
    const before = [inlet.rows.length, stub.upgrades, stub.requests.length];
    await pause(300);
    expect([inlet.rows.length, stub.upgrades, stub.requests.length]).toEqual(before);
  });
});

test('trades a market end to end against the simulated venue, whose clock is a year ahead', async () => {
  const aheadMs = 31_536_000_000;
  const clock = { nowMs: () => Date.now() + aheadMs };
  const market = createSyntheticMarket({ seed: 3, startMs: clock.nowMs() });
  const simulated = await startSimulatedVenue({ market, clock });
  try {
    const venue = openVenue(simulated.restUrl, simulated.wsUrl);
    const btc = createInstrument(await venue.instrument('BTCUSDT'), 0);
    const history = await venue.history(btc, '1m', 300);
    expect(history).toHaveLength(300);
    expect(
      history.every(
        (bar, row) => row === 0 || bar.openTimeMs === (history[row - 1]?.openTimeMs ?? 0) + MINUTE_MS,
      ),
    ).toBe(true);
    start(venue);
    await until(
      () => ['bookSnapshot', 'trade', 'mark', 'lastPrice'].every((kind) => inlet.of(kind).length >= 2),
      25_000,
    );
    const errorMs = Math.abs((venue.clock.offsetMs ?? 0) - aheadMs);
    expect(errorMs).toBeLessThan(150 + (venue.clock.uncertaintyMs ?? 0));
    const delaysMs = inlet.of('bookSnapshot').map((row) => row.receivedTimeMs - row.exchangeTimeMs);
    // A clock that was not corrected would be a year off.
    expect(Math.max(...delaysMs)).toBeLessThan(10_000);
    expect(fatal).toEqual([]);
    expect(logger.said('Frame refused')).toEqual([]);
    expect(logger.said('Time offset')).toHaveLength(1);
  } finally {
    await live?.stop();
    await simulated.close();
  }
});
