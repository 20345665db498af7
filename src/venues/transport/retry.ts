/**
 * Bounded retries of requests that may safely be repeated: only classes that can pass, with a growing jittered wait.
 *
 * Invariant: never waits less than the venue asked for.
 */

import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import { VenueError } from '../../ports/venue-error.ts';
import { untilAborted } from './until-aborted.ts';

export interface RetryOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Repetitions after the first try. */
  readonly maxRetries?: number;
  /** First wait of passing trouble; doubles up to {@link RetryOptions.maxDelayMs}. */
  readonly baseDelayMs?: number;
  /** First wait after a rate limit that named none; doubles likewise. */
  readonly rateLimitDelayMs?: number;
  readonly maxDelayMs?: number;
  /** How often this error may be repeated, where that is fewer than `maxRetries`. */
  readonly retriesOf?: (error: VenueError) => number;
  /** Told of each wait before it begins, so that others can wait too. */
  readonly onWait?: (error: VenueError, delayMs: number) => void;
}

const MAX_RETRIES = 6;
const BASE_DELAY_MS = 500;
export const RATE_LIMIT_DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;
const KEEP_ALIVE_MS = 3_600_000;

/** Ends a series although the class of its error could be repeated. */
class Exhausted extends Error {
  readonly reason: VenueError;
  constructor(reason: VenueError) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

/** Returns a runner of idempotent requests; it rejects with the last VenueError, or at once with anything else. */
export function createRetry(
  options: RetryOptions,
): <T>(request: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  const {
    random,
    maxRetries = MAX_RETRIES,
    baseDelayMs = BASE_DELAY_MS,
    rateLimitDelayMs = RATE_LIMIT_DELAY_MS,
    maxDelayMs = MAX_DELAY_MS,
    retriesOf = () => maxRetries,
    onWait,
  } = options;
  const policy = retry(
    handleWhen((error) => error instanceof VenueError && error.retryable),
    {
      maxAttempts: maxRetries,
      backoff: new DelegateBackoff((context: { attempt: number; result: unknown }) => {
        const error = failureOf(context.result);
        const firstMs = error?.errorClass === 'rate_limit' ? rateLimitDelayMs : baseDelayMs;
        const ceilingMs = Math.min(maxDelayMs, firstMs * 2 ** (context.attempt - 1));
        // A rate limit's own wait is a floor; passing trouble is spread over the upper half of its window.
        const jitteredMs =
          error?.errorClass === 'rate_limit'
            ? ceilingMs * (1 + random() / 4)
            : ceilingMs * (0.5 + random() / 2);
        const delayMs = Math.max(jitteredMs, error?.retryAfterMs ?? 0);
        if (error !== null) onWait?.(error, delayMs);
        return delayMs;
      }),
    },
  );
  const unreferenced = policy.dangerouslyUnref();
  return async (request, signal) => {
    // The package's wait outlives an abort, so it must not hold the process; this timer does, as long as anyone waits.
    const alive = setInterval(() => {}, KEEP_ALIVE_MS);
    try {
      const series = unreferenced.execute(async ({ attempt }) => {
        try {
          return await request();
        } catch (error) {
          if (error instanceof VenueError && error.retryable && attempt >= retriesOf(error))
            throw new Exhausted(error);
          throw error;
        }
      }, signal);
      // The package notices an abort only after the wait that it is in.
      return await untilAborted(series, signal);
    } catch (error) {
      throw error instanceof Exhausted ? error.reason : error;
    } finally {
      clearInterval(alive);
    }
  };
}

function failureOf(result: unknown): VenueError | null {
  if (typeof result !== 'object' || result === null || !('error' in result)) return null;
  return result.error instanceof VenueError ? result.error : null;
}
