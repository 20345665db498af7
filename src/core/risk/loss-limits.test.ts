import { expect, test } from 'vitest';
import { DAY_MS } from '../base/time.ts';
import { parseMoney } from '../domain/instrument.ts';
import { LossLimits } from './loss-limits.ts';

const settings = { maxDayLossPercent: 5, maxAccountLossPercent: 20, openingBalance: parseMoney('10000') };
const usdt = parseMoney;

test("the day's loss counts from the equity that opened the UTC day", () => {
  const limits = new LossLimits(settings, null, null);
  limits.update(DAY_MS * 100 + 5, usdt('10000'));
  expect(limits.dayLoss(usdt('9500.00000001'))).toBeNull();
  expect(limits.dayLoss(usdt('9500'))).toEqual({ loss: usdt('500'), limit: usdt('500') });
  limits.update(DAY_MS * 101 - 1, usdt('9500'));
  expect(limits.dayLoss(usdt('9500'))).not.toBeNull();
  limits.update(DAY_MS * 101, usdt('9500'));
  expect(limits.dayLoss(usdt('9500'))).toBeNull();
  expect(limits.dayLoss(usdt('9025'))).not.toBeNull();
});

test('a day that reached its limit stays lost until the next, also where the equity recovers or the session ends', () => {
  const limits = new LossLimits(settings, null, null);
  limits.update(DAY_MS * 100, usdt('10000'));
  expect(limits.update(DAY_MS * 100 + 1, usdt('9400'))).toEqual({ loss: usdt('600'), limit: usdt('500') });
  expect(limits.update(DAY_MS * 100 + 2, usdt('9999'))).toBeNull();
  expect([limits.dayLoss(usdt('9999')), limits.isDayLost]).toEqual([
    { loss: usdt('1'), limit: usdt('500') },
    true,
  ]);
  const carried = new LossLimits(settings, 100, usdt('10000'), true);
  carried.update(DAY_MS * 101 - 1, usdt('10000'));
  expect(carried.isDayLost).toBe(true);
  carried.update(DAY_MS * 101, usdt('10000'));
  expect(carried.dayLoss(usdt('9999'))).toBeNull();
});

test('a day begun in an earlier session goes on with its own opening', () => {
  const limits = new LossLimits(settings, 100, usdt('10000'));
  limits.update(DAY_MS * 100 + 7, usdt('9600'));
  expect(limits.dayLoss(usdt('9500'))).not.toBeNull();
  expect([limits.day, limits.dayOpening]).toEqual([100, usdt('10000')]);
});

test("the account's loss counts from the balance that opened it, over all days", () => {
  const limits = new LossLimits(settings, 100, usdt('8100'));
  expect(limits.accountLoss(usdt('8000.00000001'))).toBeNull();
  expect(limits.accountLoss(usdt('8000'))?.loss).toBe(usdt('2000'));
});
