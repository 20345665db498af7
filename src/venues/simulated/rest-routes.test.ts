import { afterEach, describe, expect, test } from 'vitest';
import {
  ask,
  object,
  rows,
  startTestVenue,
  TEST_START_MS,
  type Json,
  type TestVenue,
} from './wire-client.test-support.ts';

const MINUTE_MS = 60_000;
const DECIMAL = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;

let venue: TestVenue | null = null;
afterEach(async () => {
  await venue?.close();
  venue = null;
});

async function start(...parameters: Parameters<typeof startTestVenue>): Promise<TestVenue> {
  venue = await startTestVenue(...parameters);
  return venue;
}

function times(data: Json): number[] {
  return rows(data).map((row) => Number(row['time']));
}

describe('the envelope', () => {
  test('answers unknown paths, also private ones, with HTTP 200 and code 404', async () => {
    const running = await start();
    for (const path of ['market/nothing', 'account?marginCoin=USDT', '/', 'trade/get_pending_orders']) {
      const reply = await ask(running, path);
      expect([reply.status, reply.text]).toEqual([200, '{"code":404,"data":null,"msg":"Not Found"}']);
    }
    const posted = await ask(running, 'trade/place_order', { method: 'POST', body: '{"symbol":"BTCUSDT"}' });
    expect([posted.status, posted.code]).toEqual([200, 404]);
  });

  test('answers a missing symbol, an unknown symbol and a bad enum with the recorded texts', async () => {
    const running = await start();
    expect((await ask(running, 'market/depth?limit=15')).text).toBe(
      '{"code":1,"data":null,"msg":"Network Error"}',
    );
    const unknown = '{"code":20015,"data":null,"msg":"this Futures is not allowed to trade."}';
    for (const path of [
      'market/depth?symbol=NOPEUSDT&limit=15',
      'market/tickers?symbols=NOPEUSDT',
      'market/trading_pairs?symbols=BTCUSDT,NOPEUSDT',
      'market/funding_rate?symbol=NOPEUSDT',
    ]) {
      expect((await ask(running, path)).text).toBe(unknown);
    }
    expect((await ask(running, 'market/depth?symbol=BTCUSDT&limit=20')).text).toBe(
      String.raw`{"code":10008,"data":null,"msg":"Parameter 20 does not match, alternative value [\"1\",\"5\",\"15\",\"50\",\"max\"]."}`,
    );
    expect((await ask(running, 'market/kline?symbol=BTCUSDT&interval=3m')).code).toBe(10008);
    expect((await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&type=INDEX')).code).toBe(10008);
    expect((await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&limit=x')).code).toBe(2);
  });

  test('folds the case of symbols', async () => {
    const running = await start();
    expect(object((await ask(running, 'market/funding_rate?symbol=btcUsdt')).data)['symbol']).toBe('BTCUSDT');
  });

  test('dates replies by the venue clock, however far it is from the machine', async () => {
    const running = await start();
    running.clock.jump(-3 * 365 * 86_400_000);
    const reply = await ask(running, 'market/trading_pairs');
    const behindMs = running.clock.nowMs() - Date.parse(reply.headers.get('date') ?? '');
    expect(behindMs).toBeGreaterThanOrEqual(0);
    expect(behindMs).toBeLessThan(2_000);
  });
});

describe('klines', () => {
  const LIVE_MINUTE = Math.floor(TEST_START_MS / MINUTE_MS) * MINUTE_MS;

  test('come newest first, 100 by default, 200 at most, contiguous, as trimmed strings', async () => {
    const running = await start();
    const usual = await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m');
    expect(rows(usual.data)).toHaveLength(100);
    const most = await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&limit=1000');
    const opens = times(most.data);
    expect(opens).toEqual(Array.from({ length: 200 }, (_, at) => LIVE_MINUTE - at * MINUTE_MS));
    for (const row of rows(most.data)) {
      expect(Object.keys(row)).toEqual([
        'open',
        'high',
        'low',
        'close',
        'quoteVol',
        'baseVol',
        'time',
        'type',
      ]);
      const { open, high, low, close, quoteVol, baseVol, time } = row as Record<string, string>;
      for (const text of [open, high, low, close, quoteVol, baseVol, time]) expect(text).toMatch(DECIMAL);
      expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(open), Number(close)));
      expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(open), Number(close)));
      const average = Number(quoteVol) / Number(baseVol);
      expect(average).toBeGreaterThanOrEqual(Number(low) - 0.1);
      expect(average).toBeLessThanOrEqual(Number(high) + 0.1);
    }
  });

  test('refuse more than 200 rows and name volumes the old way where the knobs say so', async () => {
    const running = await start({ klineLimitAbove: 'reject', klineVolumeNaming: 'old' });
    expect((await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&limit=201')).code).toBe(10008);
    const [row] = rows((await ask(running, 'market/kline?symbol=BTCUSDT&interval=1h&limit=1')).data);
    expect(Number(row?.['baseVol'])).toBeGreaterThan(Number(row?.['quoteVol']) * 1_000);
  });

  test('hide the forming bar when endTime is given and show it otherwise', async () => {
    const running = await start();
    const now = running.clock.nowMs();
    const bounded = await ask(running, `market/kline?symbol=BTCUSDT&interval=1m&limit=2&endTime=${now}`);
    expect(times(bounded.data)).toEqual([LIVE_MINUTE - MINUTE_MS, LIVE_MINUTE - 2 * MINUTE_MS]);
    const open = await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&limit=1');
    expect(times(open.data)).toEqual([LIVE_MINUTE]);
  });

  test('page backward without gap or repeat over two months of minutes', async () => {
    const running = await start();
    let endMs = running.clock.nowMs();
    let expected = LIVE_MINUTE - MINUTE_MS;
    let isContiguous = true;
    for (let page = 0; page < 450; page += 1) {
      const opens = times(
        (await ask(running, `market/kline?symbol=BTCUSDT&interval=1m&limit=200&endTime=${endMs}`)).data,
      );
      expect(opens).toHaveLength(200);
      expect([opens[0], opens.at(-1)]).toEqual([expected, expected - 199 * MINUTE_MS]);
      isContiguous &&= opens.every((openMs, at) => openMs === expected - at * MINUTE_MS);
      expected -= 200 * MINUTE_MS;
      endMs = (opens.at(-1) ?? 0) - 1;
    }
    expect(isContiguous).toBe(true);
    expect(LIVE_MINUTE - expected).toBeGreaterThan(60 * 86_400_000);
  });

  test('of every interval reach back three years and are the fold of shorter ones', async () => {
    const running = await start();
    const day = 86_400_000;
    const then = TEST_START_MS - 3 * 365 * day;
    for (const interval of [
      '1m',
      '5m',
      '15m',
      '30m',
      '1h',
      '2h',
      '4h',
      '6h',
      '8h',
      '12h',
      '1d',
      '3d',
      '1w',
      '1M',
    ]) {
      const reply = await ask(
        running,
        `market/kline?symbol=BTCUSDT&interval=${interval}&limit=3&endTime=${then}`,
      );
      expect([interval, rows(reply.data).length]).toEqual([interval, 3]);
    }
    const to = Math.floor(TEST_START_MS / day) * day - 1;
    const [daily] = rows(
      (await ask(running, `market/kline?symbol=BTCUSDT&interval=1d&limit=1&endTime=${to}`)).data,
    );
    const hourly = rows(
      (await ask(running, `market/kline?symbol=BTCUSDT&interval=1h&limit=24&endTime=${to}`)).data,
    );
    expect(daily?.['open']).toBe(hourly.at(-1)?.['open']);
    expect(daily?.['close']).toBe(hourly[0]?.['close']);
    expect(Number(daily?.['high'])).toBe(Math.max(...hourly.map((row) => Number(row['high']))));
    const volume = hourly.reduce((sum, row) => sum + Number(row['baseVol']), 0);
    expect(Number(daily?.['baseVol'])).toBeCloseTo(volume, 3);
  });

  test('keep the newest rows of a range that is too long, or the oldest where the knob says so', async () => {
    const from = TEST_START_MS - 500 * MINUTE_MS;
    const path = `market/kline?symbol=BTCUSDT&interval=1m&limit=10&startTime=${from}&endTime=${TEST_START_MS - MINUTE_MS}`;
    const newest = times((await ask(await start(), path)).data);
    await venue?.close();
    const oldest = times((await ask(await start({ klineKeep: 'oldest' }), path)).data);
    expect(newest[0]).toBe(LIVE_MINUTE - MINUTE_MS);
    expect(oldest.at(-1)).toBe(Math.ceil(from / MINUTE_MS) * MINUTE_MS);
    expect(oldest[0]).toBe((oldest.at(-1) ?? 0) + 9 * MINUTE_MS);
  });

  test('of the mark price carry no volume', async () => {
    const running = await start();
    const reply = await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m&type=MARK_PRICE&limit=5');
    expect(rows(reply.data)).toHaveLength(5);
    expect(rows(reply.data)[0]).toMatchObject({ type: 'MARK_PRICE', baseVol: '0', quoteVol: '0' });
  });
});

describe('depth', () => {
  test('holds exactly the asked levels, best first, and the whole book without a limit', async () => {
    const running = await start();
    for (const limit of [1, 5, 15, 50]) {
      const { bids, asks } = object((await ask(running, `market/depth?symbol=BTCUSDT&limit=${limit}`)).data);
      const [bidPrices, askPrices] = [bids, asks].map((side) =>
        (side as string[][]).map(([price]) => Number(price)),
      );
      expect([bidPrices?.length, askPrices?.length]).toEqual([limit, limit]);
      expect(bidPrices).toEqual(bidPrices?.toSorted((one, other) => other - one));
      expect(askPrices).toEqual(askPrices?.toSorted((one, other) => one - other));
      expect(bidPrices?.[0]).toBeLessThan(askPrices?.[0] ?? 0);
    }
    const whole = object((await ask(running, 'market/depth?symbol=BTCUSDT')).data);
    expect((whole['bids'] as Json[]).length).toBeGreaterThanOrEqual(200);
    expect((whole['asks'] as Json[]).length).toBeGreaterThanOrEqual(200);
    for (const [price, quantity] of whole['asks'] as string[][]) {
      expect(price).toMatch(DECIMAL);
      expect(quantity).toMatch(DECIMAL);
    }
  });
});

describe('funding', () => {
  test('is percent as one object now and a fraction, newest first, in the history', async () => {
    const running = await start();
    const now = object((await ask(running, 'market/funding_rate?symbol=BTCUSDT')).data);
    expect(Object.keys(now)).toEqual([
      'symbol',
      'markPrice',
      'lastPrice',
      'indexPrice',
      'fundingRate',
      'fundingInterval',
      'nextFundingTime',
      'maxFundingRate',
      'minFundingRate',
    ]);
    expect(now['nextFundingTime']).toBe(String(Date.UTC(2026, 8, 23, 8)));
    expect(Math.abs(Number(now['fundingRate']))).toBeLessThan(0.3);
    expect([now['maxFundingRate'], now['fundingInterval']]).toEqual(['0.3', 8]);
    const history = rows(
      (await ask(running, 'market/get_funding_rate_history?symbol=BTCUSDT&limit=200')).data,
    );
    expect(history).toHaveLength(200);
    const settled = history.map((row) => Number(row['fundingTime']));
    expect(settled).toEqual(
      Array.from({ length: 200 }, (_, at) => Date.UTC(2026, 8, 23) - at * 8 * 3_600_000),
    );
    const largest = Math.max(...history.map((row) => Math.abs(Number(row['fundingRate']))));
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.003);
    const batch = rows((await ask(running, 'market/funding_rate/batch')).data);
    expect(batch.map((row) => row['symbol'])).toEqual(['BTCUSDT', 'ETHUSDT']);
  });

  test('history honours starTime and ignores startTime, unless the knob says otherwise', async () => {
    const from = TEST_START_MS - 3 * 86_400_000;
    const count = async (running: TestVenue, name: string): Promise<number> => {
      const reply = await ask(running, `market/get_funding_rate_history?symbol=BTCUSDT&${name}=${from}`);
      return rows(reply.data).length;
    };
    const running = await start();
    expect([await count(running, 'starTime'), await count(running, 'startTime')]).toEqual([9, 100]);
    await venue?.close();
    expect(await count(await start({ honoursStartTime: true }), 'startTime')).toBe(9);
  });
});

test('the catalogue, tickers and tiers have the documented fields', async () => {
  const btc = { symbol: 'BTCUSDT', startPrice: 86_000, priceDecimals: 1, lotDecimals: 4 };
  const halted = {
    symbol: 'OLDUSDT',
    startPrice: 5,
    priceDecimals: 4,
    lotDecimals: 0,
    spec: { symbolStatus: 'STOP' as const },
  };
  const running = await start({}, { instruments: [btc, halted] });
  const pairs = rows((await ask(running, 'market/trading_pairs')).data);
  expect(pairs[0]).toMatchObject({
    symbol: 'BTCUSDT',
    base: 'BTC',
    basePrecision: 4,
    quotePrecision: 1,
    symbolStatus: 'OPEN',
  });
  expect(pairs[1]).toMatchObject({
    symbol: 'OLDUSDT',
    basePrecision: 0,
    minTradeVolume: '1',
    symbolStatus: 'STOP',
  });
  const [ticker] = rows((await ask(running, 'market/tickers?symbols=BTCUSDT')).data);
  expect(Object.keys(ticker ?? {})).toEqual([
    'symbol',
    'markPrice',
    'lastPrice',
    'open',
    'last',
    'quoteVol',
    'baseVol',
    'high',
    'low',
  ]);
  expect(ticker?.['last']).toBe(ticker?.['lastPrice']);
  const tiers = rows((await ask(running, 'position/get_position_tiers?symbol=BTCUSDT')).data);
  expect(tiers[0]).toEqual({
    symbol: 'BTCUSDT',
    level: 1,
    startValue: '0',
    endValue: '50000',
    leverage: 125,
    maintenanceMarginRate: '0.004',
  });
  expect(tiers.map((tier) => tier['level'])).toEqual(tiers.map((_, at) => at + 1));
  expect(tiers.slice(1).map((tier) => tier['startValue'])).toEqual(
    tiers.slice(0, -1).map((tier) => tier['endValue']),
  );
});
