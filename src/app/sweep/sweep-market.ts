/** The market that a sweep is played on: its files once opened, and the tapes of any part of it. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DatasetSpan } from '../../storage/datasets/dataset.ts';
import { type EventTape, recordTape } from '../../storage/datasets/event-tape.ts';
import { toStorageError } from '../../storage/storage-error.ts';
import { BacktestMarket, type MarketContract } from '../backtest-market.ts';
import type { TrialMarket } from './trial-runner.ts';

export class SweepMarket {
  readonly market: BacktestMarket;
  readonly filesHash: string;

  private constructor(market: BacktestMarket, filesHash: string) {
    this.market = market;
    this.filesHash = filesHash;
  }

  /** Throws StorageError where a file is missing or not what it should be. */
  static async open(contracts: readonly MarketContract[]): Promise<SweepMarket> {
    const filesHash = await hashFiles(contracts);
    return new SweepMarket(await BacktestMarket.open(contracts), filesHash);
  }

  /** Records a part of the data into shared memory. */
  async record(span: DatasetSpan): Promise<TrialMarket> {
    const { contracts } = this.market;
    const tapes: EventTape[] = [];
    for (const feed of this.market.feeds(span)) tapes.push(await recordTape(feed));
    return { tapes, recipe: { contracts, ...span, filesHash: this.filesHash } };
  }
}

/** SHA-256 over the bytes of all files that the paths stand for, in turn, hex. */
async function hashFiles(contracts: readonly MarketContract[]): Promise<string> {
  const hash = createHash('sha256');
  for (const given of contracts.flatMap(({ data, marks, funding }) => [data, marks, funding])) {
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
