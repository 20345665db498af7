import { expect, test } from 'vitest';
import { RateWindow } from './rate-window.ts';

test('admits as many events as the limit in any window and does not count refused ones', () => {
  const window = new RateWindow(2);
  expect([window.admit('a', 0), window.admit('a', 900), window.admit('a', 950)]).toEqual([true, true, false]);
  expect(window.admit('b', 950)).toBe(true);
  expect(window.admit('a', 1_000)).toBe(true);
  expect(window.admit('a', 1_800)).toBe(false);
  expect(window.admit('a', 1_900)).toBe(true);
});
