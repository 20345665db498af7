/** Sizes an order as a share of the account. */

import { notional } from '../domain/instrument.ts';
import { type Lots, MONEY_DECIMALS, lots, ticks } from '../domain/units.ts';
import type { MarketView } from './strategy.ts';

/**
 * Lots whose value is `percent` of equity at the last price (the best bid, or the last close where there is none yet),
 * rounded down; 0 while no price is known.
 */
export function shareOfEquity(view: MarketView, instrument: number, percent: number): Lots {
  const contract = view.instruments[instrument];
  const bars = view.bars(instrument);
  const lastClose = bars.length === 0 ? null : ticks(bars.close(0));
  const price = view.lastPrice(instrument) ?? view.bestBid(instrument) ?? lastClose;
  if (contract === undefined || price === null) return lots(0);
  const budget = (Number(view.equity()) / 10 ** MONEY_DECIMALS) * (percent / 100);
  const lotValue = Number(notional(contract, price, lots(1))) / 10 ** MONEY_DECIMALS;
  return lots(Math.max(0, Math.floor(budget / lotValue)));
}
