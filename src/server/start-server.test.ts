import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { ask as askPort, type Answer, type RequestOptions } from '../../test/builders/http-request.ts';
import {
  HEARTBEAT,
  TOKEN,
  serveSession,
  type ServedSession,
  startTestServer,
} from '../../test/builders/served-session.ts';
import { ServerStartError } from './server-error.ts';
import type { RunningServer, ServerOptions } from './start-server.ts';

let session: ServedSession;
let logged: string[];
let servers: RunningServer[];
let occupied: Server | null;

beforeEach(() => {
  session = serveSession();
  logged = [];
  servers = [];
  occupied = null;
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  occupied?.close();
  await session.close();
});

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await startTestServer(session, {
    logger: { log: (level, event) => logged.push(`${level} ${event}`) },
    ...options,
  });
  servers.push(server);
  return server;
}

function ask(server: RunningServer, path: string, options: RequestOptions = {}): Promise<Answer> {
  return askPort(server.port, path, options);
}

function stop(
  server: RunningServer,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return ask(server, '/api/v1/stop', { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
}

test('gives the heartbeat to anyone on this machine', async () => {
  const answer = await ask(await start(), '/api/v1/status');
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({
    ...HEARTBEAT,
    session_time_ms: session.market.engine.status().timeMs,
    is_paused: false,
  });
});

test('is healthy while it answers, and ready only while the session runs', async () => {
  const server = await start();
  expect((await ask(server, '/healthz')).status).toBe(200);
  expect((await ask(server, '/readyz')).status).toBe(200);
  session.heartbeat = { ...HEARTBEAT, state: 'warming' };
  expect((await ask(server, '/healthz')).status).toBe(200);
  expect((await ask(server, '/readyz')).status).toBe(503);
});

test('passes a stop on only with the token', async () => {
  const server = await start();
  expect((await stop(server, {})).status).toBe(401);
  expect((await stop(server, { authorization: `Bearer ${'e'.repeat(64)}` })).status).toBe(401);
  expect((await stop(server, { authorization: `Basic ${TOKEN}` })).status).toBe(401);
  expect((await ask(server, `/api/v1/stop?token=${TOKEN}`, { method: 'POST' })).status).toBe(401);
  expect(session.wishes).toEqual([]);
  expect((await stop(server, { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  expect(session.wishes).toEqual(['stop']);
});

test('takes a stop with an empty body of any type, or an empty JSON object', async () => {
  const server = await start();
  const authorization = `Bearer ${TOKEN}`;
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    const headers = { authorization, 'content-type': type, 'content-length': '0' };
    expect((await stop(server, headers)).status).toBe(202);
  }
  const json = { authorization, 'content-type': 'application/json; charset=utf-8' };
  expect((await stop(server, json, '{}')).status).toBe(202);
});

test('says that a session which cannot hear a wish did not hear it', async () => {
  session.wish = () => false;
  expect((await stop(await start(), { authorization: `Bearer ${TOKEN}` })).status).toBe(409);
});

test('refuses every write when it has no token', async () => {
  const server = await start({ token: null });
  expect((await stop(server, { authorization: 'Bearer null' })).status).toBe(401);
});

test('refuses a Host that is not this machine, whatever is asked for', async () => {
  const server = await start();
  for (const path of ['/', '/healthz', '/api/v1/status', '/nothing']) {
    expect((await ask(server, path, { headers: { host: 'evil.example' } })).status).toBe(403);
  }
  const withToken = { host: `evil.example:${server.port}`, authorization: `Bearer ${TOKEN}` };
  expect((await stop(server, withToken)).status).toBe(403);
  for (const host of [`localhost:${server.port}`, 'LOCALHOST', '127.0.0.1:1', '[::1]:80']) {
    expect((await ask(server, '/api/v1/status', { headers: { host } })).status).toBe(200);
  }
  for (const host of ['127.0.0.1.evil.example', 'localhost@evil.example']) {
    expect((await ask(server, '/api/v1/status', { headers: { host } })).status).toBe(403);
  }
});

test('refuses a foreign Origin and lets its own through', async () => {
  const server = await start();
  const authorization = `Bearer ${TOKEN}`;
  for (const origin of [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${server.port}`,
    'http://127.0.0.1:1',
  ]) {
    expect((await stop(server, { authorization, origin })).status).toBe(403);
  }
  expect(session.wishes).toEqual([]);
  expect((await stop(server, { authorization, origin: server.url })).status).toBe(202);
});

test('serves a page that cannot run what the session says', async () => {
  const { status, headers, body } = await ask(await start(), '/');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^;]+';/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(body).toContain('BTCUSDT');
  expect(body).not.toContain('<script');
});

test('moves to the next free port when its own is taken, and says so', async () => {
  occupied = createServer().listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  const { port } = occupied.address() as AddressInfo;
  const server = await start({ port });
  expect(server.port).toBeGreaterThan(port);
  expect(logged).toContain('warning dashboard_port_busy');
  expect((await ask(server, '/healthz')).status).toBe(200);
});

test('is not bound beyond this machine without a token', async () => {
  const refused = start({ host: '0.0.0.0', token: null });
  await expect(refused).rejects.toBeInstanceOf(ServerStartError);
  await expect(refused).rejects.toMatchObject({ code: 'token_missing' });
});

test('asks for the token on reads too when bound beyond this machine', async () => {
  const server = await start({ host: '0.0.0.0' });
  expect((await ask(server, '/api/v1/status')).status).toBe(401);
  expect((await ask(server, '/')).status).toBe(401);
  expect((await ask(server, '/healthz')).status).toBe(200);
  expect(
    (await ask(server, '/api/v1/status', { headers: { authorization: `Bearer ${TOKEN}` } })).status,
  ).toBe(200);
});

test('says what cannot be listened on', async () => {
  await expect(start({ host: '203.0.113.1' })).rejects.toMatchObject({ code: 'listen_failed' });
});

test('closes at once although a page holds its connection', async () => {
  const server = await start();
  const held = request({
    host: '127.0.0.1',
    port: server.port,
    path: '/healthz',
    agent: false,
    headers: { connection: 'keep-alive' },
  });
  held.on('error', () => undefined);
  held.end();
  await once(held, 'response');
  await server.close();
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed');
});

test('answers errors without inner workings', async () => {
  session.status = () => {
    throw new Error('secret detail');
  };
  const server = await start();
  const answer = await ask(server, '/api/v1/status');
  expect(answer.status).toBe(500);
  expect(answer.body).not.toContain('secret detail');
  expect((await ask(server, '/nothing')).status).toBe(404);
});
