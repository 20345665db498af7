/** The series that the charts draw, from the journal's rows. Floats: for pixels and for readouts, not for accounts. */

import { MONEY_DECIMALS } from '../../core/domain/units.ts';
import { type Span, doubtfulStretches } from '../doubtful-time.ts';
import type { BandRow } from '../../ports/journal-rows.ts';
import type { Point } from './chart-scale.ts';
import type { PageFacts, PageFill } from './page-facts.ts';

export interface BandPoint {
  readonly timeMs: number;
  readonly low: number;
  readonly high: number;
}

export interface ChartSeries {
  readonly fromMs: number;
  readonly toMs: number;
  readonly equity: readonly Point[];
  /** Equity under the worst and the best of the three exchanges; empty where the others did not run. */
  readonly band: readonly BandPoint[];
  /** Percent below the highest equity so far, <= 0. */
  readonly drawdown: readonly Point[];
  /** Notional held long and short, at the price of each symbol's latest fill; short <= 0. A step at each fill. */
  readonly long: readonly Point[];
  readonly short: readonly Point[];
  readonly doubtful: readonly Readonly<Span>[];
}

/** Null where there is too little to draw. */
export function chartSeries({ report, rows }: PageFacts): ChartSeries | null {
  const fromMs = Date.parse(report.started_at);
  const toMs = Date.parse(report.ended_at);
  const samples = rows.equity
    .filter(({ time_ms: timeMs }) => timeMs >= fromMs && timeMs <= toMs)
    .map(({ time_ms: timeMs, equity }) => ({ timeMs, value: Number(equity) }));
  if (samples.length < 2 || toMs <= fromMs) return null;
  const opening = Number(report.starting_equity);
  const equity = [
    { timeMs: fromMs, value: opening },
    ...samples,
    { timeMs: toMs, value: Number(report.ending_equity) },
  ];
  return {
    fromMs,
    toMs,
    equity,
    band: bandPoints(rows.band, opening),
    drawdown: drawdownPoints(equity),
    ...exposurePoints(rows, fromMs, toMs),
    doubtful: doubtfulStretches(rows.quality, fromMs, toMs),
  };
}

function bandPoints(band: readonly BandRow[], opening: number): BandPoint[] {
  return band.flatMap(({ time_ms: timeMs, optimistic, realistic, pessimistic }) => {
    if (optimistic === null || pessimistic === null) return [];
    const profits = [Number(optimistic), Number(realistic), Number(pessimistic)];
    return [{ timeMs, low: opening + Math.min(...profits), high: opening + Math.max(...profits) }];
  });
}

function drawdownPoints(equity: readonly Point[]): Point[] {
  let peak = Number.NEGATIVE_INFINITY;
  return equity.map(({ timeMs, value }) => {
    peak = Math.max(peak, value);
    return { timeMs, value: peak > 0 ? -((peak - value) / peak) * 100 : 0 };
  });
}

function exposurePoints(
  { fills, finalPositions }: PageFacts['rows'],
  fromMs: number,
  toMs: number,
): Pick<ChartSeries, 'long' | 'short'> {
  const held = openingHoldings(fills, finalPositions);
  const long: Point[] = [];
  const short: Point[] = [];
  const note = (timeMs: number): void => {
    const notionals = held
      .values()
      .map(({ quantity, price }) => quantity * price)
      .toArray();
    const sum = (sign: number): number =>
      notionals.reduce((total, notional) => total + (notional * sign > 0 ? notional : 0), 0);
    for (const [series, value] of [
      [long, sum(1)],
      [short, sum(-1)],
    ] as const) {
      const former = series.at(-1);
      if (former !== undefined) series.push({ timeMs, value: former.value });
      series.push({ timeMs, value });
    }
  };
  note(fromMs);
  for (const { symbol, side, quantity, price, time_ms: timeMs } of fills) {
    const holding = held.get(symbol) ?? { quantity: 0, price: 0 };
    const change = side === 'buy' ? Number(quantity) : -Number(quantity);
    held.set(symbol, { quantity: roundQuantity(holding.quantity + change), price: Number(price) });
    note(Math.min(Math.max(timeMs, fromMs), toMs));
  }
  note(toMs);
  return { long, short };
}

/** What was held at the start: what is held at the end without the session's fills, at the price of the first fill. */
function openingHoldings(
  fills: readonly PageFill[],
  finalPositions: PageFacts['rows']['finalPositions'],
): Map<string, { quantity: number; price: number }> {
  const held = new Map(
    finalPositions.map(({ symbol, quantity }) => [symbol, { quantity: Number(quantity), price: 0 }]),
  );
  for (const { symbol, side, quantity, price } of fills.toReversed()) {
    const holding = held.get(symbol) ?? { quantity: 0, price: 0 };
    const change = side === 'buy' ? Number(quantity) : -Number(quantity);
    held.set(symbol, { quantity: roundQuantity(holding.quantity - change), price: Number(price) });
  }
  return held;
}

/** Sums of decimal quantities leave dust in floats; no lot is as small as this. */
function roundQuantity(quantity: number): number {
  return Math.round(quantity * 10 ** MONEY_DECIMALS) / 10 ** MONEY_DECIMALS;
}
