import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { AlertFile } from './alert-file.ts';

let directory: string;
let path: string;
let nowMs: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'la-alert-'));
  path = join(directory, 'logs', 'alert.txt');
  nowMs = 1_795_365_540_123;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function createAlerts(onError: (error: unknown) => void = failTest): AlertFile {
  return new AlertFile({
    path,
    scrubber: new SecretScrubber(['correct-horse-battery']),
    nowMs: () => nowMs,
    onError,
  });
}

function failTest(error: unknown): void {
  throw error;
}

function lines(): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('appends one line an alert, also where the folder was missing', () => {
  const alerts = createAlerts();
  alerts.raise('critical', 'crashed', 'Test Crash');
  alerts.raise('warning', 'degraded', 'traded on doubtful data');
  expect(lines()).toEqual([
    '[2026-11-22T16:39:00.123Z] critical crashed: Test Crash',
    '[2026-11-22T16:39:00.123Z] warning degraded: traded on doubtful data',
  ]);
});

test('never touches what stands there already', () => {
  createAlerts().raise('info', 'first', 'one');
  writeFileSync(path, 'by hand\n', { flag: 'a' });
  createAlerts().raise('info', 'second', 'two');
  expect(lines()).toHaveLength(3);
  expect(lines()[1]).toBe('by hand');
});

test('keeps hostile text on one line and without control characters', () => {
  createAlerts().raise('error', 'Bad Reason\n', 'a\n[2026] critical forged: x\r\u001b[2J\u2028b\u202ec');
  expect(lines()).toEqual([
    '[2026-11-22T16:39:00.123Z] error bad_reason_: a [2026] critical forged: x [2J b c',
  ]);
});

test('shows no secret', () => {
  createAlerts().raise('error', 'x', 'key correct-horse-battery, token=abcdef');
  expect(lines()[0]).toMatch(/x: key \[redacted\], token=\[redacted\]$/);
});

test('folds equal alerts of a minute into a line with their count', () => {
  const alerts = createAlerts();
  for (let index = 0; index < 5; index++) {
    alerts.raise('error', 'venue_unreachable', 'no answer');
    nowMs += 10_000;
  }
  expect(lines()).toHaveLength(1);
  nowMs += 20_000;
  alerts.raise('error', 'venue_unreachable', 'no answer');
  expect(lines().map((line) => line.slice(27))).toEqual([
    'error venue_unreachable: no answer',
    'error venue_unreachable: no answer (4 more like this)',
    'error venue_unreachable: no answer',
  ]);
});

test('writes the count of folded alerts at the end', () => {
  const alerts = createAlerts();
  alerts.raise('error', 'x', 'y');
  alerts.raise('error', 'x', 'y');
  alerts.close();
  expect(lines()[1]).toMatch(/error x: y \(1 more like this\)$/);
});

test('reports what cannot be written instead of throwing', () => {
  writeFileSync(join(directory, 'logs'), 'a file where the folder should be');
  const errors: unknown[] = [];
  createAlerts((error) => errors.push(error)).raise('critical', 'crashed', 'x');
  expect(errors).toHaveLength(1);
});
