/**
 * Replay of the recorded session through the real engine, with the quoting strategy and with books only, against the scan.
 *
 * The same state hash must come out of blocks of 4,096 rows and of blocks of a few events: checked once in each process.
 */

import { EventBlock } from '../../src/core/domain/event-block.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import type { StrategyHandlers } from '../../src/core/strategy/strategy.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { QuotingStrategy, instanceOf, openSession } from '../harness/quoting-strategy.ts';
import { type RecordedTile, loadTile, recutBlocks, repeatTile } from '../harness/recorded-tiles.ts';
import { measureScan } from './scan.ts';

/** Together more than the third-level cache: 14 MB a tile. */
const TILES = 4;
/** Events of a block in the second cut. */
const SMALL_CUT = 7;

/** Runs a new engine over the blocks; returns it as it stands at the end. */
export function replay(
  tile: RecordedTile,
  blocks: readonly EventBlock[],
  handlers: StrategyHandlers,
): Engine {
  const start = openSession(tile.instrument);
  const engine = new Engine(start, instanceOf(handlers));
  const opening = new EventBlock(1);
  opening.reset(0);
  opening.appendSessionStarted(tile.startMs, start);
  engine.process(opening);
  for (const block of blocks) {
    engine.process(block);
    engine.takeOutputs();
  }
  return engine;
}

/** Samples replays of `tiles` tiles; checked for equal hashes over two cuts where `checksCuts`. */
export async function measureReplay(isQuoting: boolean, tiles: number, checksCuts: boolean): Promise<Sample> {
  const tile = await loadTile();
  const blocks = repeatTile(tile, tiles, 1);
  let strategy = new QuotingStrategy();
  const run = (cut: readonly EventBlock[]): string => {
    strategy = new QuotingStrategy();
    const engine = replay(tile, cut, isQuoting ? strategy : {});
    const { events, position, equity, strategyErrors } = engine.status();
    if (strategyErrors > 0) throw new Error(`the strategy failed ${strategyErrors} times`);
    return `${engine.stateHash()}, ${events} events, ${strategy.submits} orders, ${strategy.fills} fills, position ${position}, equity ${equity}`;
  };
  if (checksCuts) {
    const whole = run(blocks);
    const small = run(recutBlocks(blocks, SMALL_CUT));
    if (whole !== small) throw new Error(`blocks of ${SMALL_CUT} events give ${small}, larger ones ${whole}`);
    if (isQuoting && (strategy.fills === 0 || strategy.submits === 0)) throw new Error('nothing was traded');
  }
  return measureRounds({
    units: tile.rows * tiles,
    run: () => run(blocks),
    extra: () => ({ orders: strategy.submits, fills: strategy.fills, decisions: strategy.decisions }),
  });
}

export const engineCase: BenchCase = {
  name: 'engine',
  title: 'replay through the engine: 20+20 quotes renewed every 100 ms, 10 ms latency; and books only',
  needsData: true,
  variants: [
    { name: 'scan', unit: 'rows', measure: measureScan },
    { name: 'quoting', unit: 'rows', measure: () => measureReplay(true, TILES, true) },
    { name: 'books only', unit: 'rows', measure: () => measureReplay(false, TILES, true) },
  ],
  sameWork: [],
  conclusions: [
    {
      kind: 'ratio',
      label: 'quoting / scan',
      numerator: 'quoting',
      denominator: 'scan',
      goal: { atLeast: 1 / 80 },
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'quoting / scan, with receipts and the whole exchange',
      numerator: 'quoting',
      denominator: 'scan',
      goal: { atLeast: 1 / 60 },
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'quoting / scan, the project’s aim',
      numerator: 'quoting',
      denominator: 'scan',
      goal: { atLeast: 1 / 20 },
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'books only / scan',
      numerator: 'books only',
      denominator: 'scan',
      goal: null,
      isFraction: true,
    },
    {
      kind: 'reading',
      label: 'orders sent',
      variant: 'quoting',
      key: 'orders',
      unit: '',
      isExact: true,
      goal: null,
    },
    {
      kind: 'reading',
      label: 'fills',
      variant: 'quoting',
      key: 'fills',
      unit: '',
      isExact: true,
      goal: null,
    },
  ],
};
