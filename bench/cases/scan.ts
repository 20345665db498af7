/**
 * The yardstick S: one pass over the recorded rows as bare columns of 17 bytes, a branch and an f64 sum a row.
 *
 * Nothing that reads every row can be faster; the engine's rates are stated as fractions of it.
 */

import { EventKind, FLAG_BUY } from '../../src/core/domain/event-block.ts';
import type { BenchCase } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { loadTile } from '../harness/recorded-tiles.ts';
import type { Sample } from '../harness/bench-case.ts';

/** More than the third-level cache holds: 8 MB a tile. */
const TILES = 8;
const CHUNK = 1_024;
const TRADE = 1;
const BUY = 2;

interface Columns {
  readonly timeMs: Float64Array;
  readonly price: Int32Array;
  readonly quantity: Int32Array;
  readonly flags: Uint8Array;
}

/** Sums of a scan: scratch, so that a chunk returns nothing. */
interface Sums {
  bids: number;
  asks: number;
  traded: number;
  lastMs: number;
}

function readColumns(): Columns {
  const tile = loadTile();
  const rows = tile.rows * TILES;
  const columns: Columns = {
    timeMs: new Float64Array(rows),
    price: new Int32Array(rows),
    quantity: new Int32Array(rows),
    flags: new Uint8Array(rows),
  };
  let at = 0;
  for (let index = 0; index < TILES; index++) {
    for (const block of tile.blocks) {
      for (let row = 0; row < block.length; row++) {
        const kind = block.kind[row];
        if (kind !== EventKind.level && kind !== EventKind.trade) continue;
        columns.timeMs[at] = (block.receivedTimeMs[row] ?? 0) + index * tile.lengthMs;
        columns.price[at] = block.price[row] ?? 0;
        columns.quantity[at] = block.quantity[row] ?? 0;
        const isBuy = ((block.flags[row] ?? 0) & FLAG_BUY) !== 0;
        columns.flags[at] = (kind === EventKind.trade ? TRADE : 0) | (isBuy ? BUY : 0);
        at++;
      }
    }
  }
  return columns;
}

function scanChunk({ timeMs, price, quantity, flags }: Columns, from: number, to: number, sums: Sums): void {
  let { bids, asks, traded, lastMs } = sums;
  for (let row = from; row < to; row++) {
    const flag = flags[row] ?? 0;
    const value = (price[row] ?? 0) * (quantity[row] ?? 0);
    if ((flag & TRADE) !== 0) traded += value;
    else if ((flag & BUY) !== 0) bids += value;
    else asks += value;
    lastMs = timeMs[row] ?? 0;
  }
  sums.bids = bids;
  sums.asks = asks;
  sums.traded = traded;
  sums.lastMs = lastMs;
}

/** A sample of the yardstick, for the cases that are measured against it. */
export function measureScan(): Sample {
  const columns = readColumns();
  const rows = columns.price.length;
  return measureRounds({
    units: rows,
    run: () => {
      const sums: Sums = { bids: 0, asks: 0, traded: 0, lastMs: 0 };
      for (let from = 0; from < rows; from += CHUNK) scanChunk(columns, from, Math.min(rows, from + CHUNK), sums);
      return `${rows} rows, ${sums.bids} bid, ${sums.asks} ask, ${sums.traded} traded, until ${sums.lastMs}`;
    },
  });
}

export const scanCase: BenchCase = {
  name: 'scan',
  title: 'one pass over the recorded rows as columns: the yardstick S',
  needsData: true,
  variants: [{ name: 'scan', unit: 'rows', measure: measureScan }],
  sameWork: [],
  conclusions: [],
};
