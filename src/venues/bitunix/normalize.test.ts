import { expect, test } from 'vitest';
import { createFrameDecoder } from './decode.ts';
import { appendBook, appendPrice, appendTicker, appendTrades, tradeTimeMs } from './normalize.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { TradeReplay } from './trade-replay.ts';
import { BTC, DATA_FRAMES, DOGE } from './wire-samples.ts';

const NOW_MS = 1_790_126_515_750;
const decoder = createFrameDecoder([BTC, DOGE]);
const decode = (name: string): ReturnType<typeof decoder.decode> =>
  decoder.decode(Buffer.from(DATA_FRAMES[name] ?? ''));
const inletAt = (): RecordingInlet => new RecordingInlet(() => NOW_MS);

test('a book becomes one event: bids best first, then asks, the last row closing it', () => {
  const inlet = inletAt();
  appendBook(decode('book15'), inlet);
  expect(inlet.rows.map(({ kind }) => kind)).toEqual([
    'bookSnapshot',
    ...Array.from({ length: 6 }, () => 'level'),
  ]);
  expect(inlet.of('level').map(({ isBuy, price, quantity }) => [isBuy, price, quantity])).toEqual([
    [true, 866_996, 22_740],
    [true, 866_995, 27_407],
    [true, 866_994, 30_930],
    [false, 866_997, 7_095],
    [false, 866_998, 21_992],
    [false, 866_999, 14_570],
  ]);
  expect(inlet.rows.map(({ isLast }) => isLast)).toEqual([false, false, false, false, false, false, true]);
  expect(new Set(inlet.rows.map(({ receivedTimeMs }) => receivedTimeMs))).toEqual(new Set([NOW_MS]));
  expect(inlet.rows[0]).toMatchObject({ price: 6, exchangeTimeMs: 1_790_126_515_693, instrument: 0 });
});

test('a book without levels is an empty snapshot', () => {
  const inlet = inletAt();
  const frame = decode('book15');
  frame.bids = 0;
  frame.asks = 0;
  appendBook(frame, inlet);
  expect(inlet.rows.map(({ kind, price, isLast }) => [kind, price, isLast])).toEqual([
    ['bookSnapshot', 0, true],
  ]);
});

test('trades keep their order and take the earliest time they can have', () => {
  const inlet = inletAt();
  appendTrades(decode('trade'), inlet, 1_775_540_872_548, () => true);
  expect(
    inlet.rows.map(({ isBuy, price, quantity, exchangeTimeMs }) => [isBuy, price, quantity, exchangeTimeMs]),
  ).toEqual([
    [true, 686_214, 7_142, 1_775_540_872_548],
    [false, 686_214, 18, 1_775_540_872_548],
  ]);
});

test.each([
  [5_000, 5_999, 5_999],
  [5_000, 6_001, 5_000],
  [5_000, 4_999, 5_000],
  [5_000, Number.NaN, 5_000],
  [5_125, 5_900, 5_125],
])('a trade of %i after a frame of %i happened at %i at the earliest', (ownMs, previousMs, expectedMs) => {
  expect(tradeTimeMs(ownMs, previousMs)).toBe(expectedMs);
});

test('a price becomes mark, index, settled rate as a fraction, and both settlement times', () => {
  const inlet = inletAt();
  appendPrice(decode('price'), inlet);
  expect(inlet.rows[0]?.wide.slice(0, 5)).toEqual([
    8_668_830_000_000,
    8_672_060_000_000,
    -7_700_000,
    Date.UTC(2026, 8, 23),
    Date.UTC(2026, 8, 23, 8),
  ]);
});

test('what a price frame does not say stays unknown', () => {
  const inlet = inletAt();
  const text =
    '{"ch":"price","symbol":"BTCUSDT","ts":5,"data":{"ip":null,"mp":"1.5","fr":"","ft":"","nft":null}}';
  appendPrice(decoder.decode(Buffer.from(text)), inlet);
  expect(inlet.rows[0]?.wide.slice(0, 5)).toEqual([
    150_000_000,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

test('a ticker becomes the last price', () => {
  const inlet = inletAt();
  appendTicker(decode('ticker'), inlet);
  expect(inlet.rows[0]).toMatchObject({
    kind: 'lastPrice',
    price: 866_882,
    exchangeTimeMs: 1_790_126_515_684,
  });
});

test('trades repeated by a new connection are dropped, each once, and only those', () => {
  const inlet = inletAt();
  const replay = new TradeReplay();
  const append = (): void => {
    replay.begin(decode('trade'));
    appendTrades(decode('trade'), inlet, Number.NaN, (row) => replay.accept(decode('trade'), row));
  };
  append();
  append();
  expect(inlet.rows).toHaveLength(4);
  replay.noteReconnect();
  append();
  append();
  expect([inlet.rows.length, replay.dropped]).toEqual([4, 4]);
  // A third equal pair was never seen before the reconnect: it is new.
  append();
  expect(inlet.rows).toHaveLength(6);
});
