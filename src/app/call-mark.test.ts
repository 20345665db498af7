import { expect, test } from 'vitest';
import { strategyOf } from '../../test/builders/session.ts';
import { CallJudge, CallMark } from './call-mark.ts';

const PATIENCE_MS = 300;
const STEP_MS = 100;

test('a call that goes on and on is told by its handler, its number and the time of the market', async () => {
  const mark = new CallMark();
  // Another thread sees the same memory.
  const judge = new CallJudge(new CallMark(mark.memory), PATIENCE_MS);
  const { guard } = (await mark.load(() => Promise.resolve(() => strategyOf({}))))();
  let nowMs = 0;
  const look = () => judge.observe((nowMs += STEP_MS));
  for (let number = 1; number <= 20; number++) {
    // Each is shorter than it may be; all together are not.
    guard?.run(number, 'onBar', () => expect([look(), look()]).toEqual([null, null]), 1_000 + number);
  }
  // Between two calls nothing is too long.
  for (let at = 0; at < 20; at++) expect(look()).toBeNull();
  const seen: unknown[] = [];
  guard?.run(21, 'onTimer', () => seen.push(look(), look(), look(), look()), 1_021);
  expect(seen).toEqual([null, null, null, { place: 'onTimer', call: 21, timeMs: 1_021 }]);
});

test('making a strategy and loading its file count as calls', async () => {
  const mark = new CallMark();
  const judge = new CallJudge(mark, PATIENCE_MS);
  let nowMs = 0;
  const look = (steps: number) => {
    for (let step = 1; step < steps; step++) judge.observe((nowMs += STEP_MS));
    return judge.observe((nowMs += STEP_MS));
  };
  const seen: unknown[] = [];
  const make = await mark.load(() => {
    // What reads files is given more time.
    seen.push(look(100), look(1));
    return Promise.resolve(() => {
      seen.push(look(3), look(1));
      return strategyOf({});
    });
  });
  make();
  expect(seen).toEqual([
    null,
    { place: 'load', call: 0, timeMs: null },
    null,
    { place: 'create', call: 0, timeMs: null },
  ]);
  expect(look(1)).toBeNull();
});

test('a guard that the strategy has already goes on doing its work', async () => {
  const guard = { run: (number: number) => number !== 2 };
  const make = await new CallMark().load(() => Promise.resolve(() => ({ ...strategyOf({}), guard })));
  const outer = make().guard;
  expect([1, 2, 3].map((number) => outer?.run(number, 'onBar', () => undefined, 0))).toEqual([
    true,
    false,
    true,
  ]);
});
