/**
 * A made-up session as plain data: terms, what the market did, and what a strategy asked for, in order of time.
 *
 * Prices in ticks, quantities in lots, times in ms after the session's start; rates and money as decimal text.
 */

import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';

type Side = 'buy' | 'sell';

export interface Terms {
  readonly instruments: 1 | 2;
  readonly wallet: string;
  readonly leverage: number;
  readonly marginMode: 'isolated' | 'cross';
  readonly makerFee: string;
  readonly takerFee: string;
  readonly requestMs: number;
  readonly responseMs: number;
  readonly staleMs: number;
  readonly ordersPerSecond: number;
  readonly gateLeverage: number;
  readonly maxNotional: string | null;
  readonly dayLossPercent: number;
  /** Of the cancels at our price, the share (ahead / shown) ^ this was ahead of us. */
  readonly queueExponent: number;
  /** A full book older than this tells nothing. */
  readonly tailAgeMs: number;
}

export interface Submit {
  readonly do: 'submit';
  readonly instrument: number;
  readonly side: Side;
  readonly type: 'market' | 'limit' | 'stop_market' | 'stop_limit' | 'take_profit' | 'trailing_stop';
  readonly quantity: number;
  readonly price: number | null;
  readonly tif: 'gtc' | 'ioc' | 'fok' | 'post_only';
  readonly reduceOnly: boolean;
  readonly trigger: {
    readonly on: 'mark' | 'last';
    readonly price: number | null;
    readonly trailBps: number | null;
  } | null;
  readonly bracket: {
    readonly on: 'mark' | 'last';
    readonly takeProfit: number | null;
    readonly stopLoss: number | null;
  } | null;
  readonly clientId: string | null;
}

/** What the strategy does; `id` is the client order id of an earlier order, or of none. */
export type Action =
  | Submit
  | { readonly do: 'cancel'; readonly id: string }
  | {
      readonly do: 'amend';
      readonly id: string;
      readonly price: number | null;
      readonly quantity: number | null;
    }
  | { readonly do: 'flatten' };

export interface Level {
  readonly isBid: boolean;
  readonly price: number;
  readonly quantity: number;
}

/** What the market or the operator does. `exchangeMs` null: the message has no stamp. */
export type MarketEvent =
  | {
      readonly do: 'book';
      readonly instrument: number;
      readonly isSnapshot: boolean;
      readonly exchangeMs: number | null;
      readonly levels: readonly Level[];
    }
  /** A full book that was fetched: both sides, best first. */
  | {
      readonly do: 'tail';
      readonly instrument: number;
      readonly levels: readonly Level[];
    }
  | {
      readonly do: 'trade';
      readonly instrument: number;
      readonly taker: Side;
      readonly price: number;
      readonly quantity: number;
      readonly exchangeMs: number;
    }
  | {
      readonly do: 'mark';
      readonly instrument: number;
      /** 10^-8 USDT. */
      readonly mark: number;
      readonly nextSettlementMs: number | null;
    }
  | {
      readonly do: 'funding';
      readonly instrument: number;
      readonly settlementMs: number;
      /** 10^-12. */
      readonly rate: number;
      readonly mark: number;
    }
  | { readonly do: 'disconnect' }
  | { readonly do: 'pause' | 'resume' }
  | { readonly do: 'time' };

export type Timed<Thing> = Thing & { readonly atMs: number };

export interface Scenario {
  readonly terms: Terms;
  /** In order of time; the market opens with a mark and a good book of each instrument at 0. */
  readonly events: readonly Timed<MarketEvent>[];
  readonly actions: readonly Timed<Action>[];
  /** When the session is looked at; after everything else. */
  readonly endMs: number;
}

/** Small limits, so that small orders meet all of them. */
export const INSTRUMENTS: readonly InstrumentSpec[] = [
  {
    symbol: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    price_decimals: 1,
    quantity_decimals: 4,
    min_quantity: '0.0002',
    max_limit_quantity: '0.006',
    max_market_quantity: '0.004',
    price_protect: '0.01',
    min_leverage: 1,
    max_leverage: 125,
    funding_interval_hours: 8,
    tiers: [
      { level: 1, start_notional: '0', end_notional: '2', max_leverage: 125, maintenance_rate: '0.004' },
      { level: 2, start_notional: '2', end_notional: '6', max_leverage: 20, maintenance_rate: '0.01' },
      { level: 3, start_notional: '6', end_notional: '500', max_leverage: 5, maintenance_rate: '0.02' },
    ],
  },
  {
    symbol: 'ALTUSDT',
    base: 'ALT',
    quote: 'USDT',
    price_decimals: 3,
    quantity_decimals: 1,
    min_quantity: '0.1',
    max_limit_quantity: '1000',
    max_market_quantity: '500',
    price_protect: '0.02',
    min_leverage: 1,
    max_leverage: 125,
    funding_interval_hours: 4,
    tiers: [],
  },
];

/** The price round which everything happens, in ticks: 1000.0 and 2.000 USDT. */
export const BASE_PRICES: readonly number[] = [10_000, 2_000];
