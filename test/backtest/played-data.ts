/** What a feed tells, in a few numbers that change when anything in it does. */

import { type Hash, createHash } from 'node:crypto';
import type { BlockColumns } from '../../src/core/domain/block-columns.ts';
import type { EventBlock } from '../../src/core/domain/event-block.ts';

export interface PlayedData {
  readonly events: number;
  readonly rows: number;
  readonly hash: string;
}

export async function playData(blocks: AsyncIterable<EventBlock>): Promise<PlayedData> {
  // A hash for each column: where blocks are cut changes nothing.
  const hashes = new Map<keyof BlockColumns, Hash>();
  let [events, rows] = [0, 0];
  for await (const block of blocks) {
    events += block.events;
    rows += block.length;
    for (const column of COLUMNS) {
      const hash = hashes.get(column) ?? createHash('sha256');
      hash.update(block[column].subarray(0, block.length));
      hashes.set(column, hash);
    }
  }
  return { events, rows, hash: [...hashes.values()].map((hash) => hash.digest('hex').slice(0, 8)).join(' ') };
}

const COLUMNS = ['kind', 'flags', 'receivedTimeMs', 'exchangeTimeMs', 'price', 'quantity'] as const;
