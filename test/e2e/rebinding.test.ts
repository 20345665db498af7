/**
 * A page of somebody else in a real browser whose name was rebound to this machine: it reads nothing and does nothing.
 *
 * Needs Chromium (`CHROMIUM`, or `/usr/bin/chromium` as Debian installs it); skipped where there is none.
 */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type Page, chromium } from '@playwright/test';
import { describe, expect, test } from 'vitest';
import { TOKEN, serveSession, type ServedSession, startTestServer } from '../builders/served-session.ts';
import type { RunningServer } from '../../src/server/start-server.ts';
import { shareSession } from './support/shared-session.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** What a hostile page tries from where it stands; each entry is what came of it. */
const ATTACK = `async (base) => {
  const outcome = {};
  const tell = async (name, work) => { outcome[name] = await work().catch(() => 'refused'); };
  const read = async (path, options) => {
    const response = await fetch(base + path, options);
    const text = await response.text();
    return response.type === 'opaque' ? 'opaque ' + text.length : response.status + ' ' + (text.includes('equity') ? 'READ' : 'nothing');
  };
  await tell('status', () => read('/api/v1/status'));
  await tell('blind status', () => read('/api/v1/status', { mode: 'no-cors' }));
  await tell('stop', () => read('/api/v1/stop', { method: 'POST', headers: { authorization: 'Bearer ${TOKEN}' } }));
  await tell('blind stop', () => read('/api/v1/stop', { method: 'POST', mode: 'no-cors', body: '{}' }));
  await tell('stream', () => new Promise((resolve) => {
    const socket = new WebSocket(base.replace('http', 'ws') + '/api/v1/stream');
    socket.onmessage = () => resolve('READ');
    socket.onerror = () => resolve('refused');
  }));
  await tell('frame', () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = () => { try { resolve((frame.contentDocument?.body?.innerText ?? '').includes('equity') ? 'READ' : 'nothing'); } catch { resolve('refused'); } };
    frame.src = base + '/api/v1/status';
    document.body.append(frame);
  }));
  await tell('form', () => new Promise((resolve) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = base + '/api/v1/stop';
    form.target = 'elsewhere';
    document.body.append(form);
    form.submit();
    setTimeout(() => resolve('sent'), 500);
  }));
  return outcome;
}`;

interface Shared {
  readonly session: ServedSession;
  readonly server: RunningServer;
  readonly evil: Server;
  readonly browser: Browser;
}

async function close({ session, server, evil, browser }: Shared): Promise<void> {
  await browser.close();
  evil.close();
  await server.close();
  await session.close();
}

describe.skipIf(!existsSync(CHROMIUM))('a hostile page', () => {
  const shared = shareSession(async () => {
    const session = serveSession();
    const server = await startTestServer(session);
    const evil = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><body>hello');
    });
    evil.listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--host-resolver-rules=MAP evil.test 127.0.0.1'],
    });
    return { session, server, evil, browser, page: await browser.newPage() };
  }, close);

  async function attack(page: Page, base: string): Promise<Record<string, string>> {
    return await page.evaluate(`(${ATTACK})(${JSON.stringify(base)})`);
  }

  test('whose name was rebound to this machine is shown nothing, and what it asks is refused', async () => {
    const { session, server, evil, page } = await shared();
    const base = `http://evil.test:${server.port}`;
    for (const path of ['/', '/api/v1/status', '/docs', '/nowhere']) {
      const response = await page.goto(base + path);
      expect([path, response?.status()]).toEqual([path, 403]);
      expect(await page.content()).not.toContain('equity');
    }
    // The same page under its own name, and what its script could try once the name points here.
    await page.goto(`http://evil.test:${(evil.address() as AddressInfo).port}/`);
    const outcome = await attack(page, base);
    expect(Object.values(outcome).join(' ')).not.toContain('READ');
    expect(session.wishes).toEqual([]);
  });

  test('of another origin reads nothing and stops nothing', async () => {
    const { session, server, evil, page } = await shared();
    await page.goto(`http://evil.test:${(evil.address() as AddressInfo).port}/`);
    const outcome = await attack(page, `http://127.0.0.1:${server.port}`);
    expect(Object.values(outcome).join(' ')).not.toContain('READ');
    expect(outcome).toMatchObject({ status: 'refused', stop: 'refused', stream: 'refused' });
    expect(session.wishes).toEqual([]);
  });
});
