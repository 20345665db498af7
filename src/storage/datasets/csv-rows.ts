/**
 * Reads CSV files of any size, plain or gzip, as bytes: a row at a time, its cells as exact integers.
 *
 * Format: UTF-8, comma, one header row, no quoting, LF or CRLF; columns are found by the header's names, others are passed
 * by. A name that ends in `.gz` is decompressed. Memory: one chunk of the file. Nothing passes through a float, and nothing
 * is allocated per row.
 */

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StorageError, toStorageError } from '../storage-error.ts';

/** Decimals of every price and quantity while a file is read. */
export const FILE_DECIMALS = 8;
/** A row is never this long: what is, is no text file. */
const ROW_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const SHOWN_LENGTH_MAX = 60;

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const LOWER_E = 101;
const UPPER_E = 69;

/** Rows of one chunk of a file; reused for the next. Columns are numbered as they were asked for. */
export class CsvRows {
  readonly file: string;
  /** Line in the file, from 1; the header is line 1. */
  line = 1;
  /** Digits behind the point of the last {@link decimal}, trailing zeros not counted. */
  seenDecimals = 0;
  readonly #columns: readonly string[];
  /** Place in the file's rows of each column asked for; -1 where an optional one is absent. */
  #places: readonly number[] = [];
  #width = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #rowStart = 0;
  /** Ends of the cells of the row in hand. */
  #ends = new Int32Array(0);

  constructor(file: string, columns: readonly string[]) {
    this.file = file;
    this.#columns = columns;
  }

  /** Goes to the next row of the chunk; false at its end. Throws StorageError `invalid_data` for a row of another width. */
  next(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (at >= bytes.length) return false;
    const start = at;
    let cell = 0;
    for (; at < bytes.length && bytes[at] !== NEWLINE; at++) {
      if (bytes[at] !== COMMA) continue;
      if (cell < this.#ends.length) this.#ends[cell] = at;
      cell++;
    }
    this.#at = at + 1;
    this.line++;
    let end = at;
    if (end > start && bytes[end - 1] === RETURN) end--;
    if (cell < this.#ends.length) this.#ends[cell] = end;
    this.#rowStart = start;
    if (end === start) return this.next();
    if (cell + 1 !== this.#width) throw this.invalid(`${this.#width} fields`, String(cell + 1));
    return true;
  }

  has(column: number): boolean {
    return (this.#places[column] ?? -1) >= 0;
  }

  /** The cell as text; empty where the file does not have the column. */
  text(column: number): string {
    const place = this.#places[column] ?? -1;
    if (place < 0) return '';
    const from = place === 0 ? this.#rowStart : (this.#ends[place - 1] ?? 0) + 1;
    return Buffer.from(
      this.#bytes.buffer,
      this.#bytes.byteOffset + from,
      (this.#ends[place] ?? 0) - from,
    ).toString('utf8');
  }

  isEmpty(column: number): boolean {
    const place = this.#places[column] ?? -1;
    if (place < 0) return true;
    const from = place === 0 ? this.#rowStart : (this.#ends[place - 1] ?? 0) + 1;
    return from === (this.#ends[place] ?? 0);
  }

  /** An unsigned integer. Throws StorageError `invalid_data`. */
  integer(column: number): number {
    const place = this.#places[column] ?? -1;
    const bytes = this.#bytes;
    const from = place <= 0 ? this.#rowStart : (this.#ends[place - 1] ?? 0) + 1;
    const end = this.#ends[place] ?? 0;
    let value = 0;
    for (let at = from; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) throw this.wrong(column, 'an integer');
      value = value * 10 + digit;
    }
    if (place < 0 || from === end || value > Number.MAX_SAFE_INTEGER) throw this.wrong(column, 'an integer');
    return value;
  }

  /**
   * A decimal as an integer of 10^-8; sets {@link seenDecimals}. Digits beyond are an error, or where `cuts` are left
   * out: sources print what a binary float made of a volume. Throws StorageError `invalid_data`.
   */
  decimal(column: number, cuts = false): number {
    const place = this.#places[column] ?? -1;
    const bytes = this.#bytes;
    const from = place <= 0 ? this.#rowStart : (this.#ends[place - 1] ?? 0) + 1;
    const end = this.#ends[place] ?? 0;
    const isNegative = bytes[from] === MINUS;
    let value = 0;
    let digits = 0;
    let fraction = -1;
    let seen = 0;
    for (let at = isNegative ? from + 1 : from; at < end; at++) {
      const code = bytes[at] ?? 0;
      if (code >= ZERO && code <= NINE) {
        digits++;
        if (fraction < 0) {
          value = value * 10 + (code - ZERO);
        } else if (fraction < FILE_DECIMALS) {
          fraction++;
          value = value * 10 + (code - ZERO);
          if (code !== ZERO) seen = fraction;
        } else if (code !== ZERO && !cuts) {
          throw this.wrong(column, `a decimal of at most ${FILE_DECIMALS} places`);
        }
      } else if (code === DOT && fraction < 0 && digits > 0) {
        fraction = 0;
      } else if ((code === LOWER_E || code === UPPER_E) && cuts && digits > 0) {
        return this.#exponent(column);
      } else {
        throw this.wrong(column, 'a decimal');
      }
    }
    if (place < 0 || digits === 0) throw this.wrong(column, 'a decimal');
    for (let have = Math.max(0, fraction); have < FILE_DECIMALS; have++) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER) throw this.wrong(column, 'a smaller number');
    this.seenDecimals = seen;
    return isNegative ? -value : value;
  }

  /** An error about one cell. */
  wrong(column: number, expected: string): StorageError {
    return this.invalid(
      `${expected} in column ${this.#columns[column] ?? column}`,
      JSON.stringify(this.text(column)),
    );
  }

  /** An error about the row. */
  invalid(expected: string, found: string): StorageError {
    return invalidLine(this.file, this.line, expected, found);
  }

  /** Takes the header: finds the columns. Those named `NAME?` may be absent. */
  readHeader(header: string): void {
    const names = header
      .replace(/^\uFEFF/, '')
      .replace(/\r$/, '')
      .split(',');
    const missing = this.#columns.filter((name) => !name.endsWith('?') && !names.includes(name));
    if (missing.length > 0) {
      const wanted = this.#columns.filter((name) => !name.endsWith('?')).join(',');
      throw invalidLine(this.file, 1, `a header with ${wanted}`, JSON.stringify(header.replace(/\r$/, '')));
    }
    this.#places = this.#columns.map((name) => names.indexOf(name.replace(/\?$/, '')));
    this.#width = names.length;
    this.#ends = new Int32Array(names.length);
  }

  /** Takes whole rows. */
  fill(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** A very small or large volume as a float prints it: `3.4e-7`. */
  #exponent(column: number): number {
    const text = this.text(column);
    if (!/^\d+(\.\d+)?[eE][-+]?\d+$/.test(text)) throw this.wrong(column, 'a decimal');
    const fixed = Number(text).toFixed(FILE_DECIMALS);
    const value = Number(fixed.replace('.', ''));
    if (!Number.isSafeInteger(value)) throw this.wrong(column, 'a smaller number');
    this.seenDecimals = (fixed.split('.')[1] ?? '').replace(/0+$/, '').length;
    return value;
  }
}

/** An error about a line of a file: what was expected, what was found. */
export function invalidLine(file: string, line: number, expected: string, found: string): StorageError {
  const shown = found.length > SHOWN_LENGTH_MAX ? `${found.slice(0, SHOWN_LENGTH_MAX)}…` : found;
  const place = line > 0 ? `${file}:${line}` : file;
  return new StorageError('invalid_data', `${place}: expected ${expected}, found ${shown}`);
}

/** The names of a file's columns as its first line has them. Throws StorageError. */
export async function readHeader(file: string): Promise<string> {
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const stream = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw;
  try {
    let text = '';
    for await (const piece of stream as AsyncIterable<Buffer>) {
      text += piece.toString('latin1');
      if (text.includes('\n') || text.length > ROW_BYTES_MAX) break;
    }
    return text.replace(/\r?\n.*$/s, '').replace(/^\u00EF\u00BB\u00BF/, '');
  } catch (error) {
    throw fileError(error, file);
  } finally {
    raw.destroy();
  }
}

/**
 * Yields the rows of a file, chunk by chunk, in one reused object. `columns` are the header's names in the order in which
 * they are asked for later; `NAME?` may be absent. Throws StorageError: `not_found`, or `invalid_data` with file and line.
 */
export async function* readCsv(file: string, columns: readonly string[]): AsyncGenerator<CsvRows> {
  const rows = new CsvRows(file, columns);
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const stream = file.endsWith('.gz')
    ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {})
    : raw;
  let rest: Uint8Array = new Uint8Array(0);
  let hasHeader = false;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const bytes: Uint8Array = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      if (end === 0 && bytes.length > ROW_BYTES_MAX)
        throw rows.invalid('a text file', `a line of more than ${ROW_BYTES_MAX} bytes`);
      rest = bytes.subarray(end);
      if (end === 0) continue;
      const begin = hasHeader ? 0 : headerEnd(rows, bytes);
      hasHeader = true;
      rows.fill(bytes.subarray(begin, end));
      yield rows;
    }
    const begin = hasHeader || rest.length === 0 ? 0 : headerEnd(rows, rest);
    if (rest.length > begin) {
      rows.fill(rest.subarray(begin));
      yield rows;
    }
  } catch (error) {
    throw fileError(error, file);
  } finally {
    raw.destroy();
  }
  if (rows.line < 2) throw invalidLine(file, 0, 'at least one row', 'none');
}

function fileError(error: unknown, file: string): StorageError {
  const wrapped = toStorageError(error, `read ${file}`);
  // What the decompressor says: cut off, no gzip.
  return wrapped.code === 'unknown' ? new StorageError('invalid_data', wrapped.message, error) : wrapped;
}

/** Reads the header from the first bytes; returns where the rows begin. */
function headerEnd(rows: CsvRows, bytes: Uint8Array): number {
  const newline = bytes.indexOf(NEWLINE);
  const end = newline < 0 ? bytes.length : newline;
  rows.readHeader(Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf8'));
  return Math.min(bytes.length, end + 1);
}
