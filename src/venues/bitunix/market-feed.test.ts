import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../ports/wall-clock.ts';
import { systemScheduler } from '../transport/scheduler.ts';
import { createFrameDecoder } from './decode.ts';
import { FrameKind } from './decoded-frame.ts';
import { CONFLATE_ABOVE_ROWS, MarketFeed } from './market-feed.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';
import { StubVenue } from './stub-venue.ts';
import { BTC } from './wire-samples.ts';

const TS = 1_790_126_515_000;
const CHANNELS = [
  ['depth_book15', FrameKind.book],
  ['ticker', FrameKind.ticker],
  ['trade', FrameKind.trades],
  ['price', FrameKind.price],
  ['market_kline_1min', FrameKind.kline],
] as const;

const frames = {
  book: (ts: number) =>
    `{"ch":"depth_book15","symbol":"BTCUSDT","ts":${ts},"data":{"b":[["86699.6","2.274"]],"a":[["86699.7","0.7095"]]}}`,
  ticker: (ts: number) =>
    `{"ch":"ticker","symbol":"BTCUSDT","ts":${ts},"data":{"s":"BTCUSDT","o":"85567","la":"86688.2","h":"86815.6","l":"85080","b":"27478.1701","q":"2362759522.50052","r":"1.3103182302"}}`,
  trades: (ts: number) =>
    `{"ch":"trade","symbol":"BTCUSDT","ts":${ts},"data":[{"t":"2026-04-07T05:47:52Z","p":"68621.4","v":"0.7142","s":"buy"}]}`,
  price: (ts: number) =>
    `{"ch":"price","symbol":"BTCUSDT","ts":${ts},"data":{"ip":"86720.6","mp":"86688.3","fr":"-0.00077","ft":"2026-09-23T00:00:00Z","nft":"2026-09-23T08:00:00Z"}}`,
  kline: (ts: number) =>
    `{"ch":"market_kline_1min","symbol":"BTCUSDT","ts":${ts},"data":{"o":"68581.4","c":"68583.4","h":"68590","l":"68579.5","b":"5.2395","q":"359348.14078"}}`,
};

let stub: StubVenue;
let feed: MarketFeed;
let inlet: RecordingInlet;
let logger: RecordingLogger;
/** Kind and stamp of each frame handed on. */
let handedOn: [kind: FrameKind, ts: number][];

beforeEach(async () => {
  stub = new StubVenue();
  await stub.open();
  inlet = new RecordingInlet(() => TS);
  logger = new RecordingLogger();
  handedOn = [];
  feed = new MarketFeed({
    feed: 'ticker',
    title: 'Ticker WS',
    url: stub.wsUrl,
    streams: CHANNELS.map(([channel, kind]) => ({
      symbol: 'BTCUSDT',
      channel,
      kind,
      instrument: 0,
      silenceMs: null,
    })),
    decoder: createFrameDecoder([BTC]),
    inlet,
    logger,
    clock: systemClock,
    scheduler: systemScheduler,
    random: () => 0.5,
    times: { backoffBaseMs: 20, backoffMaxMs: 50 },
    nowMs: () => TS,
    onData: ({ kind, exchangeTimeMs }) => handedOn.push([kind, exchangeTimeMs - TS]) > 0,
    onConnected: () => {},
    onFatal: () => {},
    onLost: () => {},
  });
  feed.start();
  await until(() => stub.frames.some((frame) => frame.includes('subscribe')));
});

afterEach(async () => {
  await feed.stop();
  await stub.close();
});

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 25_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`never: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends the frames and one that is always handed on behind them, which tells that they have all been read. */
async function send(...texts: readonly string[]): Promise<void> {
  const before = handedOn.length;
  for (const text of texts) stub.send(text);
  stub.send(frames.kline(TS + 999));
  await until(() => handedOn.slice(before).some(([, ts]) => ts === 999));
}

describe('a market feed whose session lags', () => {
  test('hands on the newest book and ticker once it has caught up, and counts those they replaced', async () => {
    inlet.waitingRows = CONFLATE_ABOVE_ROWS + 1;
    await send(
      frames.book(TS + 1),
      frames.ticker(TS + 2),
      frames.book(TS + 3),
      frames.book(TS + 4),
      frames.ticker(TS + 5),
    );
    expect(handedOn).toEqual([[FrameKind.kline, 999]]);
    expect(feed.health().conflated).toBe(3);
    inlet.drain();
    expect(handedOn.slice(1)).toEqual([
      [FrameKind.book, 4],
      [FrameKind.ticker, 5],
    ]);
    expect(
      logger.said('Frames conflated: the session lags behind the market').map(({ fields }) => fields),
    ).toEqual([{ feed: 'ticker', frames: 3, total: 3 }]);
    await send(frames.book(TS + 6), frames.book(TS + 7));
    expect(handedOn.slice(3).map(([, ts]) => ts)).toEqual([6, 7, 999]);
  });

  test('never holds back trades, prices and klines', async () => {
    inlet.waitingRows = 1_000_000;
    await send(
      ...[1, 2, 3].flatMap((ms) => [frames.trades(TS + ms), frames.price(TS + ms), frames.kline(TS + ms)]),
    );
    expect(handedOn.map(([, ts]) => ts)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 999]);
    expect(feed.health().conflated).toBe(0);
  });

  test('hands every frame on while it lags by no more than its limit', async () => {
    inlet.waitingRows = CONFLATE_ABOVE_ROWS;
    await send(frames.book(TS + 1), frames.book(TS + 2));
    expect(handedOn.map(([, ts]) => ts)).toEqual([1, 2, 999]);
  });

  test('keeps the order of a stream: what follows a held frame waits too', async () => {
    inlet.waitingRows = CONFLATE_ABOVE_ROWS + 1;
    await send(frames.book(TS + 1));
    inlet.waitingRows = 0;
    await send(frames.book(TS + 2));
    expect(handedOn.map(([, ts]) => ts)).toEqual([999, 999]);
    inlet.drain();
    expect(handedOn.at(-1)).toEqual([FrameKind.book, 2]);
  });

  test('does not hand on a book from before a loss of its connection', async () => {
    inlet.waitingRows = CONFLATE_ABOVE_ROWS + 1;
    await send(frames.book(TS + 1));
    stub.drop();
    await until(() => feed.health().reconnects === 1);
    inlet.drain();
    expect(handedOn.map(([kind]) => kind)).toEqual([FrameKind.kline]);
    expect(feed.health().conflated).toBe(1);
  });
});
