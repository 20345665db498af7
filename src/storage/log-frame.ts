/**
 * The binary envelope of one append to the event log.
 *
 * A zstd *skippable* frame of fixed size, which every zstd tool passes over, followed by one ordinary zstd frame of JSON
 * lines. All integers little-endian:
 *
 *      0  u32  magic of a skippable frame, 0x184D2A50
 *      4  u32  bytes that follow in it (48)
 *      8  u32  format version
 *     12  u64  sequence number of the first event
 *     20  u32  number of events
 *     24  u32  bytes of the zstd frame that follows
 *     28  u32  CRC-32 of that frame
 *     32  16 B first half of SHA-256(chain value of the append before, or 16 zero bytes, then that frame)
 *     48  u32  zero
 *     52  u32  CRC-32 of bytes 0 to 51
 *
 * The header has a checksum of its own, so that a damaged length is told from a torn tail.
 */

import { createHash } from 'node:crypto';
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import { assert } from '../core/base/assert.ts';

export const HEADER_BYTES = 56;
const CHAIN_BYTES = 16;
export const LOG_FORMAT_VERSION = 2;

/** Fast and small enough for frames of a few hundred bytes; a higher level gains next to nothing on them. */
const COMPRESSION_LEVEL = 3;
const MAGIC = 0x184d2a50;
/** The first bytes of every frame. */
export const FRAME_MAGIC: Buffer = Buffer.from([0x50, 0x2a, 0x4d, 0x18]);
const PAYLOAD_BYTES = HEADER_BYTES - 8;
const CHECKED_BYTES = HEADER_BYTES - 4;

/** Chain value before the first append of a log. */
export const CHAIN_START: Buffer = Buffer.alloc(CHAIN_BYTES);

export interface FrameHeader {
  readonly version: number;
  readonly firstSequence: number;
  readonly events: number;
  readonly dataBytes: number;
  readonly dataCrc: number;
  readonly chain: Buffer;
}

export interface FrameOptions {
  /** zstd level, default {@link COMPRESSION_LEVEL}. */
  readonly level?: number;
  /** Version of the format that the lines are written in, default this program's. */
  readonly version?: number;
}

/** Returns the bytes of one append and the chain value after it. */
export function encodeFrame(
  lines: string,
  firstSequence: number,
  events: number,
  previousChain: Buffer,
  options: FrameOptions = {},
): { readonly bytes: Buffer; readonly chain: Buffer } {
  assert(events > 0 && firstSequence >= 0, 'a log frame holds at least one event');
  const data = zstdCompressSync(Buffer.from(lines, 'utf8'), {
    params: { [constants.ZSTD_c_compressionLevel]: options.level ?? COMPRESSION_LEVEL },
  });
  const chain = chainAfter(previousChain, data);
  const bytes = Buffer.alloc(HEADER_BYTES + data.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(PAYLOAD_BYTES, 4);
  bytes.writeUInt32LE(options.version ?? LOG_FORMAT_VERSION, 8);
  bytes.writeBigUInt64LE(BigInt(firstSequence), 12);
  bytes.writeUInt32LE(events, 20);
  bytes.writeUInt32LE(data.length, 24);
  bytes.writeUInt32LE(crc32(data), 28);
  chain.copy(bytes, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  data.copy(bytes, HEADER_BYTES);
  return { bytes, chain };
}

/** Reads a header of {@link HEADER_BYTES} bytes; null where they are not one of ours, whole and unaltered. */
export function decodeHeader(bytes: Buffer): FrameHeader | null {
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== PAYLOAD_BYTES) return null;
  if (bytes.readUInt32LE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return null;
  return {
    version: bytes.readUInt32LE(8),
    firstSequence: Number(bytes.readBigUInt64LE(12)),
    events: bytes.readUInt32LE(20),
    dataBytes: bytes.readUInt32LE(24),
    dataCrc: bytes.readUInt32LE(28),
    chain: bytes.subarray(32, 32 + CHAIN_BYTES),
  };
}

export function chainAfter(previousChain: Buffer, data: Buffer): Buffer {
  return createHash('sha256').update(previousChain).update(data).digest().subarray(0, CHAIN_BYTES);
}
