/** Reads one gzip-compressed CSV file of recorded market data: fixed header, no quoting, LF. Errors name file and line. */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { StorageError, toStorageError } from './storage-error.ts';

/** Largest text of one file, decompressed. */
const TEXT_BYTES_MAX = 2 * 1024 * 1024 * 1024 - 1;
/** The header is line 1. */
const FIRST_ROW_LINE = 2;

export interface RecordedRow {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Returns the rows under exactly this header; null where the file does not exist. Throws StorageError `invalid_data`. */
export function readRecordedFile(file: string, header: string): RecordedRow[] | null {
  if (!existsSync(file)) return null;
  let text: string;
  try {
    text = gunzipSync(readFileSync(file), { maxOutputLength: TEXT_BYTES_MAX }).toString('latin1');
  } catch (error) {
    const wrapped = toStorageError(error, `read ${file}`);
    throw wrapped.code === 'unknown' ? new StorageError('invalid_data', wrapped.message, error) : wrapped;
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines[0] !== header) {
    throw new StorageError(
      'invalid_data',
      `${file}:1: expected the header ${header}, found ${JSON.stringify((lines[0] ?? '').slice(0, 80))}`,
    );
  }
  const columns = header.split(',').length;
  return lines.slice(1).map((line, index) => {
    const row = { file, line: index + FIRST_ROW_LINE, cells: line.split(',') };
    if (row.cells.length !== columns)
      throw invalidRow(row, `expected ${columns} fields, found ${row.cells.length}`);
    return row;
  });
}

export function cellText(row: RecordedRow, column: number): string {
  return row.cells[column] ?? '';
}

/** A cell that must hold an integer of digits only. */
export function cellInteger(row: RecordedRow, column: number, name: string): number {
  const text = cellText(row, column);
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw invalidRow(row, `${name} must be an integer, found ${JSON.stringify(text.slice(0, 40))}`);
  }
  return value;
}

/** As {@link cellInteger}; null for an empty cell. */
export function cellIntegerOrNull(row: RecordedRow, column: number, name: string): number | null {
  return cellText(row, column) === '' ? null : cellInteger(row, column, name);
}

export function invalidRow(row: RecordedRow, reason: string, cause?: unknown): StorageError {
  return new StorageError('invalid_data', `${row.file}:${row.line}: ${reason}`, cause);
}
