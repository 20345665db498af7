/**
 * Marks in a journal: how far it was when the engine's state was saved, and the way back to there.
 *
 * Rows that are said once are counted; what came after a mark is taken out again. Rows that are replaced (orders, positions)
 * may be ahead of the mark: whoever goes on from it says the same again, and more.
 */

import type { DatabaseSync } from 'node:sqlite';
import { JOURNAL_VERSION, journalVersion } from './journal-schema.ts';
import type { HeldPosition } from './position-projection.ts';
import { StorageError } from './storage-error.ts';

/** Tables that grow; the others have their rows from the start. */
const GROWING = [
  'orders',
  'fills',
  'receipts',
  'ledger',
  'trades',
  'equity',
  'band',
  'denials',
  'quality',
  'lifecycle',
  'verdicts',
] as const;

export interface JournalMark {
  /** Last event of which everything is in. */
  readonly sequence: number;
  /** Last row number by table; 0 for none. */
  readonly rows: Readonly<Record<string, number>>;
  /** By instrument. */
  readonly positions: readonly HeldPosition[];
}

export function markSnapshot(database: DatabaseSync, sequence: number): void {
  database.prepare('INSERT INTO snapshots (sequence) VALUES (?)').run(sequence);
}

export function countRows(database: DatabaseSync): Readonly<Record<string, number>> {
  return Object.fromEntries(
    GROWING.map((table) => {
      const row = database.prepare(`SELECT max(rowid) AS last FROM ${table}`).get();
      return [table, Number(row?.['last'] ?? 0)];
    }),
  );
}

/** Takes out what came after the mark. Throws StorageError `journal`; nothing is changed then. */
export function rewindJournal(database: DatabaseSync, { sequence, rows }: JournalMark): void {
  const version = journalVersion(database);
  if (version !== JOURNAL_VERSION) throw unusable(`it has version ${version}, not ${JOURNAL_VERSION}`);
  const [damage] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (damage !== 'ok') throw unusable(String(damage));
  const marked = database.prepare('SELECT sequence FROM snapshots WHERE sequence = ?').get(sequence);
  if (marked === undefined) throw unusable(`it was not written up to event ${sequence}`);
  const counted = countRows(database);
  for (const table of GROWING) {
    if ((counted[table] ?? 0) < (rows[table] ?? 0)) throw unusable(`rows are missing in ${table}`);
  }
  database.exec('BEGIN IMMEDIATE');
  for (const table of GROWING) database.prepare(`DELETE FROM ${table} WHERE rowid > ?`).run(rows[table] ?? 0);
  database.prepare('DELETE FROM snapshots WHERE sequence > ?').run(sequence);
  database.exec('COMMIT');
}

function unusable(reason: string): StorageError {
  return new StorageError('journal', `the journal cannot be gone on with: ${reason}`);
}
