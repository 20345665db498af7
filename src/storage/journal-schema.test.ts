import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { JOURNAL_VERSION, journalVersion } from './journal-schema.ts';
import { Journal } from './journal.ts';
import { JournalReader } from './journal-reader.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'journal-schema-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A journal as version 1 of the program left it: without what came later. */
function oldJournal(): string {
  const file = path.join(root, 'journal.db');
  Journal.open(file, SAMPLE_START).close();
  const database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const first = new Set(
    'instruments orders fills ledger positions trades equity denials quality lifecycle'.split(' '),
  );
  for (const { name } of tables) if (!first.has(String(name))) database.exec(`DROP TABLE ${String(name)}`);
  for (const column of ['trigger_on', 'trigger_price', 'trigger_trail_bps', 'tag'])
    database.exec(`ALTER TABLE orders DROP COLUMN ${column}`);
  database.exec(`INSERT INTO orders VALUES
    ('o-1', NULL, 'BTCUSDT', 'buy', 'market', '1', NULL, 'gtc', 0, 'filled', NULL, 1, 2, 3, '1', '100')`);
  database.exec('PRAGMA user_version = 1');
  database.close();
  return file;
}

describe('a journal of an older version', () => {
  test('is read as it is: what it lacks is null', () => {
    const reader = JournalReader.open(oldJournal());
    expect(reader.fills()).toEqual([]);
    expect(reader.receipt('f-1')).toBeNull();
    expect(reader.orders()).toHaveLength(1);
    expect(reader.order('o-1')).toMatchObject({ status: 'filled', trigger: null, tag: null });
    expect(reader.bandAt([1])).toEqual([]);
    reader.close();
  });

  test('is brought up to date by the session that goes on writing it', () => {
    const file = oldJournal();
    Journal.open(file, SAMPLE_START).close();
    const database = new DatabaseSync(file);
    expect(journalVersion(database)).toBe(JOURNAL_VERSION);
    database.close();
    const reader = JournalReader.open(file);
    expect(reader.order('o-1')).toMatchObject({ status: 'filled', trigger: null, tag: null });
    reader.close();
  });
});
