/**
 * Reads recorded data files (CSV, plain or gzip) row by row and says exactly where one is wrong.
 *
 * Format: UTF-8, comma, one header row, no quoting. Prices and quantities are decimal text, parsed exactly to integers of
 * 10^-8; nothing passes through a float.
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DecimalError, parseDecimal } from '../../../core/base/fixed-point.ts';

/** Decimals of every price and quantity while a file is read. */
export const FILE_DECIMALS = 8;

/** A data file that cannot be played; `line` counts from 1, 0 where the file as a whole is meant. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError';
  readonly code = 'data_file_invalid';
  readonly retryable = false;
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, expected: string, found: string, cause?: unknown) {
    const shown = found.length > 60 ? `${found.slice(0, 60)}…` : found;
    super(`${file}${line > 0 ? `:${line}` : ''}: expected ${expected}, found ${shown}`, { cause });
    this.file = file;
    this.line = line;
  }
}

/** One row; the getters throw {@link DataFileError} with its place. */
export class DataRow {
  readonly file: string;
  readonly line: number;
  readonly #fields: readonly string[];
  readonly #columns: readonly string[];

  constructor(file: string, line: number, fields: readonly string[], columns: readonly string[]) {
    this.file = file;
    this.line = line;
    this.#fields = fields;
    this.#columns = columns;
  }

  text(column: number): string {
    return this.#fields[column] ?? '';
  }

  /** An unsigned integer; null for an empty field. */
  integer(column: number): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw this.wrong(column, 'an integer');
    return value;
  }

  /** An unsigned integer that must be there. */
  requiredInteger(column: number): number {
    const value = this.integer(column);
    if (value === null) throw this.wrong(column, 'an integer');
    return value;
  }

  /** A decimal as an integer of 10^-8. */
  decimal(column: number): number {
    return this.parse(this.text(column), column);
  }

  /** `price:quantity` pairs, alternating in one list, as integers of 10^-8. */
  levels(column: number): number[] {
    const text = this.text(column);
    if (text === '') return [];
    const values: number[] = [];
    for (const pair of text.split(' ')) {
      const colon = pair.indexOf(':');
      if (colon < 0) throw this.wrong(column, 'price:quantity pairs', pair);
      values.push(this.parse(pair.slice(0, colon), column), this.parse(pair.slice(colon + 1), column));
    }
    return values;
  }

  wrong(column: number, expected: string, found = this.text(column)): DataFileError {
    const name = this.#columns[column] ?? '';
    return new DataFileError(this.file, this.line, `${expected} in column ${name}`, JSON.stringify(found));
  }

  parse(text: string, column: number): number {
    try {
      return parseDecimal(text, FILE_DECIMALS);
    } catch (error) {
      if (error instanceof DecimalError)
        throw this.wrong(column, `a decimal of at most ${FILE_DECIMALS} places`, text);
      throw error;
    }
  }
}

/** Reads the rows of a file whose header must be exactly `columns`. */
export async function* readRows(file: string, columns: readonly string[]): AsyncGenerator<DataRow> {
  let line = 0;
  const raw = createReadStream(file);
  const bytes = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw;
  const lines = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const text of lines) {
      line++;
      if (line === 1) {
        const header = columns.join(',');
        if (text !== header) throw new DataFileError(file, 1, `the header ${header}`, JSON.stringify(text));
        continue;
      }
      const fields = text.split(',');
      if (fields.length !== columns.length) {
        throw new DataFileError(file, line, `${columns.length} fields`, String(fields.length));
      }
      yield new DataRow(file, line, fields, columns);
    }
  } catch (error) {
    if (error instanceof DataFileError) throw error;
    // What the file system or the decompressor says: unreadable, a folder, cut off, no gzip.
    throw new DataFileError(
      file,
      line,
      'a readable file',
      error instanceof Error ? error.message : String(error),
      error,
    );
  } finally {
    raw.destroy();
  }
  if (line < 2) throw new DataFileError(file, line, 'at least one row', 'none');
}
