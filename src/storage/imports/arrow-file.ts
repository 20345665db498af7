/**
 * Reads Arrow IPC files, which feather files (version 2) are: columns of numbers and times, batch by batch.
 *
 * Source: the Arrow columnar format 1.x (arrow.apache.org, "IPC File Format") with Schema.fbs, Message.fbs and File.fbs, and
 * the FlatBuffers encoding. Buffers may be plain, LZ4 frames or zstd. Columns of other types (text, lists …) are passed by
 * and told as such; dictionaries and big-endian files are refused. Memory: one batch, packed and unpacked.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { StorageError, toStorageError } from '../storage-error.ts';
import { type FlatTable, readRoot } from './flat-buffer.ts';
import { decompressLz4Frame } from './lz4-frame.ts';

const MAGIC = 'ARROW1';
const MAGIC_BYTES = 6;
/** Behind the footer: its length and the magic word. */
const TAIL_BYTES = 10;
const BLOCK_BYTES = 24;
const FIELD_NODE_BYTES = 16;
const BUFFER_BYTES = 16;
/** In front of a buffer that may be compressed: its length without, -1 = it is not. */
const LENGTH_PREFIX_BYTES = 8;
/** Of the types that are read. */
const VALUE_BYTES_MIN = 4;
/** A batch of the largest files that people keep, with room. */
const BATCH_BYTES_MAX = 1024 * 1024 * 1024;
/** In front of a message's metadata since 0.15; before, the length alone. */
const CONTINUATION = 0xff_ff_ff_ff;

/** Numbers of the union Type in Schema.fbs, those that can be read or take a buffer count of their own. */
const TYPE_INT = 2;
const TYPE_FLOAT = 3;
const TYPE_UTF8 = 5;
const TYPE_BINARY = 4;
const TYPE_BOOL = 6;
const TYPE_TIMESTAMP = 10;
const TYPE_LARGE_BINARY = 19;
const TYPE_LARGE_UTF8 = 20;
const CODEC_ZSTD = 1;
/** Divisor to ms of each TimeUnit; the first multiplies. */
const UNITS_A_MS = [0.001, 1, 1_000, 1_000_000] as const;

export interface ArrowColumn {
  readonly name: string;
  readonly kind: 'number' | 'time' | 'other';
}

/** The values of a batch by column: numbers, or times in ms; null where a value is missing. Other columns are left out. */
export interface ArrowBatch {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, readonly (number | null)[]>;
}

interface Field extends ArrowColumn {
  readonly buffers: number;
  readonly read: (values: DataView, row: number) => number;
}

/** Yields the batches of a file in their order. Throws StorageError: `not_found`, or `invalid_data` naming the file. */
export function* readArrowFile(file: string): Generator<ArrowBatch> {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const bytes = fstatSync(descriptor).size;
    const footer = readFooter(descriptor, bytes);
    const schema = footer.table(1);
    if (schema === null) throw broken('no schema');
    if (schema.int16(0, 0) !== 0) throw broken('big-endian numbers');
    const fields = schema.tables(1).map(fieldOf);
    if (footer.vectorLength(2) > 0) throw broken('dictionaries');
    for (let at = 0; at < footer.vectorLength(3); at++) {
      const block = footer.structAt(3, at, BLOCK_BYTES);
      const start = Number(block.getBigInt64(0, true));
      const metaBytes = block.getInt32(8, true);
      const bodyBytes = Number(block.getBigInt64(16, true));
      if (start + metaBytes + bodyBytes > bytes || bodyBytes > BATCH_BYTES_MAX || metaBytes < 8)
        throw broken('a batch that lies outside of the file or is too large');
      const meta = readBytes(descriptor, start, metaBytes);
      yield readBatch(fields, meta, readBytes(descriptor, start + metaBytes, bodyBytes));
    }
  } catch (error) {
    if (error instanceof StorageError || error instanceof RangeError)
      throw new StorageError('invalid_data', `${file}: ${error.message}`, error);
    throw toStorageError(error, `read ${file}`);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function readFooter(descriptor: number, bytes: number): FlatTable {
  if (bytes < MAGIC_BYTES + TAIL_BYTES) throw broken('a file that is too short');
  const tail = readBytes(descriptor, bytes - TAIL_BYTES, TAIL_BYTES);
  const head = readBytes(descriptor, 0, MAGIC_BYTES);
  const isArrow = head.toString('latin1') === MAGIC && tail.toString('latin1', 4) === MAGIC;
  const length = tail.readInt32LE(0);
  if (!isArrow || length <= 0 || length > bytes - TAIL_BYTES)
    throw broken(head.toString('latin1', 0, 4) === 'FEA1' ? 'feather version 1' : 'something else');
  return readRoot(readBytes(descriptor, bytes - TAIL_BYTES - length, length));
}

function readBytes(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) {
    const read = readSync(descriptor, bytes, at, length - at, position + at);
    if (read === 0) throw broken('a file that ends early');
    at += read;
  }
  return bytes;
}

/** Field 0 of a schema's field is its name, 2 the type's number, 3 the type, 4 its dictionary, 5 its children. */
function fieldOf(field: FlatTable): Field {
  const name = field.text(0) ?? '';
  const type = field.uint8(2, 0);
  const detail = field.table(3);
  if (field.table(4) !== null || field.vectorLength(5) > 0)
    throw broken(`the column ${name} of a nested type`);
  if (type === TYPE_FLOAT && detail !== null) {
    // Precision: half, single, double.
    const precision = detail.int16(0, 0);
    if (precision === 2)
      return { name, kind: 'number', buffers: 2, read: (values, row) => values.getFloat64(row * 8, true) };
    if (precision === 1)
      return { name, kind: 'number', buffers: 2, read: (values, row) => values.getFloat32(row * 4, true) };
  }
  if (type === TYPE_INT && detail !== null) {
    const read = integerReader(detail.int32(0, 0), detail.uint8(1, 0) === 1);
    if (read !== null) return { name, kind: 'number', buffers: 2, read };
  }
  if (type === TYPE_TIMESTAMP && detail !== null) {
    const unit = UNITS_A_MS[detail.int16(0, 0)] ?? 1;
    return {
      name,
      kind: 'time',
      buffers: 2,
      read: (values, row) => toMs(values.getBigInt64(row * 8, true), unit),
    };
  }
  const hasOffsets = [TYPE_UTF8, TYPE_BINARY, TYPE_LARGE_UTF8, TYPE_LARGE_BINARY].includes(type);
  if (!hasOffsets && type !== TYPE_BOOL && type !== TYPE_FLOAT && type !== TYPE_INT)
    throw broken(`the column ${name} of an unknown type`);
  return { name, kind: 'other', buffers: hasOffsets ? 3 : 2, read: () => Number.NaN };
}

function integerReader(bits: number, isSigned: boolean): Field['read'] | null {
  if (bits === 64 && isSigned) return (values, row) => Number(values.getBigInt64(row * 8, true));
  if (bits === 64) return (values, row) => Number(values.getBigUint64(row * 8, true));
  if (bits === 32 && isSigned) return (values, row) => values.getInt32(row * 4, true);
  if (bits === 32) return (values, row) => values.getUint32(row * 4, true);
  return null;
}

function toMs(value: bigint, unit: number): number {
  return unit < 1 ? Number(value) / unit : Number(value / BigInt(unit));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Field 2 of a message is its header; of a record batch 0 its length, 1 its nodes, 2 its buffers, 3 its compression. */
function readBatch(fields: readonly Field[], meta: Buffer, body: Buffer): ArrowBatch {
  const start = meta.readUInt32LE(0) === CONTINUATION ? 8 : 4;
  const batch = readRoot(meta.subarray(start)).table(2);
  if (batch === null) throw broken('a message without a batch');
  const rows = batch.int64(0, 0);
  const compression = batch.table(3);
  const isZstd = compression?.uint8(0, 0) === CODEC_ZSTD;
  const bufferAt = (at: number): Uint8Array => {
    const place = batch.structAt(2, at, BUFFER_BYTES);
    const offset = Number(place.getBigInt64(0, true));
    const length = Number(place.getBigInt64(8, true));
    if (offset < 0 || length < 0 || offset + length > body.length)
      throw broken('a column outside of its batch');
    const packed = body.subarray(offset, offset + length);
    return compression === null ? packed : unpack(packed, isZstd);
  };
  const columns = new Map<string, readonly (number | null)[]>();
  let buffer = 0;
  for (const [at, { name, kind, buffers, read }] of fields.entries()) {
    const first = buffer;
    buffer += buffers;
    if (kind === 'other') continue;
    const missing = Number(batch.structAt(1, at, FIELD_NODE_BYTES).getBigInt64(8, true));
    const valid = missing > 0 ? bufferAt(first) : null;
    const values = viewOf(bufferAt(first + 1));
    if (rows * VALUE_BYTES_MIN > values.byteLength) throw broken('a column that ends early');
    const isThere = (row: number): boolean =>
      valid === null || (((valid[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    columns.set(
      name,
      Array.from({ length: rows }, (_, row) => (isThere(row) ? read(values, row) : null)),
    );
  }
  return { rows, columns };
}

function unpack(packed: Uint8Array, isZstd: boolean): Uint8Array {
  if (packed.length === 0) return packed;
  const bytes = Number(viewOf(packed).getBigInt64(0, true));
  const rest = packed.subarray(LENGTH_PREFIX_BYTES);
  if (bytes === -1) return rest;
  if (bytes < 0 || bytes > BATCH_BYTES_MAX) throw broken('a column that is too large');
  return isZstd
    ? zstdDecompressSync(rest, { maxOutputLength: Math.max(1, bytes) })
    : decompressLz4Frame(rest, bytes);
}

function broken(found: string): StorageError {
  return new StorageError('invalid_data', `expected an Arrow file (feather version 2), found ${found}`);
}
