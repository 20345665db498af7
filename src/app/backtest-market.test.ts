import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventKind, FLAG_HISTORY } from '../core/domain/event-block.ts';
import { lots } from '../core/domain/units.ts';
import { SeededRandom } from '../core/base/random.ts';
import {
  type StrategyInstance,
  defineStrategy,
  instantiateStrategy,
  marketOrder,
} from '../core/strategy/strategy.ts';
import { z } from 'zod';
import { BacktestMarket, contractsOf } from './backtest-market.ts';
import { evaluateBacktest } from './backtest-run.ts';
import { composeBacktestStart, neededHistory } from './backtest-start.ts';
import { loadSettings } from './config/load-settings.ts';
import type { MarketFiles } from './market-files.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const BARS = 600;
/** Bars by which the second contract begins later, and the one of the first that is missing. */
const LATER = 40;
const MISSING = 300;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-market-'));
  candles('btcusdt.csv', 60_000, 7, 0, MISSING);
  candles('ethusdt.csv', 3_000, 8, LATER, null);
  const settlements = [120, 240, 360].map((bar) => `${START_MS + bar * MINUTE_MS},0.0001`);
  writeFileSync(
    path.join(folder, 'eth-funding.csv'),
    `funding_time_ms,funding_rate\n${settlements.join('\n')}\n`,
  );
  writeFileSync(path.join(folder, 'none.csv'), `funding_time_ms,funding_rate\n${START_MS - 1},0\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function candles(name: string, from: number, seed: number, first: number, missing: number | null): void {
  const random = new SeededRandom(seed);
  const rows = ['open_time_ms,open,high,low,close,volume'];
  let price = from;
  for (let bar = first; bar < BARS; bar++) {
    const close = Math.round((price + random.nextNormal() * from * 0.001) * 10) / 10;
    const [low, high] = [Math.min(price, close) - 1, Math.max(price, close) + 1];
    const row = `${START_MS + bar * MINUTE_MS},${price},${high.toFixed(1)},${low.toFixed(1)},${close},900.5`;
    if (bar !== missing) rows.push(row);
    price = close;
  }
  writeFileSync(path.join(folder, name), `${rows.join('\n')}\n`);
}

const BTC = (): MarketFiles => ({ data: path.join(folder, 'btcusdt.csv'), funding: null, mark: null });
const ETH = (): MarketFiles => ({
  data: path.join(folder, 'ethusdt.csv'),
  funding: path.join(folder, 'eth-funding.csv'),
  mark: null,
});

/** Each contract for itself: long after a rise of its own, short after a fall, with a quantity of its own. */
const eachForItself = defineStrategy({
  name: 'each',
  params: z.strictObject({}),
  historyBars: () => 10,
  state: () => ({ isWaiting: [false, false] as boolean[] }),
  create: (_params, { isWaiting }) => ({
    onFill(fill) {
      isWaiting[fill.instrument] = false;
    },
    onBar(instrument, view) {
      const bars = view.bars(instrument);
      const side = Math.sign(bars.close(0) - bars.close(9));
      const held = Math.sign(view.position(instrument));
      if (side === 0 || side === held || isWaiting[instrument] === true) return [];
      isWaiting[instrument] = true;
      return [marketOrder(instrument, side > 0 ? 'buy' : 'sell', lots(held === 0 ? 50 : 100))];
    },
  }),
});

function settingsOf(flags: Readonly<Record<string, unknown>> = {}) {
  const origin = { workspace: folder, configFile: null, environment: {}, recorded: null };
  return loadSettings({ ...origin, flags: { margin_mode: 'cross', ...flags }, account: 'fresh' });
}

/** Buys the same value of each at its first bar and keeps it. */
const holdBoth = defineStrategy({
  name: 'both',
  params: z.strictObject({}),
  historyBars: () => 1,
  state: () => ({ bought: [false, false] as boolean[] }),
  create: (_params, { bought }) => ({
    onBar(instrument) {
      if (bought[instrument] === true) return [];
      bought[instrument] = true;
      return [marketOrder(instrument, 'buy', lots(instrument === 0 ? 6_000 : 12_000))];
    },
  }),
});

async function play(
  files: readonly MarketFiles[],
  fromMs: number | null = null,
  definition: typeof eachForItself | typeof holdBoth = eachForItself,
  flags: Readonly<Record<string, unknown>> = {},
) {
  const createStrategy = (): StrategyInstance =>
    definition === holdBoth ? instantiateStrategy(holdBoth, {}) : instantiateStrategy(eachForItself, {});
  const settings = settingsOf(flags);
  const strategy = createStrategy();
  const market = await BacktestMarket.open(contractsOf(settings, files));
  const { dataset, specs } = market;
  const feed = market.feed({ fromMs, toMs: null, historyBars: neededHistory(settings, dataset, strategy) });
  const facts = { sessionId: 'two', seed: 1, source: 'backtest:two', specs, strategy };
  const start = composeBacktestStart(settings, dataset, feed, facts);
  return { feed, start, ...(await evaluateBacktest({ start, createStrategy, feed })) };
}

describe('candles of several contracts', () => {
  test('are one market in the order of time, of one moment in the order of the contracts', async () => {
    const { feed, start } = await play([BTC(), ETH()], START_MS + 50 * MINUTE_MS);
    expect(start.instruments.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(start.margin_mode).toBe('cross');
    const told: { timeMs: number; instrument: number; kind: number; isHistory: boolean }[] = [];
    let sequence = 5;
    for await (const block of feed.blocks(5)) {
      expect(block.firstSequence).toBe(sequence);
      sequence += block.events;
      for (let row = 0; row < block.length; row++)
        told.push({
          timeMs: block.receivedTimeMs[row] ?? 0,
          instrument: block.instrument[row] ?? 0,
          kind: block.kind[row] ?? 0,
          isHistory: ((block.flags[row] ?? 0) & FLAG_HISTORY) !== 0,
        });
    }
    const order = told.map(({ timeMs, instrument }) => timeMs * 2 + instrument);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const count = (kind: number, instrument: number, isHistory: boolean): number =>
      told.filter((row) => row.kind === kind && row.instrument === instrument && row.isHistory === isHistory)
        .length;
    expect([count(EventKind.bar, 0, true), count(EventKind.bar, 1, true)]).toEqual([10, 10]);
    expect([count(EventKind.bar, 0, false), count(EventKind.bar, 1, false)]).toEqual([BARS - 51, BARS - 50]);
    expect([count(EventKind.quality, 0, false), count(EventKind.funding, 1, false)]).toEqual([1, 3]);
  });

  test('give each contract the orders, settlements and trades that it has alone, under one account', async () => {
    const { feed } = await play([BTC(), ETH()]);
    expect(feed.startMs).toBe(START_MS + LATER * MINUTE_MS);
    // With history of both: a session begins to trade once it has enough of every contract.
    const from = START_MS + (LATER + 20) * MINUTE_MS;
    const both = await play([BTC(), ETH()], from);
    const alone = [await play([BTC()], from), await play([ETH()], from)];
    const ordersOf = ({ rows }: (typeof alone)[number], symbol: string) =>
      rows.orders
        .filter((order) => order.symbol === symbol)
        .map(({ decision_time_ms, side, quantity, status }) => [decision_time_ms, side, quantity, status]);
    for (const [at, symbol] of ['BTCUSDT', 'ETHUSDT'].entries()) {
      const single = alone[at];
      const part = both.report.by_symbol[at];
      expect(part?.trades).toBeGreaterThan(20);
      expect(ordersOf(both, symbol)).toEqual(single === undefined ? [] : ordersOf(single, symbol));
      expect(part?.funding_paid === '0').toBe(single?.report.funding_paid === '0');
    }
    const parts = both.report.by_symbol.map(({ net_pnl: net }) => Number(net));
    expect(Number(both.report.pnl_absolute)).toBeCloseTo((parts[0] ?? 0) + (parts[1] ?? 0), 8);
    expect(both.report.ledger_difference).toBe('0');
    // The account is looked at once a moment, when all contracts have told their bar.
    const times = both.rows.equity.map(({ time_ms: timeMs }) => timeMs);
    expect(new Set(times).size).toBe(times.length);
  });

  test('stand for each other under cross margin only', async () => {
    const files = [
      ['btc-falls.csv', 60_000, -20],
      ['eth-rises.csv', 3_000, 1],
    ] as const;
    for (const [name, from, step] of files) {
      const rows = Array.from({ length: 301 }, (_, bar) => {
        const [open, close] = [from + bar * step, from + (bar + 1) * step];
        const [low, high] = [Math.min(open, close), Math.max(open, close)];
        return `${START_MS + bar * MINUTE_MS},${open},${high},${low},${close},90000`;
      });
      writeFileSync(path.join(folder, name), `open_time_ms,open,high,low,close,volume\n${rows.join('\n')}\n`);
    }
    const market = files.map(([name]) => ({ data: path.join(folder, name), funding: null, mark: null }));
    const flags = { symbols: ['BTCUSDT', 'ETHUSDT'], leverage: 20 };
    const run = async (mode: string) =>
      (await play(market, null, holdBoth, { ...flags, margin_mode: mode })).report;
    const [cross, isolated] = [await run('cross'), await run('isolated')];
    expect([cross.fills, cross.liquidations, isolated.liquidations]).toEqual([4, 0, 1]);
    expect([cross.stopped_reason, isolated.stopped_reason]).toEqual(['recording_ended', 'liquidated']);
  });

  test('are refused where the contracts are not told apart, or are no candles', async () => {
    const open = async (files: readonly MarketFiles[], settings = settingsOf()) =>
      BacktestMarket.open(contractsOf(settings, files));
    await expect(open([BTC(), BTC()])).rejects.toThrow(
      /expected another contract in each, found BTCUSDT, BTCUSDT/,
    );
    const one = settingsOf({ symbols: ['SOLUSDT'] });
    await expect(open([BTC(), ETH()], one)).rejects.toThrow(/expected one for each of the 2 --data/);
    const trades = path.join(folder, 'xrpusdt.csv');
    writeFileSync(trades, `trade_ms,price,qty,taker_side\n${START_MS},2.5,1,buy\n`);
    const mixed = [BTC(), { data: trades, funding: null, mark: null }];
    await expect(open(mixed)).rejects.toThrow(/has no candles/);
  });
});
