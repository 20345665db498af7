/**
 * The dashboard in a real browser on a real session: it moves, explains itself, takes commands, and can be read by everyone.
 *
 * Needs Chromium (`CHROMIUM`, or `/usr/bin/chromium` as Debian installs it); skipped where there is none.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type Page, chromium } from '@playwright/test';
import { afterAll, describe, expect, test } from 'vitest';
import { buildWeb } from '../../bin/build-web.js';
import { writeSweep } from '../../src/app/sweep/sweep-document.ts';
import { HOSTILE_NAME, SWEEP_ID, sampleSweep } from '../builders/sample-sweep.ts';
import { type Program, endPrograms, startProgram } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import { makeWorkspace, removeWorkspaces, waitUntilRunning } from './support/workspace.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Anything on the page that takes longer has failed. */
const ACTION_LIMIT_MS = 20_000;
const POLL = { timeout: ACTION_LIMIT_MS };
/** The page is built, served and opened within it, too. */
const TEST_LIMIT_MS = 120_000;

const SCRIPT = {
  actions: [
    { at: '1s', action: 'submit', id: 'in', side: 'buy', type: 'market', quantity: '0.01' },
    {
      at: '2s',
      action: 'submit',
      id: 'rest',
      side: 'buy',
      type: 'limit',
      quantity: '0.01',
      price_offset_bps: 20,
    },
  ],
};

interface Shown {
  readonly program: Program;
  readonly workspace: string;
  readonly browser: Browser;
  readonly page: Page;
  /** What the page complained about, or asked of anybody else. */
  readonly troubles: readonly string[];
}

describe.skipIf(!existsSync(CHROMIUM))('the dashboard', { timeout: TEST_LIMIT_MS }, () => {
  async function show(): Promise<Shown> {
    if (!(await buildWeb())) throw new Error('the dashboard cannot be built');
    const workspace = makeWorkspace();
    const troubles: string[] = [];
    const program = startProgram([
      'run',
      '--workspace',
      workspace,
      '--source',
      'simulated',
      '--seed',
      '7',
      '--duration',
      '5m',
      '--dashboard',
      '127.0.0.1:0',
      '--strategy',
      'scripted',
      '--params',
      JSON.stringify(SCRIPT),
    ]);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const beat = await waitUntilRunning(program, workspace);
    const context = await browser.newContext({
      viewport: { width: 1_440, height: 900 },
      colorScheme: 'light',
    });
    context.setDefaultTimeout(ACTION_LIMIT_MS);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(beat.dashboard_url ?? '').host)
        troubles.push(request.url());
    });
    await page.goto(beat.dashboard_url ?? '');
    await page.getByRole('button', { name: /^State .*running/ }).waitFor();
    return { program, workspace, browser, page, troubles };
  }

  const shown = shareSession(show, ({ browser }) => browser.close());

  afterAll(async () => {
    await endPrograms();
    removeWorkspaces();
  });

  /** `within` and `rules` keep it short: what a run has judged already need not be judged again. */
  async function expectAccessible(page: Page, within = 'body', rules: readonly string[] = []): Promise<void> {
    const axe = new AxeBuilder({ page }).include(within);
    const { violations } = await (rules.length === 0 ? axe : axe.withRules([...rules])).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  }

  test('shows a market that moves and our resting order in its book', async () => {
    const { page } = await shown();
    const bar = page.locator('.ohlc');
    const seen = await bar.textContent();
    await expect.poll(() => bar.textContent(), POLL).not.toBe(seen);
    await page.locator('.ladder .mine').first().waitFor();
    expect(await page.locator('.ladder .mine').first().textContent()).toContain('0.01');
  });

  test('says why equity is what it is, down to the ledger', async () => {
    const { page } = await shown();
    await page.locator('.headline .why').first().click();
    await page.getByText('Adds up, to the last digit.').waitFor();
    await page.getByRole('dialog').locator('dd .why').first().click();
    await page.getByRole('heading', { name: 'Wallet balance' }).waitFor();
    await page.getByText('Adds up, to the last digit.').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count(), POLL).toBe(0);
  });

  test('opens the receipt of a fill, drawn on the book of that moment', async () => {
    const { page } = await shown();
    await page.keyboard.press('2');
    await page
      .getByRole('button', { name: /open receipt/ })
      .last()
      .click();
    await page.getByRole('dialog').getByText('Together').waitFor();
    await page.locator('.receipt-book svg').waitFor();
    await expectAccessible(page, 'dialog');
    await page.keyboard.press('Escape');
  });

  test('has no serious fault of accessibility, light or dark', async () => {
    const { page } = await shown();
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, 'body', ['color-contrast']);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('pauses, resumes and flattens, asking for the token once', async () => {
    const { page, workspace } = await shown();
    const token = readFileSync(join(workspace, 'state/token'), 'utf8').trim();
    await page.keyboard.press('p');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByLabel('Token of this session').fill('wrong');
    await page.getByRole('button', { name: 'Pause' }).last().click();
    await page.getByText('does not know this token').waitFor();
    await page.getByLabel('Token of this session').fill(token);
    await page.getByRole('button', { name: 'Pause' }).last().click();
    await page.getByRole('button', { name: /^State .*paused/ }).waitFor();
    await page.keyboard.press('p');
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: /^State .*running/ }).waitFor();
    await page.keyboard.press('f');
    await page.getByRole('dialog').getByRole('button', { name: 'Flatten' }).click();
    await page.getByText('flat', { exact: true }).waitFor();
    await expect.poll(() => page.locator('.ladder .mine').count(), POLL).toBe(0);
  });

  test('is readable on a phone: nothing is wider than the screen', async () => {
    const { page } = await shown();
    await page.setViewportSize({ width: 390, height: 844 });
    // As text, because this file is compiled without the types of a page.
    const surplus = (): Promise<unknown> =>
      page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await expect.poll(surplus, POLL).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
  });

  test('lists the sweeps of the workspace and opens the map of one, whatever it is called', async () => {
    const { page, workspace } = await shown();
    writeSweep(join(workspace, 'sweeps'), sampleSweep());
    await page.evaluate('location.hash = "#/sessions"');
    await page.getByRole('link', { name: SWEEP_ID }).click();
    await page.locator('.map .best').waitFor();
    expect(await page.locator('.map .best').textContent()).toBe('2.00');
    await page.getByText(HOSTILE_NAME).first().waitFor();
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    await expect.poll(() => page.locator('[aria-label="Trials"] tbody tr').count(), POLL).toBe(6);
    await expectAccessible(page);
    await page.evaluate('location.hash = "#/"');
    await page.locator('.ladder').waitFor();
  });

  test('says how old it is once the session is gone', async () => {
    const { page, program, troubles } = await shown();
    program.process.kill('SIGKILL');
    await page.getByRole('alert').getByText('No line to the session').waitFor();
    expect(troubles.filter((text) => !/WebSocket|ERR_CONNECTION_REFUSED|401/.test(text))).toEqual([]);
  });
});
