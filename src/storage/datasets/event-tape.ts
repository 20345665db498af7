/**
 * A feed copied once into shared memory, from which any number of threads play it at the same time without a copy.
 *
 * A tape passes between threads as it is (structured clone shares its buffers). Blocks that are played are views: whoever
 * reads them must not write.
 */

import type { BlockColumns } from '../../core/domain/block-columns.ts';
import { EventBlock, type EventDetail, FLAG_HISTORY } from '../../core/domain/event-block.ts';
import type { DatasetFeed } from './dataset.ts';

interface TapeBlock {
  readonly columns: BlockColumns;
  readonly details: readonly EventDetail[];
  readonly events: number;
}

export interface EventTape {
  readonly startMs: number;
  readonly endMs: number;
  readonly blocks: readonly TapeBlock[];
  /** Bars of before the start, an event each, with which the tape begins. */
  readonly historyBars: number;
}

/** Reads a feed to its end. */
export async function recordTape(feed: DatasetFeed): Promise<EventTape> {
  const blocks: TapeBlock[] = [];
  let historyBars = 0;
  let isHistory = true;
  for await (const block of feed.blocks(1)) {
    const columns = block.shareColumns();
    blocks.push({ columns, details: [...block.details], events: block.events });
    for (const flags of columns.flags) {
      isHistory &&= (flags & FLAG_HISTORY) !== 0;
      if (!isHistory) break;
      historyBars++;
    }
  }
  return { startMs: feed.startMs, endMs: feed.endMs, blocks, historyBars };
}

/** The tape with at most this many bars of history: what the feed would have been if no more had been asked for. */
export function playTape(tape: EventTape, historyBars: number): DatasetFeed {
  return {
    startMs: tape.startMs,
    endMs: tape.endMs,
    async *blocks(firstSequence) {
      let sequence = firstSequence;
      let skipped = Math.max(0, tape.historyBars - historyBars);
      for (const { columns, details, events } of tape.blocks) {
        const skippedHere = Math.min(skipped, columns.kind.length);
        skipped -= skippedHere;
        if (skippedHere === columns.kind.length) continue;
        const block = EventBlock.over(columns, details, skippedHere, events - skippedHere, sequence);
        sequence += block.events;
        yield block;
      }
    },
  };
}
