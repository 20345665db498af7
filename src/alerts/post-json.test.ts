import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlertSink } from '../../test/builders/alert-sink.ts';
import { isPublicAddress } from './address-guard.ts';
import { DeliveryError } from './delivery-error.ts';
import { postJson } from './post-json.ts';

let sink: AlertSink;

beforeEach(async () => {
  sink = new AlertSink();
  await sink.open();
});

afterEach(() => sink.close());

async function failureOf(url: string, allowsPrivate: boolean, limitMs = 10_000): Promise<DeliveryError> {
  const signal = new AbortController().signal;
  const error: unknown = await postJson({
    url: new URL(url),
    body: '{}',
    allowsPrivate,
    limitMs,
    signal,
  }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DeliveryError) return error;
  throw new Error(`expected a DeliveryError, found ${String(error)}`);
}

test.each([
  ['https://127.0.0.1/'],
  ['https://0x7f.1/'],
  ['https://2130706433/'],
  ['https://[::1]/'],
  ['https://[::ffff:7f00:1]/'],
  ['https://169.254.169.254/latest/meta-data'],
  ['https://10.1.2.3/'],
  ['https://[fd00::1]/'],
  ['https://localhost/'],
  ['http://example.com/'],
])('refuses %s unless private addresses are allowed', async (url) => {
  const port = new URL(sink.url).port;
  const error = await failureOf(url.replace(/(^[a-z]+:\/\/[^/]+)/, `$1:${port}`), false);
  expect(error.code).toBe('refused');
  expect(sink.requests).toEqual([]);
});

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['100.64.0.1', false],
  ['192.168.1.1', false],
  ['::ffff:192.168.1.1', false],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['fe80::1', false],
  ['not an address', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

test.each([
  [429, { 'retry-after': '7' }, '', 'rate_limited', 7_000],
  [429, {}, '{"retry_after": 0.35}', 'rate_limited', 350],
  [429, { 'retry-after': '999999' }, '', 'rate_limited', 3_600_000],
  [503, { 'retry-after': '2' }, '', 'unreachable', 2_000],
  [500, {}, '', 'unreachable', null],
  [404, {}, '', 'refused', null],
  [301, { location: 'http://127.0.0.1:1/' }, '', 'refused', null],
] as const)('an answer of %i %o %s is %s', async (status, headers, body, code, retryAfterMs) => {
  sink.script.push({ kind: 'status', status, headers, body });
  const error = await failureOf(`${sink.url}/key-in-the-path`, true);
  expect(error).toMatchObject({ code, retryAfterMs });
  expect(error.message).not.toContain('key-in-the-path');
  expect(sink.requests).toHaveLength(1);
});

test('an answer that never comes, or never ends, is given up', async () => {
  sink.script.push({ kind: 'hang' });
  expect(await failureOf(sink.url, true, 300)).toMatchObject({
    code: 'unreachable',
    message: 'no answer in time',
  });
});

test('an answer that is too long is cut', async () => {
  sink.script.push({ kind: 'status', status: 200, body: 'x'.repeat(1_000_000) });
  const signal = new AbortController().signal;
  await expect(
    postJson({ url: new URL(sink.url), body: '{}', allowsPrivate: true, limitMs: 20_000, signal }),
  ).resolves.toBeUndefined();
});
