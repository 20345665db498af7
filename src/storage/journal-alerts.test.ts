import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { storeAlerts } from './journal-alerts.ts';
import { Journal } from './journal.ts';
import { StorageError } from './storage-error.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'journal-alerts-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const CRASHED = { time_ms: 1_000, level: 'critical', reason: 'crashed', text: 'gone' };
const DEGRADED = { time_ms: 2_000, level: 'warning', reason: 'degraded', text: 'bad data' };

function alertsIn(file: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare('SELECT time_ms, level, reason, text FROM alerts ORDER BY alert_id').all();
  database.close();
  return rows.map((row) => ({ ...row }));
}

test('a journal has the alerts that were stored last, also one of an older version', () => {
  const file = path.join(root, 'journal.db');
  Journal.open(file, SAMPLE_START).close();
  expect(alertsIn(file)).toEqual([]);
  const database = new DatabaseSync(file);
  database.exec('DROP TABLE alerts; PRAGMA user_version = 6');
  database.close();
  storeAlerts(file, [CRASHED]);
  storeAlerts(file, [CRASHED, DEGRADED]);
  expect(alertsIn(file)).toEqual([CRASHED, DEGRADED]);
});

test('a journal that is no database refuses with a storage error', () => {
  expect(() => storeAlerts(root, [CRASHED])).toThrow(StorageError);
});
