/**
 * `la sweep-worker`: takes trials from a queue in Redis until it is told to stop.
 *
 * Trials run on threads, so that the process keeps answering Redis: a worker that falls silent loses its trials to the others
 * after {@link LOCK_MS}. A job for another engine, strategy or data is refused with a sentence.
 */

import { Worker } from 'bullmq';
import type { EventTape } from '../../storage/datasets/event-tape.ts';
import { type ProgramIo, printJson } from '../program-io.ts';
import { engineHash, strategyHash } from '../session-hashes.ts';
import { readStrategySource } from '../strategy-loader.ts';
import { SweepMarket } from './sweep-market.ts';
import { QUEUE_NAME, type TrialJob, connectRedis, openQueue } from './trial-queue.ts';
import { TrialPool } from './trial-pool.ts';
import type { TrialOutcome } from './trial-run.ts';
import type { TapeRecipe } from './trial-runner.ts';

const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_500;
/** Workers that may die over one trial before it counts as failed. */
const DEATHS_MAX = 5;
/** Parts of a market held at once: a walk-forward goes from one to the next. */
const TAPES_MAX = 2;

export interface WorkerRequest {
  readonly url: string;
  readonly threads: number;
  /** Resolves when the worker shall end: after the trials in hand. */
  readonly stop: Promise<void>;
}

/** Returns 0 when it was told to stop. Throws ConfigError where Redis does not answer. */
export async function runSweepWorker({ url, threads, stop }: WorkerRequest, io: ProgramIo): Promise<number> {
  const connection = await connectRedis(url, 'sweep-worker');
  const pool = new TrialPool(threads);
  const tapes = new TapeCache();
  const worker = new Worker<TrialJob, TrialOutcome>(
    QUEUE_NAME,
    async ({ data }) => {
      refuseStrangers(data);
      const { ground, recipe, trial } = data;
      return pool.run({ ground, tapes: await tapes.get(recipe), trial });
    },
    {
      connection,
      concurrency: threads,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: DEATHS_MAX,
    },
  );
  worker.on('error', (error) => io.stderr.write(`redis: ${error.message}\n`));
  worker.on('completed', ({ data }) => io.stderr.write(`done ${JSON.stringify(data.trial.params)}\n`));
  worker.on('failed', (job, error) =>
    io.stderr.write(`refused trial ${job?.data.trial.trial ?? ''}: ${error.message}\n`),
  );
  await worker.waitUntilReady();
  io.stdout.write(`Ready for trials on ${threads} threads\n`);
  await stop;
  await worker.close();
  await pool.close();
  connection.disconnect();
  return 0;
}

/** Prints how much of what is in the queue is done. */
export async function showQueue(url: string, io: ProgramIo): Promise<number> {
  const connection = await connectRedis(url, 'sweep-worker');
  const queue = openQueue(connection);
  try {
    const counts = await queue.getJobCounts('waiting', 'active', 'completed', 'failed');
    const workers = await queue.getWorkersCount();
    const answer = { ...counts, workers };
    if (io.json) printJson(io, answer);
    else
      io.stdout.write(
        `${Object.entries(answer)
          .map(([name, count]) => `${name} ${count}`)
          .join('  ')}\n`,
      );
    return 0;
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

function refuseStrangers({ ground, engineHash: engine, strategyHash: wanted }: TrialJob): void {
  if (engine !== engineHash()) throw new Error('this worker has another engine: install the same version');
  const { strategy } = ground.settings;
  if (wanted !== strategyHash(strategy, readStrategySource(strategy)))
    throw new Error(`this worker has another ${strategy}`);
}

/** The tapes of the last parts of the market that were asked for. */
class TapeCache {
  readonly #tapes = new Map<string, Promise<readonly EventTape[]>>();

  get(recipe: TapeRecipe): Promise<readonly EventTape[]> {
    const key = JSON.stringify(recipe);
    const known = this.#tapes.get(key);
    if (known !== undefined) return known;
    const tapes = record(recipe);
    this.#tapes.set(key, tapes);
    const [oldest] = this.#tapes.keys();
    if (oldest !== undefined && this.#tapes.size > TAPES_MAX) this.#tapes.delete(oldest);
    return tapes;
  }
}

async function record({ contracts, filesHash, ...span }: TapeRecipe): Promise<readonly EventTape[]> {
  const market = await SweepMarket.open(contracts);
  if (market.filesHash !== filesHash)
    throw new Error(`this worker has other data in ${contracts.map(({ data }) => data).join(', ')}`);
  return (await market.record(span)).tapes;
}
