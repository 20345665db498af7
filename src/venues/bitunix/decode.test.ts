import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstrument } from '../../core/domain/instrument.ts';
import { barOfRow } from './bar-of-row.ts';
import { createFrameDecoder } from './decode.ts';
import { type DecodedFrame, FrameKind } from './decoded-frame.ts';
import { errorOfFrame } from './errors.ts';
import { frameText } from './frame-text.ts';
import { parseVolume } from './json-decoder.ts';
import { envelope, klineRows, tradingPairs } from './messages.ts';
import { BTC, BTC_SPEC, DATA_FRAMES, DOGE, EMPTY_BOOK, GREETING } from './wire-samples.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text);
const decode = (text: string): DecodedFrame => createFrameDecoder([BTC, DOGE]).decode(bytesOf(text));

describe('the two decoders', () => {
  test.each(Object.entries(DATA_FRAMES))(
    'read a %s frame alike, the scanner without falling back',
    (_, text) => {
      const decoder = createFrameDecoder([BTC, DOGE]);
      const fast = frameText(decoder.decode(bytesOf(text)));
      expect(decoder.fallbacks).toBe(0);
      expect(fast).toBe(frameText(decoder.decodeJson(bytesOf(text))));
      expect(fast).not.toContain('refused');
    },
  );

  test('read a kline into ticks and lots, volumes cut to the lot', () => {
    const frame = decode(DATA_FRAMES['kline'] ?? '');
    expect(frame.kind).toBe(FrameKind.kline);
    expect([frame.open, frame.high, frame.low, frame.close]).toEqual([685_814, 685_900, 685_795, 685_834]);
    expect([frame.baseVolume, frame.quoteVolume]).toEqual([52_395, 3_593_481_407]);
    expect([frame.klineLengthMs, frame.exchangeTimeMs]).toEqual([60_000, 1_775_541_412_718]);
  });

  test('read the settled rate of the price channel from percent to a fraction, exactly', () => {
    const frame = decode(DATA_FRAMES['price'] ?? '');
    // -0.00077 % = -0.0000077, in 10^-12.
    expect(frame.settledRate).toBe(-7_700_000);
    expect([frame.mark, frame.index]).toEqual([8_668_830_000_000, 8_672_060_000_000]);
    expect(frame.lastSettlementMs).toBe(Date.UTC(2026, 8, 23));
    expect(frame.nextSettlementMs).toBe(Date.UTC(2026, 8, 23, 8));
  });

  test('read trades with side, quantity and own time', () => {
    const frame = decode(DATA_FRAMES['trade'] ?? '');
    expect(frame.trades).toBe(2);
    expect([...frame.tradeQuantity.subarray(0, 2)]).toEqual([7_142, 18]);
    expect([...frame.tradeIsBuy.subarray(0, 2)]).toEqual([1, 0]);
    expect(frame.tradeTimeMs[0]).toBe(Date.UTC(2026, 3, 7, 5, 47, 52));
  });

  test('read the grid of each instrument by its own symbol', () => {
    const frame = decode(DATA_FRAMES['book1'] ?? '');
    expect([frame.instrument, frame.bidPrice[0], frame.bidQuantity[0]]).toEqual([1, 21_033, 5_300]);
  });

  test('skip empty levels and count them', () => {
    const padded = decode(DATA_FRAMES['book5'] ?? '');
    expect([padded.bids, padded.asks, padded.emptyLevels]).toEqual([1, 1, 2]);
    const empty = decode(EMPTY_BOOK);
    expect([empty.kind, empty.bids, empty.asks, empty.emptyLevels]).toEqual([FrameKind.book, 0, 0, 6]);
  });

  test.each([
    ['a price finer than the tick', '"86699.6"', '"86699.65"'],
    ['a quantity finer than the lot', '"2.274"', '"2.27401"'],
    ['an exponent', '"86699.6"', '"8.66996e4"'],
    ['a negative quantity', '"2.274"', '"-2.274"'],
    ['a price of zero', '"86699.6"', '"0"'],
    ['levels out of order', '"86699.5"', '"86699.7"'],
    ['a level without a price', '["86699.6","2.274"]', '["","2.274"]'],
    ['a symbol that is not registered', '"BTCUSDT"', '"NOPEUSDT"'],
    ['an unknown channel', 'depth_book15', 'depth_book20'],
    ['a price beyond the column', '"86699.6"', '"386699999.6"'],
    ['a truncated frame', ']]}}', ']]}'],
  ])('refuse %s instead of guessing', (_, from, to) => {
    const frame = decode((DATA_FRAMES['book15'] ?? '').replace(from, to));
    expect(frame.kind).toBe(FrameKind.refused);
    expect(frame.reason).not.toBeNull();
  });

  test('accept the documented variants that the scanner leaves to JSON', () => {
    const text = DATA_FRAMES['trade'] ?? '';
    const decoder = createFrameDecoder([BTC]);
    const asText = decoder.decode(bytesOf(text.replace('1775540872598', '"1775540872598"')));
    expect([asText.kind, asText.exchangeTimeMs]).toEqual([FrameKind.trades, 1_775_540_872_598]);
    const fraction = decoder.decode(bytesOf(text.replace('05:47:52Z', '05:47:52.125Z')));
    expect(fraction.tradeTimeMs[0]).toBe(Date.UTC(2026, 3, 7, 5, 47, 52) + 125);
    const spaced = decoder.decode(bytesOf(JSON.stringify(JSON.parse(text), null, 1)));
    expect(spaced.kind).toBe(FrameKind.trades);
    expect(decoder.fallbacks).toBe(3);
  });

  test('know greeting, pong and other control frames, and count none of them as a fallback', () => {
    const decoder = createFrameDecoder([BTC]);
    expect(decoder.decode(bytesOf(GREETING)).kind).toBe(FrameKind.greeting);
    expect(decoder.decode(bytesOf('{"op":"ping","pong":1790126498,"ping":1790126491}')).kind).toBe(
      FrameKind.pong,
    );
    expect(decoder.decode(bytesOf('{"op":"unsubscribe","ts":1,"data":"success"}')).kind).toBe(
      FrameKind.control,
    );
    expect(decoder.decode(bytesOf('{"event":"error","code":10003}')).kind).toBe(FrameKind.control);
    expect(decoder.fallbacks).toBe(0);
  });

  test.each([
    '',
    '[]',
    '42',
    'null',
    'not json',
    '{"ch":5}',
    '\u0000',
    '{"ch":"trade"}',
    '{"ch":"trade","data":[[[[',
  ])('refuse %j without throwing', (text) => {
    expect(decode(text).kind).toBe(FrameKind.refused);
  });

  test('refuse a million brackets before parsing them', () => {
    const bytes = bytesOf(`{"ch":"trade","data":${'['.repeat(1_000_000)}`);
    expect(createFrameDecoder([BTC]).decode(bytes).reason).toContain('nested deeper');
  });

  test('read the whole book of 17,300 bids and 6,300 asks', () => {
    const bids = Array.from({ length: 17_300 }, (_, row) => [String(80_000 - row), '0.5']);
    const asks = Array.from({ length: 6_300 }, (_, row) => [String(80_001 + row), '0.25']);
    const text = JSON.stringify({ ch: 'depth_books', symbol: 'BTCUSDT', ts: 1, data: { b: bids, a: asks } });
    const decoder = createFrameDecoder([BTC]);
    const frame = decoder.decode(bytesOf(text));
    expect([frame.bids, frame.asks, decoder.fallbacks]).toEqual([17_300, 6_300, 0]);
    expect(frame.askPrice[6_299]).toBe(863_000);
  });
});

test.each([
  ['5.23959', 4, 52_395],
  ['5', 4, 50_000],
  ['7.9', 0, 7],
  ['0.00001', 4, 0],
])('a volume of %s with %i decimals is %i lots', (text, decimals, lots) => {
  expect(parseVolume(text, decimals)).toBe(lots);
});

interface Payload {
  readonly id: string;
  readonly transport: string;
  readonly direction: string;
  readonly channel: string;
  readonly text: string;
}

const corpusPath = join(process.env['LA_DATA_DIR'] ?? '', 'bitunix/bitunix-payloads.jsonl');
const hasCorpus = process.env['LA_DATA_DIR'] !== undefined && existsSync(corpusPath);

describe.skipIf(!hasCorpus)('recorded payloads of the venue (LA_DATA_DIR)', () => {
  const payloads = hasCorpus
    ? readFileSync(corpusPath, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Payload)
    : [];
  const incoming = payloads.filter(({ transport, direction }) => transport === 'ws' && direction === 'in');
  const rest = payloads.filter(({ transport }) => transport === 'rest');
  const nope = createInstrument({ ...BTC_SPEC, symbol: 'NOPEUSDT' }, 2);

  test('every frame is known, alike in both decoders, and none falls back', () => {
    const decoder = createFrameDecoder([BTC, DOGE, nope]);
    const fast = incoming.map(({ id, text }) => `${id}: ${frameText(decoder.decode(bytesOf(text)))}`);
    expect(fast).toEqual(
      incoming.map(({ id, text }) => `${id}: ${frameText(decoder.decodeJson(bytesOf(text)))}`),
    );
    expect(fast.filter((line) => line.includes('refused'))).toEqual([]);
    expect(decoder.fallbacks).toBe(0);
    expect(incoming.length).toBeGreaterThanOrEqual(10);
  });

  test('the refused subscription is an error of ours, the rest is none', () => {
    const errors = incoming.flatMap(({ id, text }) => {
      const error = errorOfFrame(JSON.parse(text));
      return error === null ? [] : [[id, error.errorClass]];
    });
    expect(errors).toEqual([['ws-subscribe-over-300', 'request']]);
  });

  test('every REST reply has the shape of its schema', () => {
    const wrong = rest.filter(({ id, text, channel }) => {
      const reply = envelope.parse(JSON.parse(text));
      if (id.startsWith('rest-error')) return reply.code === 0;
      return !(channel.includes('kline') ? klineRows : tradingPairs).safeParse(reply.data).success;
    });
    expect(wrong).toEqual([]);
    expect(rest.length).toBeGreaterThanOrEqual(6);
  });

  test('every bar becomes one whose range covers open and close, with its volume in coins', () => {
    let bars = 0;
    for (const { text } of payloads.filter(
      ({ channel }) => channel.includes('kline') && channel.startsWith('GET'),
    )) {
      for (const row of klineRows.parse(envelope.parse(JSON.parse(text)).data)) {
        const bar = barOfRow(row, BTC, 60_000);
        expect(bar.high).toBeGreaterThanOrEqual(Math.max(bar.open, bar.close));
        expect(bar.low).toBeLessThanOrEqual(Math.min(bar.open, bar.close));
        // All recorded minutes traded between 1 and 1,000 BTC, and hundred thousands of USDT.
        expect(bar.volume).toBeLessThan(1_000 * 10_000);
        bars++;
      }
    }
    expect(bars).toBeGreaterThan(4);
  });
});
