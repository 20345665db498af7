import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { composePage, type PageQuery } from './journal-page.ts';
import { Journal } from './journal.ts';
import { JournalReader } from './journal-reader.ts';

const T0 = 1_732_290_000_000;

let root = '';
let file = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'journal-page-'));
  file = path.join(root, 'journal.db');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function query(changes: Partial<PageQuery>): PageQuery {
  const nothing = { cursor: null, fromMs: null, toMs: null, filters: {}, stepMs: null };
  return { table: 'lifecycle', limit: 10, order: 'asc', ...nothing, ...changes };
}

test('pages are cut and continued while the journal grows, and its end waits for no reader', () => {
  const journal = Journal.open(file, SAMPLE_START);
  const say = (second: number): void =>
    journal.deliver([{ type: 'lifecycle', timeMs: T0 + second * 1_000, state: 'running', reason: null }]);
  for (const second of [0, 1, 2]) say(second);
  const reader = JournalReader.open(file);
  const first = reader.page(query({ limit: 2 }));
  expect(first.rows.map((row) => row['time_ms'])).toEqual([T0, T0 + 1_000]);
  expect(first.rows[0]).toEqual({ time_ms: T0, state: 'running', reason: null });
  say(3);
  const second = reader.page(query({ limit: 2, cursor: first.nextCursor }));
  expect(second.rows.map((row) => row['time_ms'])).toEqual([T0 + 2_000, T0 + 3_000]);
  expect(second.nextCursor).toBeNull();
  journal.close();
  expect(reader.page(query({ order: 'desc', limit: 1 })).rows).toMatchObject([{ time_ms: T0 + 3_000 }]);
  reader.close();
  const late = new DatabaseSync(file, { readOnly: true });
  expect(late.prepare('SELECT COUNT(*) AS rows FROM lifecycle').get()).toEqual({ rows: 4 });
  late.close();
});

test('only the columns of its list can be asked for, whatever they are called', () => {
  expect(() => composePage(query({ filters: { 'state = 1 OR 1': 'x' } }))).toThrow('cannot be filtered by');
  expect(() => composePage(query({ limit: 1_001 }))).toThrow('a page of 1001 rows');
  const { sql, values } = composePage(query({ table: 'orders', filters: { symbol: '; DROP TABLE fills' } }));
  expect(sql).not.toContain('DROP');
  expect(values).toContain('; DROP TABLE fills');
});
