/**
 * What a row costs with many orders at rest: the books-only replay with 40 and with 1,000 of ours in the book.
 *
 * They are placed once, half a side, evenly over the {@link SPAN_TICKS} beside the touch, and stay; the market fills the
 * nearest of them. The strategy does nothing else, so the difference is the exchange's.
 */

import type { OrderIntent, Side } from '../../src/core/domain/order.ts';
import { lots, ticks } from '../../src/core/domain/units.ts';
import { type MarketView, type StrategyHandlers, limitOrder } from '../../src/core/strategy/strategy.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { loadTile, repeatTile } from '../harness/recorded-tiles.ts';
import { replay } from './engine.ts';

const TILES = 2;
const SPAN_TICKS = 10_000;
/** What an ordinary session has at most. */
export const FEW = 40;
const MANY = 1_000;
const COST_MAX = 1.5;

/** Places `count` orders at the start and leaves them. */
export function placing(count: number): StrategyHandlers {
  return {
    onStart: (view: MarketView): readonly OrderIntent[] => {
      const bid = view.bestBid(0) ?? 0;
      return Array.from({ length: count }, (_, at) => {
        const side: Side = at % 2 === 0 ? 'buy' : 'sell';
        const away = Math.round(((Math.floor(at / 2) + 1) * SPAN_TICKS) / (count / 2));
        return limitOrder(0, side, lots(1), ticks(side === 'buy' ? bid - away : bid + away), {
          timeInForce: 'post_only',
        });
      });
    },
  };
}

async function measureResting(count: number): Promise<Sample> {
  const tile = await loadTile();
  const blocks = repeatTile(tile, TILES, 1);
  let working = 0;
  return measureRounds({
    units: tile.rows * TILES,
    run: () => {
      const engine = replay(tile, blocks, placing(count));
      const { events, openOrders } = engine.status();
      working = openOrders;
      if (openOrders < count / 2) throw new Error(`only ${openOrders} of ${count} orders still rest`);
      return `${engine.stateHash()}, ${events} events, ${openOrders} working`;
    },
    extra: () => ({ working }),
  });
}

const nameOf = (count: number): string => `${count} orders`;

export const restingCase: BenchCase = {
  name: 'resting',
  title: 'time a row with 1,000 and with 40 orders of ours at rest',
  needsData: true,
  variants: [FEW, MANY].map((count) => ({
    name: nameOf(count),
    unit: 'rows',
    measure: () => measureResting(count),
  })),
  sameWork: [],
  conclusions: [
    {
      kind: 'ratio',
      label: `time a row with ${MANY} orders / with ${FEW}`,
      // Rates stand in inverse ratio to times.
      numerator: nameOf(FEW),
      denominator: nameOf(MANY),
      goal: { atMost: COST_MAX },
    },
    ...[FEW, MANY].map((count) => ({
      ...{ kind: 'reading' as const, label: `of ${count}, still at rest at the end`, variant: nameOf(count) },
      ...{ key: 'working', unit: '', isExact: true, goal: null },
    })),
  ],
};
