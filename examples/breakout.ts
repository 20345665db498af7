/**
 * Breakout: buys when a bar closes above the highest high of the bars before it, sells when one closes below their lowest
 * low, and leaves with a stop and a target.
 *
 * An example to change. Try it:
 *
 *   la run --source simulated --strategy ./breakout.ts --duration 10m
 *   la run --source simulated --strategy ./breakout.ts --params '{"bars": 10, "target_r": 3}'
 */

import { defineStrategy, marketOrder, shareOfEquity, ticks } from 'laptop-agents';
import { z } from 'zod';

/** What can be set with --params. A value that does not fit is refused before the session starts. */
const params = z.strictObject({
  /** How many bars the range has. */
  bars: z.int().min(2).max(500).default(20),
  /** Share of equity that one position is worth, in percent. */
  equity_percent: z.number().positive().max(100).default(20),
  /** Target as a multiple of the distance to the stop. */
  target_r: z.number().positive().max(20).default(2),
});

export default defineStrategy({
  name: 'breakout',
  params,

  /** No order leaves before this many closed bars are loaded. */
  historyBars: (config) => config.bars + 1,

  /** What it remembers from one call to the next: nothing, the bars say it all. See docs/strategies.md. */
  state: () => ({}),

  /** Makes the handlers; called anew, with the state as it was, when a session is brought back after a crash. */
  create(config) {
    return {
      /** Called for every closed bar. Bar 0 is the one that just closed, bar 1 the one before it. */
      onBar(instrument, view) {
        // Prices are whole ticks and quantities whole lots, so nothing is ever rounded behind your back.
        if (view.position(instrument) !== 0 || view.workingOrders() > 0) return [];
        const bars = view.bars(instrument);
        let highest = 0;
        let lowest = Number.POSITIVE_INFINITY;
        for (let back = 1; back <= config.bars; back++) {
          highest = Math.max(highest, bars.high(back));
          lowest = Math.min(lowest, bars.low(back));
        }
        const close = bars.close(0);
        if (close <= highest && close >= lowest) return [];

        const isLong = close > highest;
        const distance = Math.ceil((highest - lowest) / 2);
        const quantity = shareOfEquity(view, instrument, config.equity_percent);
        if (quantity === 0 || distance === 0) return [];
        const sign = isLong ? 1 : -1;
        return [
          marketOrder(instrument, isLong ? 'buy' : 'sell', quantity, {
            // The reason that a trade closed by this order will carry.
            tag: 'breakout',
            // Two exits that wait at the exchange; when one fires, the other is cancelled.
            bracket: {
              on: 'mark',
              stopLoss: ticks(close - sign * distance),
              takeProfit: ticks(close + sign * Math.ceil(distance * config.target_r)),
            },
          }),
        ];
      },
    };
  },
});
