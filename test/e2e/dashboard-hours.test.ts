/**
 * Hours of updates through the page in a real browser, at many times their pace: nothing of it grows.
 *
 * A made-up session sends over a real socket what a session sends in {@link MINUTES}; after each part everything on the page
 * is used once, garbage is collected, and what is left is counted. The session is hours old at the start, so that every list
 * of the page is full: from then on any growth is a leak. `LA_LONG=1` plays two hours. Needs Chromium; skipped without it.
 */

import { existsSync } from 'node:fs';
import { type Browser, type CDPSession, type Page, chromium } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb } from '../../bin/build-web.js';
import { durationText } from '../../src/web/display/time-text.ts';
import { type FakeSessionServer, startFakeSessionServer } from '../builders/fake-session-server.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const IS_LONG = process.env['LA_LONG'] !== undefined;

const UPDATES_PER_SECOND = 20;
const UPDATES_PER_MINUTE = 60 * UPDATES_PER_SECOND;
const MINUTES = IS_LONG ? 120 : 2;
const PARTS = IS_LONG ? 20 : 4;
/** Parts after which code is compiled and caches are warm: a fifth of the way, half of the short one. */
const WARM_PARTS = IS_LONG ? 4 : 2;
/** Sent at once; the page has to have caught up before the next ones. */
const BATCH = UPDATES_PER_MINUTE / 2;
/** Fills every list of the page: candles take the longest. */
const HOURS_BEFORE = 13;

const HEAP_GROWTH_MAX_MIB = 0.5;
/** Rows are of different lengths, and the number of marks in view changes. */
const NODE_GROWTH_MAX = 150;
const LISTENER_GROWTH_MAX = 5;

interface Load {
  readonly minutes: number;
  readonly heapMib: number;
  readonly nodes: number;
  readonly listeners: number;
}

describe.skipIf(!existsSync(CHROMIUM))('the page of a session that runs for hours', () => {
  let server: FakeSessionServer;
  let browser: Browser;
  let page: Page;
  let client: CDPSession;
  const troubles: string[] = [];

  beforeAll(async () => {
    if (!(await buildWeb())) throw new Error('the dashboard cannot be built');
    server = await startFakeSessionServer({
      seed: 5,
      updatesPerSecond: UPDATES_PER_SECOND,
      hoursBefore: HOURS_BEFORE,
    });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
    page.on('pageerror', (error) => troubles.push(error.message));
    await page.goto(server.url);
    await page.getByText('running').first().waitFor();
    client = await page.context().newCDPSession(page);
    await client.send('Performance.enable');
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Sends `updates` as fast as the page takes them. */
  async function play(updates: number): Promise<void> {
    const clock = page.locator('.headline dd').nth(2);
    for (let sent = 0; sent < updates; sent += BATCH) {
      server.advance(Math.min(BATCH, updates - sent));
      await expect
        .poll(async () => (await clock.textContent()) === durationText(server.session.elapsedSeconds), {
          timeout: 60_000,
          interval: 50,
        })
        .toBe(true);
    }
  }

  /** Opens and closes whatever a person opens: what it made must be gone afterwards. */
  async function useEverything(): Promise<void> {
    for (const key of ['3', '4', '5', '1', '2']) await page.keyboard.press(key);
    await page
      .getByRole('button', { name: /open receipt/ })
      .last()
      .click();
    await page.locator('.receipt-book svg').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.headline .why').first().click();
    await page.getByText('Adds up, to the last digit.').waitFor();
    await page.keyboard.press('Escape');
    for (let theme = 0; theme < 3; theme++) await page.keyboard.press('t');
    await page.evaluate('location.hash = "#/sessions"');
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    await page.evaluate('location.hash = "#/"');
    await page.locator('.ladder').waitFor();
    await page.keyboard.press('1');
  }

  async function weigh(minutes: number): Promise<Load> {
    // What finalizers let go of is found by the second.
    await client.send('HeapProfiler.collectGarbage');
    await client.send('HeapProfiler.collectGarbage');
    const { metrics } = await client.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((found) => found.name === name)?.value ?? Number.NaN;
    return {
      minutes,
      heapMib: Math.round((of('JSHeapUsedSize') / 2 ** 20) * 100) / 100,
      nodes: of('Nodes'),
      listeners: of('JSEventListeners'),
    };
  }

  test(
    `${MINUTES} minutes of updates leave heap, nodes and listeners as they were when it was warm`,
    async () => {
      const loads: Load[] = [];
      for (let part = 1; part <= PARTS; part++) {
        await play((MINUTES / PARTS) * UPDATES_PER_MINUTE);
        await useEverything();
        loads.push(await weigh((part * MINUTES) / PARTS));
      }
      const shown = loads.map((load) => JSON.stringify(load)).join('\n');
      if (IS_LONG) process.stdout.write(`${shown}\n`);
      const warm = loads[WARM_PARTS - 1];
      const last = loads.at(-1);
      if (warm === undefined || last === undefined) throw new Error('nothing was weighed');
      expect(last.heapMib - warm.heapMib, shown).toBeLessThan(HEAP_GROWTH_MAX_MIB);
      expect(last.nodes - warm.nodes, shown).toBeLessThan(NODE_GROWTH_MAX);
      expect(last.listeners - warm.listeners, shown).toBeLessThan(LISTENER_GROWTH_MAX);
      expect(troubles).toEqual([]);
    },
    IS_LONG ? 3_600_000 : 60_000,
  );
});
