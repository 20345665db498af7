/**
 * A small server that speaks the dashboard's protocol about a made-up session: for tests of the page alone, and for
 * measuring it at any rate of updates.
 *
 * Deterministic from its seed, except for the time it starts at. It serves `dist/web` with the security policy of the real
 * server, answers receipts and commands, and can fall silent. Nothing of it is in the program.
 */

import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { STREAM_SUBPROTOCOL, type Update } from '../../src/protocol/messages.ts';
import { summaryOf } from './made-up-rows.ts';
import { MadeUpSession } from './made-up-session.ts';

const PAGE = fileURLToPath(new URL('../../dist/web', import.meta.url));
const FAKE_TOKEN = 'a-token-for-tests';

/** Steps in which time passes before anyone listens. */
const STEP_BEFORE_MS = 1_500;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface FakeSessionServer {
  readonly url: string;
  /** Commands taken so far, in order. */
  readonly commands: readonly string[];
  readonly session: MadeUpSession;
  /** Sends so many updates at once, besides those of the clock. */
  advance(updates: number): void;
  /** Stops or starts sending, without closing a connection. */
  setSilent(isSilent: boolean): void;
  /** Leaves out one number of the stream. */
  skipNumber(): void;
  /** Sends this text to everyone who listens. */
  say(text: string): void;
  close(): Promise<void>;
}

/** `updatesPerSecond` of the stream; each moves the market once. `hoursBefore`: how long the session has run already. */
export async function startFakeSessionServer(options: {
  readonly seed: number;
  readonly updatesPerSecond: number;
  readonly hoursBefore?: number;
}): Promise<FakeSessionServer> {
  const session = new MadeUpSession(options.seed, Date.now());
  const stepsBefore = ((options.hoursBefore ?? 0) * 3_600_000) / STEP_BEFORE_MS;
  for (let step = 0; step < stepsBefore; step++) session.step(STEP_BEFORE_MS);
  const commands: string[] = [];
  let isSilent = false;
  const server = createServer((request, response) => {
    void answer(request, response, session, commands);
  });
  const sockets = new WebSocketServer({
    server,
    path: '/api/v1/stream',
    handleProtocols: () => STREAM_SUBPROTOCOL,
  });
  let seq = 0;
  const broadcast = (): void => {
    const changes = session.step(1_000 / options.updatesPerSecond);
    if (isSilent) return;
    const update: Update = { type: 'update', seq: ++seq, ...changes };
    const text = JSON.stringify(update);
    for (const socket of sockets.clients) socket.send(text);
  };
  sockets.on('connection', (socket) => socket.send(JSON.stringify(session.snapshot(seq))));
  const timer = setInterval(broadcast, 1_000 / options.updatesPerSecond);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    commands,
    session,
    advance(updates) {
      for (let sent = 0; sent < updates; sent++) broadcast();
    },
    setSilent(wanted) {
      isSilent = wanted;
    },
    skipNumber() {
      seq++;
    },
    say(text) {
      for (const socket of sockets.clients) socket.send(text);
    },
    close: () => closeAll(server, sockets, timer),
  };
}

async function closeAll(server: Server, sockets: WebSocketServer, timer: NodeJS.Timeout): Promise<void> {
  clearInterval(timer);
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  session: MadeUpSession,
  commands: string[],
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const say = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const command = /^\/api\/v1\/(pause|resume|flatten|stop|kill)$/.exec(path)?.[1];
  if (command !== undefined && request.method === 'POST') {
    if (request.headers.authorization !== `Bearer ${FAKE_TOKEN}`) {
      say(401, { error: 'a bearer token is needed (state/token)' });
      return;
    }
    commands.push(command);
    session.command(command);
    say(202, { accepted: true, command });
    return;
  }
  const fillId = /^\/api\/v1\/(?:sessions\/[^/]+\/)?fills\/([^/]+)\/receipt$/.exec(path)?.[1];
  if (fillId !== undefined) {
    const receipt = session.receipt(decodeURIComponent(fillId));
    say(receipt === null ? 404 : 200, receipt ?? { error: 'there is no such fill' });
    return;
  }
  if (path === '/api/v1/sessions') say(200, { sessions: [summaryOf(Date.now())], next_cursor: null });
  else if (path === '/api/v1/sweeps') say(200, { sweeps: [], next_cursor: null });
  else if (/^\/api\/v1\/sessions\/[^/]+\/recording$/.test(path)) say(200, session.recording());
  else if (/^\/api\/v1\/sessions\/[^/]+\/book$/.test(path))
    say(200, { book: session.snapshot(0).books[0] ?? null });
  else if (path.startsWith('/api/')) say(404, { error: 'nothing here' });
  else await sendFile(path === '/' ? '/index.html' : path, response);
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const file = join(PAGE, normalize(path));
  try {
    const body = await readFile(file);
    response
      .writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      })
      .end(body);
  } catch {
    response.writeHead(404).end();
  }
}
