/**
 * hftbacktest's event files (.npz): the trades in them, as the exchange stamped them.
 *
 * A zip of one NumPy array of records `ev, exch_ts, local_ts, px, qty, …` of 8 bytes each. Source: hftbacktest, `types.py`
 * (version 2): flags EXCH_EVENT 1 << 31, LOCAL_EVENT 1 << 30, BUY_EVENT 1 << 29; the low byte is the kind, 2 a trade. Times
 * are ns, in older files µs. Depth events are passed by. What is wrong is told by the number of the record.
 */

import { StorageError } from '../storage-error.ts';
import { decimalText } from './decimal-text.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';
import { openBytes } from './lines.ts';

const MAGIC = '\u0093NUMPY';
const FIELDS = ['ev', 'exch_ts', 'local_ts', 'px', 'qty'] as const;
const FIELD_BYTES = 8;
const TRADE_EVENT = 2;
const KIND_MASK = 0xff;
const LOCAL_EVENT = 2 ** 30;
const BUY_EVENT = 2 ** 29;
const NANOSECONDS_FROM = 10n ** 17n;

export const hftbacktestFormat: ImportFormat = {
  name: 'hftbacktest-npz',
  about: 'trades of hftbacktest event files',
  matches: (file) => file.endsWith('.npz'),
  read: readTrades,
};

async function* readTrades(file: string): AsyncGenerator<ImportedRow> {
  let rest: Buffer = Buffer.alloc(0);
  let layout: Layout | null = null;
  let record = 0;
  for await (const chunk of openBytes(file) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (layout === null) {
      const found = readLayout(file, rest);
      if (found === null) continue;
      layout = found.layout;
      rest = rest.subarray(found.bytes);
    }
    let at = 0;
    for (; at + layout.recordBytes <= rest.length; at += layout.recordBytes) {
      record++;
      const row = readRecord(rest, at, layout, record);
      if (row !== null) yield row;
    }
    rest = rest.subarray(at);
  }
  if (layout === null || rest.length > 0)
    throw new StorageError(
      'invalid_data',
      `${file}: expected whole records of hftbacktest, found a part of one`,
    );
}

interface Layout {
  readonly recordBytes: number;
  readonly offsets: Readonly<Record<(typeof FIELDS)[number], number>>;
}

/** Reads the header of the array; null where more bytes are needed. Source: numpy.lib.format. */
function readLayout(file: string, bytes: Buffer): { layout: Layout; bytes: number } | null {
  if (bytes.length < 12) return null;
  const isNew = bytes[6] !== 1;
  const headerBytes = isNew ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = isNew ? 12 : 10;
  if (bytes.toString('latin1', 0, 6) !== MAGIC)
    throw new StorageError('invalid_data', `${file}: expected a NumPy array, found something else`);
  if (bytes.length < start + headerBytes) return null;
  const header = bytes.toString('latin1', start, start + headerBytes);
  const names = [...header.matchAll(/\('(\w+)', '[<|]([uif])8'\)/g)].map(([, name]) => name);
  const offsets = Object.fromEntries(FIELDS.map((name) => [name, names.indexOf(name) * FIELD_BYTES]));
  if (FIELDS.some((name) => !names.includes(name)))
    throw new StorageError(
      'invalid_data',
      `${file}: expected records with ${FIELDS.join(', ')}, found ${names.join(', ') || 'none'}`,
    );
  const layout = { recordBytes: names.length * FIELD_BYTES, offsets: offsets as Layout['offsets'] };
  return { layout, bytes: start + headerBytes };
}

function readRecord(bytes: Buffer, at: number, { offsets }: Layout, record: number): ImportedRow | null {
  const flags = bytes.readUInt32LE(at + offsets.ev);
  const isTrade = (flags & KIND_MASK) === TRADE_EVENT && (flags & LOCAL_EVENT) !== 0;
  if (!isTrade) return null;
  return {
    ...{ kind: 'trade', line: record, id: '', side: (flags & BUY_EVENT) === 0 ? 'sell' : 'buy' },
    timeMs: milliseconds(bytes.readBigInt64LE(at + offsets.exch_ts)),
    receivedMs: milliseconds(bytes.readBigInt64LE(at + offsets.local_ts)),
    price: decimalText(bytes.readDoubleLE(at + offsets.px)),
    quantity: decimalText(bytes.readDoubleLE(at + offsets.qty)),
  };
}

function milliseconds(stamp: bigint): number {
  return Number(stamp / (stamp >= NANOSECONDS_FROM ? 1_000_000n : 1_000n));
}
