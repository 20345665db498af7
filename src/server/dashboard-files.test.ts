import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ask } from '../../test/builders/http-request.ts';
import { serveSession, type ServedSession, startTestServer } from '../../test/builders/served-session.ts';
import type { RunningServer } from './start-server.ts';

const SECRET = 'outside of the dashboard';

let root: string;
let session: ServedSession;
let server: RunningServer;
let exposed: RunningServer;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
  const folder = path.join(root, 'web');
  mkdirSync(path.join(folder, 'assets'), { recursive: true });
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>dashboard</title>');
  writeFileSync(path.join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(path.join(folder, '.env'), SECRET);
  writeFileSync(path.join(folder, 'assets', 'index-4f3a.js'), 'export {};');
  writeFileSync(path.join(folder, 'assets', '.hidden'), SECRET);
  writeFileSync(path.join(root, 'secret.txt'), SECRET);
  mkdirSync(path.join(root, 'web-other'));
  writeFileSync(path.join(root, 'web-other', 'secret.txt'), SECRET);
  symlinkSync(path.join(root, 'secret.txt'), path.join(folder, 'link.txt'));
  session = serveSession();
  server = await startTestServer(session, { dashboardFolder: folder });
  exposed = await startTestServer(session, { dashboardFolder: folder, host: '0.0.0.0' });
});

afterAll(async () => {
  await server.close();
  await exposed.close();
  await session.close();
  rmSync(root, { recursive: true, force: true });
});

test('serves the page anew every time, under a policy that lets nothing foreign or inline in', async () => {
  const { status, headers, body } = await ask(server.port, '/');
  expect([status, body]).toEqual([200, '<!doctype html><title>dashboard</title>']);
  expect(headers['content-type']).toMatch(/^text\/html/);
  expect(headers['cache-control']).toBe('no-cache');
  expect(headers['content-security-policy']).toContain("script-src 'self'");
  expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
  expect(headers['x-frame-options']).toBe('DENY');
});

test('lets browsers keep what is named by its content', async () => {
  const { status, headers } = await ask(server.port, '/assets/index-4f3a.js');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/javascript/);
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await ask(server.port, '/icon.svg')).headers['cache-control']).toBe('no-cache');
});

test('opens the page at an address of its own, and for a browser that navigates only', async () => {
  const navigate = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' };
  expect((await ask(server.port, '/sessions', { headers: navigate })).body).toContain('dashboard');
  expect((await ask(server.port, '/sessions')).status).toBe(404);
  expect((await ask(server.port, '/api/v1/nothing', { headers: navigate })).status).toBe(404);
});

test('needs no token for its files, also beyond this machine, and still the right Host', async () => {
  for (const address of ['/', '/icon.svg', '/assets/index-4f3a.js']) {
    expect((await ask(exposed.port, address)).status).toBe(200);
    expect((await ask(exposed.port, address, { headers: { host: 'evil.example' } })).status).toBe(403);
  }
  expect((await ask(exposed.port, '/api/v1/status')).status).toBe(401);
});

test('gives nothing away that lies outside or is hidden, however it is asked for', async () => {
  const ways = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..\\', '..%5c', '%252e%252e%252f', './../', '..;/'];
  const targets = ['secret.txt', 'web-other/secret.txt'];
  const vectors = [
    ...ways.flatMap((way) =>
      targets.flatMap((target) => [
        `/${way}${target}`,
        `/${way.repeat(2)}${target}`,
        `/assets/${way.repeat(2)}${target}`,
        `/assets/${way.repeat(3)}web/../${target}`,
        `/api/v1/sessions/${way.repeat(4)}${target}/report`,
        `/api/v1/sessions/${encodeURIComponent(way.repeat(3) + target)}/report`,
      ]),
    ),
    '/link.txt',
    '/.env',
    '/assets/.hidden',
    '/assets/',
    '/assets/%00index-4f3a.js',
    '/%00',
    '/proc/self/environ',
    '//etc/passwd',
    '/assets//etc/passwd',
    '/assets/%2fetc%2fpasswd',
    '/\\\\server\\share',
    '/C:/Windows/win.ini',
    'http://127.0.0.1/../secret.txt',
  ];
  for (const vector of vectors) {
    const answer = await askRaw(vector);
    expect([vector, answer]).not.toEqual([vector, expect.stringContaining(SECRET)]);
    expect([vector, answer.split('\r\n')[0]]).toEqual([vector, expect.stringMatching(/^HTTP\/1\.1 4\d\d /)]);
  }
});

/** Sends the path as it is: clients fold dots. */
async function askRaw(target: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`);
  let answer = '';
  socket.on('data', (text) => {
    answer += String(text);
  });
  await once(socket, 'close');
  return answer;
}
