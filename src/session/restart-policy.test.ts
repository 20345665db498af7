import { expect, test } from 'vitest';
import { EXIT_CODES, type StoppedReason } from '../core/domain/reasons.ts';
import { RESTART_WINDOW_MS, RestartBudget, isSelfReported, judgeEnd } from './restart-policy.ts';

test('starts again after a crash, and after no other end that a session reports', () => {
  const restarted = (Object.keys(EXIT_CODES) as StoppedReason[]).filter(
    (reason) => judgeEnd({ code: EXIT_CODES[reason], signal: null }, reason) === 'restart',
  );
  expect(restarted).toEqual(['crashed']);
});

test.each([
  ['a crash before the first heartbeat', { code: 1, signal: null }, true],
  ['kill -9', { code: null, signal: 'SIGKILL' }, false],
  ['an abort of the runtime', { code: null, signal: 'SIGABRT' }, false],
  ['an abort passed on as a code', { code: 134, signal: null }, false],
] as const)('starts again after %s', (_, end, isOwnWord) => {
  expect(judgeEnd(end, null)).toBe('restart');
  expect(isSelfReported(end)).toBe(isOwnWord);
});

test('gives five restarts in ten minutes, each after twice the wait of the one before', () => {
  const budget = new RestartBudget();
  const delays = [0, 1, 2, 3, 4, 5].map((second) => budget.take(second * 1_000));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, null]);
  expect(budget.take(RESTART_WINDOW_MS - 1)).toBeNull();
  expect(budget.take(RESTART_WINDOW_MS)).toBe(16_000);
  expect(budget.take(RESTART_WINDOW_MS)).toBeNull();
  expect(budget.take(RESTART_WINDOW_MS * 3)).toBe(1_000);
});
