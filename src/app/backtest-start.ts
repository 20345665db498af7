/** Composes the start of a backtest: the contract that its data does not describe, and a session over the data's own time. */

import type { InstrumentSpec } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { type Interval, MINUTE_MS, VENUE_INTERVALS, intervalMs } from '../core/base/time.ts';
import { historyNeed } from '../core/strategy/history-need.ts';
import type { StrategyInstance } from '../core/strategy/strategy.ts';
import type { Dataset, DatasetFeed } from '../storage/datasets/dataset.ts';
import { KNOWN_INSTRUMENTS } from '../venues/simulated/known-instruments.ts';
import { instrumentSpec } from '../venues/simulated/market/instrument-spec.ts';
import { BEHIND_LAST_MS } from './backtest-run.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import { composeStart, newAccount } from './start-document.ts';
import { requireFitting } from './strategy-loader.ts';

/** Decimals that price and quantity may have together: those of money. */
const DECIMALS_MAX = 8;
/** Quantities of recordings are printed finer than any contract's lot: what is beyond gives way to the price. */
const LOT_DECIMALS_MAX = 4;
const FUNDING_INTERVAL_HOURS = 8;
/** Without a seed of one's own the same command gives the same result. */
export const DEFAULT_SEED = 1;

/**
 * The contract of a dataset: as fine as its prices, with the lot, limits and risk table of the simulated venue's contract
 * of that name.
 */
export function contractOf(symbol: string, { priceDecimals, quantityDecimals }: Dataset): InstrumentSpec {
  const known = KNOWN_INSTRUMENTS[symbol];
  // Some sources print prices off any grid: the lot of a contract that is known stays what it is.
  const price =
    known === undefined
      ? priceDecimals
      : Math.min(Math.max(priceDecimals, known.priceDecimals), DECIMALS_MAX - known.lotDecimals);
  const lot = known?.lotDecimals ?? Math.min(quantityDecimals, LOT_DECIMALS_MAX, DECIMALS_MAX - price);
  const row = instrumentSpec(symbol, price, lot, price);
  return {
    symbol,
    base: row.base,
    quote: row.quote,
    price_decimals: price,
    quantity_decimals: lot,
    min_quantity: row.minTradeVolume,
    max_limit_quantity: row.maxLimitOrderVolume,
    max_market_quantity: row.maxMarketOrderVolume,
    price_protect: row.priceProtectScope,
    min_leverage: 1,
    max_leverage: row.maxLeverage,
    funding_interval_hours: FUNDING_INTERVAL_HOURS,
    tiers: row.tiers.map((tier, at) => ({
      level: at + 1,
      start_notional: tier.startValue,
      end_notional: tier.endValue,
      max_leverage: tier.leverage,
      maintenance_rate: tier.maintenanceMarginRate,
    })),
  };
}

export interface BacktestFacts {
  readonly sessionId: string;
  readonly seed: number;
  /** How manifests and reports name the data. */
  readonly source: string;
  readonly specs: readonly InstrumentSpec[];
  readonly strategy: StrategyInstance;
}

/**
 * Bars that must be there before the first order: what was asked for, else what the strategy needs. Throws ConfigError
 * where it needs bars that the data's own do not make.
 */
export function neededHistory(
  settings: Settings,
  dataset: Pick<Dataset, 'barMs'>,
  strategy: StrategyInstance,
): number {
  const isChosen = settings.effective['engine.min_history_bars']?.origin.kind !== 'default';
  const interval = intervalOf(settings, dataset);
  requireFitting(strategy, interval);
  const need = historyNeed(strategy, intervalMs(interval));
  return isChosen ? Math.max(settings.minHistoryBars, need) : need;
}

/** The first event of a backtest. Throws ConfigError where the interval asked for is neither the data's nor a multiple. */
export function composeBacktestStart(
  settings: Settings,
  dataset: Pick<Dataset, 'priceSource' | 'barMs'>,
  feed: Pick<DatasetFeed, 'startMs' | 'endMs'>,
  facts: BacktestFacts,
): SessionStart {
  const interval = intervalOf(settings, dataset);
  const start = composeStart(settings, {
    sessionId: facts.sessionId,
    seed: facts.seed,
    source: facts.source,
    specs: facts.specs,
    strategy: facts.strategy,
    account: newAccount(settings.balance),
    marketEndsAfterMs: feed.endMs - feed.startMs + BEHIND_LAST_MS,
  });
  const { priceSource, barMs } = dataset;
  return {
    ...start,
    interval,
    ...(barMs === null ? { bars_from: 'trades' as const } : { sample_interval_ms: barMs }),
    duration_ms: null,
    min_history_bars: neededHistory(settings, dataset, facts.strategy),
    fill_model: priceSource === 'stream' ? start.fill_model : 'parametric',
    fills: { ...start.fills, price_source: priceSource },
  };
}

/** Length of the bars that were asked for, ms; null where the data's own serve. */
export function chosenBarMs(settings: Settings): number | null {
  return settings.effective['interval']?.origin.kind === 'default' ? null : intervalMs(settings.interval);
}

function intervalOf(settings: Settings, { barMs }: Pick<Dataset, 'barMs'>): Interval {
  if (barMs === null) return settings.interval;
  const chosenMs = chosenBarMs(settings);
  if (chosenMs !== null && chosenMs !== barMs)
    throw new ConfigError([
      `--interval: the data has bars of ${barMs / MINUTE_MS} minutes, of which only whole multiples can be made, found ${settings.interval}`,
    ]);
  return VENUE_INTERVALS.find((interval) => intervalMs(interval) === barMs) ?? settings.interval;
}
