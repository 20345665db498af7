/**
 * What the band costs: the recorded session through one exchange, and through three (optimistic, realistic, pessimistic) at
 * once, with the quoting strategy and with books only.
 *
 * The realistic exchange must come to the same state in both.
 */

import { EventBlock } from '../../src/core/domain/event-block.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import type { StrategyHandlers } from '../../src/core/strategy/strategy.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { QuotingStrategy, instanceOf, openSession } from '../harness/quoting-strategy.ts';
import { loadTile, repeatTile } from '../harness/recorded-tiles.ts';

const TILES = 2;
/** What the three may cost of one. */
const COST_MAX = 2.5;

async function measure(band: 'on' | 'off', isQuoting: boolean): Promise<Sample> {
  const tile = await loadTile();
  const blocks = repeatTile(tile, TILES, 1);
  const start: SessionStart = { ...openSession(tile.instrument), band };
  const handlers = (): StrategyHandlers => (isQuoting ? new QuotingStrategy() : {});
  const run = (): string => {
    const engines = new EngineBand(start, () => instanceOf(handlers()));
    const opening = new EventBlock(1);
    opening.reset(0);
    opening.appendSessionStarted(tile.startMs, start);
    for (const block of [opening, ...blocks]) {
      engines.process(block);
      engines.takeOutputs();
    }
    return engines.primary.stateHash();
  };
  return measureRounds({ units: tile.rows * TILES, run });
}

export const bandCase: BenchCase = {
  name: 'band',
  title: 'one exchange and three on the same stream, quoting and with books only',
  needsData: true,
  variants: [
    { name: 'one, quoting', unit: 'rows', measure: () => measure('off', true) },
    { name: 'three, quoting', unit: 'rows', measure: () => measure('on', true) },
    { name: 'one, books only', unit: 'rows', measure: () => measure('off', false) },
    { name: 'three, books only', unit: 'rows', measure: () => measure('on', false) },
  ],
  sameWork: [
    ['one, quoting', 'three, quoting'],
    ['one, books only', 'three, books only'],
  ],
  conclusions: [
    {
      kind: 'ratio',
      label: 'three / one, quoting',
      numerator: 'three, quoting',
      denominator: 'one, quoting',
      goal: { atLeast: 1 / COST_MAX },
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'three / one, books only',
      numerator: 'three, books only',
      denominator: 'one, books only',
      goal: { atLeast: 1 / COST_MAX },
      isFraction: true,
    },
  ],
};
