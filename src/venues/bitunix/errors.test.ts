import { describe, expect, test } from 'vitest';
import { VenueError } from '../../ports/venue-error.ts';
import {
  errorOfCode,
  errorOfFrame,
  errorOfHttp,
  errorOfTransport,
  isSymbolError,
  parseRetryAfterMs,
  retriesOf,
} from './errors.ts';

const headers =
  (values: Readonly<Record<string, string>> = {}) =>
  (name: string): string | null =>
    values[name] ?? null;

test.each([
  [10003, 'fatal'],
  [10004, 'fatal'],
  [10007, 'fatal'],
  [20011, 'fatal'],
  [403, 'fatal'],
  [10005, 'rate_limit'],
  [10006, 'rate_limit'],
  [10001, 'transient'],
  [40007, 'transient'],
  [1, 'request'],
  [404, 'request'],
  [10008, 'request'],
  [20015, 'request'],
  [20003, 'order_reject'],
  [30042, 'request'],
  [77777, 'transient'],
] as const)('code %i is %s whatever its text says', (code, errorClass) => {
  expect(errorOfCode(code, 'Network Error', 'test').errorClass).toBe(errorClass);
  expect(errorOfCode(code, '网络错误', 'test').errorClass).toBe(errorClass);
});

test('a known number outweighs a text that sounds worse', () => {
  expect(errorOfCode(10006, 'your IP is banned', 'test').errorClass).toBe('rate_limit');
});

test('an unknown code is repeated once, a known passing one without such a limit', () => {
  expect(retriesOf(errorOfCode(77777, '', 'test'))).toBe(1);
  expect(retriesOf(errorOfCode(10001, '', 'test'))).toBe(Infinity);
  expect(retriesOf(errorOfHttp(502, headers(), '', 'test'))).toBe(Infinity);
});

test('a wait of hours is not sat out', () => {
  expect(retriesOf(errorOfHttp(429, headers({ 'retry-after': '60' }), '', 'test'))).toBe(Infinity);
  expect(retriesOf(errorOfHttp(429, headers({ 'retry-after': '7200' }), '', 'test'))).toBe(0);
});

test('only the codes about a symbol are about a symbol', () => {
  expect([20001, 20012, 20015, 10002].map((code) => isSymbolError(errorOfCode(code, '', 'test')))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

describe('HTTP', () => {
  test.each([
    [429, '', 'rate_limit'],
    [418, '', 'rate_limit'],
    [403, '<html><title>Just a moment...</title>', 'fatal'],
    [403, '{"code":10004,"msg":"ip"}', 'fatal'],
    [401, 'invalid token', 'fatal'],
    [500, '', 'transient'],
    [502, '<html>Bad gateway</html>', 'transient'],
    [503, '<html>Under maintenance</html>', 'transient'],
    [500, '{"code":10004,"msg":"ip"}', 'fatal'],
    [503, '{"code":10006,"msg":"too fast"}', 'rate_limit'],
    [503, '{"code":20015,"msg":"not allowed"}', 'transient'],
    [503, '{"code":77777,"msg":"System maintenance"}', 'transient'],
    [520, '', 'transient'],
    [530, '', 'transient'],
    [302, '', 'transient'],
    [404, '<html>', 'request'],
    [400, '{"code":10003,"msg":"api-key can\'t be empty"}', 'fatal'],
    [200, '<html>captive portal</html>', 'transient'],
    [200, '<html>Just a moment...</html>', 'fatal'],
    [200, '{"code":0,"da', 'transient'],
    [200, '', 'transient'],
  ] as const)('status %i with %j is %s', (status, body, errorClass) => {
    expect(errorOfHttp(status, headers(), body, 'test').errorClass).toBe(errorClass);
  });

  test('keeps what the venue asks us to wait, and a minute at least for a ban', () => {
    expect(errorOfHttp(429, headers({ 'retry-after': '7' }), '', 'test').retryAfterMs).toBe(7_000);
    expect(errorOfHttp(429, headers(), '', 'test').retryAfterMs).toBeNull();
    expect(errorOfHttp(418, headers({ 'retry-after': '7' }), '', 'test').retryAfterMs).toBe(60_000);
  });

  test('shows the head of a long body only', () => {
    expect(errorOfHttp(502, headers(), 'x'.repeat(100_000), 'test').message.length).toBeLessThan(300);
  });

  test('counts a Retry-After date from the reply itself, not from our clock', () => {
    expect(parseRetryAfterMs('Wed, 23 Sep 2026 01:00:30 GMT', 'Wed, 23 Sep 2026 01:00:00 GMT')).toBe(30_000);
    expect(parseRetryAfterMs('Wed, 23 Sep 2026 01:00:30 GMT', null)).toBeNull();
    expect(parseRetryAfterMs('soon', null)).toBeNull();
  });
});

describe('socket frames', () => {
  test.each([
    ['{"event":"error","code":10003,"msg":"x"}', 'fatal'],
    ['{"event":"error","msg":"Invalid token"}', 'fatal'],
    ['{"event":"error","message":"token is invalid"}', 'fatal'],
    ['{"event":"error","code":40014,"msg":"Your IP has been banned"}', 'fatal'],
    ['{"code":503,"msg":"System maintenance"}', 'fatal'],
    ['{"op":"login","code":"10007","msg":"Signature Error"}', 'fatal'],
    ['{"op":"subscribe","code":10006,"msg":"Request too frequently"}', 'rate_limit'],
    ['{"op":"subscribe","data":{"msg":"subscribe channel > 300","nonce":"","result":false}}', 'request'],
    ['{"op":"error","data":"maintenance"}', 'fatal'],
    ['{"code":20015,"msg":"this Futures is not allowed to trade."}', 'request'],
    ['{"event":"error","msg":"hiccup"}', 'transient'],
  ])('%s', (text, errorClass) => {
    expect(errorOfFrame(JSON.parse(text))?.errorClass).toBe(errorClass);
  });

  test.each([
    '{"op":"subscribe","ch":"trade","symbol":"BTCUSDT","data":{"result":true}}',
    '{"op":"unsubscribe","ts":1790126500916,"data":"success"}',
    '{"code":0,"msg":"Success"}',
    '{"op":"notice","data":"scheduled maintenance tomorrow"}',
    '{}',
  ])('%s is no error', (text) => {
    expect(errorOfFrame(JSON.parse(text))).toBeNull();
  });
});

test('trouble below HTTP is passing, names its cause and keeps it', () => {
  const cause = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
  const error = errorOfTransport(cause, '/kline');
  expect(error).toBeInstanceOf(VenueError);
  expect([error.errorClass, error.cause]).toEqual(['transient', cause]);
  expect(error.message).toContain('ECONNREFUSED');
});
