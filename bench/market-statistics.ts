/**
 * Measures the synthetic market beside the recorded sessions and prints the tables of `docs/simulated-market.md`.
 *
 * Run: `LA_DATA_DIR=/path/to/recorded/data node bench/market-statistics.ts`; without the variable only the synthetic market.
 * Method: each market is stepped through its own time in steps of 100 ms; book figures are means over the steps, returns
 * are those of the middle price on a grid of one second and one minute, a market order is a run of prints of one side
 * with the same millisecond.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MarketSource } from '../src/venues/simulated/market-source.ts';
import { openRecordedMarket } from '../src/venues/simulated/recorded-market.ts';
import { createSyntheticMarket } from '../src/venues/simulated/synthetic-market.ts';

const STEP_MS = 100;
const SYNTHETIC_SEEDS = [1, 2, 3, 4, 5, 6];
const SYNTHETIC_MS = 1_200_000;
const START_MS = Date.UTC(2026, 8, 23, 1, 0, 7);
const CROSSOVER_SEEDS = 1_000;
const RECORDED = [
  'binance-um-btcusdt-20230404T2358',
  'binance-um-btcusdt-20240808T2354',
  'hyperliquid-perp-btc-20250904T1946',
];

interface Sample {
  spreadTicks: number[];
  spreadBps: number[];
  depth: [number[], number[], number[]];
  prints: number[];
  orders: number[];
  buys: number;
  secondReturns: number[];
  minuteReturns: number[];
  seconds: number;
}

function emptySample(): Sample {
  return {
    spreadTicks: [],
    spreadBps: [],
    depth: [[], [], []],
    prints: [],
    orders: [],
    buys: 0,
    secondReturns: [],
    minuteReturns: [],
    seconds: 0,
  };
}

const DEPTHS = [1, 5, 15];

/** Steps the market through `lengthMs` and adds what it shows to the sample. */
function measure(market: MarketSource, lengthMs: number, sample: Sample): void {
  const [contract] = market.instruments;
  if (contract === undefined) return;
  const { bids, asks, tape, spec } = contract;
  const coins = 10 ** spec.lotDecimals;
  let sequence = tape.sequence;
  let secondMid: number | null = null;
  let minuteMid: number | null = null;
  let orderKey = '';
  for (let elapsedMs = 0; elapsedMs < lengthMs; elapsedMs += STEP_MS) {
    market.advance(market.startMs + elapsedMs);
    const bid = bids.best();
    const ask = asks.best();
    if (bid === null || ask === null) continue;
    const mid = (bid + ask) / 2;
    sample.spreadTicks.push(ask - bid);
    sample.spreadBps.push(((ask - bid) / mid) * 1e4);
    for (const [at, levels] of DEPTHS.entries()) {
      let lots = 0;
      for (let rank = 0; rank < levels; rank++) lots += bids.lotsAt(rank) + asks.lotsAt(rank);
      sample.depth[at]?.push(lots / 2 / coins);
    }
    for (const trade of tape.since(sequence)) {
      const quantity = trade.lots / coins;
      sample.prints.push(quantity);
      const key = `${trade.timeMs} ${trade.isBuy}`;
      if (key === orderKey) sample.orders[sample.orders.length - 1] = (sample.orders.at(-1) ?? 0) + quantity;
      else sample.orders.push(quantity);
      orderKey = key;
      if (trade.isBuy) sample.buys++;
    }
    sequence = tape.sequence;
    if (elapsedMs % 1_000 === 0) {
      if (secondMid !== null) sample.secondReturns.push(Math.log(mid / secondMid) * 1e4);
      secondMid = mid;
    }
    if (elapsedMs % 60_000 === 0) {
      if (minuteMid !== null) sample.minuteReturns.push(Math.log(mid / minuteMid) * 1e4);
      minuteMid = mid;
    }
  }
  sample.seconds += lengthMs / 1_000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function moments(values: readonly number[]): { readonly deviation: number; readonly kurtosis: number } {
  const center = mean(values);
  const second = mean(values.map((value) => (value - center) ** 2));
  const fourth = mean(values.map((value) => (value - center) ** 4));
  return { deviation: Math.sqrt(second), kurtosis: fourth / second ** 2 };
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/** The rows of the table: name and value of each figure. */
function figures(sample: Sample): [string, string][] {
  const second = moments(sample.secondReturns);
  const minute = moments(sample.minuteReturns);
  const oneTick = sample.spreadTicks.filter((ticks) => ticks === 1).length / sample.spreadTicks.length;
  return [
    ['minutes measured', digits(sample.seconds / 60)],
    ['spread is one tick, share of time', `${(oneTick * 100).toFixed(1)} %`],
    ['spread, mean, bps', digits(mean(sample.spreadBps))],
    ['quantity at the best price, median, BTC', digits(quantile(sample.depth[0], 0.5))],
    ['quantity at the best price, mean, BTC', digits(mean(sample.depth[0]))],
    ['quantity in 5 levels, mean, BTC', digits(mean(sample.depth[1]))],
    ['quantity in 15 levels, mean, BTC', digits(mean(sample.depth[2]))],
    ['prints a second', digits(sample.prints.length / sample.seconds)],
    ['market orders a second', digits(sample.orders.length / sample.seconds)],
    ['market order, median, BTC', digits(quantile(sample.orders, 0.5))],
    ['market order, 90 %, BTC', digits(quantile(sample.orders, 0.9))],
    ['market order, 99 %, BTC', digits(quantile(sample.orders, 0.99))],
    ['market order, largest, BTC', digits(Math.max(...sample.orders))],
    ['volume a minute, BTC', digits((mean(sample.prints) * sample.prints.length * 60) / sample.seconds)],
    ['taker buys, share of prints', `${((sample.buys / sample.prints.length) * 100).toFixed(0)} %`],
    ['return of a second, deviation, bps', digits(second.deviation)],
    ['return of a second, kurtosis', digits(second.kurtosis)],
    ['return of a minute, deviation, bps', digits(minute.deviation)],
  ];
}

/** Times that SMA(2) - SMA(4) of the one-minute closes changes sign among the bars that close within ten minutes. */
function crossovers(seed: number): number {
  const startMs = START_MS + seed * 7_919;
  const btc = { symbol: 'BTCUSDT', startPrice: 86_000, priceDecimals: 1, lotDecimals: 4 };
  const market = createSyntheticMarket({ seed, startMs, instruments: [btc] });
  const store = market.instruments[0]?.bars;
  if (store === undefined) return 0;
  market.advance(startMs + 600_000);
  const firstMs = Math.floor(startMs / 60_000) * 60_000;
  const closeOf = (at: number): number =>
    store.fold(firstMs + at * 60_000, firstMs + (at + 1) * 60_000)?.close ?? 0;
  let changes = 0;
  let previous = 0;
  for (let bar = 0; firstMs + (bar + 1) * 60_000 <= startMs + 600_000; bar++) {
    const sign = Math.sign(closeOf(bar) + closeOf(bar - 1) - closeOf(bar - 2) - closeOf(bar - 3));
    if (sign === 0) continue;
    if (previous !== 0 && sign !== previous) changes++;
    previous = sign;
  }
  return changes;
}

async function run(): Promise<void> {
  const columns: [string, [string, string][]][] = [];
  const synthetic = emptySample();
  const beganMs = performance.now();
  for (const seed of SYNTHETIC_SEEDS) {
    measure(createSyntheticMarket({ seed, startMs: START_MS }), SYNTHETIC_MS, synthetic);
  }
  const spentMs = performance.now() - beganMs;
  columns.push(['synthetic BTCUSDT', figures(synthetic)]);
  const folder = process.env['LA_DATA_DIR'];
  for (const name of folder === undefined ? [] : RECORDED) {
    const path = join(folder ?? '', 'l2', name);
    if (!existsSync(`${path}-trades.csv.gz`)) continue;
    const market = await openRecordedMarket({ path, shift: 'recorded' });
    const sample = emptySample();
    measure(market, market.durationMs, sample);
    columns.push([name, figures(sample)]);
  }
  console.log(`| | ${columns.map(([name]) => name).join(' | ')} |`);
  console.log(`|---|${columns.map(() => '---:|').join('')}`);
  for (const [at, [label]] of (columns[0]?.[1] ?? []).entries()) {
    console.log(`| ${label} | ${columns.map(([, rows]) => rows[at]?.[1] ?? '').join(' | ')} |`);
  }
  const counts = Array.from({ length: CROSSOVER_SEEDS }, (_, at) => crossovers(at + 1));
  const enough = counts.filter((count) => count >= 3).length / counts.length;
  console.log(
    `\nSign changes of SMA(2) - SMA(4) of one-minute closes in ten minutes, ${CROSSOVER_SEEDS} seeds:`,
  );
  console.log(`at least 3 in ${(enough * 100).toFixed(1)} % of the seeds; mean ${mean(counts).toFixed(2)}.`);
  const share = spentMs / (SYNTHETIC_SEEDS.length * SYNTHETIC_MS);
  console.log(`\nStepping two contracts costs ${(share * 100).toFixed(2)} % of a core (measured here).`);
}

await run();
