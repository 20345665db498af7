/**
 * 200 trials of a sweep over one tape, on one thread and on two, through the runner that `la sweep` uses; and what a thread
 * keeps in memory beyond the tape that all of them share.
 *
 * The trials are a crossing of averages over half a recorded day of one-minute candles. Every trial must come to the same state
 * hash on whichever thread. A thread's memory is the process's growth while its threads work, by thread, at its most: over what
 * it had when the tape lay in memory and one trial had run in the main thread, and without that thread's own heap, which grows
 * and shrinks meanwhile.
 */

import path from 'node:path';
import { createHash } from 'node:crypto';
import { enableCompileCache } from 'node:module';
import { SweepMarket } from '../../src/app/sweep/sweep-market.ts';
import type { Trial } from '../../src/app/sweep/sweep-space.ts';
import { ThreadRunner } from '../../src/app/sweep/thread-runner.ts';
import { type TrialGround, type TrialOutcome, runTrial } from '../../src/app/sweep/trial-run.ts';
import { backtestSettings } from '../harness/backtest-settings.ts';
import type { BenchCase, Sample } from '../harness/bench-case.ts';
import { measureAsyncRounds } from '../harness/measure-rounds.ts';
import { dataFolder } from '../harness/recorded-tiles.ts';

const MONTH = 'klines/binance-um-btcusdt-1m-20250504.csv.gz';
const SYMBOL = 'BTCUSDT';
const MINUTE_MS = 60_000;
const HISTORY_BARS = 128;
const PLAYED_BARS = 720;
const FAST = 20;
const SLOW = 10;
const MEGABYTE = 1_000_000;

/** 20 fast averages by 10 slow ones. */
function trials(): Trial[] {
  return Array.from({ length: FAST * SLOW }, (_, at) => ({
    trial: at + 1,
    params: { fast: 2 + (at % FAST), slow: 30 + 10 * Math.floor(at / FAST) },
  }));
}

/** Bytes of the process that are resident, without the heap of the main thread and what that holds outside of it. */
function residentBesideMain(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return rss - heapTotal - external;
}

async function measureSweep(threads: number): Promise<Sample> {
  // As `la` does.
  enableCompileCache();
  const data = path.join(dataFolder() ?? '', MONTH);
  const files = { data, marks: null, funding: null, symbol: SYMBOL, barMs: null };
  const opened = await SweepMarket.open([files]);
  const { dataset, specs } = opened.market;
  const ground: TrialGround = {
    settings: { ...backtestSettings({ strategy: 'sma_cross' }), band: 'off' },
    specs,
    data: { priceSource: dataset.priceSource, barMs: dataset.barMs },
    ...{ source: 'bench', seed: 1 },
  };
  const whole = opened.market.feed({ fromMs: null, toMs: null, historyBars: 0 });
  const fromMs = whole.startMs + HISTORY_BARS * MINUTE_MS;
  const recorded = await opened.record({
    ...{ fromMs, toMs: fromMs + PLAYED_BARS * MINUTE_MS, historyBars: HISTORY_BARS },
  });
  const space = trials();
  const [first] = space;
  if (first !== undefined) await runTrial(ground, recorded.tapes, first, null);
  const before = residentBesideMain();
  let most = before;
  const runner = new ThreadRunner(threads);
  try {
    return await measureAsyncRounds({
      units: space.length,
      async run() {
        const outcomes: TrialOutcome[] = [];
        await runner.run(ground, recorded, space, (outcome) => {
          outcomes.push(outcome);
          most = Math.max(most, residentBesideMain());
        });
        return checkOf(outcomes);
      },
      extra: () => ({ megabytes: (most - before) / threads / MEGABYTE }),
    });
  } finally {
    await runner.close();
  }
}

/** Of the trials in their order, whichever thread was first. Throws where one of them did nothing. */
function checkOf(outcomes: readonly TrialOutcome[]): string {
  const hash = createHash('sha256');
  for (const { trial, report } of outcomes.toSorted((one, other) => one.trial - other.trial)) {
    if (report === null || report.fills === 0) throw new Error(`trial ${trial} came to nothing`);
    hash.update(`${trial} ${report.state_hash}\n`);
  }
  return `${outcomes.length} trials, ${hash.digest('hex').slice(0, 16)}`;
}

export const sweepCase: BenchCase = {
  name: 'sweep',
  title: '200 trials over half a day of candles on one thread and on two; what a thread keeps in memory',
  needsData: true,
  pairsMax: 3,
  variants: [
    { name: 'one thread', unit: 'trials', measure: () => measureSweep(1) },
    { name: 'two threads', unit: 'trials', measure: () => measureSweep(2) },
  ],
  sameWork: [['one thread', 'two threads']],
  conclusions: [
    {
      kind: 'ratio',
      label: 'two threads / one',
      numerator: 'two threads',
      denominator: 'one thread',
      goal: { atLeast: 1.7 },
    },
    {
      kind: 'reading',
      label: 'memory of a thread beyond the tape',
      variant: 'two threads',
      key: 'megabytes',
      unit: 'MB',
      isExact: true,
      goal: { atMost: 60 },
    },
  ],
};
