/**
 * A year of one-minute candles through the public `onBar` with the whole exchange, against the scan and against a fortieth of
 * it; and a day of them from a cold start to the printed result, against an empty Node process.
 *
 * The year is the recorded month, told twelve times over with its times going on, in blocks made before the clock starts.
 * The strategy keeps two averages and is always long or short, so that every candle is held against margins; a variant of it
 * has a stop and a target at the exchange with every position.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { EventBlock } from '../../src/core/domain/event-block.ts';
import { DEFAULT_FILL_TERMS } from '../../src/core/domain/fill-terms.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { lots, ticks } from '../../src/core/domain/units.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { type StrategyHandlers, marketOrder } from '../../src/core/strategy/strategy.ts';
import { BarFile } from '../../src/storage/datasets/bar-file.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { PROJECT } from '../harness/machine.ts';
import { measureRounds } from '../harness/measure-rounds.ts';
import { instanceOf, openSession } from '../harness/quoting-strategy.ts';
import { dataFolder } from '../harness/recorded-tiles.ts';
import { measureScan } from './scan.ts';

const MONTH = 'klines/binance-um-btcusdt-1m-20250504.csv.gz';
const MINUTE_MS = 60_000;
const YEAR_BARS = 525_600;
const FORTIETH_BARS = YEAR_BARS / 40;
const DAY_BARS = 1_440;
const BLOCK_ROWS = 4_096;
/** Weights of the two averages: about a quarter of an hour, and four hours. */
const FAST = 1 / 15;
const SLOW = 1 / 240;
/** 10^-8 to ticks of 0.1, and to lots of 0.0001. */
const TICK_SCALE = 10_000_000;
const LOT_SCALE = 10_000;
const QUANTITY = lots(100);
/** Of the price. */
const EXIT_DISTANCE = 0.02;

const INSTRUMENT = {
  ...{ symbol: 'BTCUSDT', base: 'BTC', quote: 'USDT', price_decimals: 1, quantity_decimals: 4 },
  ...{ min_quantity: '0.0001', max_limit_quantity: '1000', max_market_quantity: '120', price_protect: '1' },
  ...{ min_leverage: 1, max_leverage: 125, funding_interval_hours: 8 },
  tiers: [
    {
      ...{ level: 1, start_notional: '0', end_notional: '1000000000', max_leverage: 125 },
      maintenance_rate: '0.004',
    },
  ],
};

function monthFile(): string {
  return path.join(dataFolder() ?? '', MONTH);
}

function startOf(): SessionStart {
  return {
    ...openSession(INSTRUMENT),
    fill_model: 'parametric',
    market_ends_after_ms: YEAR_BARS * MINUTE_MS,
    sample_interval_ms: MINUTE_MS,
    fills: { ...DEFAULT_FILL_TERMS, price_source: 'bars' },
  };
}

async function barsOf(startMs: number, wanted: number): Promise<EventBlock[]> {
  const month = await BarFile.open(monthFile(), 'trade');
  const instrument = createInstrument(INSTRUMENT, 0);
  const blocks: EventBlock[] = [];
  let block: EventBlock | null = null;
  let sequence = 1;
  for (let bars = 0; bars < wanted;) {
    for await (const batch of month.batches()) {
      for (let at = 0; at < batch.count && bars < wanted; at++, bars++) {
        if (block === null || !block.hasRoom(1)) {
          block = new EventBlock(BLOCK_ROWS);
          block.reset(sequence);
          blocks.push(block);
        }
        const openTimeMs = startMs + bars * MINUTE_MS;
        const price = (column: Float64Array) => ticks((column[at] ?? 0) / TICK_SCALE);
        const bar = {
          ...{ openTimeMs, lengthMs: MINUTE_MS, open: price(batch.open), high: price(batch.high) },
          ...{ low: price(batch.low), close: price(batch.close) },
          volume: lots((batch.volume[at] ?? 0) / LOT_SCALE),
        };
        block.appendBar(instrument.index, openTimeMs + MINUTE_MS, bar, 0);
        sequence++;
      }
    }
  }
  return blocks;
}

/** Two exponential averages, long above and short below; `exits`: with a stop and a target for every position. */
function crossing(exits: boolean): StrategyHandlers {
  let [fast, slow] = [Number.NaN, Number.NaN];
  return {
    onBar(instrument, view) {
      const close = view.bars(instrument).close(0);
      if (Number.isNaN(fast)) [fast, slow] = [close, close];
      fast += (close - fast) * FAST;
      slow += (close - slow) * SLOW;
      const wanted = fast > slow ? QUANTITY : -QUANTITY;
      const held = view.position(instrument);
      // With exits the orders that work are those of the position.
      if (wanted === held || (exits ? wanted > 0 === held > 0 && held !== 0 : view.workingOrders() > 0))
        return undefined;
      const isBuy = wanted > held;
      const away = Math.round(close * EXIT_DISTANCE) * (isBuy ? 1 : -1);
      const [stopLoss, takeProfit] = [ticks(close - away), ticks(close + away)];
      const bracket = exits ? { on: 'last' as const, stopLoss, takeProfit } : null;
      const order = marketOrder(instrument, isBuy ? 'buy' : 'sell', lots(Math.abs(wanted - held)), {
        bracket,
      });
      return [order];
    },
  };
}

async function measureBars(bars: number, exits = false): Promise<Sample> {
  const startMs = Date.UTC(2025, 0, 1);
  const blocks = await barsOf(startMs, bars);
  const start = startOf();
  const opening = new EventBlock(1);
  opening.reset(0);
  opening.appendSessionStarted(startMs, start);
  let fills = 0;
  return measureRounds({
    units: bars,
    run() {
      fills = 0;
      const engine = new Engine(start, instanceOf(crossing(exits)));
      for (const block of [opening, ...blocks]) {
        engine.process(block);
        for (const output of engine.takeOutputs()) if (output.type === 'fill') fills++;
      }
      const { strategyErrors, equity } = engine.status();
      if (strategyErrors > 0 || fills === 0) throw new Error(`${strategyErrors} errors, ${fills} fills`);
      return `${engine.stateHash()}, ${fills} fills, equity ${equity}`;
    },
    extra: () => ({ fills }),
  });
}

/** Runs a program of one's own to its end; its output is its check. */
function measureProcess(args: readonly string[], check: (out: string) => string): Sample {
  return measureRounds({
    units: 1,
    run() {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        cwd: PROJECT,
      });
      if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
      return check(stdout);
    },
  });
}

function measureDay(): Sample {
  const folder = mkdtempSync(path.join(tmpdir(), 'la-bench-'));
  try {
    const rows = gunzipSync(readFileSync(monthFile())).toString('utf8').split('\n');
    const file = path.join(folder, 'btcusdt-1m.csv');
    writeFileSync(file, `${rows.slice(0, DAY_BARS + 1).join('\n')}\n`);
    const command = ['bin/la.js', '-w', folder, '--json', 'backtest', '--data', file];
    return measureProcess(command, (out) => (JSON.parse(out) as { ending_equity: string }).ending_equity);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const barsCase: BenchCase = {
  name: 'bars',
  title: 'a year of 1-minute candles through onBar; a day of them from cold start to the printed result',
  needsData: true,
  pairsMax: 3,
  variants: [
    { name: 'scan', unit: 'rows', measure: measureScan },
    { name: 'year', unit: 'bars', measure: () => measureBars(YEAR_BARS) },
    { name: 'year with exits', unit: 'bars', measure: () => measureBars(YEAR_BARS, true) },
    { name: 'a fortieth', unit: 'bars', measure: () => measureBars(FORTIETH_BARS) },
    { name: 'empty process', unit: 'runs', measure: () => measureProcess(['-e', '0'], () => 'ran') },
    { name: 'day, cold', unit: 'runs', measure: measureDay },
  ],
  sameWork: [],
  conclusions: [
    {
      kind: 'ratio',
      label: 'bars / scan',
      numerator: 'year',
      denominator: 'scan',
      goal: { atLeast: 1 / 25 },
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'bars with exits / scan',
      numerator: 'year with exits',
      denominator: 'scan',
      goal: null,
      isFraction: true,
    },
    {
      kind: 'ratio',
      label: 'time a bar at 40 x / at 1 x',
      // Rates stand in inverse ratio to times.
      numerator: 'a fortieth',
      denominator: 'year',
      goal: { atMost: 1.1 },
    },
    {
      kind: 'ratio',
      label: 'day from cold start / empty process',
      numerator: 'day, cold',
      denominator: 'empty process',
      goal: { atLeast: 1 / 8 },
      isFraction: true,
    },
    { kind: 'reading', label: 'fills', variant: 'year', key: 'fills', unit: '', isExact: true, goal: null },
  ],
};
