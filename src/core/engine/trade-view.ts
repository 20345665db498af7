/** A public trade as handlers are shown it: one object, reused for every call, so that nothing is allocated per trade. */

import type { Side } from '../domain/order.ts';
import { type Lots, type Ticks, lots, ticks } from '../domain/units.ts';
import type { PublicTrade } from '../strategy/strategy.ts';

export class TradeView implements PublicTrade {
  instrument = 0;
  exchangeTimeMs = 0;
  takerSide: Side = 'buy';
  price: Ticks = ticks(0);
  quantity: Lots = lots(0);
}
