/**
 * report.html in a real browser, from disk: its own policy lets it in, a hostile name stays text, and it can be read by
 * everyone, on a phone and on paper too.
 *
 * Needs Chromium (`CHROMIUM`, or `/usr/bin/chromium` as Debian installs it); skipped where there is none.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type Page, chromium } from '@playwright/test';
import { describe, expect, test } from 'vitest';
import { gap } from '../builders/sample-facts.ts';
import { SAMPLE_PAGE } from '../builders/sample-page.ts';
import { renderReportHtml } from '../../src/report/report-html.ts';
import { shareSession } from './support/shared-session.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const EVIL = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`;

interface Opened {
  readonly folder: string;
  readonly browser: Browser;
  readonly page: Page;
  /** What the page said, or asked of anybody. */
  readonly troubles: readonly string[];
}

describe.skipIf(!existsSync(CHROMIUM))('report.html, opened from disk', () => {
  const opened = shareSession(open, async ({ browser, folder }) => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<Opened> {
    const troubles: string[] = [];
    const folder = mkdtempSync(path.join(tmpdir(), 'report-page-'));
    const file = path.join(folder, 'report.html');
    const { rows } = SAMPLE_PAGE;
    writeFileSync(
      file,
      renderReportHtml({
        ...SAMPLE_PAGE,
        rows: {
          ...rows,
          quality: [{ ...gap(65_000, false), detail: EVIL }],
          trades: rows.trades.map((trade) => ({ ...trade, exit_reason: EVIL, symbol: EVIL })),
          lessons: [
            { time_ms: 1, symbol: EVIL, verdict: EVIL, reason: EVIL, numbers: { tags: EVIL, r_multiple: 1 } },
          ],
        },
        alerts: [{ time_ms: 1, level: 'error', reason: EVIL, text: EVIL }],
        identity: { ...SAMPLE_PAGE.identity, strategyParams: { name: EVIL } },
      }),
    );
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const context = await browser.newContext({
      viewport: { width: 1_280, height: 900 },
      colorScheme: 'light',
    });
    const page = await context.newPage();
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('dialog', (dialog) => troubles.push(dialog.message()));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) troubles.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    return { folder, browser, page, troubles };
  }

  test('is styled by its own sheet, asks for nothing else, and takes hostile names for text', async () => {
    const { page, troubles } = await opened();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('h1')).fontSize`)).toBe('29px');
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.getByText('<script>window.pwned=1</script>').count()).toBeGreaterThan(4);
    expect(troubles).toEqual([]);
  });

  test('opens a trade for its receipt, and shows the values under the pointer', async () => {
    const { page } = await opened();
    const story = page.locator('.story').first();
    expect(await story.isVisible()).toBe(false);
    await page.locator('.trades summary').first().click();
    expect(await story.isVisible()).toBe(true);
    const readout = page.locator('.wide .probe').nth(100);
    const visibility = `getComputedStyle(document.querySelectorAll('.wide .probe')[100].querySelector('text')).visibility`;
    expect(await page.evaluate(visibility)).toBe('hidden');
    await readout.locator('rect').hover();
    expect(await page.evaluate(visibility)).toBe('visible');
  });

  test('has no serious fault of accessibility, light or dark, and fits a phone', async () => {
    const { page } = await opened();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const axe = new AxeBuilder({ page });
      const { violations } = await (
        colorScheme === 'light' ? axe : axe.withRules(['color-contrast'])
      ).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    }
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await page.locator('.narrow').isVisible()).toBe(true);
    expect(await page.locator('.wide').isVisible()).toBe(false);
  });
});
