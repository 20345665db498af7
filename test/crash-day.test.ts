/**
 * The crash of 2025-10-10 on the recorded market: a leveraged long is liquidated in the bar in which it must be, and the
 * books close to the last unit.
 *
 * A bar is driven pessimistically for a long: open, low, high, close; the mark follows the traded price, and the recorded
 * hourly mark of that hour bears it out.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { formatMoney, parseMoney } from '../src/core/domain/instrument.ts';
import { lots, ticks } from '../src/core/domain/units.ts';
import { limitOrder, marketOrder } from '../src/core/strategy/strategy.ts';
import { BTCUSDT, TestMarket, sessionStart } from './builders/session.ts';

const DATA = process.env['LA_DATA_DIR'];
const KLINES = path.join(DATA ?? '', 'klines', 'binance-um-btcusdt-5m-20241231.csv.gz');
const MARKS = path.join(DATA ?? '', 'mark', 'binance-um-btcusdt-mark-1h-20191223.csv.gz');
const FUNDING = path.join(DATA ?? '', 'funding', 'binance-um-btcusdt-funding-20190910.csv.gz');
const FROM_MS = Date.UTC(2025, 9, 10, 12);
const UNTIL_MS = Date.UTC(2025, 9, 11, 4);
const LEVERAGE = 10;
const QUANTITY = 10_000;

/** Rows of a recorded file between two times. */
function rowsOf(file: string): number[][] {
  return gunzipSync(readFileSync(file))
    .toString()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number))
    .filter(([time = 0]) => time >= FROM_MS && time < UNTIL_MS);
}

const tenths = (price: number): number => Math.round(price * 10);

test.skipIf(DATA === undefined || !existsSync(KLINES))(
  'the crash of 2025-10-10 liquidates a 10x long in the bar that an independent sum names, and the ledger closes',
  () => {
    const bars = rowsOf(KLINES);
    const settlements = rowsOf(FUNDING).filter(([time = 0]) => time > FROM_MS);
    const entry = tenths(bars[0]?.[1] ?? Number.NaN) + 1;

    // By hand, in USDT: 10 % of margin against 1 % of maintenance on a value of entry x 1 BTC; 20,000 - 2,000,000 pay 1 %.
    const margin = entry / 10 / LEVERAGE;
    const expected = entry / 10 - (margin - (entry / 10) * 0.01);
    const fatal = bars.findIndex(([, , , low = Number.NaN]) => low <= expected);
    expect(new Date(bars[fatal]?.[0] ?? 0).toISOString()).toBe('2025-10-10T21:10:00.000Z');
    const hour = rowsOf(MARKS).find(([time = 0]) => time === Date.UTC(2025, 9, 10, 21));
    expect(hour?.[3]).toBeLessThan(expected);

    const base = sessionStart();
    const start = sessionStart({
      instruments: [{ ...BTCUSDT, tiers: TIERS }],
      duration_ms: null,
      leverage: LEVERAGE,
      account: { ...base.account, wallet: '100000', opening_balance: '100000' },
      stale_timeout_ms: 86_400_000,
      risk: { ...base.risk, max_leverage: 100, max_account_loss_percent: 100, max_day_loss_percent: 100 },
    });
    const run = new TestMarket(start, {
      onStart: () => [
        marketOrder(0, 'buy', lots(QUANTITY)),
        limitOrder(0, 'sell', lots(QUANTITY), ticks(entry + 50_000), { reduceOnly: true }),
      ],
    });
    let settled = 0;
    let funding = 0;
    const drive = (atMs: number, price: number): void => {
      const depth = 100_000_000;
      run
        .book(atMs, [[price - 1, depth]], [[price, depth]])
        .mark(atMs, price, nextSettlement(settlements, settled));
    };
    drive(0, entry);
    run.time(200);
    for (const [index, [openMs = 0, open = 0, high = 0, low = 0, close = 0]] of bars.entries()) {
      const atMs = openMs - FROM_MS;
      const due = settlements[settled];
      if (due !== undefined && (due[0] ?? 0) <= openMs) {
        const [dueMs = 0, fraction = 0] = due;
        run.funding(atMs + 500, dueMs - FROM_MS, Math.round(fraction * 1e12), tenths(open));
        funding += fraction * open;
        settled++;
      }
      for (const [step, price] of [open, low, high, close].entries())
        drive(atMs + 1_000 + step * 70_000, tenths(price));
      const isGone = run.of('log').some(({ event }) => event === 'liquidation');
      expect(isGone, `bar ${index}`).toBe(index >= fatal);
      if (isGone) break;
    }

    run.time((bars[fatal]?.[0] ?? 0) - FROM_MS + 299_000);
    expect(run.engine.endReason).toBe('liquidated');
    const line = run.of('log').find(({ event }) => event === 'liquidation');
    expect(Number(line?.fields['liquidation_price'])).toBeCloseTo(expected, 4);
    expect(run.of('order').find(({ order }) => order.reason === 'liquidation')?.order.status).toBe(
      'canceled',
    );

    // The wallet by hand: the whole margin, the entry's fee and the funding are gone, and nothing more.
    const entryFee = (entry / 10) * 0.0006;
    const wallet = Number(formatMoney(run.engine.status().wallet));
    expect(wallet).toBeCloseTo(100_000 - margin - entryFee - funding, 2);
    const booked = run.of('ledger').reduce((sum, { entry: { amount } }) => sum + amount, 0n);
    expect(run.engine.status().wallet - booked).toBe(0n);
    const trade = run.of('trade').at(-1)?.trade;
    expect(trade?.exitReason).toBe('liquidation');
    expect(trade?.netPnl).toBe(run.engine.status().wallet - parseMoney('100000'));
    expect(run.of('ledger').some(({ entry: { kind } }) => kind === 'insurance')).toBe(true);
  },
);

/** The venue's suggested table as far as it is needed: 10x stands on the step of 1 %. */
const TIERS = [
  { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
  { level: 2, start_notional: '50000', end_notional: '100000', max_leverage: 100, maintenance_rate: '0.005' },
  { level: 3, start_notional: '100000', end_notional: '2000000', max_leverage: 50, maintenance_rate: '0.01' },
];

/** Of the next settlement still to come, relative to the start; null when none is. */
function nextSettlement(settlements: readonly number[][], settled: number): number | null {
  const at = settlements[settled]?.[0];
  return at === undefined ? null : at - FROM_MS;
}
