/** The events of a dataset, read once and held in memory: what is measured then is what becomes of them. */

import type { EventBlock } from '../../src/core/domain/event-block.ts';
import { copyBlock } from '../../src/storage/copy-block.ts';
import type { DatasetFeed } from '../../src/storage/datasets/dataset.ts';

const FIRST_SEQUENCE = 1;

/** Reads `feed` to its end. The held feed begins at sequence 1, as a backtest asks; throws where another is asked for. */
export async function holdFeed(feed: DatasetFeed): Promise<DatasetFeed> {
  const blocks: EventBlock[] = [];
  for await (const block of feed.blocks(FIRST_SEQUENCE)) blocks.push(copyBlock(block));
  const { startMs, endMs } = feed;
  return {
    startMs,
    endMs,
    async *blocks(firstSequence) {
      if (firstSequence !== FIRST_SEQUENCE)
        throw new Error(`held from ${FIRST_SEQUENCE}, not ${firstSequence}`);
      yield* blocks;
    },
  };
}
