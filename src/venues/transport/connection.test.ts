import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { SeededRandom } from '../../core/base/random.ts';
import { VenueError } from '../../ports/venue-error.ts';
import { systemClock } from '../../ports/wall-clock.ts';
import {
  Connection,
  type ConnectionState,
  type ConnectionTimes,
  FRAME_GREETING,
  FRAME_OTHER,
  FRAME_PONG,
} from './connection.ts';
import { systemScheduler } from './scheduler.ts';
import type { StreamSpec } from './stream-spec.ts';

/** The recipe of the venue, a hundred times as fast. */
const FAST: ConnectionTimes = {
  connectTimeoutMs: 200,
  greetingWaitMs: 150,
  pingIntervalMs: 600,
  pongDeadlineMs: 100,
  firstDataMs: 100,
  backoffBaseMs: 10,
  backoffMaxMs: 40,
  healthyMs: 600,
  rotateMs: 60_000,
};

/** The same where nothing is to be lost: a busy machine answers later than FAST waits. */
const PATIENT: Partial<ConnectionTimes> = {
  connectTimeoutMs: 20_000,
  pongDeadlineMs: 20_000,
  firstDataMs: 20_000,
};

const CALM_FIRST_DATA_MS = 500;

/** What the peer does; each test changes what it is about. */
interface Peer {
  greets: boolean;
  answersPings: boolean;
  /** Streams that bring data from a subscription on. */
  streams: readonly number[];
  upgradeStatus: number | null;
  /** The TCP connection is taken and nothing is ever said. */
  isDeaf: boolean;
}

let server: Server;
let sockets: WebSocketServer;
let peer: Peer;
let frames: string[];
let frameTimesMs: number[];
let upgrades: number;
let rawSockets: Socket[];
let open: WebSocket[];
let states: { readonly state: ConnectionState; readonly detail: string | null }[];
let fatal: VenueError[];
let lost: string[];
let received: number;
let connection: Connection | null;
let url: string;

beforeEach(async () => {
  peer = { greets: true, answersPings: true, streams: [0, 1], upgradeStatus: null, isDeaf: false };
  frames = [];
  frameTimesMs = [];
  upgrades = 0;
  rawSockets = [];
  open = [];
  states = [];
  fatal = [];
  lost = [];
  received = 0;
  connection = null;
  server = createServer();
  sockets = new WebSocketServer({ noServer: true });
  server.on('connection', (socket: Socket) => rawSockets.push(socket));
  server.on('upgrade', (request, socket, head) => {
    upgrades++;
    if (peer.isDeaf) return;
    if (peer.upgradeStatus !== null) {
      socket.end(`HTTP/1.1 ${peer.upgradeStatus} No\r\nRetry-After: 0\r\nContent-Length: 6\r\n\r\nno way`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/public/`;
});

afterEach(async () => {
  await connection?.stop();
  for (const socket of rawSockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function serve(client: WebSocket): void {
  open.push(client);
  client.on('error', () => {});
  if (peer.greets) client.send('hello');
  client.on('message', (data) => {
    const text = (data as Buffer).toString();
    frames.push(text);
    frameTimesMs.push(performance.now());
    if (text === 'ping' && peer.answersPings) client.send('pong');
    if (text.startsWith('subscribe ')) {
      for (const stream of text.slice(10).split(',').map(Number)) {
        if (peer.streams.includes(stream)) client.send(String(stream));
      }
    }
  });
}

const QUIET: readonly StreamSpec[] = [
  { name: 'zero', silenceMs: 60_000 },
  { name: 'one', silenceMs: 60_000 },
];

function connect(streams: readonly StreamSpec[] = QUIET, times: Partial<ConnectionTimes> = {}): Connection {
  const random = new SeededRandom(7);
  connection = new Connection({
    url,
    clock: systemClock,
    scheduler: systemScheduler,
    random: () => random.nextFloat(),
    times: { ...FAST, ...times },
    protocol: {
      streams,
      pingFrame: () => 'ping',
      subscribeFrame: (wanted) => `subscribe ${wanted.join(',')}`,
      classifyRefusal: (status, headers, body) =>
        new VenueError(status === 403 ? 'fatal' : 'transient', status, `${status} ${body}`, {
          retryAfterMs: Number(headers['retry-after']),
        }),
    },
    callbacks: {
      onFrame: (bytes) => {
        received++;
        const text = bytes.toString();
        if (text === 'hello') return FRAME_GREETING;
        if (text === 'pong') return FRAME_PONG;
        return /^\d$/.test(text) ? Number(text) : FRAME_OTHER;
      },
      onState: (state, detail) => states.push({ state, detail }),
      onFatal: (error) => fatal.push(error),
      onLost: (detail) => lost.push(detail),
    },
  });
  connection.start();
  return connection;
}

async function until(condition: () => boolean, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const details = (): (string | null)[] =>
  states.filter(({ state }) => state === 'disconnected').map(({ detail }) => detail);

describe('a connection', () => {
  test('waits for the greeting, then pings first and subscribes to everything in one frame', async () => {
    connect(QUIET, PATIENT);
    await until(() => received >= 3);
    expect(frames).toEqual(['ping', 'subscribe 0,1']);
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'connected']);
  });

  test('goes on without a greeting after its wait', async () => {
    peer.greets = false;
    const startedAtMs = performance.now();
    connect(QUIET, PATIENT);
    await until(() => frames.length >= 2);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(FAST.greetingWaitMs - 5);
    expect(frames[0]).toBe('ping');
  });

  test('pings again and again while it is answered', async () => {
    connect(QUIET, { ...PATIENT, pingIntervalMs: 300 });
    await until(() => frames.filter((frame) => frame === 'ping').length >= 3);
    expect(upgrades).toBe(1);
  });

  test('comes back after a drop without a close frame, subscribes again and counts it', async () => {
    const live = connect(QUIET, PATIENT);
    await until(() => received >= 3);
    for (const socket of rawSockets) socket.destroy();
    await until(() => live.reconnects === 1 && frames.length >= 4);
    expect(frames).toEqual(['ping', 'subscribe 0,1', 'ping', 'subscribe 0,1']);
    expect(states.map(({ state }) => state)).toEqual([
      'connecting',
      'connected',
      'disconnected',
      'connecting',
      'connected',
    ]);
    expect(details()[0]).toContain('1006');
  });

  test('gives up a peer that stops answering pings', async () => {
    peer.answersPings = false;
    connect();
    await until(() => upgrades >= 2);
    expect(details()[0]).toBe('no pong in time');
  });

  test('gives up a connection that is never established', async () => {
    peer.isDeaf = true;
    connect();
    await until(() => upgrades >= 2);
    expect(details()[0]).toBe('no connection in time');
  });

  test('repeats the subscription of a stream without data once, then connects anew', async () => {
    peer.streams = [0];
    connect();
    await until(() => upgrades >= 2);
    expect(frames.slice(0, 3)).toEqual(['ping', 'subscribe 0,1', 'subscribe 1']);
    expect(details()[0]).toBe('one brought no data');
  });

  test('stays where the repeated subscription brings data', async () => {
    peer.streams = [0];
    connect(QUIET, { ...PATIENT, firstDataMs: CALM_FIRST_DATA_MS });
    await until(() => frames.length >= 2);
    peer.streams = [0, 1];
    await until(() => frames.includes('subscribe 1'));
    await new Promise((resolve) => setTimeout(resolve, 3 * CALM_FIRST_DATA_MS));
    expect(upgrades).toBe(1);
  });

  test('gives up a socket on which one stream falls silent while others flow', async () => {
    connect([
      { name: 'zero', silenceMs: 120 },
      { name: 'one', silenceMs: 120 },
    ]);
    await until(() => open.length === 1);
    const timer = setInterval(() => open[0]?.send('0'), 20);
    await until(() => upgrades >= 2);
    clearInterval(timer);
    expect(details()[0]).toBe('one fell silent');
  });

  test('expects nothing of a stream without a silence limit', async () => {
    peer.streams = [0];
    connect(
      [
        { name: 'zero', silenceMs: 60_000 },
        { name: 'trade', silenceMs: null },
      ],
      { pongDeadlineMs: 20_000 },
    );
    await until(() => received >= 2);
    await new Promise((resolve) => setTimeout(resolve, 3 * FAST.firstDataMs));
    expect(upgrades).toBe(1);
  });

  test('never sends more than four frames in a second', async () => {
    connect([{ name: 'trade', silenceMs: null }], { ...PATIENT, pingIntervalMs: 30 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const fromMs of frameTimesMs) {
      expect(frameTimesMs.filter((ms) => ms >= fromMs && ms < fromMs + 900).length).toBeLessThanOrEqual(4);
    }
    expect(frameTimesMs.length).toBeGreaterThanOrEqual(8);
  });

  test('stops for good when the upgrade is refused for good', async () => {
    peer.upgradeStatus = 403;
    connect();
    await until(() => fatal.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(upgrades).toBe(1);
    expect(fatal[0]?.message).toBe('403 no way');
  });

  test('tries again when the upgrade is refused for now, and says once that the line is lost', async () => {
    peer.upgradeStatus = 503;
    connect();
    await until(() => lost.length === 1);
    expect(upgrades).toBe(10);
    await until(() => upgrades >= 14);
    expect(lost).toHaveLength(1);
    peer.upgradeStatus = null;
    await until(() => received >= 3);
    expect(fatal).toEqual([]);
  });

  test('waits longer after each loss, up to its maximum, and never less than half of that', async () => {
    peer.upgradeStatus = 503;
    connect(QUIET, { ...PATIENT, backoffBaseMs: 20, backoffMaxMs: 160 });
    const triedAtMs: number[] = [];
    for (let tries = 1; tries <= 6; tries++) {
      await until(() => upgrades >= tries);
      triedAtMs.push(performance.now());
    }
    const waitsMs = triedAtMs.slice(1).map((ms, row) => ms - (triedAtMs[row] ?? 0));
    // A busy machine waits longer, never less.
    for (const [row, fullMs] of [20, 40, 80, 160, 160].entries())
      expect(waitsMs[row]).toBeGreaterThanOrEqual(fullMs / 2 - 8);
    expect(Math.min(...waitsMs)).toBeLessThan(160);
  });

  test('closes on a frame beyond the size limit and comes back', async () => {
    connect(QUIET, PATIENT);
    await until(() => received >= 3);
    open[0]?.send(Buffer.alloc(4 * 1024 * 1024 + 1, 0x20));
    await until(() => upgrades >= 2);
    expect(details()[0]).toContain('Max payload size exceeded');
  });

  test('reads a flood of frames completely and stays', async () => {
    connect(QUIET, PATIENT);
    await until(() => received >= 3);
    for (let frame = 0; frame < 50_000; frame++) open[0]?.send('0');
    await until(() => received >= 50_003);
    expect(upgrades).toBe(1);
  });

  test('replaces its socket by itself before it grows too old, at once when it was healthy', async () => {
    connect(QUIET, {
      ...PATIENT,
      rotateMs: 300,
      healthyMs: 100,
      backoffBaseMs: 20_000,
      backoffMaxMs: 20_000,
    });
    await until(() => upgrades >= 2 && received >= 6);
    expect(details()).toEqual(['rotation']);
  });

  test('is silent and connects no more once stopped', async () => {
    const live = connect(QUIET, PATIENT);
    await until(() => received >= 3);
    await live.stop();
    const before = states.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([states.length, upgrades]).toEqual([before, 1]);
  });
});
