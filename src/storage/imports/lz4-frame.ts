/**
 * Decompresses LZ4 frames, as Arrow files hold them.
 *
 * Source: the LZ4 project, doc/lz4_Frame_format.md 1.6.x and doc/lz4_Block_format.md. Blocks may refer to those before them.
 * Checksums are passed by: the caller knows how long the result must be. Frames with a dictionary are not read.
 */

import { StorageError } from '../storage-error.ts';

const MAGIC = 0x18_4d_22_04;
/** Bits of the frame descriptor's first byte. */
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;
const HEADER_BYTES = 7;
const CONTENT_SIZE_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Of a block's length: the block is stored as it is. */
const STORED = 0x80_00_00_00;
const MATCH_BYTES_MIN = 4;
const NIBBLE_FULL = 15;
const BYTE_FULL = 255;

/** `bytes`: what must come out. Throws StorageError `invalid_data` where it does not. */
export function decompressLz4Frame(packed: Uint8Array, bytes: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw broken('no LZ4 frame');
  const flags = packed[4] ?? 0;
  if ((flags & DICTIONARY) !== 0) throw broken('a frame with a dictionary');
  const out = new Uint8Array(bytes);
  let at = HEADER_BYTES + ((flags & CONTENT_SIZE) === 0 ? 0 : CONTENT_SIZE_BYTES);
  let made = 0;
  for (;;) {
    if (at + 4 > packed.length) throw broken('a frame that ends early');
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const end = at + (size >= STORED ? size - STORED : size);
    if (end > packed.length) throw broken('a block that ends early');
    if (size >= STORED) {
      if (made + end - at > bytes) throw broken('more than it says');
      out.set(packed.subarray(at, end), made);
      made += end - at;
    } else made = decompressBlock(packed, at, end, out, made);
    at = end + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : CHECKSUM_BYTES);
  }
  if (made !== bytes) throw broken(`${made} bytes instead of ${bytes}`);
  return out;
}

/** Returns how far `out` is filled. */
function decompressBlock(
  packed: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  filled: number,
): number {
  let at = from;
  let made = filled;
  /** The rest of a length whose four bits are all set. */
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble !== NIBBLE_FULL) return length;
    for (;;) {
      if (at >= end) throw broken('a length that ends early');
      const more = packed[at++] ?? 0;
      length += more;
      if (more !== BYTE_FULL) return length;
    }
  };
  while (at < end) {
    const token = packed[at++] ?? 0;
    const literals = extended(token >> 4);
    if (at + literals > end || made + literals > out.length) throw broken('literals beyond the end');
    out.set(packed.subarray(at, at + literals), made);
    at += literals;
    made += literals;
    // The last sequence has literals only.
    if (at === end) return made;
    if (at + 2 > end) throw broken('a match that ends early');
    const offset = (packed[at] ?? 0) | ((packed[at + 1] ?? 0) << 8);
    at += 2;
    const length = extended(token & NIBBLE_FULL) + MATCH_BYTES_MIN;
    if (offset === 0 || offset > made || made + length > out.length)
      throw broken('a match outside of the data');
    // Byte by byte: a match may run into what it writes.
    for (let step = 0; step < length; step++, made++) out[made] = out[made - offset] ?? 0;
  }
  return made;
}

function broken(found: string): StorageError {
  return new StorageError('invalid_data', `expected LZ4 data, found ${found}`);
}
