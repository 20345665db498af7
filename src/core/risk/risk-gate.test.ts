import { describe, expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { createInstrument, parseMoney } from '../domain/instrument.ts';
import type { OrderDraft, SubmitIntent } from '../domain/order.ts';
import { lots, ticks } from '../domain/units.ts';
import { type RiskContext, type RiskLimits, RiskGate } from './risk-gate.ts';

const LIMITS: RiskLimits = { maxOrdersPerSecond: 3, maxLeverage: 2, maxNotional: null };

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
  isClientOrderIdUsed: false,
  barsOverdueMs: null,
  dayLoss: null,
  ...changes,
});

const dayLoss = { loss: parseMoney('51'), limit: parseMoney('50') };

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
    ['client_order_id_used', { clientOrderId: 'a' }, { isClientOrderIdUsed: true }, {}],
    ['leverage', { quantity: lots(20_001) }, {}, {}],
    ['leverage', {}, { held: lots(10_001) }, {}],
    ['leverage', {}, { pendingSameSide: lots(10_001) }, {}],
    ['leverage', { side: 'sell' }, { held: lots(-10_001) }, {}],
    ['leverage', { side: 'sell', quantity: lots(40_000) }, { held: lots(10_000) }, {}],
    ['leverage', {}, { equity: parseMoney('0') }, {}],
    ['position_notional', {}, {}, { maxNotional: parseMoney('999.9999') }],
    ['day_loss', {}, { dayLoss }, {}],
    ['bars_missing', {}, { barsOverdueMs: 1 }, {}],
    ['not_running', {}, { price: null }, {}],
  ] as const)('denies for %s', (code, intent, circumstances, limits) => {
    const gate = new RiskGate({ ...LIMITS, ...limits });
    expect(gate.decide(draft(intent), context(circumstances)).denied?.code).toBe(code);
  });

  test.each([
    ['a position exactly at the leverage limit', { quantity: lots(20_000) }, {}],
    ['an order that reduces, whatever the day lost', { side: 'sell' }, { held: lots(30_000), dayLoss }],
    ['an order that closes exactly', { side: 'sell' }, { held: lots(10_000), dayLoss }],
    ['reduce-only', { reduceOnly: true, side: 'sell' }, { held: lots(5), dayLoss, barsOverdueMs: 1 }],
  ] as const)('approves %s', (_what, intent, circumstances) => {
    expect(new RiskGate(LIMITS).decide(draft(intent), context(circumstances)).denied).toBeNull();
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

test('a denial carries the numbers that decided it', () => {
  const { denied } = new RiskGate(LIMITS).decide(draft({ quantity: lots(30_000) }), context());
  expect(denied).toEqual({ code: 'leverage', leverage: 3, limit: 2 });
});
