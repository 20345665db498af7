/**
 * What would liquidate a position: the price, how far away it is, and what comes before it.
 *
 * Pure: reads the account and the market, changes nothing. The liquidation price is that of {@link MarginModel}, so it is
 * the one acted on. What is not known is null. Limitation: volatility is that of the closed bars at hand.
 */

import type { PositionSide } from '../domain/order.ts';
import { type Lots, type MarkPrice, type Money, lots, money } from '../domain/units.ts';
import { type Account, fundingPayment } from '../ledger/account.ts';
import type { Position } from '../ledger/position.ts';
import type { BarSeries } from '../market/bar-series.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { crossMaintenance, positionMaintenance } from './maintenance.ts';
import type { MarginModel } from './margin-model.ts';
import { tierIndex } from './risk-tiers.ts';

/** Closed bars that volatility is measured over, and the fewest that make a measure. */
const VOLATILITY_BARS = 60;
const VOLATILITY_BARS_MIN = 20;
const HOUR_MS = 3_600_000;

export interface MarginOutlook {
  readonly instrument: number;
  readonly side: PositionSide;
  /** Signed. */
  readonly quantity: Lots;
  /** Mark at which the position is liquidated, other marks as they are; null where none does it. */
  readonly liquidationMark: MarkPrice | null;
  /** Of the mark, to the liquidation price; > 0 while alive. */
  readonly distancePercent: number | null;
  /** The same way in standard deviations of an hour's move. */
  readonly distanceSigmas: number | null;
  /** Of the position (isolated) or of all positions (cross). */
  readonly maintenanceMargin: Money;
  /** What stands against it: margin + unrealized profit of the position, or the equity of the account. */
  readonly margin: Money | null;
  /** Maintenance / margin: liquidated at 1; null while there is no margin or no mark. */
  readonly marginRatio: number | null;
  /** The next step of the risk table and the quantity (unsigned) that first stands on it, bought at the mark. */
  readonly nextTier: { readonly level: number; readonly quantity: Lots } | null;
  /** Payment at the next settlement at the mark and the last settled rate; < 0 = paid. */
  readonly fundingToSettlement: Money | null;
}

/** Describes one position; null when it is flat. `intervalMs`: length of the market's bars. */
export function describeOutlook(
  position: Position,
  account: Account,
  market: InstrumentMarket,
  model: MarginModel,
  intervalMs: number,
): MarginOutlook | null {
  const { instrument, quantity } = position;
  if (quantity === 0) return null;
  const mark = market.valuationPrice;
  const isIsolated = account.modes.marginMode === 'isolated';
  const { tierRule } = model.terms;
  const maintenance = isIsolated
    ? positionMaintenance(position, account, tierRule)
    : crossMaintenance(account, tierRule);
  const liquidation = model.liquidationMark(position);
  const margin = mark === null ? null : isIsolated ? isolatedMargin(position, account, mark) : account.equity;
  const sigma = hourlySigma(market.bars, intervalMs);
  const isWay = liquidation !== null && mark !== null;
  return {
    instrument: instrument.index,
    side: quantity > 0 ? 'long' : 'short',
    quantity,
    liquidationMark: liquidation,
    distancePercent: isWay ? ((quantity > 0 ? mark - liquidation : liquidation - mark) / mark) * 100 : null,
    distanceSigmas:
      isWay && sigma !== null ? ((quantity > 0 ? 1 : -1) * Math.log(mark / liquidation)) / sigma : null,
    maintenanceMargin: maintenance,
    margin,
    marginRatio: margin === null || margin <= 0n ? null : Number(maintenance) / Number(margin),
    nextTier: mark === null ? null : nextTier(position, mark),
    fundingToSettlement: nextFunding(position, market, mark),
  };
}

/** The position of the account that the least move would liquidate; null when none is open or none can be. */
export function nearestOutlook(
  account: Account,
  markets: readonly InstrumentMarket[],
  model: MarginModel,
  intervalMs: number,
): MarginOutlook | null {
  let nearest: MarginOutlook | null = null;
  for (const position of account.positions) {
    const market = markets[position.instrument.index];
    const outlook =
      market === undefined ? null : describeOutlook(position, account, market, model, intervalMs);
    if (outlook === null) continue;
    const distance = outlook.distancePercent ?? Number.POSITIVE_INFINITY;
    if (nearest === null || distance < (nearest.distancePercent ?? Number.POSITIVE_INFINITY))
      nearest = outlook;
  }
  return nearest;
}

/** Standard deviation of an hour's logarithmic move, from the closes of the last bars; null with too few, or no move. */
export function hourlySigma(bars: BarSeries, intervalMs: number): number | null {
  const count = Math.min(VOLATILITY_BARS, bars.length - 1);
  if (count < VOLATILITY_BARS_MIN) return null;
  let sum = 0;
  let squares = 0;
  for (let back = 0; back < count; back++) {
    const move = Math.log(bars.close(back) / bars.close(back + 1));
    sum += move;
    squares += move * move;
  }
  const variance = (squares - (sum * sum) / count) / (count - 1);
  return variance > 0 ? Math.sqrt((variance * HOUR_MS) / intervalMs) : null;
}

function isolatedMargin(position: Position, account: Account, mark: MarkPrice): Money {
  return money(position.isolatedMargin(account.modes.leverage) + position.unrealized(mark));
}

/** Adding at the mark; a position on the last step has none. */
function nextTier(position: Position, mark: MarkPrice): MarginOutlook['nextTier'] {
  const { instrument, openValue, quantity } = position;
  const index = tierIndex(instrument, openValue);
  const current = instrument.tiers[index];
  const next = instrument.tiers[index + 1];
  if (current === undefined || next === undefined) return null;
  const room = (current.endNotional - openValue) * 10n ** BigInt(instrument.quantityDecimals);
  return { level: next.level, quantity: lots(Math.abs(quantity) + Number(room / BigInt(mark)) + 1) };
}

function nextFunding(position: Position, market: InstrumentMarket, mark: MarkPrice | null): Money | null {
  const { settledRate, nextSettlementMs } = market;
  if (mark === null || settledRate === null || nextSettlementMs === null) return null;
  return fundingPayment(position, position.quantity, settledRate, mark);
}
