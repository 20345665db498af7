/**
 * The plainest strategy: long while the fast average of closes is above the slow one, short while below.
 *
 * It trades at market when the sign changes, in one order that closes and reverses, and waits while an order is under
 * way. Size is a share of equity at the last price, rounded down to lots.
 */

import { z } from 'zod';
import { lots } from '../domain/units.ts';
import { shareOfEquity } from './share-of-equity.ts';
import { type MarketView, defineStrategy, marketOrder } from './strategy.ts';

const params = z
  .strictObject({
    fast: z.int().min(1).max(10_000).default(2),
    slow: z.int().min(2).max(10_000).default(4),
    equity_percent: z.number().positive().max(100).default(20),
  })
  .refine((value) => value.fast < value.slow, { message: 'fast must be below slow', path: ['fast'] });

export const smaCross = defineStrategy({
  name: 'sma_cross',
  params,
  historyBars: ({ slow }) => slow,
  state: () => ({}),
  create: ({ fast, slow, equity_percent: equityPercent }) => ({
    onBar(instrument, view) {
      const bars = view.bars(instrument);
      if (bars.length < slow || view.workingOrders() > 0) return [];
      const difference = average(view, instrument, fast) - average(view, instrument, slow);
      if (difference === 0) return [];
      const wanted = shareOfEquity(view, instrument, equityPercent) * Math.sign(difference);
      const held = view.position(instrument);
      if (held !== 0 && Math.sign(held) === Math.sign(wanted)) return [];
      const change = wanted - held;
      if (change === 0) return [];
      return [marketOrder(instrument, change > 0 ? 'buy' : 'sell', lots(Math.abs(change)), { tag: 'cross' })];
    },
  }),
});

/** Of closes in ticks: their sum is exact. */
function average(view: MarketView, instrument: number, length: number): number {
  const bars = view.bars(instrument);
  let sum = 0;
  for (let back = 0; back < length; back++) sum += bars.close(back);
  return sum / length;
}
