/**
 * The queue of trials in Redis: what both ends of it agree on.
 *
 * A job's id is a digest of all that decides its outcome, so that the same trial is never run twice, whoever asks for it
 * and however often; results stay for {@link RESULT_AGE_S}.
 */

import { createHash } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { ConfigError } from '../config/config-error.ts';
import type { Trial } from './sweep-space.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';
import type { TapeRecipe } from './trial-runner.ts';

export const QUEUE_NAME = 'laptop-agents-trials';
const RESULT_AGE_S = 7 * 86_400;
const FAILURE_AGE_S = 86_400;
const CONNECT_TIMEOUT_MS = 5_000;

/** Everything that a worker needs, as JSON. A worker with another engine, strategy or data refuses the job. */
export interface TrialJob {
  readonly engineHash: string;
  readonly strategyHash: string;
  readonly ground: TrialGround;
  readonly recipe: TapeRecipe;
  readonly trial: Trial;
}

export type TrialQueue = Queue<TrialJob, TrialOutcome>;

/** Connects to Redis. Throws ConfigError where it does not answer; a password in `url` is in no message. */
export async function connectRedis(url: string, flag: string): Promise<Redis> {
  const connection = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // BullMQ blocks on commands: they wait through a reconnect.
    maxRetriesPerRequest: null,
  });
  let reason = 'no answer';
  // Reconnecting is ioredis' own work; unheard errors would end the process.
  connection.on('error', (error: Error) => (reason = error.message));
  const giveUp = setTimeout(() => connection.disconnect(), CONNECT_TIMEOUT_MS);
  try {
    await connection.connect();
    return connection;
  } catch {
    connection.disconnect();
    throw new ConfigError([`${flag}: expected a Redis server at ${withoutSecret(url)}, found: ${reason}`]);
  } finally {
    clearTimeout(giveUp);
  }
}

export function openQueue(connection: Redis): TrialQueue {
  return new Queue<TrialJob, TrialOutcome>(QUEUE_NAME, {
    connection,
    defaultJobOptions: {
      removeOnComplete: { age: RESULT_AGE_S },
      removeOnFail: { age: FAILURE_AGE_S },
    },
  });
}

/** The number of the trial is left out: it says where a trial stands in a space, not what it comes to. */
export function jobId({ engineHash, strategyHash, ground, recipe, trial }: TrialJob): string {
  const parts = [engineHash, strategyHash, ground, recipe, trial.params, trial.seed ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function withoutSecret(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return 'the address given';
  }
}
