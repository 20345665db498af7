/**
 * Funding carry: holds the side that receives funding while the rate is worth it.
 *
 * It looks at the rate of the last settlement, per eight hours, on every closed bar. From `enter_rate` on it takes the
 * receiving side (short while longs pay); it leaves when the rate has fallen below `exit_rate`, turned, or become unknown.
 * Limits: the price risk is not hedged, and the next rate is not known before it is settled.
 */

import { z } from 'zod';
import { HOUR_MS } from '../base/time.ts';
import { type Lots, RATE_DECIMALS, lots } from '../domain/units.ts';
import { shareOfEquity } from './share-of-equity.ts';
import { type MarketView, defineStrategy, marketOrder } from './strategy.ts';

const BASE_HOURS = 8;

const params = z
  .strictObject({
    /** Fractions per eight hours: 0.0003 = 0.03 %. */
    enter_rate: z.number().positive().max(0.1).default(0.0003),
    exit_rate: z.number().min(0).max(0.1).default(0.0001),
    equity_percent: z.number().positive().max(100).default(20),
    /** An entry pays only when the settlement is near; hours. */
    enter_within_hours: z.number().positive().max(24).default(8),
  })
  .refine((value) => value.exit_rate < value.enter_rate, {
    message: 'exit_rate must be below enter_rate',
    path: ['exit_rate'],
  });

export const fundingCarry = defineStrategy({
  name: 'funding_carry',
  params,
  historyBars: () => 1,
  state: () => ({}),
  create: (config) => ({
    onBar(instrument, view) {
      if (view.workingOrders() > 0) return [];
      const rate = ratePerBase(view, instrument);
      const held = view.position(instrument);
      if (held !== 0) {
        const received = rate === null ? 0 : rate * -Math.sign(held);
        if (received >= config.exit_rate) return [];
        return [close(instrument, held)];
      }
      const settlementMs = view.nextSettlementMs(instrument);
      if (rate === null || settlementMs === null || Math.abs(rate) < config.enter_rate) return [];
      if (settlementMs - view.timeMs > config.enter_within_hours * HOUR_MS) return [];
      const quantity = shareOfEquity(view, instrument, config.equity_percent);
      if (quantity === 0) return [];
      return [marketOrder(instrument, rate > 0 ? 'sell' : 'buy', quantity, { tag: 'carry' })];
    },
  }),
});

function close(instrument: number, held: Lots): ReturnType<typeof marketOrder> {
  const quantity = lots(Math.abs(held));
  return marketOrder(instrument, held > 0 ? 'sell' : 'buy', quantity, {
    reduceOnly: true,
    tag: 'carry_over',
  });
}

/** Rate of the last settlement as a fraction per eight hours; null where the venue has not said it. */
function ratePerBase(view: MarketView, instrument: number): number | null {
  const settled = view.settledRate(instrument);
  const hours = view.instruments[instrument]?.fundingIntervalHours ?? BASE_HOURS;
  return settled === null ? null : (settled / 10 ** RATE_DECIMALS) * (BASE_HOURS / hours);
}
