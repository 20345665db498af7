import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIo } from '../../../test/builders/captured-io.ts';
import { SeededRandom } from '../../core/base/random.ts';
import { createInstrument } from '../../core/domain/instrument.ts';
import type { SweepDocument } from '../../report/sweep-html.ts';
import { openBarDataset } from '../../storage/datasets/bar-dataset.ts';
import { playTape, recordTape } from '../../storage/datasets/event-tape.ts';
import { BacktestMarket, contractsOf } from '../backtest-market.ts';
import { evaluateBacktest } from '../backtest-run.ts';
import { composeBacktestStart, contractOf, neededHistory } from '../backtest-start.ts';
import { loadSettings } from '../config/load-settings.ts';
import { pairFiles } from '../market-files.ts';
import { loadStrategyMaker } from '../strategy-loader.ts';
import { ThreadRunner } from './thread-runner.ts';
import { parseSweepSpace } from './sweep-space.ts';
import { sweep } from './sweep.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const BARS = 1_500;
const FROM_MS = START_MS + 200 * MINUTE_MS;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-sweep-'));
  const random = new SeededRandom(11);
  const rows = ['open_time_ms,open,high,low,close,volume'];
  let price = 60_000;
  for (let bar = 0; bar < BARS; bar++) {
    const close = Math.max(1_000, Math.round((price + random.nextNormal() * 40) * 10) / 10);
    const [low, high] = [Math.min(price, close) - 5, Math.max(price, close) + 5];
    rows.push(`${START_MS + bar * MINUTE_MS},${price},${high.toFixed(1)},${low.toFixed(1)},${close},25.5`);
    price = close;
  }
  writeFileSync(path.join(folder, 'btcusdt.csv'), `${rows.join('\n')}\n`);
  // Another contract that begins later, so that at a start both have history, of another length.
  writeFileSync(path.join(folder, 'ethusdt.csv'), `${[rows[0], ...rows.slice(120)].join('\n')}\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function settings(params = '{}') {
  return loadSettings({
    workspace: folder,
    configFile: null,
    flags: { strategy: 'sma_cross', params },
    account: 'fresh',
    environment: {},
    recorded: null,
  });
}

const NO_OTHERS = { funding: [], mark: [] };

const SPACE = `
data: btcusdt.csv
from: ${FROM_MS}
params: {fast: [2, 5], slow: [4, 30, 90]}
score: pnl
`;

async function run(text: string, threads: number): Promise<SweepDocument> {
  const io = captureIo(true);
  const space = parseSweepSpace(text, path.join(folder, 'space.yaml'));
  const openRunner = () => Promise.resolve(new ThreadRunner(threads));
  expect(await sweep({ settings: settings(), space, workspace: folder, openRunner }, io)).toBe(0);
  return JSON.parse(io.out()) as SweepDocument;
}

/** Without what names this run and this machine's speed. */
function resultOf(document: SweepDocument): unknown {
  const { sweep_id: _id, ...rest } = document;
  const { folder: _folder, sweep_seconds: _seconds, ...result } = rest as Record<string, unknown>;
  return result;
}

describe('a sweep', { timeout: 120_000 }, () => {
  test('of which the strategy takes nothing is a mistake in the space, with the reason', async () => {
    await expect(run(SPACE.replace('fast:', 'fsat:'), 1)).rejects.toThrow(
      /params: expected parameters that the strategy takes, found none in 6; the first: .*fsat/,
    );
  });

  test('gives the same document on one thread and on three', async () => {
    const one = await run(SPACE, 1);
    expect(resultOf(await run(SPACE, 3))).toEqual(resultOf(one));
    expect(one.trials).toHaveLength(5);
    expect(one.refused.map(({ params }) => params)).toEqual([{ fast: 5, slow: 4 }]);
    expect(one.refused[0]?.reason).toMatch(/fast must be below slow/);
    const hashes = new Set(one.trials.map(({ state_hash: hash }) => hash));
    expect(hashes.size).toBe(5);
    expect(one.trials.map(({ score }) => score)).toEqual(
      one.trials.map(({ pnl_absolute: pnl }) => Number(pnl)).toSorted((a, b) => b - a),
    );
    const sweepFolder = path.join(folder, 'sweeps', one.sweep_id);
    expect(readFileSync(path.join(sweepFolder, 'trials.csv'), 'utf8').split('\n')).toHaveLength(7);
    expect(readFileSync(path.join(sweepFolder, 'report.html'), 'utf8')).toContain('slow across, fast down');
  });

  test('gives each trial what a backtest of its own gives, with its own history and no more', async () => {
    const { trials } = await run(SPACE, 2);
    for (const { params, state_hash: hash, pnl_absolute: pnl } of trials) {
      const own = settings(JSON.stringify(params));
      const dataset = await openBarDataset({
        bars: path.join(folder, 'btcusdt.csv'),
        marks: null,
        funding: null,
      });
      const createStrategy = await loadStrategyMaker('sma_cross', params);
      const strategy = createStrategy();
      const spec = contractOf('BTCUSDT', dataset);
      const feed = dataset.feed(createInstrument(spec, 0), {
        fromMs: FROM_MS,
        toMs: null,
        historyBars: neededHistory(own, dataset, strategy),
      });
      const facts = {
        sessionId: 'trial',
        seed: 1,
        source: `backtest:${path.join(folder, 'btcusdt.csv')}`,
        specs: [spec],
        strategy,
      };
      const start = composeBacktestStart({ ...own, band: 'off' }, dataset, feed, facts);
      const { report } = await evaluateBacktest({ start, createStrategy, feed });
      expect([report.state_hash, report.pnl_absolute]).toEqual([hash, pnl]);
    }
  });

  test('plays the candles of several contracts as a backtest does, on every thread', async () => {
    const text = `data: [btcusdt.csv, ethusdt.csv]\nfrom: ${FROM_MS}\nparams: {fast: 5, slow: [30, 90]}\nscore: pnl`;
    const { trials, symbol, source } = await run(text, 2);
    expect(symbol).toBe('BTCUSDT, ETHUSDT');
    expect(trials).toHaveLength(2);
    const files = ['btcusdt.csv', 'ethusdt.csv'].map((name) => path.join(folder, name));
    const market = await BacktestMarket.open(contractsOf(settings(), pairFiles(files, NO_OTHERS)));
    const { specs, dataset } = market;
    for (const { params, state_hash: hash } of trials) {
      const own = settings(JSON.stringify(params));
      const createStrategy = await loadStrategyMaker('sma_cross', params);
      const strategy = createStrategy();
      const historyBars = neededHistory(own, dataset, strategy);
      const feed = market.feed({ fromMs: FROM_MS, toMs: null, historyBars });
      const facts = { sessionId: 'trial', seed: 1, source, specs, strategy };
      const start = composeBacktestStart({ ...own, band: 'off' }, dataset, feed, facts);
      const { report } = await evaluateBacktest({ start, createStrategy, feed });
      expect(report.state_hash).toBe(hash);
      expect(report.by_symbol.map(({ fills }) => fills > 0)).toEqual([true, true]);
    }
  });

  test('walks forward: chosen on one stretch, tried on the next, which was not seen', async () => {
    const { walk_forward: walk } = await run(`${SPACE}walk_forward: {train: 8h, test: 4h}`, 2);
    const time = (bars: number): string => new Date(FROM_MS + bars * MINUTE_MS).toISOString();
    expect(
      walk?.windows.map(({ train_from, test_from, test_to }) => [train_from, test_from, test_to]),
    ).toEqual([
      [time(0), time(480), time(720)],
      [time(240), time(720), time(960)],
      [time(480), time(960), time(1_200)],
    ]);
    const alone = await run(
      `data: btcusdt.csv\nfrom: ${FROM_MS}\nto: ${FROM_MS + 480 * MINUTE_MS}\nparams: {fast: [2, 5], slow: [4, 30, 90]}\nscore: pnl`,
      2,
    );
    expect(walk?.windows[0]?.params).toEqual(alone.trials[0]?.params);
    expect(walk?.windows[0]?.train_pnl).toBe(alone.trials[0]?.pnl_absolute);
    const tried = await run(
      `data: btcusdt.csv\nfrom: ${time(480)}\nto: ${time(720)}\nparams: ${JSON.stringify(walk?.windows[0]?.params)}`,
      1,
    );
    expect(walk?.windows[0]?.test_pnl).toBe(tried.trials[0]?.pnl_absolute);
  });

  test('ends with a sentence and exit 1 when a trial does not come back, whatever the others do', async () => {
    const looping = `defineStrategy({
  name: 'looping',
  params: z.strictObject({ at: z.number() }),
  historyBars: () => 0,
  state: () => ({ bars: 0 }),
  create: ({ at }, state) => ({ onBar() { if (++state.bars === at) for (;;); } }),
})`;
    const [code, said] = await sweepFile(looping, 'params: {at: [-1, 60, -2]}');
    expect(code).toBe(1);
    expect(said).toContain(
      'own.ts with {"at":60}: onBar at 2026-01-01 01:01:00 of the market (its call 60) did not come back within 1 s',
    );
  });

  test('ends with a sentence and exit 4 when a trial needs more memory than a thread has', async () => {
    const hoarding = `defineStrategy({
  name: 'hoarding',
  params: z.strictObject({ numbers: z.number() }),
  historyBars: () => 0,
  create({ numbers }) {
    const kept: number[][] = [];
    return { onBar() { kept.push(new Array<number>(numbers).fill(0.5)); } };
  },
})`;
    const [code, said] = await sweepFile(hoarding, 'params: {numbers: [1, 4000000]}');
    expect(code).toBe(4);
    expect(said).toContain('own.ts with {"numbers":4000000}: a trial needed more than the 1024 MB');
  });

  /** Sweeps a strategy that lies in a file of its own; gives the exit code and what was said on stderr. */
  async function sweepFile(definition: string, space: string): Promise<[code: number, said: string]> {
    const strategy = path.join(folder, 'own.ts');
    const module = (name: string): string => JSON.stringify(fileURLToPath(import.meta.resolve(name)));
    writeFileSync(
      strategy,
      `import { defineStrategy } from ${module('../../core/strategy/index.ts')};
import { z } from ${module('zod')};
export default ${definition};
`,
    );
    const io = captureIo(false);
    const request = {
      settings: { ...settings(), strategy, params: {}, strategyCallBudgetMs: 100 },
      space: parseSweepSpace(`data: btcusdt.csv\n${space}`, path.join(folder, 'space.yaml')),
      workspace: folder,
      openRunner: () => Promise.resolve(new ThreadRunner(2)),
    };
    return [await sweep(request, io), io.err()];
  }

  test('of data that is too short for one window ends with a sentence and exit 2', async () => {
    const io = captureIo(false);
    const space = parseSweepSpace(
      `${SPACE}walk_forward: {train: 30d, test: 1d}`,
      path.join(folder, 'space.yaml'),
    );
    const openRunner = () => Promise.resolve(new ThreadRunner(1));
    expect(await sweep({ settings: settings(), space, workspace: folder, openRunner }, io)).toBe(2);
    expect(io.err()).toMatch(/shorter than one train and one test span/);
  });
});

test('a tape played with less history is the feed that was asked for less', async () => {
  const dataset = await openBarDataset({
    bars: path.join(folder, 'btcusdt.csv'),
    marks: null,
    funding: null,
  });
  const instrument = createInstrument(contractOf('BTCUSDT', dataset), 0);
  const feedWith = (historyBars: number) =>
    dataset.feed(instrument, { fromMs: FROM_MS, toMs: null, historyBars });
  const tape = await recordTape(feedWith(50));
  expect(tape.historyBars).toBe(50);
  for (const historyBars of [0, 7, 50]) {
    const played = await rowsOf(playTape(tape, historyBars).blocks(5));
    expect(played).toEqual(await rowsOf(feedWith(historyBars).blocks(5)));
    expect(played.length).toBe(historyBars + BARS - 200);
  }
});

async function rowsOf(blocks: ReturnType<ReturnType<typeof playTape>['blocks']>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const block of blocks)
    for (let row = 0; row < block.length; row++) {
      const wide = block.price[row] ?? 0;
      rows.push([
        ...[block.firstSequence + row, block.kind[row], block.flags[row], block.receivedTimeMs[row]],
        ...block.wide.slice(wide, wide + 7),
      ]);
    }
  return rows;
}
