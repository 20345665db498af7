import { expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import type { OrderIntent } from '../domain/order.ts';
import { type RejectionCode, REJECTIONS } from '../domain/reasons.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots, ticks } from '../domain/units.ts';
import { conditionalOrder, limitOrder, marketOrder } from '../strategy/strategy.ts';

/** 1000.0 USDT; 100x on the lowest step, so that 10 lots need 0.01 USDT of margin. */
const BIDS = [[999_9, 100_000]] as const;
const ASKS = [[1_000_0, 100_000]] as const;
const REDUCE = { reduceOnly: true };
const LONG = marketOrder(0, 'buy', lots(1_000));
const SHORT = marketOrder(0, 'sell', lots(1_000));

function sent(intents: readonly OrderIntent[], changes: Partial<SessionStart> = {}): TestMarket {
  const base = sessionStart();
  const start = sessionStart({
    instruments: [
      { ...BTCUSDT, price_protect: '0.02', max_limit_quantity: '100', max_market_quantity: '90' },
    ],
    leverage: 100,
    risk: { ...base.risk, max_leverage: 1_000, max_day_loss_percent: 100, max_account_loss_percent: 100 },
    liquidation: { on_event: 'continue', fee_rate: '0.0006', tier_rule: 'position' },
    ...changes,
  });
  return new TestMarket(start, { onStart: () => intents })
    .mark(0, 1_000_0)
    .book(0, BIDS, ASKS)
    .trade(0, 'buy', 1_000_0, 1)
    .time(500);
}

const stop = (on: 'mark' | 'last', side: 'buy' | 'sell', price: number, options = {}): OrderIntent =>
  conditionalOrder(
    0,
    side,
    'stop_market',
    lots(10),
    { on, price: ticks(price), trailBps: null },
    null,
    options,
  );
const target = (on: 'mark' | 'last', side: 'buy' | 'sell', price: number): OrderIntent =>
  conditionalOrder(0, side, 'take_profit', lots(10), { on, price: ticks(price), trailBps: null }, null);
const POOR: Partial<SessionStart> = {
  account: { ...sessionStart().account, wallet: '1', opening_balance: '1' },
  risk: { ...sessionStart().risk, max_leverage: 100_000 },
};
const HEDGE: Partial<SessionStart> = { position_mode: 'hedge' };
/** A step that asks for more maintenance than 100x posts. */
const HARSH: Partial<SessionStart> = {
  instruments: [
    {
      ...BTCUSDT,
      tiers: BTCUSDT.tiers.map((tier) => ({ ...tier, max_leverage: 125, maintenance_rate: '0.02' })),
    },
  ],
};

/** One row a code: what is sent, in what order of precedence it is found, and the venue's number. */
test.each<[RejectionCode, number | null, readonly OrderIntent[], Partial<SessionStart>?]>([
  [
    'quantity_below_minimum',
    30017,
    [marketOrder(0, 'buy', lots(1))],
    { instruments: [{ ...BTCUSDT, min_quantity: '0.001' }] },
  ],
  ['quantity_above_maximum', 30013, [limitOrder(0, 'buy', lots(1_000_001), ticks(1_100_0))]],
  ['buy_price_above_band', 30014, [limitOrder(0, 'buy', lots(10), ticks(1_020_1), REDUCE)]],
  ['sell_price_below_band', 30015, [limitOrder(0, 'sell', lots(10), ticks(979_9), REDUCE)]],
  ['reduce_only_without_position', 30018, [limitOrder(0, 'sell', lots(10), ticks(1_001_0), REDUCE)]],
  ['position_not_found', 30004, [limitOrder(0, 'sell', lots(10), ticks(1_001_0), REDUCE)], HEDGE],
  ['reduce_only_same_direction', 30019, [LONG, marketOrder(0, 'buy', lots(10), REDUCE)]],
  ['price_below_liquidation', 30002, [LONG, limitOrder(0, 'sell', lots(10), ticks(990_0), REDUCE)]],
  ['price_above_liquidation', 30003, [SHORT, limitOrder(0, 'buy', lots(10), ticks(1_010_0), REDUCE)]],
  ['stop_not_above_liquidation', 30025, [LONG, stop('mark', 'sell', 990_0, REDUCE)]],
  ['stop_not_below_liquidation', 30024, [SHORT, stop('mark', 'buy', 1_010_0, REDUCE)]],
  ['tier_limit_exceeded', 20002, [limitOrder(0, 'buy', lots(600_000), ticks(999_0))]],
  ['would_be_liquidated', 30001, [marketOrder(0, 'buy', lots(10))], HARSH],
  ['insufficient_balance', 20003, [marketOrder(0, 'buy', lots(10_000))], POOR],
  ['stop_not_above_mark', 30022, [stop('mark', 'buy', 999_0)]],
  ['stop_not_below_mark', 30023, [stop('mark', 'sell', 1_001_0)]],
  ['stop_not_above_last', 30030, [stop('last', 'buy', 999_0)]],
  ['stop_not_below_last', 30028, [stop('last', 'sell', 1_001_0)]],
  ['take_profit_not_above_mark', 30020, [target('mark', 'sell', 999_0)]],
  ['take_profit_not_below_mark', 30021, [target('mark', 'buy', 1_001_0)]],
  ['take_profit_not_above_last', 30026, [target('last', 'sell', 999_0)]],
  ['take_profit_not_below_last', 30032, [target('last', 'buy', 1_001_0)]],
])('%s (%s)', (code, venueCode, intents, changes) => {
  const run = sent(intents, changes);
  const last = run.of('order').findLast(({ order }) => order.status === 'rejected');
  expect(last?.order.reason).toBe(code);
  expect(REJECTIONS[code].venueCode).toBe(venueCode);
  const line = run.of('log').findLast(({ event }) => event === 'order_rejected');
  expect(line?.fields['venue_code']).toBe(venueCode);
  expect(line?.msg).toBe(`Order rejected: ${REJECTIONS[code].text}`);
});
