/**
 * Reads a gzip-compressed CSV file of recorded market data, a chunk at a time: fixed header, no quoting, LF. Errors name
 * file and line.
 *
 * Memory: the rows of one chunk, whatever the size of the file.
 */

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StorageError, toStorageError } from './storage-error.ts';

const CHUNK_BYTES = 64 * 1024;
/** A row is never this long, a whole book included: what is, is no text file. */
const ROW_CHARS_MAX = 16 * 1024 * 1024;

export interface RecordedRow {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Yields the rows under exactly this header, those of a chunk together. Throws StorageError `not_found`, `invalid_data`. */
export async function* readRecordedFile(file: string, header: string): AsyncGenerator<RecordedRow[]> {
  const columns = header.split(',').length;
  const raw = createReadStream(file);
  const stream = pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
  let line = 0;
  let rest = '';
  const rowsOf = (text: string): RecordedRow[] => {
    const lines = text.split('\n');
    if (line === 0) checkHeader(file, lines.shift() ?? '', header, ++line);
    return lines.map((each) => {
      const row = { file, line: ++line, cells: each.split(',') };
      if (row.cells.length !== columns)
        throw invalidRow(row, `expected ${columns} fields, found ${row.cells.length}`);
      return row;
    });
  };
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const text = rest + piece.toString('latin1');
      const end = text.lastIndexOf('\n');
      rest = text.slice(end + 1);
      if (rest.length > ROW_CHARS_MAX)
        throw new StorageError(
          'invalid_data',
          `${file}:${line + 1}: a line of more than ${ROW_CHARS_MAX} bytes`,
        );
      if (end >= 0) yield rowsOf(text.slice(0, end));
    }
    if (rest !== '' || line === 0) yield rowsOf(rest);
  } catch (error) {
    const wrapped = toStorageError(error, `read ${file}`);
    throw wrapped.code === 'unknown' ? new StorageError('invalid_data', wrapped.message, error) : wrapped;
  } finally {
    raw.destroy();
  }
}

function checkHeader(file: string, found: string, header: string, line: number): void {
  if (found === header) return;
  const shown = JSON.stringify(found.slice(0, 80));
  throw new StorageError('invalid_data', `${file}:${line}: expected the header ${header}, found ${shown}`);
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
