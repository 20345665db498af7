import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AlertSink } from '../../test/builders/alert-sink.ts';
import { captureIo } from '../../test/builders/captured-io.ts';
import { AlertFile } from '../alerts/alert-file.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { type WorkspacePaths, workspacePaths } from '../session/workspace-paths.ts';
import { flushAlerts, showAlerts, testAlerts } from './alert-commands.ts';
import { AlertDelivery, type CourierNews } from './alert-delivery.ts';
import { type AlertSettings, readAlertAccess } from './config/alert-settings.ts';
import { ConfigError } from './config/config-error.ts';
import { loadSettings } from './config/load-settings.ts';

const START_LIMIT_MS = 40_000;

let workspace: string;
let paths: WorkspacePaths;
let sink: AlertSink;
let alerts: AlertFile;

beforeEach(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'la-delivery-'));
  paths = workspacePaths(workspace);
  mkdirSync(paths.logsDirectory);
  sink = new AlertSink();
  await sink.open();
  alerts = new AlertFile({
    path: paths.alerts,
    scrubber: new SecretScrubber(),
    nowMs: () => Date.now(),
    onError: (error) => {
      throw error;
    },
  });
});

afterEach(async () => {
  await sink.close();
  rmSync(workspace, { recursive: true });
});

/** All three channels, each with its secret where a variable puts it. */
function environment(): Record<string, string> {
  return {
    LA_ALERTS_WEBHOOK_URL: `${sink.url}/hook/canary-of-the-webhook`,
    LA_ALERTS_TELEGRAM_TOKEN: '123456789:canary-of-telegram',
    LA_ALERTS_TELEGRAM_CHAT: '42',
    LA_ALERTS_TELEGRAM_URL: sink.url,
    LA_ALERTS_DISCORD_URL: `${sink.url}/api/webhooks/1/canary-of-discord`,
    LA_ALERTS_PRIVATE_ADDRESSES: 'allow',
  };
}

function settings(from: Readonly<Record<string, string>>): AlertSettings {
  return loadSettings({
    ...{ workspace, configFile: null, flags: {}, account: 'continue', environment: from, recorded: null },
  }).alerts;
}

function start(onNews: (news: CourierNews) => void = () => {}): AlertDelivery {
  const from = environment();
  return AlertDelivery.start(paths, settings(from), readAlertAccess(settings(from), from), onNews);
}

describe('the thread that delivers', () => {
  test('has delivered the last alert to every channel when it is closed', async () => {
    const delivery = start();
    const channels = [
      '/api/webhooks/1/canary-of-discord',
      '/bot123456789:canary-of-telegram/sendMessage',
      '/hook/canary-of-the-webhook',
    ];
    const taken = (): string[] => sink.taken.map(({ path }) => path).toSorted();
    // The thread is there: what it takes to start is not of the time that the last alert has.
    alerts.raise('critical', 'crashed', 'the first one');
    await expect.poll(taken, { timeout: START_LIMIT_MS }).toEqual(channels);
    alerts.raise('critical', 'crashed', 'the last word');
    await delivery.close();
    expect(taken()).toEqual([...channels, ...channels].toSorted());
    expect(sink.taken.filter(({ body }) => body.includes('the last word'))).toHaveLength(3);
  });

  test('does not hold up the loop of its process, nor its end, where nobody answers', async () => {
    for (let index = 0; index < 30; index++) sink.script.push({ kind: 'hang' });
    const news: CourierNews[] = [];
    const measureLag = async (act: (turn: number) => void): Promise<number> => {
      const lag = monitorEventLoopDelay({ resolution: 5 });
      lag.enable();
      for (let turn = 0; turn < 40; turn++) {
        act(turn);
        await delay(25);
      }
      lag.disable();
      return lag.percentile(50) / 1e6;
    };
    // What the machine itself holds up, before there is anything to deliver.
    const aloneMs = await measureLag(() => {});
    const delivery = start((told) => news.push(told));
    const raisedMs: number[] = [];
    await delay(300);
    const besideMs = await measureLag((index) => {
      const fromMs = performance.now();
      alerts.raise('error', 'made_up', `alert ${index}`);
      raisedMs.push(performance.now() - fromMs);
    });
    // Half of all turns; single ones belong to the machine.
    expect(besideMs).toBeLessThan(Math.max(25, 3 * aloneMs));
    expect(raisedMs.toSorted((a, b) => a - b)[20]).toBeLessThan(50);
    expect(sink.taken).toEqual([]);
    const closeMs = performance.now();
    await delivery.close();
    expect(performance.now() - closeMs).toBeLessThan(4_500);
    // What hung is delivered by the next one, each alert once.
    sink.script.length = 0;
    const next = start();
    const texts = (): string[] =>
      sink.taken
        .filter(({ path }) => path.startsWith('/hook'))
        .flatMap(({ body }) =>
          (JSON.parse(body) as { alerts: { text: string }[] }).alerts.map(({ text }) => text),
        );
    const all = Array.from({ length: 40 }, (_, index) => `alert ${index}`);
    await expect.poll(() => texts().length, { timeout: START_LIMIT_MS }).toBeGreaterThanOrEqual(all.length);
    await next.close();
    expect(texts()).toEqual(all);
  });

  test('is not there where no channel is set', async () => {
    const delivery = AlertDelivery.start(paths, settings({}), readAlertAccess(settings({}), {}), () => {});
    alerts.raise('error', 'made_up', 'nobody is told');
    await delivery.close();
    expect(sink.requests).toEqual([]);
  });
});

describe('la alerts', () => {
  function subject(from = environment()) {
    return { workspace, settings: settings(from), environment: from };
  }

  test('sends a test to every channel, says which did not take it, and shows no secret', async () => {
    sink.script.push({ kind: 'status', status: 401, body: 'canary' });
    const io = captureIo();
    expect(await testAlerts(subject(), io)).toBe(1);
    expect(io.out()).toContain('refused: HTTP 401');
    expect(io.out().match(/^ok /gm)).toHaveLength(2);
    expect(io.out() + io.err()).not.toContain('canary');
    expect(await testAlerts(subject(), captureIo())).toBe(0);
  });

  test('cannot test where there is no channel', async () => {
    const io = captureIo();
    expect(await testAlerts(subject({}), io)).toBe(1);
    expect(io.out()).toContain('No alert channel is set');
  });

  test('flush delivers what a process left behind, and status says so', async () => {
    await start().close();
    alerts.raise('critical', 'crashed', 'nobody was there to tell');
    const before = captureIo(true);
    showAlerts(subject(), before);
    expect(JSON.parse(before.out())).toMatchObject({
      channels: [{ waiting: 1 }, { waiting: 1 }, { waiting: 1 }],
    });
    expect(await flushAlerts(subject(), '30s', captureIo())).toBe(0);
    expect(sink.taken).toHaveLength(3);
    const after = captureIo();
    showAlerts(subject(), after);
    expect(after.out()).not.toContain('canary');
    expect(await flushAlerts(subject(), '30s', captureIo())).toBe(0);
    expect(sink.taken).toHaveLength(3);
  });
});

describe('secrets', () => {
  test('may lie in files, which a setting names beside its configuration file', () => {
    writeFileSync(join(workspace, 'token'), 'from-a-file\n');
    writeFileSync(
      join(workspace, 'laptop-agents.yaml'),
      'alerts:\n  telegram_token_file: token\n  telegram_chat: -100123\n  webhook_level: "off"\n',
    );
    const from = { LA_ALERTS_WEBHOOK_URL: 'https://example.com/x' };
    const { channels, secrets } = readAlertAccess(settings(from), from);
    expect(channels).toMatchObject([
      { access: { name: 'telegram', token: 'from-a-file', chat: '-100123' }, level: 'warning' },
    ]);
    expect(secrets).toContain('from-a-file');
  });

  test.each([
    [{ LA_ALERTS_TELEGRAM_TOKEN: '1:canary' }, 'alerts.telegram_chat'],
    [{ LA_ALERTS_WEBHOOK_URL: 'canary' }, 'LA_ALERTS_WEBHOOK_URL: expected an http'],
    [{ LA_ALERTS_WEBHOOK_URL: 'https://canary:canary@example.com' }, 'without a user or password'],
    [
      { LA_ALERTS_DISCORD_URL_FILE: '/nowhere/at/all' },
      'expected a readable file /nowhere/at/all, found ENOENT',
    ],
    [
      { LA_ALERTS_TELEGRAM_TOKEN: 'canary/../x', LA_ALERTS_TELEGRAM_CHAT: '1' },
      'expected the token of a bot',
    ],
  ])('that cannot be used are refused without being shown: %o', (from, expected) => {
    const found = ((): string => {
      try {
        readAlertAccess(settings(from), from);
        return '';
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    })();
    expect(found).toContain(expected);
    expect(found).not.toContain('canary');
  });

  test('in the place of a setting are refused, and not shown where their shape gives them away', () => {
    const token = '123456789:AAabcdefghijklmnopqrstuvwxyz0123456';
    expect(() => settings({ LA_ALERTS_TELEGRAM_CHAT: token })).toThrow('[redacted]');
    writeFileSync(join(workspace, 'laptop-agents.yaml'), `alerts:\n  telegram_token: ${token}\n`);
    expect(() => settings({})).toThrow('telegram_token_file');
  });
});
