import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AlertSink } from '../../test/builders/alert-sink.ts';
import type { AlertLevel } from '../ports/alert-channel.ts';
import { formatAlertLine } from '../ports/alert-line.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { AlertCourier, type DeliveryEvent } from './alert-courier.ts';
import { alertFileSize } from './alert-feed.ts';
import { AlertFile } from './alert-file.ts';
import { type ChannelAccess, openChannel } from './delivery-channel.ts';
import { DeliveryStore, readDeliveryRows, takeDelivery } from './delivery-store.ts';

/** Far more than an answer takes, also on a busy machine; one that never comes is waited for that long. */
const ANSWER_LIMIT_MS = 1_500;
const SETTLE_LIMIT_MS = 30_000;
const TOKEN = '123456789:AAabcdefghijklmnopqrstuvwxyz0123456';

let directory: string;
let alertsPath: string;
let sink: AlertSink;
let store: DeliveryStore;
let courier: AlertCourier | null;
let events: DeliveryEvent[];
let quietLevel: AlertLevel | null;
let lines: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'la-courier-'));
  alertsPath = join(directory, 'alert.txt');
  sink = new AlertSink();
  await sink.open();
  store = DeliveryStore.open(join(directory, 'state', 'outbox.db'));
  courier = null;
  events = [];
  quietLevel = null;
  lines = 0;
});

afterEach(async () => {
  await courier?.close();
  store.close();
  await sink.close();
  rmSync(directory, { recursive: true });
});

function access(name: ChannelAccess['name']): ChannelAccess {
  switch (name) {
    case 'webhook':
      return { name, url: `${sink.url}/hook?key=1`, secret: 'signing-key' };
    case 'telegram':
      return { name, baseUrl: `${sink.url}/`, token: TOKEN, chat: '42' };
    case 'discord':
      return { name, url: `${sink.url}/api/webhooks/1/secret-part-of-it` };
  }
}

function start(
  name: ChannelAccess['name'] = 'webhook',
  options: { perMinute?: number; startOffset?: number } = {},
): AlertCourier {
  const created = new AlertCourier({
    alertsPath,
    store,
    plans: [{ channel: openChannel(access(name), true, ANSWER_LIMIT_MS), level: 'warning' }],
    startOffset: options.startOffset ?? 0,
    perMinute: options.perMinute ?? 1_000,
    quietLevel: () => quietLevel,
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    firstDelayMs: 20,
  });
  courier = created;
  return created;
}

function raise(text: string, level: AlertLevel = 'error'): void {
  const line = formatAlertLine({ timeMs: 1_795_365_540_000 + lines++, level, reason: 'made_up', text });
  appendFileSync(alertsPath, `${line}\n`);
}

interface WebhookBody {
  readonly id: string;
  readonly alerts: readonly { readonly id: string; readonly text: string; readonly count: number }[];
  readonly counted: readonly { readonly reason: string; readonly count: number }[];
}

function bodies(): WebhookBody[] {
  return sink.taken.map(({ body }) => JSON.parse(body) as WebhookBody);
}

function texts(): string[] {
  return bodies().flatMap(({ alerts }) => alerts.map(({ text }) => text));
}

test('tells each alert once and in order, and nothing below its level', async () => {
  const running = start();
  raise('one');
  raise('not for people', 'info');
  raise('two', 'critical');
  expect(await running.settle(SETTLE_LIMIT_MS)).toBe(true);
  raise('three');
  expect(await running.settle(SETTLE_LIMIT_MS)).toBe(true);
  expect(texts()).toEqual(['one', 'two', 'three']);
  expect(readDeliveryRows(join(directory, 'state', 'outbox.db'))).toMatchObject([
    { name: 'webhook', message: null, trouble: null },
  ]);
});

describe('trouble', () => {
  test('after an outage, errors, a rate limit, a cut, silence and a redirect everything arrives once, in order', async () => {
    await sink.close();
    const running = start();
    raise('while it was down');
    await delay(100);
    expect(await running.settle(50)).toBe(false);
    await sink.open();
    sink.script.push(
      { kind: 'status', status: 503 },
      { kind: 'status', status: 302, headers: { location: `${sink.url}/elsewhere` } },
      { kind: 'drop' },
      { kind: 'hang' },
      { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    );
    raise('after it');
    expect(await running.settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(texts()).toEqual(['while it was down', 'after it']);
    const [limited, next] = sink.requests.slice(4);
    expect((next?.atMs ?? 0) - (limited?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
    expect(sink.requests.every(({ path }) => path.startsWith('/hook'))).toBe(true);
    // One stretch of trouble is one line, its end another.
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'delivered')).toEqual(['failing', 'recovered']);
    expect(kinds).toContain('delivered');
  });

  test('every attempt of a message carries the same key and the same bytes', async () => {
    sink.script.push({ kind: 'drop' }, { kind: 'status', status: 500 });
    raise('again and again');
    expect(await start().settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(sink.requests).toHaveLength(3);
    expect(new Set(sink.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(sink.requests.map(({ body }) => body)).size).toBe(1);
    expect(sink.requests[0]?.headers['x-signature-256']).toMatch(/^sha256=[0-9a-f]{64}$/);
  });

  test('a wait that the body asks for is kept as well', async () => {
    const body = '{"ok":false,"error_code":429,"parameters":{"retry_after":1}}';
    sink.script.push({ kind: 'status', status: 429, body });
    raise('x');
    expect(await start('telegram').settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    const [first, second] = sink.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe('a restart', () => {
  test('in the middle of an outage loses nothing and doubles nothing', async () => {
    const first = start();
    raise('before');
    await first.settle(SETTLE_LIMIT_MS);
    await sink.close();
    raise('one');
    await delay(400);
    raise('two');
    await first.close();
    store.close();
    await sink.open();
    store = DeliveryStore.open(join(directory, 'state', 'outbox.db'));
    expect(await start('webhook', { startOffset: 1_000_000 }).settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(texts()).toEqual(['before', 'one', 'two']);
  });

  test('between the answer and its record repeats the message under its own key', async () => {
    const dies = Object.assign(Object.create(store) as DeliveryStore, {
      origin: store.origin,
      channel: store.channel.bind(store),
      begin: store.begin.bind(store),
      finish: () => {
        throw new Error('killed here');
      },
    });
    raise('one');
    const kept = store;
    store = dies;
    await expect(start().ended).rejects.toThrow('killed here');
    store = kept;
    raise('two');
    expect(await start().settle(SETTLE_LIMIT_MS)).toBe(true);
    const [first, repeated, next] = bodies();
    expect(repeated).toEqual(first);
    expect(next?.alerts.map(({ text }) => text)).toEqual(['two']);
    courier = null;
  });

  test('a channel that was never used is not told of old alerts', async () => {
    raise('long ago');
    const running = start('webhook', { startOffset: alertFileSize(alertsPath) });
    raise('now');
    expect(await running.settle(SETTLE_LIMIT_MS)).toBe(true);
    expect(texts()).toEqual(['now']);
  });
});

describe('many alerts', () => {
  test('equal ones are one with a count, those that the file folded included', async () => {
    await sink.close();
    let nowMs = 1_795_365_540_000;
    const file = new AlertFile({
      path: alertsPath,
      scrubber: new SecretScrubber(),
      nowMs: () => nowMs,
      onError: (error) => {
        throw error;
      },
    });
    for (let index = 0; index < 20; index++) {
      file.raise('error', 'venue_unreachable', 'no answer');
      nowMs += 10_000;
    }
    file.close();
    await sink.open();
    expect(await start().settle(SETTLE_LIMIT_MS)).toBe(true);
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]?.alerts).toMatchObject([{ text: 'no answer', count: 20 }]);
  });

  test('a storm ends in few messages whose counts add up', async () => {
    const storm = Array.from({ length: 10_000 }, (_, index) =>
      formatAlertLine({
        timeMs: 1_795_365_540_000,
        level: 'error',
        reason: index % 2 ? 'a' : 'b',
        text: `incident ${index}`,
      }),
    );
    appendFileSync(alertsPath, `${storm.join('\n')}\n`);
    const running = start('webhook', { perMinute: 6 });
    expect(await running.settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(bodies().length).toBeLessThanOrEqual(6);
    const listed = bodies().flatMap(({ alerts }) => alerts);
    const counted = bodies().flatMap(({ counted: rows }) => rows);
    const total = [...listed, ...counted].reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(10_000);
    expect(listed[0]?.text).toBe('incident 0');
  });

  test('no more messages a minute than allowed; what comes in between goes together', async () => {
    const running = start('webhook', { perMinute: 2 });
    for (const text of ['one', 'two']) {
      raise(text);
      expect(await running.settle(SETTLE_LIMIT_MS)).toBe(true);
    }
    for (const text of ['three', 'four']) {
      raise(text);
      await running.settle(400);
    }
    expect(texts()).toEqual(['one', 'two']);
    expect(await running.settle(100)).toBe(false);
  });
});

describe('quiet hours', () => {
  test('hold back until something is urgent, and tell the rest before it', async () => {
    quietLevel = 'critical';
    const running = start();
    raise('can wait', 'warning');
    expect(await running.settle(2_000)).toBe(false);
    expect(texts()).toEqual([]);
    raise('cannot', 'critical');
    expect(await running.settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(texts()).toEqual(['can wait', 'cannot']);
  });

  test('end with what waited', async () => {
    quietLevel = 'critical';
    const running = start();
    raise('can wait', 'warning');
    await running.settle(2_000);
    quietLevel = null;
    expect(await running.settle(SETTLE_LIMIT_MS, 'patient')).toBe(true);
    expect(texts()).toEqual(['can wait']);
  });
});

describe('channels for people', () => {
  test('Telegram gets plain text for its chat', async () => {
    raise('<b>bold</b> *x*', 'critical');
    expect(await start('telegram').settle(SETTLE_LIMIT_MS)).toBe(true);
    expect(sink.taken[0]?.path).toBe(`/bot${TOKEN}/sendMessage`);
    const body = JSON.parse(sink.taken[0]?.body ?? '') as Record<string, unknown>;
    expect(body['chat_id']).toBe('42');
    expect(body['text']).toMatch(
      /^CRITICAL made_up: <b>bold<\/b> \*x\* \[2026-.*Z\]\nlaptop-agents · [0-9a-f]{16}$/,
    );
    expect(body).not.toHaveProperty('parse_mode');
  });

  test('Discord calls nobody by name, and no text is too long for it', async () => {
    for (let index = 0; index < 12; index++) raise(`@everyone ${String(index).repeat(1_000)}`);
    expect(await start('discord').settle(SETTLE_LIMIT_MS)).toBe(true);
    for (const { body } of sink.taken) {
      const { content, allowed_mentions: mentions } = JSON.parse(body) as {
        content: string;
        allowed_mentions: unknown;
      };
      expect(content.length).toBeLessThanOrEqual(2_000);
      expect(mentions).toEqual({ parse: [] });
    }
    expect(sink.taken.map(({ body }) => body).join('')).toContain('11111');
  });
});

test('only one delivers a workspace at a time', () => {
  const path = join(directory, 'delivery.db');
  const place = takeDelivery(path);
  expect(place).not.toBeNull();
  expect(takeDelivery(path)).toBeNull();
  place?.release();
  const next = takeDelivery(path);
  expect(next).not.toBeNull();
  next?.release();
});
