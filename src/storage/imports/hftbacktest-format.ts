/**
 * hftbacktest's event files (.npz): the trades and the order book in them, as a collector received them.
 *
 * A zip of one NumPy array of records `ev, exch_ts, local_ts, px, qty, …` of 8 bytes each. Source: hftbacktest, `types.py`
 * (version 2): flags EXCH_EVENT 1 << 31, LOCAL_EVENT 1 << 30, BUY_EVENT 1 << 29, SELL_EVENT 1 << 28; the low byte is the kind,
 * 2 a trade, those of the book in hftbacktest-book.ts; others (single orders, best quotes) are passed by. Times are ns, in
 * older files µs. What is wrong is told by the number of the record.
 */

import { StorageError } from '../storage-error.ts';
import { decimalText } from './decimal-text.ts';
import { HftbacktestBook, isDepthEvent } from './hftbacktest-book.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';
import { openBytes } from './lines.ts';

const MAGIC = '\u0093NUMPY';
const FIELDS = ['ev', 'exch_ts', 'local_ts', 'px', 'qty'] as const;
const FIELD_BYTES = 8;
const TRADE_EVENT = 2;
const KIND_MASK = 0xff;
const LOCAL_EVENT = 2 ** 30;
const BUY_EVENT = 2 ** 29;
const SELL_EVENT = 2 ** 28;
const NANOSECONDS_FROM = 10n ** 17n;
const MICROSECONDS_A_MS = 1_000;

export const hftbacktestFormat: ImportFormat = {
  name: 'hftbacktest-npz',
  about: 'trades and order books of hftbacktest event files',
  matches: (file) => file.endsWith('.npz'),
  read: readEvents,
};

async function* readEvents(file: string): AsyncGenerator<ImportedRow> {
  let rest: Buffer = Buffer.alloc(0);
  let layout: Layout | null = null;
  let record = 0;
  const book = new HftbacktestBook();
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
      yield* readRecord(rest, at, layout, record, book);
    }
    rest = rest.subarray(at);
  }
  if (layout === null || rest.length > 0)
    throw new StorageError(
      'invalid_data',
      `${file}: expected whole records of hftbacktest, found a part of one`,
    );
  yield* book.finish();
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

function readRecord(
  bytes: Buffer,
  at: number,
  { offsets }: Layout,
  record: number,
  book: HftbacktestBook,
): readonly ImportedRow[] {
  const flags = bytes.readUInt32LE(at + offsets.ev);
  const kind = flags & KIND_MASK;
  if ((flags & LOCAL_EVENT) === 0 || (kind !== TRADE_EVENT && !isDepthEvent(kind))) return [];
  const isBuy = (flags & BUY_EVENT) !== 0;
  const receivedUs = microseconds(bytes.readBigInt64LE(at + offsets.local_ts));
  const exchangeMs = Math.floor(microseconds(bytes.readBigInt64LE(at + offsets.exch_ts)) / MICROSECONDS_A_MS);
  const price = bytes.readDoubleLE(at + offsets.px);
  const quantity = bytes.readDoubleLE(at + offsets.qty);
  if (kind !== TRADE_EVENT) {
    const side = isBuy ? 'bid' : (flags & SELL_EVENT) === 0 ? null : 'ask';
    return book.next({ record, kind, side, exchangeMs, receivedUs, price, quantity });
  }
  return [
    {
      ...{ kind: 'trade', line: record, id: '', side: isBuy ? 'buy' : 'sell' },
      ...{
        timeMs: exchangeMs,
        receivedMs: Math.floor(receivedUs / MICROSECONDS_A_MS),
        arrivalUs: receivedUs,
      },
      ...{ price: decimalText(price), quantity: decimalText(quantity) },
    },
  ];
}

function microseconds(stamp: bigint): number {
  return Number(stamp >= NANOSECONDS_FROM ? stamp / 1_000n : stamp);
}
