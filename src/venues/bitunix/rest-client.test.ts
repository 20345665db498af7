import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VenueError } from '../../ports/venue-error.ts';
import { systemClock } from '../../ports/wall-clock.ts';
import { systemScheduler } from '../transport/scheduler.ts';
import { MAX_BODY_BYTES, type ReplyTiming, RestClient } from './rest-client.ts';
import { StubVenue, type StubReply, failure, success } from './stub-venue.ts';
import { BTC } from './wire-samples.ts';

const LENGTH_MS = 60_000;
const NOW_MS = 1_790_126_530_000;
const OPEN_MS = Math.floor(NOW_MS / LENGTH_MS) * LENGTH_MS;

let venue: StubVenue;
let client: RestClient;
let replies: ReplyTiming[];

beforeEach(async () => {
  venue = new StubVenue();
  await venue.open();
  replies = [];
  client = new RestClient({
    restUrl: `${venue.restUrl}/`,
    clock: systemClock,
    scheduler: systemScheduler,
    random: () => 0,
    onReply: (timing) => replies.push(timing),
  });
});

afterEach(async () => {
  client.close(new VenueError('request', null, 'test over'));
  await venue.close();
});

function kline(openMs: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const row = {
    open: '68579.5',
    high: '68590',
    low: '68570',
    close: '68583.4',
    quoteVol: '359348.14',
    baseVol: '5.2395',
  };
  return { ...row, time: String(openMs), type: 'LAST_PRICE', ...changes };
}

/** A venue with one bar a minute up to `newestMs`, newest first, at most 200, below endTime or including it. */
function klineVenue(
  newestMs: number,
  isInclusive: boolean,
  without: readonly number[] = [],
): (url: URL) => StubReply {
  return (url) => {
    const endMs = Number(url.searchParams.get('endTime'));
    const limit = Math.min(200, Number(url.searchParams.get('limit') ?? 100));
    const rows: unknown[] = [];
    for (
      let openMs = newestMs;
      rows.length < limit && openMs > NOW_MS - 2_000 * LENGTH_MS;
      openMs -= LENGTH_MS
    ) {
      if ((isInclusive ? openMs <= endMs : openMs < endMs) && !without.includes(openMs))
        rows.push(kline(openMs));
    }
    return success(rows);
  };
}

const PAIR = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  minTradeVolume: '0.0001',
  minBuyPriceOffset: '-0.5',
  maxSellPriceOffset: '100',
  maxLimitOrderVolume: '1000',
  maxMarketOrderVolume: '120',
  basePrecision: 4,
  quotePrecision: 1,
  minLeverage: 1,
  maxLeverage: 200,
  defaultLeverage: 20,
  defaultMarginMode: '2',
  priceProtectScope: '0.01',
  symbolStatus: 'OPEN',
  isApiSupported: true,
  maxFundingRate: '0.3',
  minFundingRate: '-0.3',
};

const FUNDING = {
  symbol: 'BTCUSDT',
  markPrice: '86688.3',
  lastPrice: '86688.2',
  indexPrice: null,
  fundingRate: '0.003834',
  fundingInterval: 8,
  nextFundingTime: '1790150400000',
};

function contractVenue(
  pair: unknown,
  funding: unknown = FUNDING,
  tiers: StubReply = success([]),
): (url: URL) => StubReply {
  return ({ pathname }) => {
    if (pathname.endsWith('trading_pairs')) return success(pair === null ? [] : [pair]);
    return pathname.endsWith('funding_rate') ? success(funding) : tiers;
  };
}

describe('bars', () => {
  test.each([true, false])(
    'are paged back and joined whether endTime is inclusive (%s)',
    async (isInclusive) => {
      venue.answer = klineVenue(OPEN_MS, isInclusive);
      const bars = await client.bars(BTC, '1m', OPEN_MS - 500 * LENGTH_MS, OPEN_MS, NOW_MS);
      expect(bars).toHaveLength(500);
      expect(bars.every(({ openTimeMs }, row) => openTimeMs === OPEN_MS - (500 - row) * LENGTH_MS)).toBe(
        true,
      );
      expect(venue.asked('kline').every(({ searchParams }) => Number(searchParams.get('limit')) <= 200)).toBe(
        true,
      );
      expect(venue.asked('kline')).toHaveLength(3);
    },
  );

  test('of the mark price are asked for by name and have the grid of marks', async () => {
    venue.answer = () =>
      success([kline(OPEN_MS - LENGTH_MS, { type: 'MARK_PRICE', close: '68583.45678', low: '68575.1' })]);
    const [bar] = await client.markBars(BTC, '1m', OPEN_MS - LENGTH_MS, OPEN_MS, NOW_MS);
    expect(venue.asked('kline')[0]?.searchParams.get('type')).toBe('MARK_PRICE');
    expect(bar).toEqual({
      ...{ openTimeMs: OPEN_MS - LENGTH_MS, lengthMs: LENGTH_MS },
      ...{
        open: 6_857_950_000_000,
        high: 6_859_000_000_000,
        low: 6_857_510_000_000,
        close: 6_858_345_678_000,
      },
    });
  });

  test('never contain the bar that is still forming', async () => {
    venue.answer = klineVenue(OPEN_MS, true);
    const bars = await client.bars(BTC, '1m', OPEN_MS - 3 * LENGTH_MS, OPEN_MS + LENGTH_MS, NOW_MS);
    expect(bars.at(-1)?.openTimeMs).toBe(OPEN_MS - LENGTH_MS);
  });

  test('end where the venue has no older ones, and where it repeats itself', async () => {
    venue.answer = (url) => {
      const endMs = Number(url.searchParams.get('endTime'));
      return success(
        [0, 1, 2]
          .map((row) => OPEN_MS - (row + 1) * LENGTH_MS)
          .filter((openMs) => openMs <= endMs)
          .map((ms) => kline(ms)),
      );
    };
    expect(await client.bars(BTC, '1m', OPEN_MS - 500 * LENGTH_MS, OPEN_MS, NOW_MS)).toHaveLength(3);
    venue.answer = () => success([kline(OPEN_MS - LENGTH_MS)]);
    expect(await client.bars(BTC, '1m', OPEN_MS - 500 * LENGTH_MS, OPEN_MS, NOW_MS)).toHaveLength(1);
  });

  test('leave out what the venue does not have and what does not fit the grid', async () => {
    const hole = OPEN_MS - 5 * LENGTH_MS;
    venue.answer = klineVenue(OPEN_MS, false, [hole]);
    const bars = await client.bars(BTC, '1m', OPEN_MS - 10 * LENGTH_MS, OPEN_MS, NOW_MS);
    expect(bars.map(({ openTimeMs }) => openTimeMs)).not.toContain(hole);
    expect(bars).toHaveLength(9);
    venue.answer = () => success([kline(OPEN_MS - LENGTH_MS, { close: '68583.45' })]);
    expect(await client.bars(BTC, '1m', OPEN_MS - LENGTH_MS, OPEN_MS, NOW_MS)).toEqual([]);
    expect(client.refusedRows).toBe(1);
  });

  test.each([
    ['new labels', { quoteVol: '359348.14', baseVol: '5.2395' }],
    ['old labels', { quoteVol: '5.2395', baseVol: '359348.14' }],
  ])('have their volume in coins under the %s', async (_, volumes) => {
    venue.answer = () => success([kline(OPEN_MS - LENGTH_MS, volumes)]);
    const bars = await client.bars(BTC, '1m', OPEN_MS - LENGTH_MS, OPEN_MS, NOW_MS);
    expect(bars[0]?.volume).toBe(52_395);
  });

  test('cover open and close, and read numbers as well as text', async () => {
    venue.answer = () =>
      success([
        kline(OPEN_MS - LENGTH_MS, {
          open: 76389,
          high: 76383.1,
          low: '76269.8',
          close: 76345.5,
          time: OPEN_MS - LENGTH_MS,
        }),
      ]);
    const bars = await client.bars(BTC, '1m', OPEN_MS - LENGTH_MS, OPEN_MS, NOW_MS);
    expect(bars[0]).toMatchObject({ open: 763_890, high: 763_890, low: 762_698, close: 763_455 });
  });
});

describe('a contract', () => {
  test('is described in our terms, with its tiers and funding interval', async () => {
    const tiers = [
      {
        symbol: 'BTCUSDT',
        level: 2,
        startValue: '50000',
        endValue: '200000',
        leverage: 100,
        maintenanceMarginRate: '0.005',
      },
      {
        symbol: 'BTCUSDT',
        level: 1,
        startValue: '0',
        endValue: '50000',
        leverage: 125,
        maintenanceMarginRate: '0.004',
      },
    ];
    venue.answer = contractVenue(PAIR, FUNDING, success(tiers));
    const spec = await client.instrument('BTCUSDT');
    expect(spec).toMatchObject({
      price_decimals: 1,
      quantity_decimals: 4,
      price_protect: '0.01',
      funding_interval_hours: 8,
    });
    expect(spec.tiers.map(({ level, max_leverage }) => [level, max_leverage])).toEqual([
      [1, 125],
      [2, 100],
    ]);
  });

  test('has no tiers where the venue publishes none, and reads the funding rate in an array too', async () => {
    venue.answer = contractVenue(PAIR, [FUNDING], failure(404));
    expect((await client.instrument('BTCUSDT')).tiers).toEqual([]);
  });

  test.each([
    ['is unknown', null],
    ['is not open', { ...PAIR, symbolStatus: 'PREVIEW' }],
    ['is closed to the API', { ...PAIR, isApiSupported: false }],
    ['lacks a limit', { ...PAIR, maxLeverage: undefined }],
  ])('that %s is refused for good, by name', async (_, pair) => {
    venue.answer = contractVenue(pair);
    const error: unknown = await client.instrument('BTCUSDT').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ errorClass: 'fatal' });
    expect((error as VenueError).message).toContain('BTCUSDT');
  });

  test('that the venue answers with its own code is refused for good, by name', async () => {
    venue.answer = () => failure(20015, 'this Futures is not allowed to trade.');
    await expect(client.instrument('NOPEUSDT')).rejects.toMatchObject({ errorClass: 'fatal', code: 20015 });
    await expect(client.instrument('NOPEUSDT')).rejects.toThrow('NOPEUSDT');
  });
});

test('settlements come oldest first as fractions, asked for by the misspelt parameter', async () => {
  venue.answer = () =>
    success([
      { fundingRate: '-0.0000077', fundingTime: '1790150400000', markPrice: '86688.3' },
      { fundingRate: '0.0001', fundingTime: '1790121600000', markPrice: '86000' },
    ]);
  const rows = await client.fundingHistory('BTCUSDT', 1_790_100_000_000);
  expect(rows).toEqual([
    { settlementMs: 1_790_121_600_000, rate: 100_000_000, mark: 8_600_000_000_000 },
    { settlementMs: 1_790_150_400_000, rate: -7_700_000, mark: 8_668_830_000_000 },
  ]);
  expect(venue.requests[0]?.searchParams.get('starTime')).toBe('1790100000001');
});

describe('a request', () => {
  test('is repeated through passing trouble', async () => {
    const replay: StubReply[] = [
      { status: 502, body: '<html>' },
      { body: '{"code":0,"da' },
      failure(10001),
      success([]),
    ];
    venue.answer = () => replay.shift() ?? failure(1);
    expect(await client.tickers('BTCUSDT')).toEqual([]);
    expect(venue.requests).toHaveLength(4);
  });

  test('waits where the venue says so, and so do all others', async () => {
    const atMs: number[] = [];
    venue.answer = () => {
      atMs.push(performance.now());
      return atMs.length === 1 ? { status: 429, headers: { 'retry-after': '1' }, body: '' } : success([]);
    };
    const first = client.tickers('BTCUSDT');
    while (venue.requests.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([first, client.tickers('ETHUSDT')]);
    expect(Math.min(...atMs.slice(1)) - (atMs[0] ?? 0)).toBeGreaterThanOrEqual(990);
    expect(atMs).toHaveLength(3);
  });

  test.each([
    [{ status: 403, body: '<html>Just a moment...</html>' }, 'fatal'],
    [failure(10003), 'fatal'],
    [failure(10008), 'request'],
  ] as const)('is not repeated when refused (%j)', async (reply, errorClass) => {
    venue.answer = () => reply;
    await expect(client.tickers('BTCUSDT')).rejects.toMatchObject({ errorClass });
    expect(venue.requests).toHaveLength(1);
  });

  test('with an unknown code is tried once more only', async () => {
    venue.answer = () => failure(77_777);
    await expect(client.tickers('BTCUSDT')).rejects.toMatchObject({ code: 77_777 });
    expect(venue.requests).toHaveLength(2);
  });

  test('follows no redirect', async () => {
    venue.answer = ({ pathname }) =>
      pathname === '/elsewhere'
        ? success([])
        : { status: 302, headers: { location: '/elsewhere' }, body: '' };
    const ended = new AbortController();
    const outcome = client
      .bars(BTC, '1m', OPEN_MS, OPEN_MS + LENGTH_MS, NOW_MS, ended.signal)
      .catch(() => 'refused');
    setTimeout(() => ended.abort(), 300);
    expect(await outcome).toBe('refused');
    expect(venue.asked('elsewhere')).toEqual([]);
  });

  test('reads no body beyond its limit', async () => {
    const replay: StubReply[] = [{ body: 'x'.repeat(MAX_BODY_BYTES + 1) }, success([])];
    venue.answer = () => replay.shift() ?? failure(1);
    expect(await client.tickers('BTCUSDT')).toEqual([]);
    expect(venue.requests).toHaveLength(2);
  });

  test('reports the time of every reply, also of a refusal', async () => {
    venue.answer = () => ({ ...failure(10008), headers: { date: 'Wed, 23 Sep 2026 01:00:30 GMT' } });
    await client.tickers('BTCUSDT').catch(() => null);
    expect(replies[0]?.dateMs).toBe(Date.UTC(2026, 8, 23, 1, 0, 30));
    expect(replies[0]?.receivedAtMs).toBeGreaterThanOrEqual(replies[0]?.sentAtMs ?? Infinity);
    expect((await client.probe()).dateMs).toBe(Date.UTC(2026, 8, 23, 1, 0, 30));
  });

  test('is aborted at once when the client closes, and none follows', async () => {
    venue.answer = () => ({ ...success([]), delayMs: 60_000 });
    const reason = new VenueError('fatal', 403, 'banned');
    const outcome = client.tickers('BTCUSDT').catch((error: unknown) => error);
    while (venue.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.close(reason);
    expect(await outcome).toBe(reason);
    await expect(client.tickers('BTCUSDT')).rejects.toBe(reason);
    expect(venue.requests).toHaveLength(1);
  });
});
