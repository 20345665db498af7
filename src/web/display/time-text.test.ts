import { expect, test } from 'vitest';
import { clockText, dateTimeText, durationText, spanText } from './time-text.ts';

test('times are UTC, whatever the machine is set to', () => {
  const timeMs = Date.UTC(2026, 10, 22, 23, 1, 2, 34);
  expect(clockText(timeMs)).toBe('23:01:02');
  expect(clockText(timeMs, true)).toBe('23:01:02.034');
  expect(dateTimeText(timeMs)).toBe('2026-11-22 23:01:02');
  expect(clockText(null)).toBe('–');
});

test.each([
  [594, '00:09:54'],
  [594.9, '00:09:54'],
  [-1, '00:00:00'],
  [86_400 * 3 + 61, '3 d 00:01:01'],
  [null, '–'],
])('a duration of %s s reads %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test.each([
  [40, '40 ms'],
  [-412, '-412 ms'],
  [2_440, '2.4 s'],
  [720_000, '12 min'],
  [11_160_000, '3.1 h'],
])('a span of %s ms reads %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});
