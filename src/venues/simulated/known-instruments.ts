/** The contracts of the synthetic market: what it must know of one to list it. */

import type { InstrumentSpec } from './market/instrument-spec.ts';

export const BTC_START_PRICE = 86_000;

export interface SyntheticInstrument {
  readonly symbol: string;
  readonly startPrice: number;
  readonly priceDecimals: number;
  readonly lotDecimals: number;
  /** Minutes of bars before the market's start: a contract listed only then; absent = years. */
  readonly historyMinutes?: number;
  /** Catalogue fields that differ from the usual ones, e.g. `symbolStatus`. */
  readonly spec?: Partial<InstrumentSpec>;
}

/** The contracts that can be listed by name alone. */
export const KNOWN_INSTRUMENTS: Readonly<Record<string, SyntheticInstrument>> = {
  BTCUSDT: { symbol: 'BTCUSDT', startPrice: BTC_START_PRICE, priceDecimals: 1, lotDecimals: 4 },
  ETHUSDT: { symbol: 'ETHUSDT', startPrice: 3_050, priceDecimals: 2, lotDecimals: 3 },
  SOLUSDT: { symbol: 'SOLUSDT', startPrice: 142, priceDecimals: 3, lotDecimals: 1 },
  /** Freshly listed: half an hour of history. */
  FRESHUSDT: { symbol: 'FRESHUSDT', startPrice: 1_200, priceDecimals: 2, lotDecimals: 3, historyMinutes: 30 },
};
