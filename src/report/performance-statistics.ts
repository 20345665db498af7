/** Statistics of an equity curve and of closed trades. Ratios are floats for people; amounts stay exact. */

import { formatMoney, parseMoney } from '../core/domain/instrument.ts';
import { parseBigDecimal } from '../core/base/fixed-point.ts';
import { type Money, ZERO_MONEY, money } from '../core/domain/units.ts';
import { DAY_MS } from '../core/base/time.ts';
import type { TradeRow } from '../ports/journal-rows.ts';
import type { EquitySample, FillFacts, OpeningPosition } from './session-facts.ts';

const YEAR_MS = 365 * DAY_MS;
/** Fewer samples say nothing about a distribution. */
export const SHARPE_SAMPLES_MIN = 30;
/** Finest quantity grid of any instrument, for comparing quantities of several. */
const QUANTITY_DECIMALS = 18;
const RATIO_DECIMALS = 6;

/** Exact sum of decimal texts. */
export function sumMoney(amounts: Iterable<string>): Money {
  let total = 0n;
  for (const amount of amounts) total += parseMoney(amount);
  return money(total);
}

/** `part` of `whole` in percent, rounded to 6 decimals; null where the whole is not positive. */
export function percentOf(part: bigint, whole: bigint): number | null {
  return whole > 0n ? roundRatio((Number(part) / Number(whole)) * 100) : null;
}

function roundRatio(value: number): number {
  const scale = 10 ** RATIO_DECIMALS;
  return Math.round(value * scale) / scale;
}

export interface Drawdown {
  /** Largest fall below an earlier peak, in USDT, >= 0. */
  readonly amount: string;
  /** Largest fall as a share of its own peak; the two need not be the same fall. Null where no peak was positive. */
  readonly percent: number | null;
}

/** The drawdown of the values in their order, the first of which is the first peak. */
export function maxDrawdown(equity: readonly string[]): Drawdown {
  let peak: bigint | null = null;
  let amount = 0n;
  let percent: number | null = null;
  for (const text of equity) {
    const value = parseMoney(text);
    if (peak === null || value > peak) peak = value;
    const fall = peak - value;
    if (fall > amount) amount = fall;
    const share = percentOf(fall, peak);
    if (share !== null && (percent === null || share > percent)) percent = share;
  }
  return { amount: formatMoney(money(amount)), percent };
}

/**
 * Annualised Sharpe ratio of the simple returns between consecutive equity samples, risk-free rate 0:
 * mean / standard deviation (n - 1) x sqrt(samples in a year of 365 days), the spacing of the samples taken as their mean.
 * Null below one day, where a yearly figure would be a fiction, with fewer than {@link SHARPE_SAMPLES_MIN} samples, with
 * no variance, and where equity was not positive.
 */
export function sharpeRatio(samples: readonly EquitySample[]): number | null {
  if (samples.length < SHARPE_SAMPLES_MIN) return null;
  const values = samples.map(({ equity }) => Number(equity));
  if (values.some((value) => value <= 0)) return null;
  const returns = values.slice(1).map((value, index) => value / (values[index] ?? Number.NaN) - 1);
  const count = returns.length;
  const mean = returns.reduce((sum, value) => sum + value, 0) / count;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const spanMs = (samples.at(-1)?.time_ms ?? 0) - (samples[0]?.time_ms ?? 0);
  if (variance === 0 || spanMs < DAY_MS) return null;
  return roundRatio((mean / Math.sqrt(variance)) * Math.sqrt((YEAR_MS * count) / spanMs));
}

export interface TradeStatistics {
  readonly wins: number;
  readonly losses: number;
  /** Wins as a share of all trades, 0 to 1; null without trades. A trade that ends at exactly 0 is neither win nor loss. */
  readonly winRate: number | null;
  /** Sum of won net profit over sum of lost; null without a loss. */
  readonly profitFactor: number | null;
}

export function tradeStatistics(trades: readonly Pick<TradeRow, 'net_pnl'>[]): TradeStatistics {
  const results = trades.map(({ net_pnl: net }) => parseMoney(net));
  const won = results.filter((net) => net > 0n);
  const lost = results.filter((net) => net < 0n);
  return {
    wins: won.length,
    losses: lost.length,
    winRate: results.length === 0 ? null : roundRatio(won.length / results.length),
    profitFactor: lost.length === 0 ? null : roundRatio(Number(sumBigints(won)) / -Number(sumBigints(lost))),
  };
}

/**
 * Share of the session's time with a position in any instrument, in percent; from the fills, hence exact. Null for a
 * session without length.
 */
export function exposurePercent(
  opening: readonly OpeningPosition[],
  fills: readonly FillFacts[],
  startedMs: number,
  endedMs: number,
): number | null {
  if (endedMs <= startedMs) return null;
  const held = new Map(opening.map(({ symbol, quantity }) => [symbol, parseQuantityText(quantity)]));
  const isExposed = (): boolean => held.values().some((quantity) => quantity !== 0n);
  let exposedMs = 0;
  let sinceMs = startedMs;
  for (const fill of fills.toSorted((a, b) => a.time_ms - b.time_ms)) {
    const timeMs = Math.min(Math.max(fill.time_ms, startedMs), endedMs);
    if (isExposed()) exposedMs += timeMs - sinceMs;
    sinceMs = timeMs;
    const change = parseQuantityText(fill.quantity);
    held.set(fill.symbol, (held.get(fill.symbol) ?? 0n) + (fill.side === 'buy' ? change : -change));
  }
  if (isExposed()) exposedMs += endedMs - sinceMs;
  return roundRatio((exposedMs / (endedMs - startedMs)) * 100);
}

/** Sum of a cost over all fills; null as soon as one fill has none, because a part of a sum would pass for the whole. */
export function sumCost(
  fills: readonly FillFacts[],
  cost: (fill: FillFacts) => string | null,
): string | null {
  let total: bigint = ZERO_MONEY;
  for (const fill of fills) {
    const amount = cost(fill);
    if (amount === null) return null;
    total += parseMoney(amount);
  }
  return formatMoney(money(total));
}

function parseQuantityText(text: string): bigint {
  return parseBigDecimal(text, QUANTITY_DECIMALS);
}

function sumBigints(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}
