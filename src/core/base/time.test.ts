import { expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS, barOpenTimeMs, intervalMs, isInterval, parseSpanMs } from './time.ts';

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['3d', 259_200_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['10', 600_000],
  ['1.5', 90_000],
  ['0s', 0],
])('the span %s lasts %i ms where a bare number counts minutes', (text, expected) => {
  expect(parseSpanMs(text, MINUTE_MS)).toBe(expected);
});

test.each(['', 's', '10x', '-5m', '1 m', '5m ', 'm5', '1e3', '5mm', 'forever'])('%o is no span', (text) => {
  expect(parseSpanMs(text, SECOND_MS)).toBeNull();
});

test('bars lie on the UTC grid', () => {
  expect(intervalMs('5m')).toBe(300_000);
  expect(intervalMs('1d')).toBe(86_400_000);
  expect(barOpenTimeMs(Date.UTC(2026, 0, 1, 12, 34, 56), intervalMs('4h'))).toBe(Date.UTC(2026, 0, 1, 12));
  expect([isInterval('3m'), isInterval('5s'), isInterval('1M')]).toEqual([false, true, false]);
});
