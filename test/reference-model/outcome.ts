/** What a played scenario came to, as lines that can be compared: the engine's and the reference model's. */

import { BASE_PRICES, type Level, type MarketEvent } from './scenario.ts';

export interface Outcome {
  readonly fills: readonly string[];
  /** Every change of an order, in order. */
  readonly changes: readonly string[];
  readonly denials: readonly string[];
  readonly ledger: readonly string[];
  /** Closed round trips. */
  readonly trips: readonly string[];
  readonly wallet: bigint;
  readonly equity: bigint;
  readonly holdings: readonly string[];
  readonly working: number;
}

/** 10^-8 USDT of the base prices' ticks: one and three decimals. */
export const MARK_OF_TICK: readonly number[] = [10_000_000, 100_000];

/** The market that every scenario opens with, by instrument: a mark and a good book. */
export const OPENING: readonly (readonly MarketEvent[])[] = BASE_PRICES.map((base, instrument) => {
  const level = (isBid: boolean, step: number): Level => ({
    ...{ isBid, price: base + (isBid ? -step : step) },
    quantity: 5 * step,
  });
  return [
    {
      ...{ do: 'mark', instrument, nextSettlementMs: 1_500 },
      mark: base * (MARK_OF_TICK[instrument] ?? 0),
    },
    {
      ...{ do: 'book', instrument, isSnapshot: true, exchangeMs: 0 },
      levels: [1, 2, 3].flatMap((step) => [level(true, step), level(false, step)]),
    },
  ] as const;
});
