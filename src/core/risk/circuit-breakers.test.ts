import { describe, expect, test } from 'vitest';
import { parseMoney } from '../domain/instrument.ts';
import { CircuitBreakers } from './circuit-breakers.ts';

const usdt = parseMoney;
const LIMITS = { maxDrawdownPercent: 10, maxConsecutiveLosses: 2, cooldownMs: 1_000 };

describe('drawdown', () => {
  test('counts from the highest equity, cools down whatever happens, then counts from what is left', () => {
    const breakers = new CircuitBreakers(LIMITS);
    breakers.update(0, usdt('100'));
    breakers.update(1, usdt('200'));
    expect(breakers.update(2, usdt('180.00000001'))).toBeNull();
    expect(breakers.update(3, usdt('180'))).toEqual({
      ...{ code: 'drawdown', drawdown: '20', limit: '20', peak: '200', equity: '180', untilMs: 1_003 },
    });
    expect(breakers.update(4, usdt('300'))).toBeNull();
    expect(breakers.refusal(usdt('300'))?.code).toBe('drawdown');
    breakers.update(1_003, usdt('150'));
    expect(breakers.refusal(usdt('150'))).toBeNull();
    expect(breakers.update(1_004, usdt('135.01'))).toBeNull();
    expect(breakers.update(1_005, usdt('135'))).toMatchObject({ peak: '150' });
  });
});

describe('losses in a row', () => {
  test('trip at the last of them; a profit, or the cool-down, begins the count anew', () => {
    const breakers = new CircuitBreakers(LIMITS);
    const trip = (timeMs: number, pnl: string): string | null =>
      breakers.noteTrade(timeMs, usdt(pnl))?.code ?? null;
    expect([trip(0, '-1'), trip(1, '1'), trip(2, '-1'), trip(3, '0'), trip(4, '-1')]).toEqual(
      Array.from({ length: 5 }, () => null),
    );
    expect(trip(5, '-0.00000001')).toBe('consecutive_losses');
    expect(breakers.refusal(usdt('1'))).toEqual({
      ...{ code: 'consecutive_losses', losses: 2, limit: 2, untilMs: 1_005 },
    });
    breakers.update(1_005, usdt('1'));
    expect(breakers.refusal(usdt('1'))).toBeNull();
    expect(trip(1_006, '-1')).toBeNull();
  });
});

test('what it knows comes back as it was; limits that are not set know nothing', () => {
  const breakers = new CircuitBreakers(LIMITS);
  breakers.update(0, usdt('100'));
  breakers.update(1, usdt('80'));
  breakers.noteTrade(2, usdt('-1'));
  breakers.noteTrade(3, usdt('-1'));
  const known = breakers.describe();
  expect(known).toEqual({
    ...{ peak_equity: '100', drawdown_until_ms: 1_001, losses_in_row: 2, losses_until_ms: 1_003 },
  });
  const carried = new CircuitBreakers(LIMITS, JSON.parse(JSON.stringify(known)) as NonNullable<typeof known>);
  carried.update(999, usdt('500'));
  expect(carried.describe()).toEqual(known);
  carried.update(1_001, usdt('70'));
  expect([carried.refusal(usdt('70'))?.code, carried.describe()?.peak_equity]).toEqual([
    'consecutive_losses',
    '70',
  ]);
  const none = new CircuitBreakers(
    { maxDrawdownPercent: null, maxConsecutiveLosses: null, cooldownMs: 1 },
    known ?? {},
  );
  expect([none.describe(), none.refusal(usdt('1'))]).toEqual([null, null]);
});
