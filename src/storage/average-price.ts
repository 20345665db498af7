/** Average prices for display, derived from exact sums. */

import { formatBigDecimal } from '../core/base/fixed-point.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import { type Lots, type Money, MONEY_DECIMALS } from '../core/domain/units.ts';

/**
 * Returns notional / quantity as decimal text, rounded half away from zero to 8 decimals; null for quantity 0.
 * Both carry the same sign, or none.
 */
export function averagePriceText(instrument: Instrument, notional: Money, quantity: Lots): string | null {
  if (quantity === 0) return null;
  const dividend = abs(notional) * 10n ** BigInt(instrument.quantityDecimals);
  const divisor = abs(BigInt(quantity));
  return formatBigDecimal((2n * dividend + divisor) / (2n * divisor), MONEY_DECIMALS);
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
