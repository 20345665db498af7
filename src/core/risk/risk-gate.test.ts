import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { createInstrument, parseMoney } from '../domain/instrument.ts';
import type { OrderDraft, SubmitIntent } from '../domain/order.ts';
import { type Money, lots, ticks } from '../domain/units.ts';
import { type RiskContext, type RiskLimits, RiskGate } from './risk-gate.ts';

const LIMITS: RiskLimits = {
  ...{ maxOrdersPerSecond: 3, maxLeverage: 2, maxNotional: null, maxPositions: [], maxTotalNotional: null },
  ...{ maxTotalLeverage: null, maxTradeLossPercent: null },
};

const draft = (changes: Partial<SubmitIntent> = {}): OrderDraft => ({
  id: 'o1',
  decisionTimeMs: 0,
  decisionMidX2: null,
  decisionBid: null,
  intent: {
    action: 'submit',
    instrument: 0,
    side: 'buy',
    type: 'market',
    quantity: lots(10_000),
    price: null,
    timeInForce: 'ioc',
    reduceOnly: false,
    trigger: null,
    bracket: null,
    clientOrderId: null,
    tag: 'test',
    ...changes,
  },
});

/** One BTC costs 1,000 USDT here; the account holds 1,000 USDT. */
const context = (changes: Partial<RiskContext> = {}): RiskContext => ({
  nowMs: 0,
  refusal: null,
  instrument: createInstrument(BTCUSDT, 0),
  equity: parseMoney('1000'),
  held: lots(0),
  pendingSameSide: lots(0),
  price: ticks(1000_0),
  barsOverdueMs: null,
  dayLoss: null,
  otherNotional: parseMoney('0'),
  breaker: null,
  ...changes,
});

const losses = { code: 'consecutive_losses', losses: 3, limit: 3, untilMs: 9 } as const;
const dayLoss = { loss: parseMoney('51'), limit: parseMoney('50') };

const stopAt = (price: number): SubmitIntent['bracket'] => ({
  on: 'mark',
  takeProfit: null,
  stopLoss: ticks(price),
});

describe('one row a reason', () => {
  test.each([
    ['not_running', {}, { refusal: { code: 'not_running', state: 'warming' } }, {}],
    ['quantity_invalid', { quantity: lots(0) }, {}, {}],
    ['price_invalid', { type: 'limit', price: null }, {}, {}],
    ['price_invalid', { type: 'limit', price: ticks(0) }, {}, {}],
    ['trigger_invalid', { type: 'stop_market' }, {}, {}],
    [
      'trigger_invalid',
      { type: 'stop_market', trigger: { on: 'mark', price: null, trailBps: null } },
      {},
      {},
    ],
    ['trigger_invalid', { type: 'trailing_stop', trigger: { on: 'last', price: null, trailBps: 0 } }, {}, {}],
    ['trigger_invalid', { trigger: { on: 'mark', price: ticks(5), trailBps: null } }, {}, {}],
    [
      'price_invalid',
      { type: 'stop_limit', trigger: { on: 'mark', price: ticks(5), trailBps: null } },
      {},
      {},
    ],
    ['leverage', { quantity: lots(20_001) }, {}, {}],
    ['leverage', {}, { held: lots(10_001) }, {}],
    ['leverage', {}, { pendingSameSide: lots(10_001) }, {}],
    ['leverage', { side: 'sell' }, { held: lots(-10_001) }, {}],
    ['leverage', { side: 'sell', quantity: lots(40_000) }, { held: lots(10_000) }, {}],
    ['leverage', {}, { equity: parseMoney('0') }, {}],
    ['position_notional', {}, {}, { maxNotional: parseMoney('999.9999') }],
    ['position_quantity', { quantity: lots(3) }, { held: lots(8) }, { maxPositions: [lots(10)] }],
    ['total_notional', {}, { otherNotional: parseMoney('1') }, { maxTotalNotional: parseMoney('1000.9') }],
    ['total_leverage', {}, { otherNotional: parseMoney('501') }, { maxTotalLeverage: 1.5 }],
    // 1 BTC bought at 1,000 loses 11 at 989: more than 1 % of 1,000.
    ['trade_loss', { bracket: stopAt(989_0) }, {}, { maxTradeLossPercent: 1 }],
    ['trade_loss', { side: 'sell', bracket: stopAt(1011_0) }, {}, { maxTradeLossPercent: 1 }],
    ['consecutive_losses', {}, { breaker: losses }, {}],
    ['day_loss', {}, { dayLoss }, {}],
    ['bars_missing', {}, { barsOverdueMs: 1 }, {}],
    ['not_running', {}, { price: null }, {}],
  ] as const)('denies for %s', (code, intent, circumstances, limits) => {
    const gate = new RiskGate({ ...LIMITS, ...limits });
    expect(gate.decide(draft(intent), context(circumstances)).denied?.code).toBe(code);
  });

  test.each([
    ['a position exactly at its largest quantity', { quantity: lots(2) }, { held: lots(8) }],
    ['what loses as much as one trade may', { bracket: stopAt(990_0) }, {}],
    ['a stop in the profit', { bracket: stopAt(1001_0) }, {}],
    ['what reduces during a cool-down', { side: 'sell' }, { held: lots(10_000), breaker: losses }],
    ['a position exactly at the leverage limit', { quantity: lots(20_000) }, {}],
    ['an order that reduces, whatever the day lost', { side: 'sell' }, { held: lots(30_000), dayLoss }],
    ['an order that closes exactly', { side: 'sell' }, { held: lots(10_000), dayLoss }],
    ['reduce-only', { reduceOnly: true, side: 'sell' }, { held: lots(5), dayLoss, barsOverdueMs: 1 }],
  ] as const)('approves %s', (_what, intent, circumstances) => {
    const limits = { ...LIMITS, maxPositions: [lots(30_000)], maxTradeLossPercent: 1 };
    expect(new RiskGate(limits).decide(draft(intent), context(circumstances)).denied).toBeNull();
  });
});

test('lets no more orders through in any second than the limit, and counts approved ones only', () => {
  const gate = new RiskGate(LIMITS);
  const decide = (nowMs: number, intent: Partial<SubmitIntent> = {}): string =>
    gate.decide(draft({ quantity: lots(1), ...intent }), context({ nowMs })).denied?.code ?? 'approved';
  expect([0, 100, 200].map((nowMs) => decide(nowMs))).toEqual(['approved', 'approved', 'approved']);
  expect(decide(300, { quantity: lots(0) })).toBe('quantity_invalid');
  expect([999, 1000, 1099, 1100].map((nowMs) => decide(nowMs))).toEqual([
    'order_rate',
    'approved',
    'order_rate',
    'approved',
  ]);
});

test('a denial carries the numbers that decided it: what was asked, what is held, the limit', () => {
  const { denied } = new RiskGate(LIMITS).decide(
    draft({ quantity: lots(30_000) }),
    context({ held: lots(5_000) }),
  );
  expect(denied).toEqual({
    ...{ code: 'leverage', asked: '3000', present: '500', equity: '1000', leverage: 3.5, limit: 2 },
  });
});

test('no order that passes breaks a limit, whatever is asked and held', () => {
  const quantity = fc.integer({ min: 1, max: 4_000 });
  const held = fc.integer({ min: -4_000, max: 4_000 });
  const usdt = (least: number, most: number): fc.Arbitrary<Money> =>
    fc.integer({ min: least, max: most }).map((whole) => parseMoney(String(whole)));
  const asked = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    quantity: quantity.map((value) => lots(value)),
    reduceOnly: fc.boolean(),
    bracket: fc.option(fc.integer({ min: 800_0, max: 1200_0 }).map(stopAt)),
  });
  const moment = fc.record({
    held: held.map((value) => lots(value)),
    pendingSameSide: quantity.map((value) => lots(value - 1)),
    equity: usdt(-100, 6_000),
    otherNotional: usdt(0, 1_000),
    dayLoss: fc.constantFrom(null, null, null, null, dayLoss),
    breaker: fc.constantFrom(null, null, null, null, losses),
  });
  const limits = fc.record({
    maxLeverage: fc.integer({ min: 1, max: 5 }),
    maxNotional: fc.option(usdt(1, 1_000)),
    maxPositions: fc
      .option(quantity.map((value) => 2 * value))
      .map((limit) => [limit === null ? null : lots(limit)]),
    maxTotalNotional: fc.option(usdt(1, 2_000)),
    maxTotalLeverage: fc.option(fc.integer({ min: 1, max: 5 })),
    maxTradeLossPercent: fc.option(fc.integer({ min: 1, max: 20 })),
  });
  let passed = 0;
  fc.assert(
    fc.property(asked, moment, limits, (intent, now, limit) => {
      const gate = new RiskGate({ ...LIMITS, ...limit });
      if (gate.decide(draft(intent), context(now)).denied !== null) return;
      const signed = intent.side === 'buy' ? 1 : -1;
      const after = now.held + signed * (intent.quantity + now.pendingSameSide);
      const isReducing = after * now.held >= 0 && Math.abs(after) < Math.abs(now.held);
      if (intent.reduceOnly || isReducing || after === 0) return;
      passed++;
      // One BTC is 10,000 lots and costs 1,000 USDT: a lot is a tenth of one.
      const value = Math.abs(after) / 10;
      const [equity, others] = [Number(now.equity) / 1e8, Number(now.otherNotional) / 1e8];
      const within = (amount: number, most: number | null): void =>
        expect(amount).toBeLessThanOrEqual((most ?? Infinity) + 1e-6);
      const whole = (amount: Money | null): number | null => (amount === null ? null : Number(amount) / 1e8);
      expect([now.dayLoss, now.breaker]).toEqual([null, null]);
      within(Math.abs(after), limit.maxPositions[0] ?? null);
      within(value, whole(limit.maxNotional));
      within(value, limit.maxLeverage * equity);
      within(value + others, whole(limit.maxTotalNotional));
      within(value + others, limit.maxTotalLeverage === null ? null : limit.maxTotalLeverage * equity);
      const stop = intent.bracket?.stopLoss ?? null;
      if (stop !== null && limit.maxTradeLossPercent !== null)
        within(
          ((1000_0 - stop) * signed * intent.quantity) / 100_000,
          (limit.maxTradeLossPercent * equity) / 100,
        );
    }),
    { numRuns: 3_000, seed: 20_261_123 },
  );
  expect(passed).toBeGreaterThan(100);
});
