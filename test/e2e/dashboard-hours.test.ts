/**
 * Hours of updates through the page in a real browser, at many times their pace: nothing of it grows.
 *
 * A made-up session sends over a real socket what a session sends in {@link MINUTES}; after each part everything on the page
 * is used once, garbage is collected, and what is left is counted. The session is hours old at the start, so that every list
 * of the page is full: from then on any growth of what it keeps is a leak. What the browser compiles while code runs hot is
 * counted apart where there is time for it: `LA_LONG=1`, which plays two hours. Needs Chromium; skipped without it.
 */

import { existsSync } from 'node:fs';
import { type Browser, type CDPSession, type Page, chromium } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buildWeb } from '../../bin/build-web.js';
import { durationText } from '../../src/web/display/time-text.ts';
import { type FakeSessionServer, startFakeSessionServer } from '../builders/fake-session-server.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const IS_LONG = process.env['LA_LONG'] !== undefined;

const UPDATES_PER_SECOND = 20;
const UPDATES_PER_MINUTE = 60 * UPDATES_PER_SECOND;
const MINUTES = IS_LONG ? 120 : 1.5;
const PARTS = IS_LONG ? 20 : 3;
/** Parts after which caches are warm: a fifth of the way, a third of the short one. */
const WARM_PARTS = IS_LONG ? 4 : 1;
/** Sent at once; the page has to have caught up before the next ones. */
const BATCH = UPDATES_PER_MINUTE / 2;
/** Fills every list of the page: candles take the longest. */
const HOURS_BEFORE = 13;

/** Compiled code included. */
const HEAP_GROWTH_MAX_MIB = 2.5;
/** Lists are cut to their length when they are a quarter longer, each at its own time. */
const DATA_GROWTH_MAX_MIB = 1;
/** How many rows and buttons are in view changes with what just happened. */
const NODE_GROWTH_MAX = 250;
const LISTENER_GROWTH_MAX = 60;

/** What is read of a heap snapshot: the nodes, so many numbers each. */
const snapshotSchema = z.object({
  snapshot: z.object({
    meta: z.object({
      node_fields: z.array(z.string()),
      node_types: z.tuple([z.array(z.string())]).rest(z.unknown()),
    }),
  }),
  nodes: z.custom<readonly number[]>((value) => Array.isArray(value)),
});

interface Load {
  readonly minutes: number;
  readonly heapMib: number;
  /** The heap without compiled code; null where it was not asked for. */
  readonly dataMib: number | null;
  readonly nodes: number;
  readonly listeners: number;
}

describe.skipIf(!existsSync(CHROMIUM))('the page of a session that runs for hours', () => {
  let server: FakeSessionServer;
  let browser: Browser;
  let page: Page;
  let client: CDPSession;
  let troubles: string[];

  // Of each attempt its own.
  beforeEach(async () => {
    troubles = [];
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

  afterEach(async () => {
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
      heapMib: mib(of('JSHeapUsedSize')),
      dataMib: IS_LONG ? mib(await weighData()) : null,
      nodes: of('Nodes'),
      listeners: of('JSEventListeners'),
    };
  }

  /** Bytes of everything on the heap that is no code, by a snapshot of it. */
  async function weighData(): Promise<number> {
    const chunks: string[] = [];
    const onChunk = ({ chunk }: { readonly chunk: string }): void => void chunks.push(chunk);
    client.on('HeapProfiler.addHeapSnapshotChunk', onChunk);
    await client.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    client.off('HeapProfiler.addHeapSnapshotChunk', onChunk);
    const { snapshot, nodes } = snapshotSchema.parse(JSON.parse(chunks.join('')));
    const { node_fields: fields, node_types: types } = snapshot.meta;
    const [typeAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('self_size')];
    const code = types[0].indexOf('code');
    let bytes = 0;
    for (let node = 0; node < nodes.length; node += fields.length)
      if (nodes[node + typeAt] !== code) bytes += nodes[node + sizeAt] ?? 0;
    return bytes;
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
      expect((last.dataMib ?? 0) - (warm.dataMib ?? 0), shown).toBeLessThan(DATA_GROWTH_MAX_MIB);
      expect(last.nodes - warm.nodes, shown).toBeLessThan(NODE_GROWTH_MAX);
      expect(last.listeners - warm.listeners, shown).toBeLessThan(LISTENER_GROWTH_MAX);
      expect(troubles).toEqual([]);
    },
    IS_LONG ? 3_600_000 : 120_000,
  );
});

function mib(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 100) / 100;
}
