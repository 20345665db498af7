import { expect, test } from 'vitest';
import { isQuiet, isTimeZone, parseQuietHours, type QuietHours } from './quiet-hours.ts';

function hours(text: string): QuietHours {
  const found = parseQuietHours(text);
  if (found === null) throw new Error(`no quiet hours: ${text}`);
  return found;
}

test.each(['', '22-7', '22:00', '24:00-07:00', '22:60-07:00', '08:00-08:00', '22:00-24:01', '22:00–07:00'])(
  'refuses %j',
  (text) => {
    expect(parseQuietHours(text)).toBeNull();
  },
);

test.each([
  ['22:00-07:00', 'UTC', '2026-11-22T21:59:59Z', false],
  ['22:00-07:00', 'UTC', '2026-11-22T22:00:00Z', true],
  ['22:00-07:00', 'UTC', '2026-11-23T00:00:00Z', true],
  ['22:00-07:00', 'UTC', '2026-11-23T06:59:59Z', true],
  ['22:00-07:00', 'UTC', '2026-11-23T07:00:00Z', false],
  ['12:00-13:30', 'UTC', '2026-11-23T13:29:00Z', true],
  ['12:00-13:30', 'UTC', '2026-11-23T13:30:00Z', false],
  ['20:00-24:00', 'UTC', '2026-11-23T23:59:00Z', true],
  // One hour ahead of UTC in winter, two in summer.
  ['22:00-07:00', 'Europe/Berlin', '2026-11-22T21:30:00Z', true],
  ['22:00-07:00', 'Europe/Berlin', '2026-07-22T05:30:00Z', false],
])('%s in %s at %s: %s', (text, zone, time, quiet) => {
  expect(isQuiet(hours(text), zone, Date.parse(time))).toBe(quiet);
});

test('knows the names of time zones', () => {
  expect(isTimeZone('Europe/Berlin')).toBe(true);
  expect(isTimeZone('Mars/Olympus')).toBe(false);
});
