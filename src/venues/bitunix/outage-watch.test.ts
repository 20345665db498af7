import { beforeEach, expect, test } from 'vitest';
import { VenueError } from '../../ports/venue-error.ts';
import { OutageWatch } from './outage-watch.ts';
import { RecordingInlet } from './recording-inlet.ts';

const MINUTE_MS = 60_000;
const NOON_MS = 1_772_712_000_000;

let nowMs: number;
let told: [number, number][];
let opened: number;
let fatal: VenueError[];
let telling: PromiseWithResolvers<void>;
let watch: OutageWatch;

beforeEach(() => {
  nowMs = NOON_MS;
  told = [];
  opened = 0;
  fatal = [];
  telling = Promise.withResolvers();
  watch = new OutageWatch({
    inlet: new RecordingInlet(() => nowMs),
    tell: (fromMs, toMs) => {
      told.push([fromMs - NOON_MS, toMs - NOON_MS]);
      return telling.promise;
    },
    onOpen: () => void opened++,
    onFatal: (error) => fatal.push(error),
  });
});

function hearAt(atMs: number): boolean {
  nowMs = NOON_MS + atMs;
  return watch.hear();
}

test('a silence without a whole minute is none', () => {
  expect([hearAt(1_000), hearAt(59_000), hearAt(118_000), hearAt(170_000)]).toEqual([true, true, true, true]);
  expect(told).toEqual([]);
});

test('a silence with a whole minute is told, and nothing is handed on until it is', async () => {
  expect([hearAt(30_000), hearAt(2 * MINUTE_MS + 1_000)]).toEqual([true, false]);
  expect(told).toEqual([[30_000, 2 * MINUTE_MS + 1_000]]);
  expect([watch.isOpen, hearAt(2 * MINUTE_MS + 2_000), opened]).toEqual([true, false, 1]);
  telling.resolve();
  await telling.promise;
  await Promise.resolve();
  expect([watch.isOpen, hearAt(2 * MINUTE_MS + 3_000)]).toEqual([false, true]);
  expect(told).toHaveLength(1);
});

test('is open as soon as a minute has passed of which nothing is known', () => {
  hearAt(0);
  nowMs = NOON_MS + MINUTE_MS;
  expect(watch.isOpen).toBe(true);
});

test('a refusal for good while it is asked for ends the client', async () => {
  hearAt(0);
  hearAt(3 * MINUTE_MS);
  telling.reject(new VenueError('fatal', 403, 'banned'));
  await expect(telling.promise).rejects.toThrow('banned');
  await Promise.resolve();
  expect(fatal).toHaveLength(1);
});
