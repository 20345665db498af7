import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccountStart } from '../core/domain/session-start.ts';
import { AccountStore } from './account-store.ts';
import { StorageError } from './storage-error.ts';

const NOW_MS = Date.parse('2026-11-22T16:39:00.123Z');

const account: AccountStart = {
  kind: 'carried',
  wallet: '9987.12345678',
  opening_balance: '10000',
  day: 20_779,
  day_opening_equity: '10001.5',
  positions: [{ symbol: 'BTCUSDT', quantity: '-0.01', cost: '-685.9', opened_time_ms: NOW_MS - 5 }],
  orders: [
    {
      ...{
        id: 'o-1',
        client_order_id: null,
        symbol: 'BTCUSDT',
        side: 'buy',
        type: 'limit',
        trigger: null,
        quantity: '0.01',
        price: '60000',
      },
      ...{ time_in_force: 'gtc', reduce_only: true, filled_quantity: '0', filled_notional: '0' },
      decision_time_ms: NOW_MS - 9,
    },
  ],
};

let folder = '';
let store: AccountStore;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'account-')), 'state');
  store = new AccountStore(folder);
});
afterEach(() => {
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

describe('account store', () => {
  test('gives back what was written, and null before that', () => {
    expect(store.read()).toBeNull();
    store.write(account, 's-1', NOW_MS);
    store.write({ ...account, wallet: '1' }, 's-2', NOW_MS);
    expect(store.read()).toEqual({
      ...account,
      ...{ wallet: '1', version: 1, updated_at: '2026-11-22T16:39:00.123Z', session_id: 's-2' },
    });
    expect(readdirSync(folder)).toEqual(['account.json']);
    expect(statSync(store.file).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600);
  });

  test.each([
    ['wallet', '1e5', /account\.json: wallet: expected decimal text/],
    ['version', 2, /account\.json: version: /],
    [
      'positions',
      [{ symbol: 'BTCUSDT', quantity: 0.01, cost: '1', opened_time_ms: 1 }],
      /positions\.0\.quantity: /,
    ],
    ['surprise', 1, /account\.json: the document: .*surprise/],
  ])('refuses a file whose %s is %j', (field, value, message) => {
    store.write(account, 's-1', NOW_MS);
    const document = JSON.parse(readFileSync(store.file, 'utf8')) as Record<string, unknown>;
    writeFileSync(store.file, JSON.stringify({ ...document, [field]: value }));
    expect(() => store.read()).toThrow(StorageError);
    expect(() => store.read()).toThrow(message);
  });

  test('refuses half a file and leaves it as it is', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(store.file, '{"version":1,');
    expect(() => store.read()).toThrow(/account\.json: not JSON/);
    expect(readFileSync(store.file, 'utf8')).toBe('{"version":1,');
  });

  test('moves the old account aside, readable or not, and never over another', () => {
    expect(store.archive(NOW_MS)).toBeNull();
    store.write(account, 's-1', NOW_MS);
    const first = store.archive(NOW_MS) ?? '';
    expect(store.read()).toBeNull();
    expect(readFileSync(first, 'utf8')).toContain('9987.12345678');
    writeFileSync(store.file, 'rubbish');
    store.archive(NOW_MS);
    expect(readdirSync(path.join(folder, 'archive'))).toEqual([
      'account-2026-11-22T16-39-00.123Z-2.json',
      'account-2026-11-22T16-39-00.123Z.json',
    ]);
  });

  test('says what failed when the folder cannot be made', () => {
    writeFileSync(folder, 'a file where the folder should be');
    expect(() => {
      store.write(account, 's-1', NOW_MS);
    }).toThrow(/could not write .*account\.json/);
  });
});
