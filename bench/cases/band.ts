/**
 * What the band costs: the recorded session through one exchange, and through three (optimistic, realistic, pessimistic) at
 * once: with the quoting strategy, with orders at rest, and with books only.
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
import { FEW, placing } from './resting.ts';

const TILES = 2;
/** What the three may cost of one. */
const COST_MAX = 2.5;

/** What is traded, from much to nothing. Quoting sends 9 orders a second and cancels most of them. */
const STRATEGIES = {
  quoting: () => new QuotingStrategy(),
  [`${FEW} orders`]: () => placing(FEW),
  'books only': () => ({}),
} satisfies Record<string, () => StrategyHandlers>;

async function measure(band: 'on' | 'off', handlers: () => StrategyHandlers): Promise<Sample> {
  const tile = await loadTile();
  const blocks = repeatTile(tile, TILES, 1);
  const start: SessionStart = { ...openSession(tile.instrument), band };
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

const one = (name: string): string => `one, ${name}`;
const three = (name: string): string => `three, ${name}`;

export const bandCase: BenchCase = {
  name: 'band',
  title: `one exchange and three on the same stream: quoting, ${FEW} orders at rest, books only`,
  needsData: true,
  variants: Object.entries(STRATEGIES).flatMap(([name, handlers]) => [
    { name: one(name), unit: 'rows', measure: () => measure('off', handlers) },
    { name: three(name), unit: 'rows', measure: () => measure('on', handlers) },
  ]),
  sameWork: Object.keys(STRATEGIES).map((name) => [one(name), three(name)] as const),
  conclusions: Object.keys(STRATEGIES).map((name) => ({
    kind: 'ratio',
    label: `three / one, ${name}`,
    numerator: three(name),
    denominator: one(name),
    goal: { atLeast: 1 / COST_MAX },
    isFraction: true,
  })),
};
