/**
 * The instrument of a recording that does not describe one: its grids are the coarsest on which every recorded price and
 * quantity lies.
 *
 * Limitation: recordings say nothing of limits, so none binds here: one lot is enough, no quantity is too large, one risk
 * tier for every notional. Pass the venue's own description where limits and margin matter.
 */

import { DecimalError, formatDecimal } from '../core/base/fixed-point.ts';
import type { InstrumentSpec } from '../core/domain/instrument.ts';

const COLON = 58;
const DOT = 46;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;

/** The finest decimals seen so far. All of it throws DecimalError for what is no plain decimal. */
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
    if (levels === '') return;
    let start = 0;
    let hasPrice = false;
    for (let at = 0; at <= levels.length; at++) {
      const code = at === levels.length ? SPACE : levels.charCodeAt(at);
      if (code === COLON && !hasPrice) {
        this.priceDecimals = Math.max(this.priceDecimals, significantDecimals(levels, start, at));
        hasPrice = true;
      } else if (code === SPACE) {
        if (!hasPrice)
          throw new DecimalError('a level must be price:quantity, found', levels.slice(start, at));
        this.quantityDecimals = Math.max(this.quantityDecimals, significantDecimals(levels, start, at));
        hasPrice = false;
      } else continue;
      start = at + 1;
    }
  }
}

/** Decimals of the number from `start` to `end`, trailing zeros not counted. */
function significantDecimals(text: string, start: number, end: number): number {
  let dot = -1;
  let last = -1;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT && dot < 0 && at > start && at < end - 1) dot = at;
    else if (code < ZERO || code > NINE)
      throw new DecimalError('not a decimal number', text.slice(start, end));
    else if (code !== ZERO && dot >= 0) last = at;
  }
  if (end <= start) throw new DecimalError('not a decimal number', text.slice(start, end));
  return dot >= 0 && last > dot ? last - dot : 0;
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
