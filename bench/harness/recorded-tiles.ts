/**
 * The recorded session that the data cases run on, as event blocks, repeated in time as often as a case needs.
 *
 * A tile is the whole session once; tile n lies n sessions later, its order book begins anew with the session's own
 * snapshot. Rows are levels and trades, the denominator of every rate; the row that opens a frame is not counted.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EventBlock, EventKind, FLAG_LAST } from '../../src/core/domain/event-block.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import { loadRecordedSession } from '../../src/storage/recorded-session.ts';

const SESSION = 'l2/binance-um-btcusdt-20240808T2354';
const FILES = [`${SESSION}-l2.csv.gz`, `${SESSION}-trades.csv.gz`];
/** Time between the last event of a tile and the first of the next. */
const TILE_GAP_MS = 100;

export interface RecordedTile {
  readonly instrument: InstrumentSpec;
  readonly blocks: readonly EventBlock[];
  /** Levels and trades. */
  readonly rows: number;
  readonly events: number;
  readonly startMs: number;
  /** Time from one tile to the next. */
  readonly lengthMs: number;
}

/** The folder of recorded data; null where LA_DATA_DIR is not set. */
export function dataFolder(): string | null {
  const folder = process.env['LA_DATA_DIR'];
  return folder === undefined || folder === '' ? null : folder;
}

/** Path prefix of the session's files. Throws where LA_DATA_DIR is not set. */
export function sessionPrefix(): string {
  const folder = dataFolder();
  if (folder === null) throw new Error('LA_DATA_DIR is not set');
  return path.join(folder, SESSION);
}

/** SHA-256 of the session's files, by their name. */
export function dataHashes(): Record<string, string> {
  const folder = dataFolder();
  if (folder === null) return {};
  return Object.fromEntries(
    FILES.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex'),
    ]),
  );
}

export async function loadTile(): Promise<RecordedTile> {
  const { instrument, blocks, events } = await loadRecordedSession(sessionPrefix());
  const first = blocks[0];
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) throw new Error('the recorded session is empty');
  const startMs = first.receivedTimeMs[0] ?? Number.NaN;
  const endMs = last.receivedTimeMs[last.length - 1] ?? Number.NaN;
  let rows = 0;
  for (const block of blocks) {
    for (let row = 0; row < block.length; row++) {
      const kind = block.kind[row];
      if (kind === EventKind.level || kind === EventKind.trade) rows++;
    }
  }
  return { instrument, blocks, rows, events, startMs, lengthMs: endMs - startMs + TILE_GAP_MS };
}

/** Copies of the tile's blocks for tiles 0 to `count` - 1; sequence numbers begin at `firstSequence`. */
export function repeatTile(tile: RecordedTile, count: number, firstSequence: number): EventBlock[] {
  const blocks: EventBlock[] = [];
  for (let index = 0; index < count; index++) {
    for (const source of tile.blocks) {
      const block = new EventBlock(source.length);
      copyTileBlock(tile, source, index, firstSequence, block);
      blocks.push(block);
    }
  }
  return blocks;
}

/** Makes `block` the copy of one of the tile's blocks as it stands in tile `index`. */
export function copyTileBlock(
  tile: RecordedTile,
  source: EventBlock,
  index: number,
  firstSequence: number,
  block: EventBlock,
): void {
  const shiftMs = index * tile.lengthMs;
  block.reset(
    firstSequence + index * tile.events + source.firstSequence - (tile.blocks[0]?.firstSequence ?? 0),
  );
  appendRows(source, 0, source.length, source.events, block);
  for (let row = 0; row < block.length; row++) {
    block.receivedTimeMs[row] = (block.receivedTimeMs[row] ?? 0) + shiftMs;
    const exchangeMs = block.exchangeTimeMs[row] ?? 0;
    if (exchangeMs >= 0) block.exchangeTimeMs[row] = exchangeMs + shiftMs;
  }
}

/** The same events cut into blocks of at most `events` events. */
export function recutBlocks(blocks: readonly EventBlock[], events: number): EventBlock[] {
  const cut: EventBlock[] = [];
  for (const source of blocks) {
    let sequence = source.firstSequence;
    let from = 0;
    let count = 0;
    for (let row = 0; row < source.length; row++) {
      if (((source.flags[row] ?? 0) & FLAG_LAST) === 0) continue;
      count++;
      if (count < events && row + 1 < source.length) continue;
      const block = new EventBlock(row + 1 - from);
      block.reset(sequence);
      appendRows(source, from, row + 1, count, block);
      cut.push(block);
      sequence += count;
      from = row + 1;
      count = 0;
    }
  }
  return cut;
}

function appendRows(source: EventBlock, from: number, to: number, events: number, block: EventBlock): void {
  const at = block.length;
  block.kind.set(source.kind.subarray(from, to), at);
  block.flags.set(source.flags.subarray(from, to), at);
  block.instrument.set(source.instrument.subarray(from, to), at);
  block.receivedTimeMs.set(source.receivedTimeMs.subarray(from, to), at);
  block.exchangeTimeMs.set(source.exchangeTimeMs.subarray(from, to), at);
  block.price.set(source.price.subarray(from, to), at);
  block.quantity.set(source.quantity.subarray(from, to), at);
  block.length = at + to - from;
  block.events += events;
}
