import { expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import { Schedule } from './schedule.ts';

test('items leave by due time, equal ones first in, first out, however adds and takes are mixed', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 20 }) },
    { weight: 2, arbitrary: fc.constant(null) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const schedule = new Schedule<number>();
      // The oracle: a plain list, scanned for the earliest.
      const waiting: { dueMs: number; id: number }[] = [];
      const taken: unknown[] = [];
      const expected: unknown[] = [];
      let entered = 0;
      for (const dueMs of steps) {
        if (dueMs !== null) {
          const id = entered++;
          schedule.add(dueMs, 1, id);
          waiting.push({ dueMs, id });
        } else if (waiting.length > 0) {
          const first = waiting.reduce((best, item) => (item.dueMs < best.dueMs ? item : best));
          waiting.splice(waiting.indexOf(first), 1);
          taken.push([schedule.take(), schedule.takenPayload]);
          expected.push([first.dueMs, first.id]);
        }
        expect(schedule.length).toBe(waiting.length);
        expect(schedule.nextDueMs).toBe(
          Math.min(Number.POSITIVE_INFINITY, ...waiting.map((item) => item.dueMs)),
        );
      }
      expect(taken).toEqual(expected);
    }),
    { seed: PROOF_SEED },
  );
});

test('keeps kind and payload together and gives nothing when empty', () => {
  const schedule = new Schedule<string>();
  schedule.add(5, 7, 'late');
  schedule.add(1, 3, null);
  expect([schedule.take(), schedule.takenKind, schedule.takenPayload]).toEqual([1, 3, null]);
  expect([schedule.take(), schedule.takenKind, schedule.takenPayload]).toEqual([5, 7, 'late']);
  expect(() => schedule.take()).toThrow('empty schedule');
});
