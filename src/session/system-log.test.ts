import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { SystemLog, type SystemLogOptions } from './system-log.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'la-log-'));
  path = join(directory, 'system.jsonl');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function createLog(options: Partial<SystemLogOptions> = {}): SystemLog {
  return new SystemLog({
    path,
    level: 'debug',
    scrubber: new SecretScrubber(['correct-horse-battery']),
    nowMs: () => 1_795_365_540_123,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

function lines(): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split(/[\n\v\f\r\u0085\u2028\u2029]/)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('writes one object a line with time, level, event, message and fields', () => {
  createLog().log('warning', 'gap', 'Gap detected!', {
    from: 1,
    to: 2,
    missing: 1,
    note: null,
    backfilled: true,
  });
  expect(lines()).toEqual([
    {
      ts: '2026-11-22T16:39:00.123Z',
      level: 'warning',
      event: 'gap',
      msg: 'Gap detected!',
      from: 1,
      to: 2,
      missing: 1,
      note: null,
      backfilled: true,
    },
  ]);
});

test('leaves out what is below its level, but counts errors', () => {
  const log = createLog({ level: 'critical' });
  log.log('info', 'a', 'a');
  log.log('error', 'b', 'b');
  log.log('critical', 'c', 'c');
  expect(lines().map(({ event }) => event)).toEqual(['c']);
  expect(log.errors).toBe(2);
});

test('keeps any text one valid line that reads back as it was', () => {
  const log = createLog();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      rmSync(path, { force: true });
      const fresh = createLog();
      fresh.log('info', 'frame', text, { text });
      fresh.close();
      const [line] = lines();
      expect(line).toMatchObject({ msg: text, text });
    }),
    { seed: 7, numRuns: 300 },
  );
  log.close();
});

test.each([
  '\n{"level":"critical"}',
  '\u2028',
  '\u0085',
  '\u001b[2J',
  '\ud800',
  '%s %j %d',
  '\u0000',
  '"},{"',
])('does not let %j out of its string', (text) => {
  createLog().log('info', text, text, { text });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]?.['text']).toBe(text);
});

test('does not let a field stand for the time or the level', () => {
  createLog().log('info', 'x', 'x', { level: 'critical', ts: 'never' });
  expect(lines()[0]).toMatchObject({ level: 'info', level_: 'critical', ts_: 'never' });
});

test('cuts long text and says by how much', () => {
  createLog().log('info', 'x', 'a'.repeat(5_000));
  expect(lines()[0]?.['msg']).toBe(`${'a'.repeat(4_096)}… (904 more characters)`);
});

test('writes unmeasurable numbers as null', () => {
  createLog().log('info', 'x', 'x', { lag: Number.NaN, rate: Number.POSITIVE_INFINITY });
  expect(lines()[0]).toMatchObject({ lag: null, rate: null });
});

test('shows no secret: not by name, not by value, not by its surroundings', () => {
  const log = createLog();
  log.log('info', 'x', 'got correct-horse-battery from https://me:hunter22@host/', {
    api_key: 'abcdef',
    url: 'https://host/?token=abcdef123&symbol=BTCUSDT',
    header: 'Authorization: Bearer abc.def.ghi-jkl',
  });
  log.close();
  const text = readFileSync(path, 'utf8');
  for (const secret of ['correct-horse', 'hunter22', 'abcdef', 'abc.def']) expect(text).not.toContain(secret);
  expect(text).toContain('symbol=BTCUSDT');
});

test('starts a new file when one is full and keeps a few older ones', () => {
  const log = createLog({ maximumBytes: 400, keep: 2 });
  for (let index = 0; index < 40; index++) log.log('info', 'tick', `line ${index}`);
  log.close();
  expect(readdirSync(directory).toSorted()).toEqual(['system.1.jsonl', 'system.2.jsonl', 'system.jsonl']);
  expect(lines().at(-1)?.['msg']).toBe('line 39');
});

test('continues an existing file on a line of its own', () => {
  writeFileSync(path, '{"whole":1}\n');
  createLog().log('info', 'x', 'x');
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  appendFileSync(path, '{"torn":');
  createLog().log('info', 'y', 'y');
  expect(readFileSync(path, 'utf8').split('\n').at(-2)).toContain('"event":"y"');
});

test('tells once that lines are lost, and goes on', () => {
  const errors: unknown[] = [];
  const log = createLog({
    path: join(directory, 'system.jsonl', 'below-a-file'),
    onError: (error) => errors.push(error),
  });
  writeFileSync(path, '');
  log.log('info', 'x', 'x');
  log.log('info', 'x', 'x');
  expect(errors).toHaveLength(1);
});
