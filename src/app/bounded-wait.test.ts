import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isSettledWithin } from './bounded-wait.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('tells whether the work was done in time', async () => {
  expect(await isSettledWithin(Promise.resolve(), 100)).toBe(true);
  const late = isSettledWithin(new Promise(() => {}), 100);
  await vi.advanceTimersByTimeAsync(100);
  expect(await late).toBe(false);
});

test('passes on a failure that came in time, and leaves no timer behind', async () => {
  await expect(isSettledWithin(Promise.reject(new Error('failed')), 100)).rejects.toThrow('failed');
  expect(vi.getTimerCount()).toBe(0);
});
