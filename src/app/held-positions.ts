/** Open positions as the heartbeat and the report spell them. */

import { type Instrument, formatMarkPrice, formatMoney, formatQuantity } from '../core/domain/instrument.ts';
import type { AccountStart } from '../core/domain/session-start.ts';
import type { OpenPosition } from '../core/engine/engine-state.ts';
import type { HeldPosition } from '../ports/heartbeat-fields.ts';
import { averagePriceText } from '../storage/average-price.ts';

/** `instruments` in the order of their numbers. */
export function describePositions(
  positions: readonly OpenPosition[],
  instruments: readonly Instrument[],
): HeldPosition[] {
  return positions.flatMap(({ instrument: index, side, quantity, cost, mark, unrealizedPnl }) => {
    const instrument = instruments[index];
    if (instrument === undefined) return [];
    return {
      symbol: instrument.symbol,
      side,
      quantity: formatQuantity(instrument, quantity),
      average_price: averagePriceText(instrument, cost, quantity),
      mark_price: mark === null ? null : formatMarkPrice(mark),
      unrealized_pnl: unrealizedPnl === null ? null : formatMoney(unrealizedPnl),
    };
  });
}

/** Positions of an account whose session never saw its market: neither prices nor what they are worth are known. */
export function describeCarried({ positions }: AccountStart): HeldPosition[] {
  return positions.map(({ symbol, quantity }) => ({
    symbol,
    side: quantity.startsWith('-') ? 'short' : 'long',
    quantity,
    average_price: null,
    mark_price: null,
    unrealized_pnl: null,
  }));
}
