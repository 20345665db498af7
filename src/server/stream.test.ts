import { once } from 'node:events';
import { connect } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';

import {
  TOKEN,
  serveSession,
  type ServedSession,
  startTestServer,
} from '../../test/builders/served-session.ts';
import { StreamFollower } from '../../test/builders/stream-follower.ts';
import { STREAM_SUBPROTOCOL } from '../protocol/messages.ts';
import type { RunningServer } from './start-server.ts';
import { StreamHub } from './stream-hub.ts';

let session: ServedSession;
let server: RunningServer | null;
let followers: StreamFollower[];

beforeEach(() => {
  session = serveSession();
  server = null;
  followers = [];
});

afterEach(async () => {
  for (const { socket } of followers) socket.terminate();
  await server?.close();
  await session.close();
});

async function serve(host = '127.0.0.1'): Promise<RunningServer> {
  return (server = await startTestServer(session, { host }));
}

function follow(port: number, ...rest: [(readonly string[])?, object?]): StreamFollower {
  const follower = new StreamFollower(port, ...rest);
  followers.push(follower);
  return follower;
}

/** Feeds the session's market and tells the read model, as the loop does. */
function play(feed: () => unknown): void {
  const { market, shown } = session;
  market.outputs.length = 0;
  feed();
  shown?.deliver(market.outputs);
}

describe('the stream', () => {
  test('begins with a snapshot of everything and goes on with numbered updates of what changed', async () => {
    const { port } = await serve();
    const follower = follow(port, [STREAM_SUBPROTOCOL]);
    const first = await follower.until(() => true);
    expect(follower.socket.protocol).toBe(STREAM_SUBPROTOCOL);
    if (first.type !== 'snapshot') throw new Error('no snapshot');
    expect(first).toMatchObject({ seq: 1, version: 1, session: { session_id: 's1', symbols: ['BTCUSDT'] } });
    expect(first.fills).toHaveLength(1);
    expect(first.denials).toHaveLength(1);
    expect(first.books[0]).toMatchObject({ is_valid: true, bids: [['1000', '0.04']] });
    expect(first.logs.map(({ line_id: id }) => id)).toEqual([1, 2, 3]);
    const resting = first.orders.find(({ status }) => status === 'new');
    expect(resting).toMatchObject({ type: 'limit', tag: 'target', queue_ahead: '0.03' });

    play(() => session.market.trade(62_100, 'buy', 1000_1, 100));
    const moved = await follower.until(({ type, orders }) => type === 'update' && orders !== undefined);
    expect(moved.orders).toMatchObject([{ order_id: resting?.order_id, queue_ahead: '0.02' }]);
    play(() => session.market.trade(62_200, 'buy', 1000_1, 300).time(62_300));
    const filled = await follower.until(({ type, fills }) => type === 'update' && fills !== undefined);
    expect(filled.fills).toMatchObject([{ order_id: resting?.order_id, liquidity: 'maker' }]);
    expect(filled.trades).toBeUndefined();
    session.lines.add('{"level":"info","ts":"2026-11-22T16:39:09.000Z","event":"later","msg":"later"}\n');
    const logged = await follower.until(({ type, logs }) => type === 'update' && logs !== undefined);
    expect(logged.logs).toMatchObject([{ line_id: 4, event: 'later' }]);
    await follower.until(({ type, status }) => type === 'update' && status !== undefined);
    expect(follower.messages.map(({ seq }) => seq)).toEqual(follower.messages.map((_, index) => index + 1));
  });

  test('waits for the engine, and merges what happens between two looks', async () => {
    const { shown } = session;
    session.shown = null;
    const { port } = await serve();
    const follower = follow(port);
    await once(follower.socket, 'open');
    session.shown = shown;
    expect((await follower.until(() => true)).type).toBe('snapshot');
    for (let step = 0; step < 40; step++) {
      play(() => session.market.book(63_000 + step, [[999_0 + step, 10]], [[1001_0, 10]]));
    }
    const update = await follower.until(({ type, books }) => type === 'update' && books !== undefined);
    expect(update.books?.[0]?.bids).toEqual([['1002.9', '0.001']]);
  });

  test('tells each of its followers the same from their own beginning', async () => {
    const { port } = await serve();
    const early = follow(port);
    await early.until(() => true);
    play(() => session.market.mark(63_000, 1001_0));
    await early.until(({ type, markets }) => type === 'update' && markets !== undefined);
    const late = follow(port);
    const snapshot = await late.until(() => true);
    expect(snapshot).toMatchObject({ type: 'snapshot', seq: 1, markets: [{ mark_price: '1001' }] });
  });

  test('says goodbye when the session ends, with the last word before it', async () => {
    const running = await serve();
    const follower = follow(running.port);
    await follower.until(() => true);
    session.heartbeat = { ...session.heartbeat, state: 'stopping' };
    const closing = follower.closing();
    await running.close();
    server = null;
    expect(await closing).toEqual([1001, 'the session ends']);
    expect(follower.messages.at(-1)?.status?.state).toBe('stopping');
  });
});

describe('who may follow', () => {
  test('foreign origins and names are refused before the upgrade', async () => {
    const { port, url } = await serve();
    const origins = ['http://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1:1'];
    for (const origin of origins) expect(await follow(port, [], { origin }).refusal()).toBe(403);
    expect(await follow(port, [], { headers: { host: 'evil.example' } }).refusal()).toBe(403);
    expect((await follow(port, [], { origin: url }).until(() => true)).type).toBe('snapshot');
  });

  test('beyond this machine the token must come as a subprotocol', async () => {
    const { port } = await serve('0.0.0.0');
    for (const protocols of [[], [STREAM_SUBPROTOCOL], [STREAM_SUBPROTOCOL, `bearer.${'e'.repeat(64)}`]])
      expect(await follow(port, protocols).refusal()).toBe(401);
    const follower = follow(port, [STREAM_SUBPROTOCOL, `bearer.${TOKEN}`]);
    expect((await follower.until(() => true)).type).toBe('snapshot');
    expect(follower.socket.protocol).toBe(STREAM_SUBPROTOCOL);
  });

  test('who talks is dismissed', async () => {
    const { port } = await serve();
    const follower = follow(port);
    await follower.until(() => true);
    const closing = follower.closing();
    follower.socket.send('{"type":"resync"}');
    expect(await closing).toEqual([1003, 'the stream takes no messages']);
  });

  /** What a connection is told that asks for a path, and to become something else; until it is quiet or closed. */
  async function ask(port: number, path: string, upgrade: string, host: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: ${upgrade}\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const head = answer.toString();
    if (/^connection: close/im.test(head)) await once(socket, 'close');
    else socket.destroy();
    return `${head.slice(9, 12)} ${/^connection: (.*)$/im.exec(head)?.[1]?.toLowerCase()}`;
  }

  test('an upgrade elsewhere, or to something else, is answered as if it were not asked for', async () => {
    const { port } = await serve();
    const own = `127.0.0.1:${port}`;
    expect(await ask(port, '/api/v1/status', 'websocket', own)).toBe('200 keep-alive');
    expect(await ask(port, '/api/v1/status', 'h2c', own)).toBe('200 keep-alive');
    expect(await ask(port, '/api/v1/streams', 'websocket', own)).toBe('404 keep-alive');
    expect(await ask(port, '/api/v1/stream', 'h2c', own)).toBe('426 keep-alive');
    expect(await ask(port, '/api/v1/status', 'websocket', 'evil.example')).toBe('403 keep-alive');
  });

  test('a stream that is refused is told that its connection ends, and it does', async () => {
    const { port } = await serve();
    expect(await ask(port, '/api/v1/stream', 'websocket', 'evil.example')).toBe('403 close');
    expect(await ask(port, '/api/v1/stream?limit=1', 'websocket', `127.0.0.1:${port}`)).toBe('400 close');
  });
});

describe('a follower that cannot keep up', () => {
  /** A socket whose other end takes as much as a test says. */
  class Sluggish {
    readonly sent: string[] = [];
    readonly closed: [number, string][] = [];
    readonly readyState = 1;
    bufferedAmount = 0;
    on(): this {
      return this;
    }
    send(text: string): void {
      this.sent.push(text);
    }
    close(code: number, reason: string): void {
      this.closed.push([code, reason]);
    }
    terminate(): void {
      this.closed.push([0, 'terminated']);
    }
    ping(): void {
      this.sent.push('ping');
    }
  }

  test('is sent nothing while it is behind, then a snapshot; after ten seconds it is told and dropped', () => {
    const hub = new StreamHub(session);
    const slow = new Sluggish();
    const quick = new Sluggish();
    hub.add(slow as unknown as WebSocket);
    hub.add(quick as unknown as WebSocket);
    const changeAndTick = (nowMs: number, mark: number): void => {
      play(() => session.market.mark(63_000 + mark, mark));
      hub.tick(nowMs);
    };
    changeAndTick(0, 1);
    slow.bufferedAmount = 8_000_000;
    for (const step of [1, 2, 3]) changeAndTick(step * 50, step + 1);
    expect(slow.sent).toHaveLength(1);
    expect(quick.sent).toHaveLength(4);
    slow.bufferedAmount = 0;
    changeAndTick(200, 5);
    expect(slow.sent.map((text) => text.slice(0, 27))).toEqual([
      '{"type":"snapshot","seq":1,',
      '{"type":"snapshot","seq":2,',
    ]);
    slow.bufferedAmount = 8_000_000;
    changeAndTick(250, 6);
    changeAndTick(9_000, 7);
    expect(slow.closed).toEqual([]);
    changeAndTick(10_300, 8);
    expect(slow.closed).toEqual([[1013, 'too slow for the stream']]);
    expect(hub.counts).toMatchObject({ clients: 1, dropped: 1 });
    hub.close();
  });

  test('is given a snapshot when more was said than can be told', () => {
    const hub = new StreamHub(session);
    const follower = new Sluggish();
    hub.add(follower as unknown as WebSocket);
    hub.tick(0);
    const [fill] = session.market.of('fill');
    if (fill === undefined) throw new Error('no fill');
    session.shown?.deliver(Array.from({ length: 5_001 }, () => fill));
    hub.tick(50);
    expect(follower.sent[1]?.slice(0, 26)).toBe('{"type":"snapshot","seq":2');
    hub.close();
  });

  test('that answers no ping is given up', () => {
    const hub = new StreamHub(session);
    const gone = new Sluggish();
    hub.add(gone as unknown as WebSocket);
    const startMs = performance.now();
    for (const afterMs of [0, 15_100, 30_300]) hub.tick(startMs + afterMs);
    expect(gone.sent).toContain('ping');
    expect(gone.closed[0]?.[0]).toBe(1013);
    hub.close();
  });
});
