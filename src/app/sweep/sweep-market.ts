/** The market that a sweep is played on: the dataset once opened, and a tape of any part of it. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createInstrument } from '../../core/domain/instrument.ts';
import { openBarDataset } from '../../storage/datasets/bar-dataset.ts';
import type { Dataset } from '../../storage/datasets/dataset.ts';
import { recordTape } from '../../storage/datasets/event-tape.ts';
import { toStorageError } from '../../storage/storage-error.ts';
import type { TrialGround } from './trial-run.ts';
import type { TapeRecipe, TrialMarket } from './trial-runner.ts';

export interface MarketFiles {
  readonly bars: string;
  readonly marks: string | null;
  readonly funding: string | null;
}

export interface MarketSpan {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly historyBars: number;
}

export class SweepMarket {
  readonly dataset: Dataset;
  readonly filesHash: string;
  readonly #files: MarketFiles;

  private constructor(files: MarketFiles, filesHash: string, dataset: Dataset) {
    this.#files = files;
    this.filesHash = filesHash;
    this.dataset = dataset;
  }

  /** Throws StorageError where a file is missing or not what it should be. */
  static async open(files: MarketFiles): Promise<SweepMarket> {
    return new SweepMarket(files, await hashFiles(files), await openBarDataset(files));
  }

  /** The span of a part of the data, ms UTC. Throws StorageError where nothing lies in it. */
  span(
    ground: Pick<TrialGround, 'spec'>,
    span: MarketSpan,
  ): { readonly startMs: number; readonly endMs: number } {
    return this.dataset.feed(createInstrument(ground.spec, 0), span);
  }

  /** Records a part of the data into shared memory. */
  async record(ground: Pick<TrialGround, 'spec'>, span: MarketSpan): Promise<TrialMarket> {
    const recipe: TapeRecipe = { ...this.#files, ...span, filesHash: this.filesHash };
    return {
      tape: await recordTape(this.dataset.feed(createInstrument(ground.spec, 0), span)),
      recipe,
    };
  }
}

/** SHA-256 over the bytes of the files in turn, hex. */
async function hashFiles({ bars, marks, funding }: MarketFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [bars, marks, funding]) {
    hash.update(file === null ? 'none' : 'file');
    if (file === null) continue;
    try {
      await pipeline(createReadStream(file), hash, { end: false });
    } catch (error) {
      throw toStorageError(error, `read ${file}`);
    }
  }
  return hash.digest('hex');
}
