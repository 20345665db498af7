/** The market that a sweep is played on: the dataset once opened, and a tape of any part of it. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInstrument } from '../../core/domain/instrument.ts';
import type { Dataset } from '../../storage/datasets/dataset.ts';
import { recordTape } from '../../storage/datasets/event-tape.ts';
import { type DatasetPaths, openDataset } from '../../storage/datasets/open-dataset.ts';
import { toStorageError } from '../../storage/storage-error.ts';
import type { TrialGround } from './trial-run.ts';
import type { TapeRecipe, TrialMarket } from './trial-runner.ts';

export interface MarketSpan {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly historyBars: number;
}

export class SweepMarket {
  readonly dataset: Dataset;
  readonly filesHash: string;
  readonly #files: DatasetPaths;

  private constructor(files: DatasetPaths, filesHash: string, dataset: Dataset) {
    this.#files = files;
    this.filesHash = filesHash;
    this.dataset = dataset;
  }

  /** Throws StorageError where a file is missing or not what it should be. */
  static async open(files: DatasetPaths): Promise<SweepMarket> {
    return new SweepMarket(files, await hashFiles(files), await openDataset(files));
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

/** SHA-256 over the bytes of all files that the paths stand for, in turn, hex. */
async function hashFiles({ data, marks, funding }: DatasetPaths): Promise<string> {
  const hash = createHash('sha256');
  for (const given of [data, marks, funding]) {
    hash.update(given === null ? 'none' : 'given');
    for (const file of given === null ? [] : filesOf(given)) {
      try {
        await pipeline(createReadStream(file), hash, { end: false });
      } catch (error) {
        throw toStorageError(error, `read ${file}`);
      }
    }
  }
  return hash.digest('hex');
}

/** The file itself, the files of a folder, or those of a recorded session with this prefix; none where nothing is there. */
function filesOf(given: string): readonly string[] {
  const found = statSync(given, { throwIfNoEntry: false });
  if (found?.isFile() === true) return [given];
  const isFolder = found?.isDirectory() === true;
  const folder = isFolder ? given : path.dirname(given);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: isFolder, encoding: 'utf8' })
    .filter((name) => isFolder || name.startsWith(`${path.basename(given)}-`))
    .toSorted()
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}
