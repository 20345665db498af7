import { expect, test } from 'vitest';
import { strategyOf } from '../../test/builders/session.ts';
import type { StrategyOverrun } from '../core/strategy/call-guard.ts';
import { OverrunReports, callWithin, guardStrategies, withRecordedOverruns } from './strategy-guard.ts';

test('cuts off an endless loop, also one that catches everything, and goes on behind it', () => {
  let wasCaught = false;
  const loops = [
    () => {
      for (;;);
    },
    () => {
      try {
        for (;;);
      } catch {
        wasCaught = true;
      } finally {
        wasCaught = true;
      }
    },
    () => {
      'x'.repeat(40).replace(/^(x+x+)+y/, '');
    },
  ];
  const results = loops.map((loop) => callWithin(50, loop));
  expect([results, wasCaught]).toEqual([[false, false, false], false]);
  let made = 0;
  expect(callWithin(50, () => void made++)).toBe(true);
  expect(made).toBe(1);
});

test('reports what it cuts off, with the number of the call and where the strategy trades', () => {
  const told: StrategyOverrun[] = [];
  const reports = new OverrunReports();
  const make = guardStrategies(() => strategyOf({}), 20, reports);
  const guard = make('pessimistic').guard;
  expect(guard?.run(1, 'onBar', () => undefined, 0)).toBe(true);
  expect(
    guard?.run(
      2,
      'onBar',
      () => {
        for (;;);
      },
      0,
    ),
  ).toBe(false);
  // Whoever listens late hears it all the same.
  reports.listen((overrun) => void told.push(overrun));
  expect(told).toEqual([{ role: 'pessimistic', call: 2, handler: 'onBar' }]);
});

test('does not make a call that is recorded as cut off, for the strategy that it was of', () => {
  let made = 0;
  const make = withRecordedOverruns(
    () => strategyOf({}),
    [{ role: 'optimistic', call: 2, handler: 'onBar' }],
  );
  const results = (['realistic', 'optimistic'] as const).map((role) =>
    [1, 2, 3].map((number) => make(role).guard?.run(number, 'onBar', () => void made++, 0)),
  );
  expect(results).toEqual([
    [true, true, true],
    [true, false, true],
  ]);
  expect(made).toBe(5);
});

test('makes no further call in a session that froze, and reports each as cut off', () => {
  const told: number[] = [];
  const reports = new OverrunReports();
  reports.listen(({ call }) => void told.push(call));
  let isFrozen = false;
  reports.watch(() => isFrozen);
  const guard = guardStrategies(() => strategyOf({}), 1_000, reports)('realistic').guard;
  expect(guard?.run(1, 'onBar', () => undefined, 0)).toBe(true);
  isFrozen = true;
  expect(guard?.run(2, 'onBar', () => expect.unreachable('the session froze'), 0)).toBe(false);
  expect(told).toEqual([2]);
});
