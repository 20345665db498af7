import { expect, test } from 'vitest';
import { VenueError, type VenueErrorClass } from '../../ports/venue-error.ts';
import { createRetry } from './retry.ts';

const error = (errorClass: VenueErrorClass, retryAfterMs?: number): VenueError =>
  new VenueError(errorClass, null, 'trouble', retryAfterMs === undefined ? {} : { retryAfterMs });

const quick = { random: () => 0.5, baseDelayMs: 1, rateLimitDelayMs: 1, maxDelayMs: 4 };

async function attempts(
  retry: ReturnType<typeof createRetry>,
  failures: readonly Error[],
): Promise<{ readonly tries: number; readonly outcome: unknown }> {
  let tries = 0;
  const outcome = await retry(() => {
    const failure = failures[tries++];
    return failure === undefined ? Promise.resolve('done') : Promise.reject(failure);
  }).catch((caught: unknown) => caught);
  return { tries, outcome };
}

test('repeats passing trouble until it passes', async () => {
  const { tries, outcome } = await attempts(createRetry(quick), [error('transient'), error('rate_limit')]);
  expect([tries, outcome]).toEqual([3, 'done']);
});

test('gives up after its maximum with the last error', async () => {
  const failures = Array.from({ length: 20 }, () => error('transient'));
  const { tries, outcome } = await attempts(createRetry({ ...quick, maxRetries: 3 }), failures);
  expect([tries, outcome]).toEqual([4, failures[3]]);
});

test.each(['fatal', 'request', 'order_reject'] as const)('never repeats a %s error', async (errorClass) => {
  const failure = error(errorClass);
  expect(await attempts(createRetry(quick), [failure])).toEqual({ tries: 1, outcome: failure });
});

test('never repeats a bug', async () => {
  const bug = new TypeError('bug');
  expect(await attempts(createRetry(quick), [bug])).toEqual({ tries: 1, outcome: bug });
});

test('repeats an error that allows one repetition once', async () => {
  const failures = [error('transient'), error('transient'), error('transient')];
  const { tries, outcome } = await attempts(createRetry({ ...quick, retriesOf: () => 1 }), failures);
  expect([tries, outcome]).toEqual([2, failures[1]]);
});

test('waits as long as the venue asked, and longer each time where it named nothing', async () => {
  const waitsMs: number[] = [];
  const retry = createRetry({ ...quick, maxDelayMs: 1_000, onWait: (_, delayMs) => waitsMs.push(delayMs) });
  await attempts(retry, [error('rate_limit', 30), error('transient'), error('transient')]);
  expect(waitsMs[0]).toBe(30);
  expect(waitsMs[1]).toBe(1.5);
  expect(waitsMs[2]).toBe(3);
});

test('ends at once when its signal aborts during a wait', async () => {
  const retry = createRetry({ ...quick, baseDelayMs: 60_000, maxDelayMs: 60_000 });
  const controller = new AbortController();
  const outcome = retry(() => Promise.reject(error('transient')), controller.signal).catch(() => 'ended');
  setTimeout(() => controller.abort(), 5);
  expect(await outcome).toBe('ended');
});
