/**
 * Memory of one process before and after sixteen times the session, with the quoting strategy in one engine.
 *
 * The market is fed through one reused block, so what grows is the engine's. Measured after a forced collection, and
 * once without. Not a time: the noise of the machine does not matter.
 */

import { EventBlock } from '../../src/core/domain/event-block.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { QuotingStrategy, instanceOf, openSession } from '../harness/quoting-strategy.ts';
import { copyTileBlock, loadTile } from '../harness/recorded-tiles.ts';

const TILES = 16;
const MEGABYTE = 1_048_576;

function collectGarbage(): void {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('needs node --expose-gc');
  gc();
}

async function measureMemory(): Promise<Sample> {
  const tile = await loadTile();
  const start = openSession(tile.instrument);
  const strategy = new QuotingStrategy();
  const engine = new Engine(start, instanceOf(strategy));
  const opening = new EventBlock(1);
  opening.reset(0);
  opening.appendSessionStarted(tile.startMs, start);
  engine.process(opening);
  const block = new EventBlock(Math.max(...tile.blocks.map(({ length }) => length)));
  const feed = (index: number): void => {
    for (const source of tile.blocks) {
      copyTileBlock(tile, source, index, 1, block);
      engine.process(block);
      engine.takeOutputs();
    }
  };
  const begin = performance.now();
  feed(0);
  const firstMs = performance.now() - begin;
  collectGarbage();
  const before = process.memoryUsage();
  const from = performance.now();
  for (let index = 1; index <= TILES; index++) feed(index);
  const wallMs = performance.now() - from;
  const uncollected = process.memoryUsage();
  collectGarbage();
  const after = process.memoryUsage();
  if (strategy.fills === 0) throw new Error('nothing was traded');
  return {
    units: tile.rows * TILES,
    wallMs,
    cpuMs: wallMs,
    firstMs,
    roundsKept: 1,
    roundsDiscarded: 0,
    noisyWallMs: wallMs,
    check: `${engine.stateHash()}, ${strategy.submits} orders`,
    extra: {
      rssBefore: before.rss / MEGABYTE,
      rssUncollected: uncollected.rss / MEGABYTE,
      rssAfter: after.rss / MEGABYTE,
      rssRatio: after.rss / before.rss,
      heapBefore: before.heapUsed / MEGABYTE,
      heapAfter: after.heapUsed / MEGABYTE,
      bytesAnOrder: (after.heapUsed - before.heapUsed) / strategy.submits,
      arrayBuffers: (after.arrayBuffers - before.arrayBuffers) / MEGABYTE,
      orders: strategy.submits,
    },
  };
}

export const memoryCase: BenchCase = {
  name: 'memory',
  title: 'memory before and after sixteen more sessions in one engine',
  needsData: true,
  pairsMax: 1,
  variants: [{ name: 'quoting', unit: 'rows', nodeFlags: ['--expose-gc'], measure: measureMemory }],
  sameWork: [],
  conclusions: [
    ['resident set after one session', 'rssBefore', 'MB'],
    ['resident set after sixteen more, not collected', 'rssUncollected', 'MB'],
    ['resident set after sixteen more', 'rssAfter', 'MB'],
    ['heap in use after one session', 'heapBefore', 'MB'],
    ['heap in use after sixteen more', 'heapAfter', 'MB'],
    ['growth of array buffers', 'arrayBuffers', 'MB'],
    ['heap growth an order sent', 'bytesAnOrder', 'bytes'],
    ['orders sent', 'orders', ''],
  ].map(([label = '', key = '', unit = '']) => ({
    kind: 'reading',
    label,
    variant: 'quoting',
    key,
    unit,
    goal: null,
  })),
};
