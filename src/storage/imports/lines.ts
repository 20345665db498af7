/** Reads text files of any size line by line, plain, gzip, or the one file of a zip. */

import { createReadStream, openSync, readSync, closeSync, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Readable, pipeline } from 'node:stream';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { StorageError, toStorageError } from '../storage-error.ts';

/** Fixed part of a zip's local file header. Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.7. */
const ZIP_HEADER_BYTES = 30;
/** With a name and extra fields of the largest size. */
const ZIP_HEADER_BYTES_MAX = ZIP_HEADER_BYTES + 2 * 65_535;
const ZIP64_SIZE = 0xff_ff_ff_ff;
const ZIP64_EXTRA = 1;
const ZIP_SIGNATURE = 0x04_03_4b_50;
/** The directory at a zip's end without its comment. Source: the same, 4.3.16. */
const ZIP_END_BYTES = 22;
const ZIP_END_SIGNATURE = 0x06_05_4b_50;
const ZIP_COMMENT_BYTES_MAX = 65_535;
const ZIP_STORED = 0;
const ZIP_DEFLATED = 8;

export interface TextLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Throws StorageError: `not_found`, or `invalid_data` where it cannot be decompressed. */
export async function* readLines(file: string): AsyncGenerator<TextLine> {
  const stream = openBytes(file);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const failures: Error[] = [];
  // An interface passes the errors of its input by.
  stream.once('error', (error: Error) => {
    failures.push(error);
    lines.close();
  });
  let line = 0;
  try {
    for await (const text of lines) yield { line: ++line, text };
    const [failure] = failures;
    if (failure !== undefined) throw failure;
  } catch (error) {
    const wrapped = toStorageError(error, `read ${file}`);
    throw wrapped.code === 'unknown' ? new StorageError('invalid_data', wrapped.message, error) : wrapped;
  } finally {
    stream.destroy();
  }
}

/** The bytes of a file: of `.gz` decompressed, of `.zip` and `.npz` those of the first file in it. */
export function openBytes(file: string): Readable {
  if (file.endsWith('.gz')) return decompressed(createReadStream(file), createGunzip());
  if (!/\.(zip|npz)$/.test(file)) return createReadStream(file);
  const { method, start, bytes, files } = readZipHeader(file);
  // What lies behind the first would be left out without a word.
  if (files > 1 && file.endsWith('.zip'))
    throw new StorageError('invalid_data', `${file}: expected a zip of one file, found ${files} in it`);
  if (method === ZIP_STORED && bytes === 0)
    throw new StorageError('invalid_data', `${file}: expected a zip of a file with rows, found an empty one`);
  const end = method === ZIP_STORED ? { end: start + bytes - 1 } : {};
  const raw = createReadStream(file, { start, ...end });
  return method === ZIP_STORED ? raw : decompressed(raw, createInflateRaw());
}

function decompressed(
  raw: Readable,
  inflate: ReturnType<typeof createGunzip | typeof createInflateRaw>,
): Readable {
  pipeline(raw, inflate, () => {});
  return inflate;
}

/** `files`: how many the zip says that it has; 0 where it does not come to that. */
function readZipHeader(file: string): { method: number; start: number; bytes: number; files: number } {
  const header = Buffer.alloc(ZIP_HEADER_BYTES_MAX);
  let files = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, header, 0, ZIP_HEADER_BYTES_MAX, 0);
      files = countZipped(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw toStorageError(error, `read ${file}`);
  }
  const method = header.readUInt16LE(8);
  if (header.readUInt32LE(0) !== ZIP_SIGNATURE || (method !== ZIP_STORED && method !== ZIP_DEFLATED))
    throw new StorageError(
      'invalid_data',
      `${file}: expected a zip of a stored or deflated file, found something else`,
    );
  const extra = ZIP_HEADER_BYTES + header.readUInt16LE(26);
  const start = extra + header.readUInt16LE(28);
  const size = header.readUInt32LE(18);
  // NumPy writes all sizes as zip64 does: behind the name, the original one and then the stored one.
  const isLong = size === ZIP64_SIZE && header.readUInt16LE(extra) === ZIP64_EXTRA;
  return { method, start, bytes: isLong ? Number(header.readBigUInt64LE(extra + 12)) : size, files };
}

function countZipped(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const end = Buffer.alloc(Math.min(size, ZIP_END_BYTES + ZIP_COMMENT_BYTES_MAX));
  readSync(descriptor, end, 0, end.length, size - end.length);
  for (let at = end.length - ZIP_END_BYTES; at >= 0; at--)
    if (end.readUInt32LE(at) === ZIP_END_SIGNATURE) return end.readUInt16LE(at + 10);
  return 0;
}
