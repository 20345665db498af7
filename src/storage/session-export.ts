/**
 * Exports a session to Parquet: the market from its event log, what we did from its journal.
 *
 * The log's lines hold exact decimal text in the instrument's own grid, which goes to the files as it stands. One pass, a
 * frame at a time; the journal is read row by row from a copy.
 */

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EventLogReader } from './event-log-reader.ts';
import { migrateLine } from './event-migrations.ts';
import { EXPORT_TABLES, type ExportTableName, WHOLE_ACCOUNT } from './export-tables.ts';
import { copyJournal } from './journal-comparison.ts';
import { type ExportCell, ParquetWriter } from './parquet-writer.ts';
import type { SessionFolder } from './session-folder.ts';
import { toStorageError } from './storage-error.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface ExportResult {
  /** Events read from the log. */
  readonly events: number;
  readonly rows: Readonly<Record<ExportTableName, number>>;
  /** Bytes of a torn tail that was left out. */
  readonly cutBytes: number;
  /** Why the tables of the journal are empty; null where they were read. */
  readonly journalProblem: string | null;
}

export interface ExportOptions {
  /** An empty folder for what is thrown away. */
  readonly scratch: string;
  readonly onProgress?: (events: number) => void;
}

/** Throws StorageError: `log_corrupt`, or what keeps the files from being written. */
export async function exportSession(
  folder: SessionFolder,
  out: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const writer = await ParquetWriter.open(options.scratch, folder.readManifest().session_id);
  try {
    const reader = new EventLogReader(folder.eventsFolder);
    let events = 0;
    for (const { version, lines } of reader.frames()) {
      for (const line of lines) appendEvent(writer, migrateLine(JSON.parse(line) as Fields, version));
      events += lines.length;
      options.onProgress?.(events);
    }
    const journalProblem = appendJournal(writer, folder, options.scratch);
    const rows = await writer.write(out);
    return { events, rows, cutBytes: reader.end?.cutBytes ?? 0, journalProblem };
  } finally {
    writer.close();
  }
}

const EVENT_TABLES: ReadonlyMap<unknown, ExportTableName> = new Map([
  ['trade', 'trades'],
  ['bar', 'bars'],
  ['mark_bar', 'bars'],
  ['mark', 'marks'],
  ['funding', 'funding'],
]);

function appendEvent(writer: ParquetWriter, line: Fields): void {
  const { kind, symbol } = line;
  if (typeof symbol !== 'string') return;
  if (Array.isArray(line['bids']) && Array.isArray(line['asks'])) {
    for (const [side, levels] of [
      ['bid', line['bids']],
      ['ask', line['asks']],
    ] as const) {
      for (const [level, pair] of (levels as readonly (readonly [string, string])[]).entries()) {
        const [price, quantity] = pair;
        writer.append('book_levels', symbol, [
          ...eventCells(line),
          String(kind),
          side,
          level,
          price,
          quantity,
        ]);
      }
    }
    return;
  }
  const table = EVENT_TABLES.get(kind);
  if (table === undefined) return;
  const given: Fields = { ...line, sequence: line['seq'], price_kind: kind === 'mark_bar' ? 'mark' : 'last' };
  writer.append(table, symbol, cellsOf(table, given));
}

function eventCells(line: Fields): ExportCell[] {
  return [cellOf(line['seq']), cellOf(line['received_ms']), cellOf(line['exchange_ms'])];
}

function cellsOf(table: ExportTableName, row: Fields): ExportCell[] {
  return EXPORT_TABLES[table].columns.map(({ name }) => cellOf(row[name]));
}

function cellOf(value: unknown): ExportCell {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

const JOURNAL_TABLES = ['orders', 'fills', 'ledger', 'equity'] as const satisfies readonly ExportTableName[];

/** Returns why there is nothing to append; null where there was. */
function appendJournal(writer: ParquetWriter, folder: SessionFolder, scratch: string): string | null {
  const copy = path.join(scratch, 'journal.db');
  let database: DatabaseSync | null = null;
  try {
    copyJournal(folder.journalFile, copy);
    database = new DatabaseSync(copy);
    for (const table of JOURNAL_TABLES) {
      for (const row of database.prepare(`SELECT * FROM ${table} ORDER BY rowid`).iterate()) {
        const symbol = row['symbol'];
        writer.append(table, typeof symbol === 'string' ? symbol : WHOLE_ACCOUNT, cellsOf(table, row));
      }
    }
    return null;
  } catch (error) {
    const problem = toStorageError(error, 'read the journal');
    if (problem.code === 'disk_full') throw problem;
    return problem.message;
  } finally {
    if (database?.isOpen === true) database.close();
  }
}
