import { expect, test } from 'vitest';
import { VenueError } from '../../ports/venue-error.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { MAX_WAITING_REQUESTS, RateLimiter } from './rate-limiter.ts';

async function startTimes(limiter: RateLimiter, time: ManualScheduler, requests: number): Promise<number[]> {
  const startedAtMs: number[] = [];
  for (let request = 0; request < requests; request++) {
    void limiter.turn().then(() => startedAtMs.push(time.monotonicMs()));
  }
  await time.advanceSlowly(5_000, 10);
  return startedAtMs;
}

test('starts four requests at once and never more than eight in any second', async () => {
  const time = new ManualScheduler();
  const startedAtMs = await startTimes(new RateLimiter(time, time), time, 30);
  expect(startedAtMs).toHaveLength(30);
  expect(startedAtMs.filter((ms) => ms <= 10)).toHaveLength(4);
  for (const fromMs of startedAtMs) {
    expect(startedAtMs.filter((ms) => ms >= fromMs && ms < fromMs + 1_000).length).toBeLessThanOrEqual(8);
  }
});

test('is not held up by a wall clock that steps back', async () => {
  const time = new ManualScheduler();
  const limiter = new RateLimiter(time, time);
  await startTimes(limiter, time, 4);
  time.wallOffsetMs -= 3_600_000;
  expect(await startTimes(limiter, time, 8)).toHaveLength(8);
});

test('starts nothing while the venue asked us to wait', async () => {
  const time = new ManualScheduler();
  const limiter = new RateLimiter(time, time);
  limiter.hold(2_000);
  limiter.hold(500);
  const startedAtMs = await startTimes(limiter, time, 2);
  expect(Math.min(...startedAtMs)).toBeGreaterThanOrEqual(2_000);
});

test('refuses requests beyond its queue and those that wait when it closes', async () => {
  const time = new ManualScheduler();
  const limiter = new RateLimiter(time, time);
  limiter.hold(60_000);
  const waiting = Array.from({ length: MAX_WAITING_REQUESTS }, () =>
    limiter.turn().catch((error: unknown) => error),
  );
  await expect(limiter.turn()).rejects.toMatchObject({ errorClass: 'rate_limit' });
  const reason = new VenueError('fatal', 403, 'gone');
  limiter.close(reason);
  for (const outcome of await Promise.all(waiting)) expect(outcome).toBe(reason);
});
