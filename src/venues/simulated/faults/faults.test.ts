import { afterEach, describe, expect, test } from 'vitest';
import {
  ask,
  object,
  rows,
  startTestVenue,
  wait,
  WireClient,
  type TestVenue,
} from '../wire-client.test-support.ts';

const DEPTH = 'market/depth?symbol=BTCUSDT&limit=1';
const KLINE = 'market/kline?symbol=BTCUSDT&interval=1m&limit=5';
const MINUTE_MS = 60_000;

let venue: TestVenue | null = null;
const clients: WireClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await venue?.close();
  venue = null;
});

async function start(...parameters: Parameters<typeof startTestVenue>): Promise<TestVenue> {
  venue = await startTestVenue(...parameters);
  return venue;
}

/** A socket of some channels, once each but those of trades has pushed. */
async function connect(running: TestVenue, channels: readonly string[]): Promise<WireClient> {
  const client = await WireClient.connect(running);
  clients.push(client);
  client.subscribe(channels);
  for (const wanted of channels) await client.next(({ ch }) => ch === wanted);
  return client;
}

/** Asks for faults as a script would: over HTTP. */
async function control(running: TestVenue, ...faults: object[]): Promise<void> {
  const reply = await ask(running, '/control/faults', { method: 'POST', body: JSON.stringify({ faults }) });
  expect([reply.status, reply.text.slice(0, 8)]).toEqual([200, '{"ids":[']);
}

async function clear(running: TestVenue): Promise<void> {
  expect((await ask(running, '/control/faults', { method: 'DELETE' })).status).toBe(200);
}

async function readState(running: TestVenue): Promise<Record<string, unknown>> {
  const reply = await ask(running, '/control/state');
  return JSON.parse(reply.text) as Record<string, unknown>;
}

const KLINE_SOCKET = ['market_kline_1min'];
const TICKER_SOCKET = ['depth_book5', 'ticker'];

describe('sockets', () => {
  test('drop_socket ends those of its target at once, and no later ones', async () => {
    const running = await start();
    const kline = await connect(running, KLINE_SOCKET);
    const ticker = await connect(running, TICKER_SOCKET);
    expect((await readState(running))['sockets']).toEqual({ kline: 1, ticker: 1 });
    await control(running, { kind: 'drop_socket', target: 'kline' });
    expect((await kline.closed).code).toBe(1006);
    expect(ticker.socket.readyState).toBe(1);
    const again = await connect(running, KLINE_SOCKET);
    expect(again.socket.readyState).toBe(1);
    expect((await readState(running))['faults']).toEqual([]);
  });

  test('refuse_upgrade answers with its status and Retry-After, and is counted', async () => {
    const running = await start();
    await control(running, { kind: 'refuse_upgrade', status: 503, retry_after: 7 });
    const refused = new WireClient(running.wsUrl);
    const headers = new Promise<Record<string, unknown>>((resolve) => {
      refused.socket.once('unexpected-response', (_request, response) => {
        resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] });
        response.destroy();
        refused.socket.emit('error', new Error('refused'));
      });
    });
    refused.opened.catch(() => {});
    expect(await headers).toEqual({ status: 503, retryAfter: '7' });
    expect(await readState(running)).toMatchObject({ upgrades: 1, upgrades_refused: 1 });
    await clear(running);
    await connect(running, TICKER_SOCKET);
    expect(await readState(running)).toMatchObject({ upgrades: 2, upgrades_refused: 1 });
  });

  test('freeze_socket keeps its target open and answering pings, without data, for as long as it says', async () => {
    const running = await start();
    const kline = await connect(running, KLINE_SOCKET);
    const ticker = await connect(running, TICKER_SOCKET);
    await control(running, { kind: 'freeze_socket', target: 'ticker', for: '3s' });
    ticker.forget();
    kline.forget();
    ticker.send({ op: 'ping', ping: 5 });
    await ticker.next(({ pong }) => pong === 5);
    await wait(600);
    expect(ticker.frames).toHaveLength(1);
    expect(kline.of('market_kline_1min').length).toBeGreaterThan(0);
    await ticker.next(({ ch }) => ch === 'depth_book5');
  });

  test('freeze_stream stills the channels of its prefix alone', async () => {
    const running = await start();
    const client = await connect(running, ['depth_book5', 'price']);
    await control(running, { kind: 'freeze_stream', channel: 'depth' });
    client.forget();
    await wait(1_200);
    expect(client.of('depth_book5')).toEqual([]);
    expect(client.of('price').length).toBeGreaterThan(1);
    await clear(running);
    await client.next(({ ch }) => ch === 'depth_book5');
  });

  test('mute_pong leaves pings of its target unanswered while data flows', async () => {
    const running = await start();
    const kline = await connect(running, KLINE_SOCKET);
    const ticker = await connect(running, TICKER_SOCKET);
    await control(running, { kind: 'mute_pong', target: 'kline' });
    for (const client of [kline, ticker]) client.send({ op: 'ping', ping: 9 });
    await ticker.next(({ pong }) => pong === 9);
    await wait(700);
    expect(kline.frames.filter(({ frame }) => frame['op'] === 'ping')).toEqual([]);
    expect(kline.of('market_kline_1min').length).toBeGreaterThan(1);
  });

  test('ws_error sends its frame once to the sockets of its target', async () => {
    const running = await start();
    const kline = await connect(running, KLINE_SOCKET);
    const ticker = await connect(running, TICKER_SOCKET);
    await control(running, {
      kind: 'ws_error',
      target: 'ticker',
      frame: { event: 'error', code: 10004, msg: 'IP' },
    });
    expect(await ticker.next(({ event }) => event === 'error')).toEqual({
      event: 'error',
      code: 10_004,
      msg: 'IP',
    });
    await control(running, { kind: 'ws_error', target: 'all', frame: 'maintenance' });
    await expect.poll(() => [kline.broken, ticker.broken]).toEqual([['maintenance'], ['maintenance']]);
    expect(kline.frames.filter(({ frame }) => frame['event'] === 'error')).toEqual([]);
  });
});

describe('frames', () => {
  test('flood repeats a channel as often as it says', async () => {
    const running = await start();
    const client = await connect(running, TICKER_SOCKET);
    client.forget();
    await control(running, { kind: 'flood', channel: 'ticker', per_second: 400, for: '1s' });
    await wait(1_500);
    const count = client.of('ticker').length;
    expect(count).toBeGreaterThan(250);
    expect(count).toBeLessThan(450);
    client.forget();
    await wait(400);
    expect(client.of('ticker').length).toBeLessThan(3);
  });

  test('delay holds frames and answers up, and their order stays', async () => {
    const running = await start();
    const client = await connect(running, ['price', 'depth_book1']);
    await control(running, { kind: 'delay', ms: 700, for: '1s' });
    client.forget();
    await wait(500);
    expect(client.frames).toEqual([]);
    await wait(2_000);
    const stamps = client.frames.map(({ frame }) => Number(frame['ts']));
    expect(stamps.length).toBeGreaterThan(5);
    for (const [at, stamp] of stamps.entries())
      expect(stamp).toBeGreaterThanOrEqual((stamps[at - 1] ?? 0) - 5);
    await control(running, { kind: 'delay', ms: 300 });
    const beganMs = performance.now();
    expect((await ask(running, DEPTH)).code).toBe(0);
    expect(performance.now() - beganMs).toBeGreaterThan(290);
  });

  test('garble changes one character of its share of the frames', async () => {
    const running = await start();
    const client = await connect(running, ['price', 'depth_book1']);
    await control(running, { kind: 'garble', share: 1 });
    await wait(100);
    client.forget();
    await wait(2_500);
    // One byte of each: either no JSON any more, or JSON that says something else.
    expect(client.broken.length).toBeGreaterThan(0);
    for (const text of client.broken) expect(text).toMatch(/^.{60,}$/);
    expect(client.socket.readyState).toBe(1);
  });

  test('crossed_book and empty_book show what no market has', async () => {
    const running = await start();
    const client = await connect(running, ['depth_book5']);
    await control(running, { kind: 'crossed_book' });
    await wait(100);
    client.forget();
    const crossed = object((await client.next(({ ch }) => ch === 'depth_book5'))['data']) as Record<
      string,
      string[][]
    >;
    expect(Number(crossed['b']?.[0]?.[0])).toBeGreaterThan(Number(crossed['a']?.[0]?.[0]));
    await control(running, { kind: 'empty_book' });
    await wait(100);
    client.forget();
    const levels = Array.from({ length: 5 }, () => ['', '']);
    expect((await client.next(({ ch }) => ch === 'depth_book5'))['data']).toEqual({ b: levels, a: levels });
  });

  test('duplicate_trades tells the last trades again, now or at each subscription', async () => {
    const running = await start();
    const client = await connect(running, ['trade']);
    running.clock.jump(20_000);
    await wait(300);
    const told = client.of('trade').flatMap(({ data }) => rows(data ?? []));
    const last = told.slice(-3);
    client.forget();
    await control(running, { kind: 'duplicate_trades', trades: 3 });
    const repeated = rows((await client.next(({ ch }) => ch === 'trade'))['data'] ?? []);
    expect(repeated.slice(0, 3)).toEqual(last);

    await control(running, { kind: 'duplicate_trades', trades: 4, when: 'reconnect' });
    const again = await WireClient.connect(running);
    clients.push(again);
    again.subscribe(['trade']);
    const first = rows((await again.next(({ ch }) => ch === 'trade'))['data'] ?? []);
    expect(first.length).toBeGreaterThanOrEqual(4);
  });

  test('late_trades holds trades back while the book goes on', async () => {
    const running = await start();
    const client = await connect(running, ['trade', 'depth_book1']);
    await control(running, { kind: 'late_trades', ms: 9_000 });
    await wait(60);
    client.forget();
    running.clock.jump(3_000);
    await wait(600);
    expect(client.of('trade')).toEqual([]);
    expect(client.of('depth_book1').length).toBeGreaterThan(0);
    running.clock.jump(7_000);
    const frame = await client.next(({ ch }) => ch === 'trade');
    const oldest = rows(frame['data'] ?? [])[0];
    expect(Number(frame['ts']) - Date.parse(oldest?.['t'] as string)).toBeGreaterThan(3_000);
  });
});

describe('bars', () => {
  test('skip_bar takes the next bars out for good, on the socket and at REST', async () => {
    const running = await start();
    const client = await connect(running, KLINE_SOCKET);
    await control(running, { kind: 'skip_bar', bars: 2 });
    const openMs = Math.floor(running.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
    running.clock.jump(MINUTE_MS);
    await wait(100);
    client.forget();
    await wait(800);
    expect(client.of('market_kline_1min')).toEqual([]);
    running.clock.jump(2 * MINUTE_MS);
    await client.next(({ ch }) => ch === 'market_kline_1min');
    await clear(running);
    const times = rows((await ask(running, KLINE)).data).map(
      ({ time }) => (Number(time) - openMs) / MINUTE_MS,
    );
    expect(times).toEqual([3, 0, -1]);
    expect((await readState(running))['missing_bars']).toMatchObject([
      { interval: '1m', from_ms: openMs + MINUTE_MS, to_ms: openMs + 3 * MINUTE_MS },
    ]);
  });

  test('skip_bar with rest_only takes them out at one of the two', async () => {
    const running = await start();
    const client = await connect(running, KLINE_SOCKET);
    await control(running, { kind: 'skip_bar', bars: 1, rest_only: true });
    running.clock.jump(MINUTE_MS);
    client.forget();
    await client.next(({ ch }) => ch === 'market_kline_1min');
    await control(running, { kind: 'skip_bar', bars: 1, rest_only: false });
    running.clock.jump(MINUTE_MS);
    await wait(100);
    client.forget();
    await wait(700);
    expect(client.of('market_kline_1min')).toEqual([]);
    const times = rows((await ask(running, KLINE)).data).map(({ time }) => Number(time) / MINUTE_MS);
    const newest = Math.floor(running.clock.nowMs() / MINUTE_MS);
    expect(times.map((time) => newest - time)).toEqual([0, 2, 3, 4]);
  });
});

describe('time and funding', () => {
  test('shift_clock steps the clock, its stamps and the Date header, and the market goes along', async () => {
    const running = await start();
    const client = await connect(running, ['depth_book1']);
    await control(running, { kind: 'shift_clock', ms: 120_000 });
    await wait(20);
    client.forget();
    const frame = await client.next(({ ch }) => ch === 'depth_book1');
    expect(Number(frame['ts']) - running.clock.nowMs()).toBeGreaterThan(118_000);
    const date = Date.parse((await ask(running, DEPTH)).headers.get('date') ?? '');
    expect(date - running.clock.nowMs()).toBeGreaterThan(117_000);
    await control(running, { kind: 'shift_clock', ms: -120_000 });
    expect(
      Math.abs(Number((await readState(running))['venue_time_ms']) - running.clock.nowMs()),
    ).toBeLessThan(1_000);
  });

  test('drift_clock runs fast while it lasts, and what has drifted stays', async () => {
    const running = await start();
    const beforeMs = Number((await readState(running))['venue_time_ms']) - running.clock.nowMs();
    await control(running, { kind: 'drift_clock', ms_per_minute: 30_000, for: '1s' });
    await wait(1_300);
    const afterMs = Number((await readState(running))['venue_time_ms']) - running.clock.nowMs();
    expect(afterMs - beforeMs).toBeGreaterThan(400);
    expect(afterMs - beforeMs).toBeLessThan(700);
  });

  test('funding_rate is charged by the next settlement and given back afterwards', async () => {
    const running = await start({}, { startMs: Date.UTC(2026, 8, 23, 7, 59, 40) });
    await control(running, { kind: 'funding_rate', rate: '-0.00075' });
    const quoted = object((await ask(running, 'market/funding_rate?symbol=BTCUSDT')).data);
    expect(quoted['fundingRate']).toBe('-0.075');
    running.clock.jump(Number(quoted['nextFundingTime']) - running.clock.nowMs() + 1_000);
    const settled = rows(
      (await ask(running, 'market/get_funding_rate_history?symbol=BTCUSDT&limit=1')).data,
    )[0];
    expect(settled).toMatchObject({ fundingRate: '-0.00075', fundingTime: quoted['nextFundingTime'] });
    await clear(running);
    const free = object((await ask(running, 'market/funding_rate?symbol=BTCUSDT')).data);
    expect(free['fundingRate']).not.toBe('-0.075');
  });
});

describe('requests', () => {
  test('rest_error answers with a code, an HTTP status, a page, or half of an answer', async () => {
    const running = await start();
    const hit = async (fault: object): Promise<Awaited<ReturnType<typeof ask>>> => {
      await clear(running);
      await control(running, { kind: 'rest_error', ...fault });
      return ask(running, DEPTH);
    };
    const coded = await hit({ code: 10_004, msg: 'IP not allowed' });
    expect([coded.status, coded.text]).toEqual([200, '{"code":10004,"data":null,"msg":"IP not allowed"}']);
    const limited = await hit({ http_status: 429, code: 10_006, retry_after: 3 });
    expect([limited.status, limited.code, limited.headers.get('retry-after')]).toEqual([429, 10_006, '3']);
    const page = await hit({ http_status: 503, body: 'html', msg: 'down for <maintenance>' });
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=UTF-8']);
    expect(page.text).toContain('down for &lt;maintenance&gt;');
    const challenge = await hit({ http_status: 403, body: 'html' });
    expect([challenge.status, challenge.headers.get('cf-mitigated')]).toEqual([403, 'challenge']);
    expect((await hit({ body: 'empty' })).text).toBe('');
    const truncated = await hit({ body: 'truncated' });
    expect(truncated.status).toBe(200);
    expect(() => JSON.parse(truncated.text) as unknown).toThrow(SyntaxError);
  });

  test('rest_error hangs, resets, and hits only the paths it names', async () => {
    const running = await start();
    await control(running, { kind: 'rest_error', body: 'hang', path: 'kline' });
    const hung = ask(running, KLINE, { signal: AbortSignal.timeout(400) });
    expect((await ask(running, DEPTH)).code).toBe(0);
    await expect(hung).rejects.toThrow('timeout');
    await clear(running);
    await control(running, { kind: 'rest_error', body: 'reset', for: '200ms' });
    await expect(ask(running, DEPTH)).rejects.toThrow('fetch failed');
    await wait(300);
    expect((await ask(running, DEPTH)).code).toBe(0);
  });
});

describe('control', () => {
  test('refuses what it cannot read, with the path of each finding, and takes none of it', async () => {
    const running = await start();
    const faults = [
      { kind: 'delay', ms: 5 },
      { kind: 'delay', ms: -1, fro: '5s' },
      { kind: 'drop_socket', for: '5s' },
    ];
    const refused = await ask(running, '/control/faults', {
      method: 'POST',
      body: JSON.stringify({ faults }),
    });
    expect(refused.status).toBe(400);
    const { errors } = JSON.parse(refused.text) as { errors: string[] };
    expect(errors.map((error) => error.split(':')[0])).toEqual(['faults.1.ms', 'faults.1', 'faults.2']);
    expect((await ask(running, '/control/faults', { method: 'POST', body: '{' })).text).toContain('not JSON');
    expect((await readState(running))['faults']).toEqual([]);
    expect((await ask(running, '/control/nothing')).status).toBe(404);
  });

  test('does not answer a web page', async () => {
    const running = await start();
    const reply = await ask(running, '/control/state', { headers: { origin: 'http://example.com' } });
    expect(reply.status).toBe(403);
  });

  test('shows what waits and what is in force, until it is cleared', async () => {
    const running = await start();
    await control(running, { kind: 'delay', ms: 1, at: '10m', for: '1m' }, { kind: 'mute_pong' });
    const state = await readState(running);
    expect(state['faults']).toMatchObject([
      { state: 'waiting', fault: { kind: 'delay', at: 600_000, for: 60_000 } },
      { state: 'in_force', remaining_ms: null, fault: { kind: 'mute_pong', target: 'all' } },
    ]);
    await clear(running);
    expect((await readState(running))['faults']).toEqual([]);
  });
});
