/** Files as other programs pack them: a zip of one file, and hftbacktest's arrays of events. */

import { deflateRawSync } from 'node:zlib';

const RECORD_BYTES = 64;
const NANOSECONDS_A_MS = 1_000_000n;

export interface NpzEvent {
  readonly flags: number;
  /** Both in ms. */
  readonly exchangeMs: number;
  readonly receivedMs: number;
  readonly price: number;
  readonly quantity: number;
}

/** A zip of one deflated file, as the public dumps are. */
export function zipOf(bytes: Buffer, name: string): Buffer {
  return zipWith(8, deflateRawSync(bytes), bytes.length, name, Buffer.alloc(0));
}

/** A zip of one file that is not compressed, its sizes as zip64 has them. */
function storedZipOf(bytes: Buffer, name: string): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(BigInt(bytes.length), 4);
  extra.writeBigUInt64LE(BigInt(bytes.length), 12);
  return zipWith(0, bytes, bytes.length, name, extra);
}

function zipWith(method: number, packed: Buffer, bytes: number, name: string, extra: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04_03_4b_50, 0);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(extra.length > 0 ? 0xff_ff_ff_ff : packed.length, 18);
  header.writeUInt32LE(extra.length > 0 ? 0xff_ff_ff_ff : bytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  // The directory at the end of a zip is not needed to read its first file.
  return Buffer.concat([
    header,
    Buffer.from(name),
    extra,
    packed,
    Buffer.from('PK\u0001\u0002 and the rest'),
  ]);
}

/** An .npz of hftbacktest, as NumPy writes it: `savez_compressed`, or `savez`. */
export function npzOf(events: readonly NpzEvent[], isCompressed = true): Buffer {
  const names = ['ev', 'exch_ts', 'local_ts', 'px', 'qty', 'order_id', 'ival', 'fval'];
  const types = ['<u8', '<i8', '<i8', '<f8', '<f8', '<u8', '<i8', '<f8'];
  const fields = names.map((name, at) => `('${name}', '${types[at] ?? ''}')`).join(', ');
  const header = `{'descr': [${fields}], 'fortran_order': False, 'shape': (${events.length},), }\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  const body = Buffer.alloc(events.length * RECORD_BYTES);
  for (const [at, { flags, exchangeMs, receivedMs, price, quantity }] of events.entries()) {
    body.writeBigUInt64LE(BigInt(flags), at * RECORD_BYTES);
    body.writeBigInt64LE(BigInt(exchangeMs) * NANOSECONDS_A_MS, at * RECORD_BYTES + 8);
    body.writeBigInt64LE(BigInt(receivedMs) * NANOSECONDS_A_MS, at * RECORD_BYTES + 16);
    body.writeDoubleLE(price, at * RECORD_BYTES + 24);
    body.writeDoubleLE(quantity, at * RECORD_BYTES + 32);
  }
  const array = Buffer.concat([start, Buffer.from(header), body]);
  return (isCompressed ? zipOf : storedZipOf)(array, 'data.npy');
}
