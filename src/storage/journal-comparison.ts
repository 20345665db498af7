/**
 * Compares two journals row for row, in the order in which their rows came about.
 *
 * Assumption: both are private copies that nobody writes. Tables and columns that only one of them knows (another version
 * of the schema) are left out; {@link JournalComparison.skipped} names them.
 */

import { copyFileSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StorageError, toStorageError } from './storage-error.ts';

/** Tables in the order of cause and effect, with the column that tells when, and whether rows change after they came. */
const TABLES = {
  instruments: { key: 'symbol', time: null, isReplaced: true },
  orders: { key: 'order_id', time: 'decision_time_ms', isReplaced: true },
  fills: { key: 'fill_id', time: 'time_ms', isReplaced: false },
  receipts: { key: 'fill_id', time: null, isReplaced: false },
  ledger: { key: 'entry_id', time: 'time_ms', isReplaced: false },
  trades: { key: 'trade_id', time: 'exit_time_ms', isReplaced: false },
  positions: { key: 'symbol', time: 'time_ms', isReplaced: true },
  equity: { key: null, time: 'time_ms', isReplaced: false },
  band: { key: null, time: 'time_ms', isReplaced: false },
  denials: { key: null, time: 'time_ms', isReplaced: false },
  quality: { key: null, time: 'from_ms', isReplaced: false },
  lifecycle: { key: null, time: 'time_ms', isReplaced: false },
  verdicts: { key: null, time: 'time_ms', isReplaced: false },
} as const;

export type ComparedTable = keyof typeof TABLES;
type Cell = string | number | bigint | null | Uint8Array;
type Row = Readonly<Record<string, Cell>>;

export interface RowDifference {
  readonly table: ComparedTable;
  /** Place of the row in its table, from 0. */
  readonly index: number;
  /** What the row is known by; null where rows have no name of their own. */
  readonly key: string | null;
  /** First column that differs; null where one side has no such row. */
  readonly column: string | null;
  /** The row as it was recorded; null = there is none. */
  readonly expected: Row | null;
  /** The row as it was found now. */
  readonly found: Row | null;
  readonly timeMs: number | null;
}

export interface JournalComparison {
  /** The earliest difference; null = every row is the same. */
  readonly difference: RowDifference | null;
  /** Rows compared, by table. */
  readonly rows: Readonly<Partial<Record<ComparedTable, number>>>;
  readonly skipped: readonly string[];
}

/** Copies a journal with what it has not folded in yet, so that reading it changes nothing of the original. */
export function copyJournal(file: string, target: string): void {
  if (!existsSync(file)) throw new StorageError('not_found', `there is no journal ${file}`);
  try {
    copyFileSync(file, target);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${target}-wal`);
  } catch (error) {
    throw toStorageError(error, `copy the journal ${file}`);
  }
}

/** Throws StorageError `journal` where the file is no sound database. */
export function assertSoundJournal(file: string): void {
  withDatabase(file, (database) => {
    const row = database.prepare('PRAGMA integrity_check(1)').get();
    const answer = String(row?.['integrity_check'] ?? '');
    if (answer !== 'ok') throw new StorageError('journal', `the journal is damaged: ${answer}`);
  });
}

/**
 * Compares `found` with `expected` (the recorded one). With `isPart`, `found` is the beginning of the same story: rows that
 * only `expected` has count as nothing, nor do tables whose rows change later. Throws StorageError.
 */
export function compareJournals(expected: string, found: string, isPart = false): JournalComparison {
  return withDatabase(expected, (left) =>
    withDatabase(found, (right) => {
      const rows: Partial<Record<ComparedTable, number>> = {};
      const skipped: string[] = [];
      let difference: RowDifference | null = null;
      for (const table of Object.keys(TABLES) as ComparedTable[]) {
        if (isPart && TABLES[table].isReplaced) continue;
        const columns = commonColumns(left, right, table, skipped);
        if (columns.length === 0) continue;
        const compared = compareTable(left, right, table, columns, isPart);
        rows[table] = compared.rows;
        if (compared.difference !== null && isEarlier(compared.difference, difference)) {
          difference = compared.difference;
        }
      }
      return { difference, rows, skipped };
    }),
  );
}

function isEarlier(one: RowDifference, other: RowDifference | null): boolean {
  return (
    other === null || (one.timeMs ?? Number.POSITIVE_INFINITY) < (other.timeMs ?? Number.POSITIVE_INFINITY)
  );
}

function compareTable(
  left: DatabaseSync,
  right: DatabaseSync,
  table: ComparedTable,
  columns: readonly string[],
  isPart: boolean,
): { readonly difference: RowDifference | null; readonly rows: number } {
  const query = `SELECT ${columns.join(', ')} FROM ${table} ORDER BY rowid`;
  const expectedRows = left.prepare(query).iterate() as Iterator<Row>;
  const foundRows = right.prepare(query).iterate() as Iterator<Row>;
  for (let index = 0; ; index++) {
    const expected = nextRow(expectedRows);
    const found = nextRow(foundRows);
    if (found === null && (expected === null || isPart)) return { difference: null, rows: index };
    const column =
      expected === null || found === null
        ? null
        : columns.find((name) => !Object.is(expected[name], found[name]));
    if (column === undefined) continue;
    const { key, time } = TABLES[table];
    const some = expected ?? found;
    const keyCell = key === null ? null : (some?.[key] ?? null);
    const timeCells = time === null ? [] : [expected?.[time], found?.[time]];
    const times = timeCells.filter((cell) => typeof cell === 'number');
    const difference = {
      table,
      index,
      key: keyCell === null ? null : String(keyCell),
      column,
      expected: expected === null ? null : { ...expected },
      found: found === null ? null : { ...found },
      timeMs: times.length === 0 ? null : Math.min(...times),
    };
    return { difference, rows: index };
  }
}

function nextRow(rows: Iterator<Row>): Row | null {
  const step: IteratorResult<Row, unknown> = rows.next();
  return step.done === true ? null : step.value;
}

function commonColumns(left: DatabaseSync, right: DatabaseSync, table: string, skipped: string[]): string[] {
  const rightColumns = columnsOf(right, table);
  const common: string[] = [];
  for (const column of columnsOf(left, table)) {
    if (rightColumns.has(column)) common.push(column);
    else skipped.push(`${table}.${column}`);
  }
  for (const column of rightColumns) if (!common.includes(column)) skipped.push(`${table}.${column}`);
  return common;
}

function columnsOf(database: DatabaseSync, table: string): Set<string> {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
  return new Set(rows.map(({ name }) => String(name)));
}

function withDatabase<Result>(file: string, work: (database: DatabaseSync) => Result): Result {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 5_000 });
    return work(database);
  } catch (error) {
    throw toStorageError(error, `read the journal ${file}`);
  } finally {
    if (database?.isOpen === true) database.close();
  }
}
