import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_FILL_TERMS } from '../core/domain/fill-terms.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { lots } from '../core/domain/units.ts';
import { scripted } from '../core/strategy/scripted.ts';
import {
  type MarketView,
  type StrategyHandlers,
  instantiateStrategy,
  marketOrder,
} from '../core/strategy/strategy.ts';
import { openBarDataset } from '../storage/datasets/bar-dataset.ts';
import type { DatasetSpan } from '../storage/datasets/dataset.ts';
import { BTCUSDT, sessionStart } from '../../test/builders/session.ts';
import { type BacktestPlan, evaluateBacktest, runBacktest } from './backtest-run.ts';

/** 2026-01-01T07:57:00Z: three minutes before a settlement. */
const START_MS = Date.UTC(2026, 0, 1, 7, 57);
const SETTLEMENT_MS = Date.UTC(2026, 0, 1, 8);
const MINUTE_MS = 60_000;

const CANDLES = [
  '10000,10010,9990,10000,100',
  '10000,10020,9995,10010,100',
  '10010,10030,10005,10020,100',
  '10020,10050,10000,10040,100',
  '10040,10045,10035,10040,6',
  '10030,10040,10020,10035,100',
  '10035,10036,10034,10035,100',
];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-backtest-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, header: string, rows: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${[header, ...rows].join('\n')}\n`);
  return file;
}

function candleFile(candles: readonly string[] = CANDLES): string {
  const rows = candles.map((candle, at) => `${START_MS + at * MINUTE_MS},${candle}`);
  return write('bars.csv', 'open_time_ms,open,high,low,close,volume', rows);
}

function fundingFile(): string {
  return write('funding.csv', 'funding_time_ms,funding_rate', [
    `${SETTLEMENT_MS - 8 * 3_600_000},0.0005`,
    `${SETTLEMENT_MS},0.0001`,
    `${SETTLEMENT_MS + 8 * 3_600_000},0.0002`,
  ]);
}

/** Takers pay 1 bp of spread and the linear impact; nothing is drawn. */
function startOf(changes: Partial<SessionStart> = {}): SessionStart {
  return sessionStart({
    fill_model: 'parametric',
    duration_ms: null,
    market_ends_after_ms: CANDLES.length * MINUTE_MS + 1,
    sample_interval_ms: MINUTE_MS,
    min_history_bars: 1,
    fills: {
      ...DEFAULT_FILL_TERMS,
      price_source: 'bars',
      parametric: { ...DEFAULT_FILL_TERMS.parametric, half_spread_bps: 1, max_slippage_bps: 0 },
    },
    ...changes,
  });
}

/** Buys 1 BTC at the close of candle 1 and sells it at the close of candle 3. */
function buyThenSell(): StrategyHandlers {
  return {
    onBar(instrument: number, view: MarketView) {
      const number = (view.bars(instrument).openTimeMs(0) - START_MS) / MINUTE_MS;
      if (number === 1) return [marketOrder(instrument, 'buy', lots(10_000))];
      if (number === 3) return [marketOrder(instrument, 'sell', lots(10_000))];
      return [];
    },
  };
}

async function planOf(
  handlers: () => StrategyHandlers,
  files: { readonly funding?: string; readonly marks?: string } = {},
  start = startOf(),
  span: Partial<DatasetSpan> = {},
): Promise<BacktestPlan> {
  const dataset = await openBarDataset({
    ...{ bars: candleFile(), marks: files.marks ?? null, funding: files.funding ?? null },
  });
  const feed = dataset.feed(createInstrument(BTCUSDT, 0), {
    fromMs: null,
    toMs: null,
    historyBars: 0,
    ...span,
  });
  const createStrategy = () => ({ name: 'test', params: {}, historyBars: 0, handlers: handlers() });
  return { start, createStrategy, feed };
}

describe('a backtest on candles', () => {
  test('counts a scripted offset from the last price, since candles have no best ones', async () => {
    const order = { action: 'submit', type: 'limit', quantity: '0.01', price_offset_bps: 10 };
    const actions = [
      { at: '1s', id: 'below', side: 'buy', ...order },
      { at: '1s', id: 'above', side: 'sell', ...order },
    ];
    const plan = await planOf(() => instantiateStrategy(scripted, { actions }).handlers);
    const { rows } = await evaluateBacktest(plan);
    const prices = rows.orders.map(({ client_order_id: id, price }) => [id, price]);
    // The first candle closes at 10000.
    expect(prices.slice(0, 2)).toEqual([
      ['below', '9990'],
      ['above', '10010'],
    ]);
  });

  test('comes to the trade that is worked out by hand, to the last unit', async () => {
    const plan = await planOf(buyThenSell, { funding: fundingFile() });
    const { report, rows } = await evaluateBacktest(plan);
    // Decided at 07:59 on the close 10010, filled at the open of 07:59, 10010.0 = 100,100 ticks, booked at 08:00.
    // Spread: 100,100 x 1 bp = 10.01, up to 11 ticks. Impact: 10,010 USDT / 1,000,000 x 0.05 x 100,100 = 50.1, up to 51.
    // Price 100,162 ticks = 10016.2. Fee: 10016.2 x 0.0006 = 6.00972.
    // Sold at 08:01; candle 4 traded 6 BTC, a tenth of it is 0.6: open 10040.0, spread 10.04 -> 11,
    // impact 6,024 / 1,000,000 x 0.05 x 100,400 = 30.24 -> 31 ticks: 10035.8. Fee: 0.6 x 10035.8 x 0.0006 = 3.612888.
    // The other 0.4 at the next open, 10030.0: spread 11, impact 4,012 / 1,000,000 x 0.05 x 100,300 = 20.1 -> 21: 10026.8.
    // Fee: 0.4 x 10026.8 x 0.0006 = 2.406432.
    const fills = rows.fills.map(({ side, quantity, price, fee, time_ms: at }) => ({
      ...{ side, quantity, price, fee, minute: (at - START_MS) / MINUTE_MS },
    }));
    expect(fills).toEqual([
      { side: 'buy', quantity: '1', price: '10016.2', fee: '6.00972', minute: 3 },
      { side: 'sell', quantity: '0.6', price: '10035.8', fee: '3.612888', minute: 5 },
      { side: 'sell', quantity: '0.4', price: '10026.8', fee: '2.406432', minute: 6 },
    ]);
    // Held over the settlement of 08:00: 1 BTC x close 10020 x 0.0001 is paid.
    expect(rows.ledger.filter(({ kind }) => kind === 'funding')).toMatchObject([
      { amount: '-1.002', mark_price: '10020', rate: '0.0001', settlement_time_ms: SETTLEMENT_MS },
    ]);
    // Gross: 0.6 x 19.6 + 0.4 x 10.6 = 16; net: 16 - 12.02904 - 1.002.
    expect(rows.trades).toMatchObject([
      { gross_pnl: '16', fees: '12.02904', funding: '-1.002', net_pnl: '2.96896', quantity: '1' },
    ]);
    expect(report).toMatchObject({
      ...{ status: 'success', stopped_reason: 'recording_ended', exit_code: 0, events: 13 },
      ...{ starting_equity: '10000', ending_equity: '10002.96896', pnl_absolute: '2.96896' },
      ...{ fees_paid: '12.02904', funding_paid: '1.002', trades: 1, fills: 3, ledger_difference: '0' },
    });
  });

  test('settles at the open of the mark’s bar that begins with the settlement', async () => {
    const marks = write('mark.csv', 'open_time_ms,open,high,low,close', [
      `${START_MS},10001,10011,9991,10001`,
      `${START_MS + MINUTE_MS},10001,10021,9996,10011`,
      `${START_MS + 2 * MINUTE_MS},10011,10031,10006,10021`,
      `${SETTLEMENT_MS},10022.5,10050,10000,10040`,
    ]);
    const plan = await planOf(buyThenSell, { funding: fundingFile(), marks });
    const { rows } = await evaluateBacktest(plan);
    expect(rows.ledger.find(({ kind }) => kind === 'funding')).toMatchObject({
      ...{ amount: '-1.00225', mark_price: '10022.5' },
    });
  });

  test('tells the strategy of a fill before the candle in which it filled', async () => {
    const seen: number[] = [];
    const plan = await planOf(() => {
      const { onBar } = buyThenSell();
      return {
        onBar(instrument, view, interval) {
          seen.push(view.position(instrument), view.workingOrders());
          return onBar?.(instrument, view, interval);
        },
      };
    });
    await runBacktest(plan);
    // Candles 1 to 6 (0 warms up): bought in 2; of the sale 0.6 in 4, the rest in 5.
    expect(seen).toEqual([0, 0, 10_000, 0, 10_000, 0, 4_000, 1, 0, 0, 0, 0]);
  });

  test('closes what is open at the last close, and looks at the account with every candle', async () => {
    const plan = await planOf(() => ({
      onBar(instrument, view) {
        return view.bars(instrument).length === 2 ? [marketOrder(instrument, 'buy', lots(10_000))] : [];
      },
    }));
    const { report, rows } = await evaluateBacktest(plan);
    // The last close, 10035.0: spread 100,350 x 1 bp -> 11, impact 10,035 / 1,000,000 x 0.05 x 100,350 = 50.4 -> 51.
    expect(rows.fills.at(-1)).toMatchObject({ side: 'sell', price: '10028.8', quantity: '1' });
    expect(report).toMatchObject({ trades: 1, exit_code: 0, ended_at: '2026-01-01T08:04:00.101Z' });
    // From the end of candle 0 on; candle 2's point holds the fill of its own open: 10000 - 6.00972 + 10020 - 10016.2.
    expect(rows.equity.map(({ equity }) => equity).slice(0, 3)).toEqual(['10000', '10000', '9997.79028']);
    expect(rows.equity).toHaveLength(CANDLES.length + 1);
  });

  test('begins where it is told to, with the candles before it as history', async () => {
    const opens: number[] = [];
    const handlers = (): StrategyHandlers => ({
      onBar(instrument, view) {
        opens.push(
          (view.bars(instrument).openTimeMs(0) - START_MS) / MINUTE_MS,
          view.bars(instrument).length,
        );
      },
    });
    const fromMs = START_MS + 3 * MINUTE_MS;
    const span = { fromMs, toMs: START_MS + 6 * MINUTE_MS, historyBars: 2 };
    const plan = await planOf(handlers, {}, startOf({ min_history_bars: 2 }), span);
    const { report } = await evaluateBacktest(plan);
    expect(opens).toEqual([3, 3, 4, 4, 5, 5]);
    expect(report.started_at).toBe(new Date(fromMs).toISOString());
  });

  test('can be run again from the same feed, and comes to the same', async () => {
    const plan = await planOf(buyThenSell, { funding: fundingFile() });
    const one = await evaluateBacktest(plan);
    const other = await evaluateBacktest(plan);
    expect(other.report).toEqual(one.report);
    expect(one.report.state_hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('reads no further once the session has ended', async () => {
    const plan = await planOf(
      () => ({
        onBar(instrument, view) {
          return view.position(instrument) === 0 ? [marketOrder(instrument, 'buy', lots(40_000))] : [];
        },
      }),
      {},
      startOf({ risk: { ...sessionStart().risk, max_account_loss_percent: 0.1 } }),
    );
    const { report } = await evaluateBacktest(plan);
    expect(report).toMatchObject({ stopped_reason: 'max_loss', exit_code: 6, status: 'error' });
  });
});
