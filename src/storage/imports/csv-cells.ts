/** Reads foreign CSV files cell by cell: by the names of the header, with the times that sources print. */

import { StorageError } from '../storage-error.ts';
import { readLines } from './lines.ts';

/** Beyond it a number of ms would lie in the year 5138: it counts microseconds. */
const MICROSECONDS_FROM = 1e14;
const MICROSECONDS_A_MS = 1_000;

export interface CsvRow {
  readonly line: number;
  /** The cell of a column; '' where the file does not have it. */
  readonly cell: (name: string) => string;
}

/** Yields the rows of a file with a header that names these columns and others. Throws StorageError with file and line. */
export async function* csvCells(file: string, columns: readonly string[]): AsyncGenerator<CsvRow> {
  let places: ReadonlyMap<string, number> | null = null;
  let cells: readonly string[] = [];
  const cell = (name: string): string => cells[places?.get(name) ?? -1] ?? '';
  for await (const { line, text } of readLines(file)) {
    if (text === '') continue;
    cells = text.split(',');
    if (places === null) {
      places = new Map(cells.map((name, at) => [name.replace(/^\uFEFF/, ''), at]));
      for (const name of columns)
        if (!places.has(name)) throw invalidCell(file, line, `the columns ${columns.join(',')}`, text);
      continue;
    }
    if (cells.length !== places.size)
      throw invalidCell(file, line, `${places.size} fields`, String(cells.length));
    yield { line, cell };
  }
}

/** A time of ms or microseconds, in ms. Throws StorageError. */
export function timeMs(text: string, file: string, line: number): number {
  const value = timeOf(text, file, line);
  return value >= MICROSECONDS_FROM ? Math.floor(value / MICROSECONDS_A_MS) : value;
}

/** The same in microseconds. */
export function timeUs(text: string, file: string, line: number): number {
  const value = timeOf(text, file, line);
  return value >= MICROSECONDS_FROM ? value : value * MICROSECONDS_A_MS;
}

function timeOf(text: string, file: string, line: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw invalidCell(file, line, 'a time', text);
  return value;
}

export function invalidCell(file: string, line: number, expected: string, found: string): StorageError {
  const shown = JSON.stringify(found.slice(0, 60));
  return new StorageError('invalid_data', `${file}:${line}: expected ${expected}, found ${shown}`);
}
