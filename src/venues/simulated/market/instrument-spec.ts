/** The contracts the simulated venue lists: the catalogue row as the wire shows it, and the grids behind the numbers. */

/** One risk tier; notional bounds in USDT. */
export interface PositionTier {
  readonly startValue: string;
  readonly endValue: string;
  readonly leverage: number;
  readonly maintenanceMarginRate: string;
}

export interface InstrumentSpec {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** Tick = 10^-priceDecimals. */
  readonly priceDecimals: number;
  /** Lot = 10^-lotDecimals. */
  readonly lotDecimals: number;
  /** Grid of mark and index prices; at least as fine as the tick. */
  readonly referenceDecimals: number;
  readonly minTradeVolume: string;
  readonly maxLimitOrderVolume: string;
  readonly maxMarketOrderVolume: string;
  readonly maxLeverage: number;
  readonly priceProtectScope: string;
  readonly symbolStatus: 'OPEN' | 'CANCEL_ONLY' | 'STOP' | 'PREVIEW';
  readonly isApiSupported: boolean;
  /** Cap of the funding rate, +/-, in units of 10^-8 (fraction per interval). */
  readonly maxFundingRate: number;
  readonly fundingIntervalHours: number;
  readonly tiers: readonly PositionTier[];
}

/**
 * Suggested tiers for BTCUSDT: the first two rows are the vendor's documented example, the others a rough scaling of the
 * older help tables (reference, section 5.6).
 */
const BTC_TIERS: readonly PositionTier[] = [
  { startValue: '0', endValue: '50000', leverage: 125, maintenanceMarginRate: '0.004' },
  { startValue: '50000', endValue: '200000', leverage: 100, maintenanceMarginRate: '0.005' },
  { startValue: '200000', endValue: '2000000', leverage: 50, maintenanceMarginRate: '0.01' },
  { startValue: '2000000', endValue: '10000000', leverage: 20, maintenanceMarginRate: '0.025' },
  { startValue: '10000000', endValue: '20000000', leverage: 10, maintenanceMarginRate: '0.05' },
  { startValue: '20000000', endValue: '100000000', leverage: 5, maintenanceMarginRate: '0.1' },
  { startValue: '100000000', endValue: '200000000', leverage: 3, maintenanceMarginRate: '0.15' },
  { startValue: '200000000', endValue: '500000000', leverage: 2, maintenanceMarginRate: '0.25' },
  { startValue: '500000000', endValue: '1000000000', leverage: 1, maintenanceMarginRate: '0.5' },
];

/** Tiers of the other contracts: the same ladder without its first step. */
const OTHER_TIERS: readonly PositionTier[] = [
  { startValue: '0', endValue: '200000', leverage: 100, maintenanceMarginRate: '0.005' },
  ...BTC_TIERS.slice(2),
];

/**
 * The catalogue row of a contract. BTCUSDT follows the row seen live in February 2026, except that its leverage is capped
 * at 125 so that it agrees with the documented tiers.
 */
export function instrumentSpec(
  symbol: string,
  priceDecimals: number,
  lotDecimals: number,
  referenceDecimals: number,
): InstrumentSpec {
  const quote = symbol.endsWith('USDC') ? 'USDC' : 'USDT';
  const isBtc = symbol === 'BTCUSDT';
  return {
    symbol,
    base: symbol.endsWith(quote) ? symbol.slice(0, -quote.length) : symbol,
    quote,
    priceDecimals,
    lotDecimals,
    referenceDecimals,
    minTradeVolume: lotDecimals === 0 ? '1' : `0.${'1'.padStart(lotDecimals, '0')}`,
    maxLimitOrderVolume: isBtc ? '1000' : '1000000',
    maxMarketOrderVolume: isBtc ? '120' : '100000',
    maxLeverage: isBtc ? 125 : 100,
    priceProtectScope: isBtc ? '0.01' : '0.05',
    symbolStatus: 'OPEN',
    isApiSupported: true,
    maxFundingRate: 300_000,
    fundingIntervalHours: 8,
    tiers: isBtc ? BTC_TIERS : OTHER_TIERS,
  };
}
