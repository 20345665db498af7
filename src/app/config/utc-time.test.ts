import { expect, test } from 'vitest';
import { parseUtcTime } from './utc-time.ts';

test.each([
  ['2025-03-01', Date.UTC(2025, 2, 1)],
  ['2025-03-01T08:30', Date.UTC(2025, 2, 1, 8, 30)],
  ['2025-03-01 08:30:05.25', Date.UTC(2025, 2, 1, 8, 30, 5, 250)],
  ['2025-03-01T08:30+02:00', Date.UTC(2025, 2, 1, 6, 30)],
  ['2025-03-01T08:30Z', Date.UTC(2025, 2, 1, 8, 30)],
  ['1740787200000', 1_740_787_200_000],
])('%s is a time of UTC, whatever zone the machine is in', (text, timeMs) => {
  expect(parseUtcTime(text)).toBe(timeMs);
});

test.each(['', 'yesterday', '2025-3-1', '2025-13-01', '12', '2025-03-01T25:00'])('%j is none', (text) => {
  expect(parseUtcTime(text)).toBeNull();
});
