/** The engine's margin outlook as the heartbeat spells it. */

import { type Instrument, formatMarkPrice, formatMoney, formatQuantity } from '../core/domain/instrument.ts';
import type { MarginOutlook } from '../core/exchange/margin-outlook.ts';
import type { MarginHealth } from '../ports/heartbeat-fields.ts';

export function describeMargin(
  outlook: MarginOutlook | null,
  instruments: readonly Instrument[],
): MarginHealth | null {
  const instrument = outlook === null ? undefined : instruments[outlook.instrument];
  if (outlook === null || instrument === undefined) return null;
  const { liquidationMark, nextTier, fundingToSettlement } = outlook;
  return {
    symbol: instrument.symbol,
    side: outlook.side,
    liquidation_price: liquidationMark === null ? null : formatMarkPrice(liquidationMark),
    distance_percent: rounded(outlook.distancePercent, 4),
    distance_sigmas: rounded(outlook.distanceSigmas, 2),
    maintenance_margin: formatMoney(outlook.maintenanceMargin),
    margin_ratio: rounded(outlook.marginRatio, 6),
    next_tier:
      nextTier === null
        ? null
        : { level: nextTier.level, quantity: formatQuantity(instrument, nextTier.quantity) },
    funding_to_settlement: fundingToSettlement === null ? null : formatMoney(fundingToSettlement),
  };
}

function rounded(value: number | null, decimals: number): number | null {
  return value === null ? null : Number(value.toFixed(decimals));
}
