/**
 * Runs trials on workers anywhere, through a queue in Redis.
 *
 * The queue holds the work and the results; this side only asks for what is done. It can be killed and started again: trials that
 * were done are not run again.
 */

import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { engineHash, strategyHash } from '../session-hashes.ts';
import { readStrategySource } from '../strategy-loader.ts';
import { StorageError } from '../../storage/storage-error.ts';
import type { Trial } from './sweep-space.ts';
import { type TrialJob, type TrialQueue, connectRedis, jobId, openQueue } from './trial-queue.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';
import type { TrialMarket, TrialRunner } from './trial-runner.ts';

const POLL_MS = 250;
/** Jobs asked for in one round: the queue is worked off in order, so the first ones end first. */
const POLLED_MAX = 200;
const BULK_MAX = 500;

export class QueueRunner implements TrialRunner {
  readonly #connection: Redis;
  readonly #queue: TrialQueue;

  private constructor(connection: Redis) {
    this.#connection = connection;
    this.#queue = openQueue(connection);
  }

  /** Throws ConfigError where Redis does not answer. */
  static async open(url: string): Promise<QueueRunner> {
    return new QueueRunner(await connectRedis(url, '--workers'));
  }

  async run(
    ground: TrialGround,
    { recipe }: TrialMarket,
    trials: readonly Trial[],
    onOutcome: (outcome: TrialOutcome) => void,
  ): Promise<void> {
    const { strategy } = ground.settings;
    const hashes = {
      engineHash: engineHash(),
      strategyHash: strategyHash(strategy, readStrategySource(strategy)),
    };
    const waiting = new Map<string, Trial>();
    for (const trial of trials) waiting.set(jobId({ ...hashes, ground, recipe, trial }), trial);
    await this.#enqueue(
      [...waiting].map(([id, trial]) => ({ id, job: { ...hashes, ground, recipe, trial } })),
    );
    while (waiting.size > 0) {
      for (const [id, outcome] of await this.#finished([...waiting.keys()].slice(0, POLLED_MAX))) {
        const trial = waiting.get(id);
        waiting.delete(id);
        // Another sweep may have asked for the same trial under another number.
        if (trial !== undefined) onOutcome({ ...outcome, trial: trial.trial });
      }
      if (waiting.size > 0) await pause(POLL_MS);
    }
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#connection.disconnect();
  }

  async #enqueue(jobs: readonly { readonly id: string; readonly job: TrialJob }[]): Promise<void> {
    for (let from = 0; from < jobs.length; from += BULK_MAX) {
      const part = jobs.slice(from, from + BULK_MAX);
      // A failure of before is tried again: a worker that refused it may have been replaced.
      const before = await Promise.all(part.map(({ id }) => this.#queue.getJob(id)));
      await Promise.all(before.flatMap((job) => (job?.failedReason === undefined ? [] : [job.remove()])));
      await this.#queue.addBulk(
        part.map(({ id, job }) => ({ name: 'trial', data: job, opts: { jobId: id } })),
      );
    }
  }

  /** Throws StorageError with the worker's words for a trial that failed. */
  async #finished(ids: readonly string[]): Promise<readonly (readonly [string, TrialOutcome])[]> {
    const jobs: (Job<TrialJob, TrialOutcome> | undefined)[] = await Promise.all(
      ids.map((id) => this.#queue.getJob(id)),
    );
    return jobs.flatMap((job, at) => {
      const id = ids[at];
      if (job === undefined || id === undefined || job.finishedOn === undefined) return [];
      if (job.failedReason !== undefined && job.failedReason !== '')
        throw new StorageError(
          'invalid_data',
          `a worker refused trial ${job.data.trial.trial}: ${job.failedReason}`,
        );
      return [[id, job.returnvalue] as const];
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
