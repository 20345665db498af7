import { describe, expect, test } from 'vitest';

import { STREAM_SUBPROTOCOL } from '../protocol/messages.ts';
import { RequestGuard, type RequestClaims } from './request-guard.ts';

const TOKEN = 'a'.repeat(64);

function claims(changes: Partial<RequestClaims> = {}): RequestClaims {
  return {
    access: 'write',
    address: '127.0.0.1',
    host: '127.0.0.1:8787',
    origin: undefined,
    fetchSite: undefined,
    fetchMode: undefined,
    authorization: `Bearer ${TOKEN}`,
    subprotocols: undefined,
    ...changes,
  };
}

describe('Host and Origin', () => {
  const guard = new RequestGuard('127.0.0.1', TOKEN, () => 0);

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:1', '[::1]:8787'])('%s is this machine', (host) => {
    expect(guard.refusal(claims({ host }))).toBeNull();
  });

  test.each([
    undefined,
    '',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.',
    'localhost:8787:1',
    'user@localhost',
    '127.0.0.1/',
    '0.0.0.0',
    '127.1',
    '2130706433',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    'localhost%00',
    'localhost,evil.example',
    ' localhost',
  ])('%s is not', (host) => {
    expect(guard.refusal(claims({ host }))).toMatchObject({ status: 403 });
  });

  test.each([
    'http://evil.example',
    'null',
    '',
    'https://127.0.0.1:8787',
    'http://127.0.0.1',
    'http://localhost:8787',
    'http://127.0.0.1:8787.evil.example',
    'file://',
  ])('a page from %s is foreign', (origin) => {
    expect(guard.refusal(claims({ origin }))).toMatchObject({ status: 403 });
  });

  test('a link from another site may open a page, and may not act', () => {
    const fromElsewhere = { fetchSite: 'cross-site', fetchMode: 'navigate', authorization: undefined };
    expect(guard.refusal(claims({ ...fromElsewhere, access: 'read' }))).toBeNull();
    expect(guard.refusal(claims({ ...fromElsewhere, access: 'write' }))).toMatchObject({ status: 403 });
    const fetched = { ...fromElsewhere, fetchMode: 'no-cors' };
    expect(guard.refusal(claims({ ...fetched, access: 'read' }))).toMatchObject({ status: 403 });
    expect(guard.refusal(claims({ fetchSite: 'same-site' }))).toMatchObject({ status: 403 });
  });
});

describe('the token', () => {
  test('counts for a stream as its second subprotocol, and nowhere else', () => {
    const guard = new RequestGuard('0.0.0.0', TOKEN, () => 0);
    const given = { authorization: undefined, subprotocols: `${STREAM_SUBPROTOCOL}, bearer.${TOKEN}` };
    expect(guard.refusal(claims({ ...given, access: 'stream' }))).toBeNull();
    expect(guard.refusal(claims({ ...given, access: 'read' }))).toMatchObject({ status: 401 });
    const alone = { ...given, subprotocols: `bearer.${TOKEN}`, access: 'stream' } as const;
    expect(guard.refusal(claims(alone))).toMatchObject({ status: 401 });
  });

  test('can be guessed ten times a minute from one address; then not even the right one counts from there', () => {
    let nowMs = 0;
    const guard = new RequestGuard('0.0.0.0', TOKEN, () => nowMs);
    const from = (address: string, token: string): number =>
      guard.refusal(claims({ address, authorization: `Bearer ${token}` }))?.status ?? 200;
    const wrong = 'b'.repeat(64);
    expect(Array.from({ length: 12 }, () => from('203.0.113.7', wrong))).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      429,
      429,
    ]);
    expect(from('203.0.113.7', TOKEN)).toBe(429);
    expect(from('203.0.113.8', TOKEN)).toBe(200);
    nowMs = 60_000;
    expect(from('203.0.113.7', TOKEN)).toBe(200);
  });

  test('that is right is always taken from this machine', () => {
    const guard = new RequestGuard('127.0.0.1', TOKEN, () => 0);
    for (let guess = 0; guess < 20; guess++) guard.refusal(claims({ authorization: `Bearer ${guess}` }));
    expect(guard.refusal(claims({ authorization: 'Bearer x' }))).toMatchObject({ status: 429 });
    expect(guard.refusal(claims())).toBeNull();
    expect(guard.refusal(claims({ address: '::ffff:127.0.0.1' }))).toBeNull();
  });

  test('that is not sent is no guess', () => {
    const guard = new RequestGuard('127.0.0.1', TOKEN, () => 0);
    for (let asked = 0; asked < 20; asked++)
      expect(guard.refusal(claims({ authorization: undefined }))).toMatchObject({ status: 401 });
  });
});
