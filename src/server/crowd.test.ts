/** The server under those who mean no good, and under many who do: it answers the next one as fast as before. */

import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ask } from '../../test/builders/http-request.ts';
import {
  TOKEN,
  serveSession,
  type ServedSession,
  startTestServer,
} from '../../test/builders/served-session.ts';
import { StreamFollower } from '../../test/builders/stream-follower.ts';
import type { RunningServer } from './start-server.ts';

/** Every answer must come within this, whoever else is there. */
const ANSWER_LIMIT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 600;

/** A crowd on one machine with its clients is slow at times: one of so many answers must come in time. */
const ANSWER_TRIES = 5;

let session: ServedSession;
let server: RunningServer;

async function serve(limits: { readonly requestTimeoutMs?: number } = {}): Promise<void> {
  session = serveSession();
  server = await startTestServer(session, limits);
}

afterEach(async () => {
  await server.close();
  await session.close();
});

async function expectQuickAnswer(): Promise<void> {
  const timesMs: number[] = [];
  for (let attempt = 0; attempt < ANSWER_TRIES && Math.min(...timesMs) >= ANSWER_LIMIT_MS; attempt++) {
    const startedMs = performance.now();
    expect((await ask(server.port, '/api/v1/status')).status).toBe(200);
    timesMs.push(performance.now() - startedMs);
  }
  expect(Math.min(...timesMs)).toBeLessThan(ANSWER_LIMIT_MS);
}

/** Unlike `once` it does not mind an error before. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('close', () => resolve());
  });
}

async function openSockets(count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(server.port, '127.0.0.1'));
  // Read, because what was not read keeps a socket from closing.
  for (const socket of sockets) socket.on('error', () => undefined).resume();
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

test('cuts off clients that send their headers a byte at a time, and answers others meanwhile', async () => {
  await serve({ requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const sockets = await openSockets(300);
  const closings = sockets.map(closing);
  for (const socket of sockets) socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  // Never silent for long, and never done.
  const dripping = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 100);
  await expectQuickAnswer();
  const startedMs = performance.now();
  await Promise.all(closings);
  expect(performance.now() - startedMs).toBeLessThan(REQUEST_TIMEOUT_MS + 10_000);
  clearInterval(dripping);
  await expectQuickAnswer();
  expect(session.wishes).toEqual([]);
});

test('cuts off clients that promise a body and do not send it', async () => {
  await serve({ requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const sockets = await openSockets(50);
  const closings = sockets.map(closing);
  for (const socket of sockets) {
    socket.write(
      `POST /api/v1/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{`,
    );
  }
  await Promise.all(closings);
  expect(session.wishes).toEqual([]);
  await expectQuickAnswer();
});

test('feeds two hundred followers the same updates without a hole, and answers others meanwhile', async () => {
  await serve();
  const followers = Array.from({ length: 200 }, () => new StreamFollower(server.port));
  const snapshots = await Promise.all(followers.map((follower) => follower.until(() => true)));
  expect(new Set(snapshots.map(({ type }) => type))).toEqual(new Set(['snapshot']));
  const { market, shown } = session;
  for (let step = 0; step < 30; step++) {
    market.outputs.length = 0;
    market.mark(63_000 + step, 1001_0 + step);
    shown?.deliver(market.outputs);
    await delay(10);
  }
  await expectQuickAnswer();
  const lastPrice = (1001_0 + 29) / 10;
  const isLast = ({
    markets,
  }: {
    readonly markets?: readonly { readonly mark_price: string | null }[] | undefined;
  }): boolean => markets?.[0]?.mark_price === String(lastPrice);
  await Promise.all(followers.map((follower) => follower.until(isLast)));
  for (const { messages } of followers)
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  for (const { socket } of followers) socket.terminate();
}, 30_000);
