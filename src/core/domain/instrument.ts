/**
 * The contract we trade: its grids, its limits and the exact arithmetic between price, quantity and money.
 *
 * Limitation: linear contracts quoted in USDT only, with price and quantity decimals that together fit the money grid.
 */

import { assert } from '../base/assert.ts';
import { freezePlain } from '../base/freeze-plain.ts';
import {
  divideCeiling,
  divideFloor,
  formatBigDecimal,
  formatDecimal,
  parseBigDecimal,
  parseDecimal,
  powerOfTen,
} from '../base/fixed-point.ts';
import {
  type Lots,
  type MarkPrice,
  type Money,
  type Rate,
  type Ticks,
  MARK_DECIMALS,
  MONEY_DECIMALS,
  RATE_DECIMALS,
  RATE_ONE,
  lots,
  markPrice,
  money,
  rate,
  ticks,
} from './units.ts';

/** One step of the venue's risk table, as it says it; notional in USDT, rate as a fraction. */
export interface RiskTierSpec {
  readonly level: number;
  readonly start_notional: string;
  readonly end_notional: string;
  readonly max_leverage: number;
  readonly maintenance_rate: string;
}

/** An instrument as the venue describes it, in decimal text: what a session records of it. */
export interface InstrumentSpec {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly price_decimals: number;
  readonly quantity_decimals: number;
  readonly min_quantity: string;
  readonly max_limit_quantity: string;
  readonly max_market_quantity: string;
  /** Band of order prices round the mark, a fraction: buys at most mark x (1 + p), sells at least mark x (1 - p). */
  readonly price_protect: string;
  readonly min_leverage: number;
  readonly max_leverage: number;
  readonly funding_interval_hours: number;
  readonly tiers: readonly RiskTierSpec[];
}

/** One step of the risk table: positions up to `endNotional` may use `maxLeverage` and need `maintenanceRate`. */
export interface RiskTier {
  readonly level: number;
  readonly startNotional: Money;
  readonly endNotional: Money;
  readonly maxLeverage: number;
  readonly maintenanceRate: Rate;
}

export interface Instrument {
  /** Place in the session's list of instruments; the `instrument` column of event blocks. */
  readonly index: number;
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly minQuantity: Lots;
  readonly maxLimitQuantity: Lots;
  readonly maxMarketQuantity: Lots;
  readonly priceProtect: Rate;
  readonly minLeverage: number;
  readonly maxLeverage: number;
  readonly fundingIntervalHours: number;
  readonly tiers: readonly RiskTier[];
  /** Money units of one tick times one lot. */
  readonly tickLotMoney: bigint;
  /** Mark units of one tick. */
  readonly tickMark: number;
}

/** Builds the instrument of a spec. Throws DecimalError or InvariantViolation where the spec does not fit our grids. */
export function createInstrument(spec: InstrumentSpec, index: number): Instrument {
  const free = MONEY_DECIMALS - spec.price_decimals - spec.quantity_decimals;
  assert(
    free >= 0 && spec.price_decimals >= 0 && spec.quantity_decimals >= 0,
    `${spec.symbol}: ${spec.price_decimals} price and ${spec.quantity_decimals} quantity decimals exceed the money grid of ${MONEY_DECIMALS}`,
  );
  return freezePlain({
    index,
    symbol: spec.symbol,
    base: spec.base,
    quote: spec.quote,
    priceDecimals: spec.price_decimals,
    quantityDecimals: spec.quantity_decimals,
    minQuantity: lots(parseDecimal(spec.min_quantity, spec.quantity_decimals)),
    maxLimitQuantity: lots(parseDecimal(spec.max_limit_quantity, spec.quantity_decimals)),
    maxMarketQuantity: lots(parseDecimal(spec.max_market_quantity, spec.quantity_decimals)),
    priceProtect: rate(parseDecimal(spec.price_protect, RATE_DECIMALS)),
    minLeverage: spec.min_leverage,
    maxLeverage: spec.max_leverage,
    fundingIntervalHours: spec.funding_interval_hours,
    tiers: spec.tiers.map((tier) => ({
      level: tier.level,
      startNotional: parseMoney(tier.start_notional),
      endNotional: parseMoney(tier.end_notional),
      maxLeverage: tier.max_leverage,
      maintenanceRate: rate(parseDecimal(tier.maintenance_rate, RATE_DECIMALS)),
    })),
    tickLotMoney: 10n ** BigInt(free),
    tickMark: 10 ** (MARK_DECIMALS - spec.price_decimals),
  });
}

export function parseMoney(text: string): Money {
  return money(parseBigDecimal(text, MONEY_DECIMALS));
}

export function formatMoney(amount: Money): string {
  return formatBigDecimal(amount, MONEY_DECIMALS);
}

export function parsePrice(instrument: Instrument, text: string): Ticks {
  return ticks(parseDecimal(text, instrument.priceDecimals));
}

export function formatPrice(instrument: Instrument, price: Ticks): string {
  return formatDecimal(price, instrument.priceDecimals);
}

export function parseQuantity(instrument: Instrument, text: string): Lots {
  return lots(parseDecimal(text, instrument.quantityDecimals));
}

export function formatQuantity(instrument: Instrument, quantity: Lots): string {
  return formatDecimal(quantity, instrument.quantityDecimals);
}

export function parseMarkPrice(text: string): MarkPrice {
  return markPrice(parseDecimal(text, MARK_DECIMALS));
}

export function formatMarkPrice(price: MarkPrice): string {
  return formatDecimal(price, MARK_DECIMALS);
}

export function parseRate(text: string): Rate {
  return rate(parseDecimal(text, RATE_DECIMALS));
}

export function formatRate(value: Rate): string {
  return formatDecimal(value, RATE_DECIMALS);
}

/** Price times quantity, exact; has the sign of `quantity`. */
export function notional(instrument: Instrument, price: Ticks, quantity: Lots): Money {
  return money(BigInt(price) * BigInt(quantity) * instrument.tickLotMoney);
}

/**
 * Mark price times quantity; has the sign of `quantity`. The mark grid can be finer than money: rounded toward negative
 * infinity, so that both a long's value and a short's (negative) value are never overstated.
 */
export function markNotional(instrument: Instrument, price: MarkPrice, quantity: Lots): Money {
  const decimals = MARK_DECIMALS + instrument.quantityDecimals - MONEY_DECIMALS;
  const product = BigInt(price) * BigInt(quantity);
  return money(decimals >= 0 ? divideFloor(product, powerOfTen(decimals)) : product * powerOfTen(-decimals));
}

/** Amount times rate, rounded up (toward positive infinity): a cost is never understated. */
export function timesRateUp(amount: Money, fraction: Rate): Money {
  return money(divideCeiling(amount * BigInt(fraction), RATE_ONE));
}
