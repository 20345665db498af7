import { describe, expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { formatMoney } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { ZERO_MONEY, lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';

/** The venue's own table where its help page's example lives. */
const TIERS = [
  { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
  { level: 2, start_notional: '50000', end_notional: '200000', max_leverage: 100, maintenance_rate: '0.005' },
  { level: 3, start_notional: '200000', end_notional: '2000000', max_leverage: 50, maintenance_rate: '0.01' },
];

const GOES_ON = { on_event: 'continue', fee_rate: '0', tier_rule: 'leverage' } as const;

function leveraged(changes: Partial<SessionStart> = {}): SessionStart {
  const start = sessionStart();
  return {
    ...start,
    instruments: [{ ...BTCUSDT, tiers: TIERS, price_protect: '0.5' }],
    leverage: 100,
    taker_fee_rate: '0',
    maker_fee_rate: '0',
    liquidation: GOES_ON,
    risk: { ...start.risk, max_leverage: 200, max_account_loss_percent: 100, max_day_loss_percent: 100 },
    ...changes,
  };
}

/** Books of 1,000 BTC a side around a price in ticks, one tick apart. */
const around = (price: number): [[number, number][], [number, number][]] => [
  [[price - 1, 10_000_000]],
  [[price, 10_000_000]],
];

/** A session that buys or sells at 100,000 and then sees the market at other prices. */
function opened(start: SessionStart, intents: readonly OrderIntent[]): TestMarket {
  const run = new TestMarket(start, { onStart: () => intents });
  run.mark(0, 1_000_000).book(0, ...around(1_000_000));
  return run.time(100);
}

const reasons = (run: TestMarket): unknown[] =>
  run.of('order').flatMap(({ order }) => (order.reason === null ? [] : [[order.status, order.reason]]));

describe('an isolated position', () => {
  test('is liquidated at the first mark at which margin and profit are down to maintenance, not before', () => {
    const run = opened(leveraged(), [marketOrder(0, 'buy', lots(5_000))]);
    run.book(200, ...around(995_001)).mark(200, 995_001);
    expect(run.of('fill')).toHaveLength(1);
    run.book(300, ...around(995_001)).mark(300, 995_000);
    expect(run.of('fill').map(({ fill }) => [fill.side, fill.quantity])).toEqual([
      ['buy', 5_000],
      ['sell', 5_000],
    ]);
    expect(run.of('trade').at(-1)?.trade.exitReason).toBe('liquidation');
    expect(run.engine.status().lifecycle).toBe('running');
  });

  test('pays no more than its margin; the fund bears the rest, and says so', () => {
    const run = opened(leveraged(), [marketOrder(0, 'buy', lots(5_000))]);
    run.book(200, ...around(980_001)).mark(200, 990_000);
    expect(formatMoney(run.engine.status().wallet)).toBe('9500');
    const insurance = run.of('ledger').find(({ entry }) => entry.kind === 'insurance');
    expect(insurance?.entry.amount).toBe(500n * 10n ** 8n);
    expect(run.of('trade').at(-1)?.trade.netPnl).toBe(-500n * 10n ** 8n);
  });

  test('has the fee of its liquidation booked by itself', () => {
    const start = leveraged({ liquidation: { ...GOES_ON, fee_rate: '0.0006' } });
    const run = opened(start, [marketOrder(0, 'buy', lots(5_000))]);
    run.book(200, ...around(995_001)).mark(200, 995_000);
    const fee = run.of('ledger').find(({ entry }) => entry.kind === 'liquidation_fee');
    expect(formatMoney(fee?.entry.amount ?? ZERO_MONEY)).toBe('-29.85');
    const trade = run.of('trade').at(-1)?.trade;
    expect(trade?.netPnl).toBe(run.engine.status().wallet - 10_000n * 10n ** 8n);
  });

  test('loses its orders first; an order of another name in flight still arrives', () => {
    const run = opened(leveraged(), [
      marketOrder(0, 'buy', lots(5_000)),
      limitOrder(0, 'sell', lots(5_000), ticks(1_010_000), { reduceOnly: true }),
    ]);
    run.book(200, ...around(995_001)).mark(200, 995_000);
    expect(reasons(run)).toEqual([
      ['canceled', 'liquidation'],
      ['filled', 'liquidation'],
    ]);
  });

  test('above the lowest tier is reduced to the next lower one while that is enough', () => {
    // 0.6 BTC at 100,000 = 60,000 of value: tier 2 (0.5 %); 0.5 BTC stand on tier 1 (0.4 %).
    const start = leveraged({ liquidation: { ...GOES_ON, tier_rule: 'position' } });
    const run = opened(start, [marketOrder(0, 'buy', lots(6_000))]);
    run.book(200, ...around(995_001)).mark(200, 995_000);
    expect(run.of('fill').map(({ fill }) => fill.quantity)).toEqual([6_000, 1_000]);
    expect(run.engine.status().position).toBe(5_000);
    run.book(300, ...around(994_001)).mark(300, 994_000);
    expect(run.engine.status().position).toBe(0);
  });

  test('that the book cannot take at once is closed on with its next frames', () => {
    const run = opened(leveraged(), [marketOrder(0, 'buy', lots(5_000))]);
    run.book(200, [[995_000, 2_000]], [[995_001, 1]]).mark(200, 995_000);
    expect(run.engine.status().position).toBe(3_000);
    run.book(300, [[994_990, 9_000]], [[995_001, 1]]);
    expect(run.engine.status().position).toBe(0);
    expect(run.of('trade').at(-1)?.trade.exitReason).toBe('liquidation');
  });

  test('short is liquidated above its entry', () => {
    const run = opened(leveraged(), [marketOrder(0, 'sell', lots(5_000))]);
    run.book(200, ...around(1_004_900)).mark(200, 1_004_900);
    expect(run.of('fill')).toHaveLength(1);
    run.mark(300, 1_005_000);
    expect(run.of('fill')).toHaveLength(2);
  });
});

describe('a mark that proves nothing liquidates nobody', () => {
  const long = (): TestMarket => opened(leveraged(), [marketOrder(0, 'buy', lots(5_000))]);

  test('while the book is crossed', () => {
    const run = long().book(200, [[995_000, 10]], [[994_000, 10]]);
    expect(run.mark(210, 990_000).of('fill')).toHaveLength(1);
  });

  test('while the feed is gone', () => {
    const run = long().feedState(200, 'disconnected').mark(210, 990_000);
    expect(run.of('fill')).toHaveLength(1);
  });

  test('when it is a fraction of the last price: a record of it is left', () => {
    const run = long().trade(150, 'buy', 1_000_000, 1).mark(210, 100);
    expect(run.of('fill')).toHaveLength(1);
    run.mark(400, 1_000_000);
    expect(run.of('quality').map(({ record }) => [record.kind, record.feed])).toEqual([
      ['malformed', 'mark'],
    ]);
  });
});

describe('what follows a liquidation', () => {
  test('is the end of the session, unless it is to go on', () => {
    const run = opened(leveraged({ liquidation: { ...GOES_ON, on_event: 'end' } }), [
      marketOrder(0, 'buy', lots(5_000)),
    ]);
    run.book(200, ...around(995_001)).mark(200, 995_000);
    expect(run.engine.endReason).toBe('liquidated');
    expect(run.engine.endDetail).toBe('0.5 BTCUSDT long liquidated at mark 99500');
    const line = run.of('log').find(({ event }) => event === 'liquidation');
    expect(line).toMatchObject({
      level: 'critical',
      fields: {
        liquidation_price: '99500',
        bankruptcy_price: '99000',
        closed_quantity: '0.5',
        left_quantity: '0',
      },
    });
  });
});

describe('a cross account', () => {
  const cross = (): SessionStart =>
    leveraged({ margin_mode: 'cross', liquidation: { ...GOES_ON, tier_rule: 'position' } });

  test('lives on its whole balance', () => {
    const run = opened(cross(), [marketOrder(0, 'buy', lots(5_000))]);
    // 10,000 of wallet and 200 of maintenance: liquidated after a loss of 9,800, at 80,400.
    run.book(200, ...around(804_002)).mark(200, 804_001);
    expect(run.of('fill')).toHaveLength(1);
    run.mark(300, 804_000);
    expect(run.of('fill')).toHaveLength(2);
    expect(formatMoney(run.engine.status().wallet)).toBe('200.05');
  });

  test('that cancelling its orders saves is not liquidated', () => {
    const run = opened(cross(), [
      marketOrder(0, 'buy', lots(5_000)),
      limitOrder(0, 'buy', lots(5_000), ticks(600_000)),
    ]);
    run.book(200, ...around(804_502)).mark(200, 804_500);
    expect(reasons(run)).toEqual([['canceled', 'liquidation']]);
    expect(run.of('fill')).toHaveLength(1);
    expect(run.of('log').some(({ event }) => event === 'liquidation')).toBe(false);
  });

  test('never owes: what its wallet lacks in the end is booked to the fund', () => {
    const run = opened(cross(), [marketOrder(0, 'buy', lots(5_000))]);
    run.book(200, ...around(700_001)).mark(200, 750_000);
    expect(run.engine.status().wallet).toBe(0n);
    const insurance = run.of('ledger').find(({ entry }) => entry.kind === 'insurance');
    expect(formatMoney(insurance?.entry.amount ?? ZERO_MONEY)).toBe('5000');
    expect(run.of('trade').at(-1)?.trade.netPnl).toBe(-10_000n * 10n ** 8n);
  });
});
