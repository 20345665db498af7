/**
 * The yardstick S: one pass over the recorded rows as bare columns of 17 bytes, a branch and an f64 sum a row.
 *
 * Nothing that reads every row can be faster; the engine's rates are stated as fractions of it.
 */

import { EventKind, FLAG_BUY } from '../../src/core/domain/event-block.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { loadTile } from '../harness/recorded-tiles.ts';

/** More than the third-level cache holds: 8 MB a tile. */
const TILES = 8;
/** Rows of one call, so that the compiled function is entered anew and not replaced on the stack. */
const CHUNK = 4_096;
const TRADE = 1;
const BUY = 2;

interface Columns {
  readonly timeMs: Float64Array;
  readonly price: Int32Array;
  readonly quantity: Int32Array;
  readonly flags: Uint8Array;
}

async function readColumns(): Promise<Columns> {
  const tile = await loadTile();
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

/** Signed value of the rows: bought less sold. NaN where time goes back. */
function scanChunk({ timeMs, price, quantity, flags }: Columns, from: number, to: number): number {
  let sum = 0;
  let lastMs = 0;
  for (let row = from; row < to; row++) {
    const value = (price[row] ?? 0) * (quantity[row] ?? 0);
    if (((flags[row] ?? 0) & BUY) !== 0) sum += value;
    else sum -= value;
    const rowMs = timeMs[row] ?? 0;
    if (rowMs < lastMs) return Number.NaN;
    lastMs = rowMs;
  }
  return sum;
}

/** A sample of the yardstick, for the cases that are measured against it. */
export async function measureScan(): Promise<Sample> {
  const columns = await readColumns();
  const rows = columns.price.length;
  return measureRounds({
    units: rows,
    run: () => {
      let sum = 0;
      for (let from = 0; from < rows; from += CHUNK)
        sum += scanChunk(columns, from, Math.min(rows, from + CHUNK));
      if (!Number.isSafeInteger(sum)) throw new Error(`the recorded rows add up to ${sum}`);
      return `${rows} rows, ${sum} bought less sold`;
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
