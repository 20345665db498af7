import { expect, test } from 'vitest';
import { type Decision, DecisionComparison } from './decisions.ts';

const at = (timeMs: number, text = 'buy'): Decision => ({ timeMs, text });

test('two rows of decisions are the same, however they come in', () => {
  const comparison = new DecisionComparison();
  comparison.addLive([at(1), at(2)]);
  // The twin has not come so far yet.
  comparison.compare(1);
  comparison.addTwin([at(1)]);
  comparison.compare(2);
  comparison.addTwin([at(2), at(3)]);
  // What the session decided is told a little later.
  comparison.compare(5);
  comparison.addLive([at(3)]);
  comparison.end();
  expect([comparison.same, comparison.difference]).toEqual([3, null]);
});

test('the first difference is told, and what follows from it is not', () => {
  const comparison = new DecisionComparison();
  comparison.addLive([at(1), at(2, 'sell'), at(4)]);
  comparison.addTwin([at(1), at(2), at(5)]);
  comparison.end();
  expect([comparison.same, comparison.difference]).toEqual([
    1,
    'the session: sell at 1970-01-01T00:00:00.002Z; its twin: buy at 1970-01-01T00:00:00.002Z',
  ]);
});

test('a decision that only one of both took is a difference, the session’s as soon as the twin is past it', () => {
  const [early, late] = [new DecisionComparison(), new DecisionComparison()];
  early.addLive([at(7)]);
  early.compare(7);
  expect(early.difference).toBeNull();
  early.compare(8);
  expect(early.difference).toMatch(/its twin: nothing$/);
  late.addTwin([at(7)]);
  late.compare(100);
  expect(late.difference).toBeNull();
  late.end();
  expect(late.difference).toMatch(/^the session: nothing; its twin: buy/);
});
