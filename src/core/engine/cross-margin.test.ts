import { describe, expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { formatMoney } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots } from '../domain/units.ts';
import { marketOrder } from '../strategy/strategy.ts';

/** BTC: 0.4 % of maintenance up to 50,000 USDT of open value, 0.5 % above. ETH: 0.5 % throughout. No fees at all. */
const BTC_TIERS = [
  { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
  { level: 2, start_notional: '50000', end_notional: '200000', max_leverage: 100, maintenance_rate: '0.005' },
];
const ETH_TIERS = [
  { level: 1, start_notional: '0', end_notional: '1000000', max_leverage: 125, maintenance_rate: '0.005' },
];
const BTC = 0;
const ETH = 1;

/** Both contracts count tenths of a USDT and ten-thousandths of a coin; the wallet is 10,000 USDT. */
function start(changes: Partial<SessionStart> = {}): SessionStart {
  const plain = sessionStart();
  return {
    ...plain,
    instruments: [
      { ...BTCUSDT, tiers: BTC_TIERS, price_protect: '0.9' },
      { ...BTCUSDT, symbol: 'ETHUSDT', base: 'ETH', tiers: ETH_TIERS, price_protect: '0.9' },
    ],
    margin_mode: 'cross',
    leverage: 100,
    taker_fee_rate: '0',
    maker_fee_rate: '0',
    liquidation: { on_event: 'continue', fee_rate: '0', tier_rule: 'position' },
    risk: { ...plain.risk, max_leverage: 200, max_account_loss_percent: 100, max_day_loss_percent: 100 },
    ...changes,
  };
}

const EVERYTHING = 10_000_000;

/** One level of a thousand coins a side. */
function quote(run: TestMarket, instrument: number, atMs: number, bid: number, ask: number): TestMarket {
  return run.on(instrument).book(atMs, [[bid, EVERYTHING]], [[ask, EVERYTHING]]);
}

/** The session sends `first` at once and `later` at 10 s; BTC stands at 100,000, ETH at 4,000. */
function open(
  terms: SessionStart,
  first: readonly OrderIntent[],
  later: readonly OrderIntent[] = [],
): TestMarket {
  const run = new TestMarket(terms, {
    onStart: (view) => {
      view.setTimer('later', view.timeMs + 10_000);
      return first;
    },
    onTimer: () => later,
  });
  run.on(BTC).mark(0, 1_000_000).on(ETH).mark(0, 40_000);
  quote(run, BTC, 0, 999_999, 1_000_000);
  return quote(run, ETH, 0, 40_000, 40_001).time(1_000);
}

const fillsOf = (run: TestMarket): unknown[] =>
  run.of('fill').map(({ fill }) => [fill.instrument, fill.side, fill.quantity, fill.price]);

describe('two contracts on one cross margin', () => {
  test('profit on one moves the liquidation of the other away, to the unit', () => {
    // Long 0.5 BTC at 100,000: 50,000 of value, 200 of maintenance. Short 10 ETH at 4,000: 40,000 of value, 200 of maintenance.
    const both = [marketOrder(BTC, 'buy', lots(5_000)), marketOrder(ETH, 'sell', lots(100_000))];
    // ETH at its entry: liquidated once 10,000 + profit <= 400, so after a loss of 9,600: BTC down by 19,200, at 80,800.
    const alone = open(start(), both);
    quote(alone, BTC, 2_000, 808_000, 808_001);
    expect(fillsOf(alone.on(BTC).mark(2_000, 808_001))).toHaveLength(2);
    expect(fillsOf(alone.mark(2_100, 808_000)).slice(2)[0]).toEqual([BTC, 'sell', 5_000, 808_000]);

    // ETH at 3,500: 5,000 of profit. Now a loss of 14,600 is borne: BTC down by 29,200, at 70,800.
    const helped = open(start(), both).on(ETH).mark(2_000, 35_000);
    quote(helped, BTC, 2_000, 708_000, 708_001);
    quote(helped, ETH, 2_000, 35_000, 35_001);
    helped.on(BTC).mark(2_100, 808_000).mark(2_200, 708_001);
    expect(fillsOf(helped)).toHaveLength(2);
    expect(helped.engine.status().margin).toMatchObject({ instrument: BTC, liquidationMark: 70_800 * 1e8 });
    expect(fillsOf(helped.mark(2_300, 708_000)).slice(2)[0]).toEqual([BTC, 'sell', 5_000, 708_000]);
  });

  test('profit on one pays for an order in the other, in cross mode alone', () => {
    // Leverage 5: the short of 10 ETH binds 8,000 of the 10,000. 0.5 BTC need 10,000 more.
    const short = [marketOrder(ETH, 'sell', lots(100_000))];
    const more = [marketOrder(BTC, 'buy', lots(5_000))];
    const rejectionOf = (marginMode: 'cross' | 'isolated', ethMark: number): unknown => {
      const run = open(start({ leverage: 5, margin_mode: marginMode }), short, more);
      quote(run, ETH, 9_000, ethMark, ethMark + 1).mark(9_000, ethMark);
      run.time(11_000);
      const order = run.of('order').findLast((output) => output.order.instrument === BTC)?.order;
      return [order?.status, order?.reason];
    };
    // At 3,200 the short has made 8,000: 2,000 + 8,000 are just enough; one tick less and they are not.
    expect(rejectionOf('cross', 32_000)).toEqual(['filled', null]);
    expect(rejectionOf('cross', 32_001)).toEqual(['rejected', 'insufficient_balance']);
    expect(rejectionOf('cross', 40_000)).toEqual(['rejected', 'insufficient_balance']);
    expect(rejectionOf('isolated', 32_000)).toEqual(['rejected', 'insufficient_balance']);
  });

  // Long 0.6 BTC at 100,000: 60,000 of value, second step, 300 of maintenance. Short 10 ETH at 4,000: 200 of maintenance.
  const pair = [marketOrder(BTC, 'buy', lots(6_000)), marketOrder(ETH, 'sell', lots(100_000))];
  /** ETH has risen to 4,030: a loss of 300. */
  const pressed = (): TestMarket => {
    const run = open(start(), pair);
    return quote(run, ETH, 2_000, 40_299, 40_300).mark(2_000, 40_300);
  };

  test('is liquidated step by step, the riskier contract first, until nothing is left that it could keep', () => {
    const run = pressed();
    // Used up at a loss of 9,500 in all, 9,200 of it on BTC: at 84,666.66, so not yet at 84,666.7.
    quote(run, BTC, 2_000, 841_000, 841_001).mark(2_100, 846_667);
    expect(fillsOf(run)).toHaveLength(2);
    // At 84,500: equity 10,000 - 9,300 - 300 = 400 <= 500. Each step is sold at 84,100, below the mark:
    // 0.1 BTC down to the lower step, -1,590: equity 8,410 - 7,750 - 300 = 360 <= 200 + 200;
    // 0.5 BTC (the larger of equals),  -7,950: equity   460         - 300 = 160 <= 200;
    // 10 ETH at 4,030, -300: 160 are left.
    run.mark(2_200, 845_000);
    expect(fillsOf(run).slice(2)).toEqual([
      [BTC, 'sell', 1_000, 841_000],
      [BTC, 'sell', 5_000, 841_000],
      [ETH, 'buy', 100_000, 40_300],
    ]);
    expect(run.engine.status().positions).toEqual([]);
    expect(formatMoney(run.engine.status().wallet)).toBe('160');
    expect(run.of('trade').map(({ trade }) => [trade.instrument, trade.exitReason])).toEqual([
      [BTC, 'liquidation'],
      [ETH, 'liquidation'],
    ]);
  });

  test('keeps what the rest of it can bear', () => {
    const run = pressed();
    // The same mark with a book at the mark: after 0.6 BTC 10,000 - 9,300 = 700 less 300 are 400 > 200: ETH stays.
    quote(run, BTC, 2_000, 845_000, 845_001).mark(2_200, 845_000);
    expect(run.engine.status().positions).toMatchObject([
      { instrument: ETH, side: 'short', quantity: -100_000 },
    ]);
    expect(formatMoney(run.engine.status().wallet)).toBe('700');
    expect(formatMoney(run.engine.status().equity)).toBe('400');
  });

  test('isolated, a contract falls alone, whatever the other has made', () => {
    // Margin 500 and maintenance 200 of the 50,000: used up after a loss of 300, at 99,400; the profit of ETH is not asked.
    const run = open(start({ margin_mode: 'isolated' }), [
      marketOrder(BTC, 'buy', lots(5_000)),
      marketOrder(ETH, 'sell', lots(100_000)),
    ]);
    quote(run, ETH, 2_000, 35_000, 35_001).mark(2_000, 35_000);
    quote(run, BTC, 2_000, 994_000, 994_001).mark(2_100, 994_001);
    expect(fillsOf(run)).toHaveLength(2);
    run.mark(2_200, 994_000);
    expect(fillsOf(run).slice(2)).toEqual([[BTC, 'sell', 5_000, 994_000]]);
    expect(run.engine.status().positions).toMatchObject([{ instrument: ETH }]);
  });
});
