/**
 * The alerts of a session in its journal. They are said by the program, not by the engine: the journal has them beside what
 * the event log can be replayed to, and they are not part of what is verified.
 */

import { DatabaseSync } from 'node:sqlite';
import { migrateJournal } from './journal-schema.ts';
import { toStorageError } from './storage-error.ts';

export interface AlertRow {
  readonly time_ms: number;
  readonly level: string;
  readonly reason: string;
  readonly text: string;
}

/** Replaces what the journal says of alerts, in the order given. Throws StorageError; nothing is changed then. */
export function storeAlerts(journalFile: string, alerts: readonly AlertRow[]): void {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(journalFile, { timeout: 5_000 });
    migrateJournal(database);
    database.exec('BEGIN IMMEDIATE; DELETE FROM alerts');
    const insert = database.prepare('INSERT INTO alerts (time_ms, level, reason, text) VALUES (?, ?, ?, ?)');
    for (const { time_ms, level, reason, text } of alerts) insert.run(time_ms, level, reason, text);
    database.exec('COMMIT');
  } catch (error) {
    throw toStorageError(error, `store the alerts in ${journalFile}`);
  } finally {
    database?.close();
  }
}
