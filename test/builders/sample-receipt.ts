/** The receipt of a made-up maker fill. */

import type { FillReceipt } from '../../src/core/domain/receipt.ts';
import { lots, ticks } from '../../src/core/domain/units.ts';

const T0 = 1_732_290_000_000;
const TOUCH = { bestBid: ticks(685_901), bestAsk: ticks(685_902) };

export const SAMPLE_RECEIPT: FillReceipt = {
  decision: TOUCH,
  requestLatencyMs: 20,
  responseLatencyMs: 50,
  book: { ...TOUCH, sequence: 76, exchangeTimeMs: T0, hash: '0011223344556677' },
  level: null,
  queue: {
    ...{ acceptedTimeMs: T0 + 20, bookSequence: 70, touch: TOUCH, aheadAtAcceptance: lots(15_000) },
    ...{ tradedAhead: lots(14_000), printsAhead: 3, canceledAhead: lots(0), cappedAhead: lots(1_000) },
    aheadBeforePrint: lots(0),
  },
  print: { sequence: 77, exchangeTimeMs: T0 + 40, price: ticks(685_901), quantity: lots(400) },
  feeTier: 0,
  model: { name: 'book', parameters: { queue: 'displayed' } },
  totalCost: null,
};
