import { createConnection } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestVenue, wait, WireClient, type TestVenue } from './wire-client.test-support.ts';

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

async function connect(running: TestVenue): Promise<WireClient> {
  const client = await WireClient.connect(running);
  clients.push(client);
  return client;
}

describe('control frames', () => {
  test('greet first, never acknowledge a subscription, acknowledge unsubscribing', async () => {
    const client = await connect(await start());
    client.subscribe(['depth_book5']);
    await client.next((frame) => frame['ch'] === 'depth_book5');
    expect(client.frames[0]?.frame).toEqual({ op: 'connect', data: { result: true } });
    expect(client.frames.filter(({ frame }) => frame['op'] === 'subscribe')).toEqual([]);
    client.send({ op: 'unsubscribe', args: [{ symbol: 'BTCUSDT', ch: 'depth_book5' }] });
    const answer = await client.next((frame) => frame['op'] === 'unsubscribe');
    expect(Object.keys(answer)).toEqual(['op', 'ts', 'data']);
    expect([Number.isInteger(answer['ts']), answer['data']]).toEqual([true, 'success']);
    const before = client.of('depth_book5').length;
    await wait(800);
    expect(client.of('depth_book5')).toHaveLength(before);
  });

  test('acknowledge a subscription where the knob says so', async () => {
    const client = await connect(await start({ acknowledgesSubscribe: true }));
    client.subscribe(['trade']);
    const answer = await client.next((frame) => frame['op'] === 'subscribe');
    expect(answer).toEqual({ op: 'subscribe', ch: 'trade', symbol: 'BTCUSDT', data: { result: true } });
  });

  test('answer a ping with the echo and the second the socket opened', async () => {
    const running = await start();
    const client = await connect(running);
    const openedSecond = Math.floor(running.clock.nowMs() / 1_000);
    running.clock.jump(30_000);
    client.send('{"op":"ping","ping":1790126498}');
    const answer = await client.next((frame) => frame['op'] === 'ping');
    expect(Object.entries(answer).slice(0, 2)).toEqual([
      ['op', 'ping'],
      ['pong', 1_790_126_498],
    ]);
    expect(Object.keys(answer)).toHaveLength(3);
    expect(Math.abs(Number(answer['ping']) - openedSecond)).toBeLessThanOrEqual(1);
  });

  test('serve 300 streams of one frame and refuse the next ones with the recorded frame', async () => {
    const client = await connect(await start());
    const args = Array.from({ length: 301 }, (_, at) => ({ symbol: `NO${at}USDT`, ch: 'depth_book1' }));
    client.send({ op: 'subscribe', args });
    const refused = await client.next((frame) => frame['op'] === 'subscribe');
    expect(JSON.stringify(refused)).toBe(
      '{"op":"subscribe","data":{"msg":"subscribe channel > 300","nonce":"","result":false}}',
    );
    expect(client.of('depth_book1')).toHaveLength(300);
  });

  test('ignore what is no JSON, unknown operations and unknown channels', async () => {
    const client = await connect(await start());
    client.send('hello');
    client.send('[1,2]');
    client.send({ op: 'dance', args: [{ symbol: 'BTCUSDT', ch: 'trade' }] });
    client.send({ op: 'subscribe', args: [{ symbol: 'BTCUSDT', ch: 'depth_book20' }, 7, null] });
    await wait(300);
    expect(client.frames).toHaveLength(1);
    client.send({ op: 'ping', ping: 1 });
    await client.next((frame) => frame['op'] === 'ping');
  });

  test('answer a book subscription of an unknown symbol with one frame of empty levels', async () => {
    const client = await connect(await start());
    client.send({
      op: 'subscribe',
      args: [{ symbol: 'nopeusdt', ch: 'depth_book15' }, { ch: 'depth_book5' }],
    });
    const frame = await client.next(({ ch }) => ch === 'depth_book15');
    const levels = Array.from({ length: 15 }, () => ['', '']);
    expect(frame).toMatchObject({ symbol: 'NOPEUSDT', data: { b: levels, a: levels } });
    const nameless = await client.next(({ ch }) => ch === 'depth_book5');
    expect(Object.keys(nameless)).toEqual(['ch', 'ts', 'data']);
    await wait(700);
    expect(client.frames).toHaveLength(3);
  });

  test('a contract in preview streams nothing, one that the API may not trade streams as usual', async () => {
    const base = { startPrice: 10, priceDecimals: 3, lotDecimals: 1 };
    const instruments = [
      { ...base, symbol: 'NEWUSDT', spec: { symbolStatus: 'PREVIEW' as const } },
      { ...base, symbol: 'ETFUSDT', spec: { isApiSupported: false } },
    ];
    const client = await connect(await start({}, { instruments }));
    client.subscribe(['depth_book1'], 'NEWUSDT');
    client.subscribe(['depth_book1'], 'ETFUSDT');
    const preview = await client.next(({ symbol }) => symbol === 'NEWUSDT');
    expect(preview['data']).toEqual({ b: [['', '']], a: [['', '']] });
    const listed = await client.next(({ symbol }) => symbol === 'ETFUSDT');
    expect(JSON.stringify(listed['data'])).not.toContain('""');
  });
});

describe('limits', () => {
  test('a protocol ping as the first frame gets no pong and a cut after 1.5 s', async () => {
    const client = await connect(await start());
    let hasPong = false;
    client.socket.on('pong', () => {
      hasPong = true;
    });
    client.socket.ping();
    const { code, afterMs } = await client.closed;
    expect([code, hasPong]).toEqual([1006, false]);
    expect(afterMs).toBeGreaterThan(1_400);
    // No other limit would cut it so soon.
    expect(afterMs).toBeLessThan(8_000);
  });

  test('a later protocol ping is answered', async () => {
    const client = await connect(await start());
    client.send({ op: 'ping', ping: 1 });
    const ponged = new Promise<string>((resolve) => {
      client.socket.once('pong', (payload: Buffer) => resolve(payload.toString()));
    });
    client.socket.ping('x1');
    expect(await ponged).toBe('x1');
  });

  test('a client that never sends is cut, received data does not keep it, pings do', async () => {
    const running = await start({ idleUnsentMs: 1_200, idleMinMs: 2_400, idleMaxMs: 2_500 });
    const silent = await connect(running);
    const listening = await connect(running);
    const pinging = await connect(running);
    listening.subscribe(['depth_book1']);
    const timer = setInterval(() => pinging.send({ op: 'ping', ping: 1 }), 250);
    const first = await silent.closed;
    const second = await listening.closed;
    clearInterval(timer);
    expect([first.code, second.code, pinging.socket.readyState]).toEqual([1006, 1006, 1]);
    expect(first.afterMs).toBeGreaterThan(1_150);
    expect(first.afterMs).toBeLessThan(2_400);
    expect(second.afterMs).toBeGreaterThan(2_350);
    expect(listening.of('depth_book1').length).toBeGreaterThan(0);
  });

  test('six frames within a second cut the connection, five do not', async () => {
    const running = await start();
    const tame = await connect(running);
    for (let at = 0; at < 5; at++) tame.send({ op: 'ping', ping: at });
    const wild = await connect(running);
    for (let at = 0; at < 6; at++) wild.send({ op: 'ping', ping: at });
    expect((await wild.closed).code).toBe(1006);
    await tame.next((frame) => frame['pong'] === 4);
    expect(tame.socket.readyState).toBe(1);
  });

  test('an address cut for floods too often is refused the upgrade', async () => {
    const running = await start({ dropsBeforeRefusal: 2 });
    for (let drop = 0; drop < 2; drop++) {
      const wild = await connect(running);
      for (let at = 0; at < 7; at++) wild.send('{}');
      await wild.closed;
    }
    await expect(WireClient.connect(running)).rejects.toThrow('403');
  });

  test('a connection is cut at the end of its lifetime where the knob sets one', async () => {
    const client = await connect(await start({ connectionLifetimeMs: 300 }));
    expect((await client.closed).code).toBe(1006);
  });

  test('the private socket and other paths are refused with HTTP 404', async () => {
    const running = await start();
    await expect(new WireClient(running.wsUrl.replace('public', 'private')).opened).rejects.toThrow('404');
    const withoutSlash = new WireClient(running.wsUrl.slice(0, -1));
    clients.push(withoutSlash);
    await withoutSlash.opened;
  });

  test('a client that does not read is cut before its backlog grows without bound', async () => {
    const running = await start({ depthMeanMs: 1, depthMinMs: 1, depthMaxMs: 2, idleMinMs: 60_000 });
    const client = await connect(running);
    client.subscribe(['depth_books']);
    await client.next(({ ch }) => ch === 'depth_books');
    client.socket.pause();
    await expect.poll(() => running.connectionCount(), { timeout: 15_000, interval: 100 }).toBe(0);
  });
});

describe('life of the server', () => {
  test('a busy port is refused as such', async () => {
    const running = await start();
    const { startSimulatedVenue } = await import('./simulated-venue.ts');
    const second = startSimulatedVenue({ market: running.market, clock: running.clock, port: running.port });
    await expect(second).rejects.toMatchObject({ name: 'VenueStartError', code: 'port_busy' });
  });

  test('closing ends idle sockets, half-open requests and keep-alive connections at once', async () => {
    const running = await start();
    const client = await connect(running);
    client.subscribe(['depth_book15', 'trade', 'market_kline_1min']);
    await client.next(({ ch }) => ch === 'depth_book15');
    const raw = createConnection(running.port, '127.0.0.1');
    raw.on('error', () => {});
    raw.write('GET /api/v1/futures/market/tickers HTTP/1.1\r\n');
    const beganMs = performance.now();
    await running.close();
    venue = null;
    // Kept alive, they would stay for five seconds and more.
    expect(performance.now() - beganMs).toBeLessThan(4_000);
    expect((await client.closed).code).toBe(1006);
    raw.destroy();
  });
});
