import { expect, test } from 'vitest';
import { StallJudge } from './stall-judge.ts';

test('adds up the time in which the beat stayed the same, and starts anew with each change', () => {
  const judge = new StallJudge(1_000);
  expect(judge.observe(1, 0)).toBe(0);
  expect(judge.observe(1, 400)).toBe(400);
  expect(judge.observe(1, 1_000)).toBe(1_000);
  expect(judge.observe(2, 1_500)).toBe(0);
  expect(judge.observe(2, 2_000)).toBe(500);
  expect(judge.observe(1, 2_100)).toBe(0);
});

test('does not count a pause in which it did not run itself', () => {
  const judge = new StallJudge(1_000);
  judge.observe(1, 0);
  expect(judge.observe(1, 900)).toBe(900);
  expect(judge.observe(1, 3_600_900)).toBe(900);
  expect(judge.observe(1, 3_601_000)).toBe(1_000);
});
