/**
 * The instrument of a recording that does not describe one: its grids are the coarsest on which every recorded price and
 * quantity lies.
 *
 * Limitation: recordings say nothing of limits, so none binds here: one lot is enough, no quantity is too large, one risk
 * tier for every notional. Pass the venue's own description where limits and margin matter.
 */

import { formatDecimal } from '../core/base/fixed-point.ts';
import type { InstrumentSpec } from '../core/domain/instrument.ts';

const COLON = 58;
const SPACE = 32;
const ZERO = 48;

/** The finest decimals seen so far. */
export class GridFinder {
  priceDecimals = 0;
  quantityDecimals = 0;

  addPrice(text: string): void {
    this.priceDecimals = Math.max(this.priceDecimals, significantDecimals(text, 0, text.length));
  }

  addQuantity(text: string): void {
    this.quantityDecimals = Math.max(this.quantityDecimals, significantDecimals(text, 0, text.length));
  }

  /** Levels as `price:quantity` joined by one space. */
  addLevels(levels: string): void {
    let start = 0;
    for (let at = 0; at <= levels.length; at++) {
      const code = at === levels.length ? SPACE : levels.charCodeAt(at);
      if (code === COLON) {
        this.priceDecimals = Math.max(this.priceDecimals, significantDecimals(levels, start, at));
        start = at + 1;
      } else if (code === SPACE) {
        this.quantityDecimals = Math.max(this.quantityDecimals, significantDecimals(levels, start, at));
        start = at + 1;
      }
    }
  }
}

/** Decimals of the number from `start` to `end`, trailing zeros not counted. */
function significantDecimals(text: string, start: number, end: number): number {
  const dot = text.indexOf('.', start);
  if (dot < 0 || dot >= end) return 0;
  let last = end - 1;
  while (last > dot && text.charCodeAt(last) === ZERO) last--;
  return last - dot;
}

export function describeInstrument(
  symbol: string,
  fundingIntervalHours: number,
  grid: GridFinder,
): InstrumentSpec {
  const largest = formatDecimal(Number.MAX_SAFE_INTEGER, grid.quantityDecimals);
  return {
    symbol,
    base: symbol.replace(/USDT$/, ''),
    quote: 'USDT',
    price_decimals: grid.priceDecimals,
    quantity_decimals: grid.quantityDecimals,
    min_quantity: formatDecimal(1, grid.quantityDecimals),
    max_limit_quantity: largest,
    max_market_quantity: largest,
    price_protect: '1',
    min_leverage: 1,
    max_leverage: 125,
    funding_interval_hours: fundingIntervalHours,
    tiers: [
      {
        level: 1,
        start_notional: '0',
        end_notional: '1000000000000',
        max_leverage: 125,
        maintenance_rate: '0.004',
      },
    ],
  };
}
