/** The same events cut into other blocks. */

import { type EventBlock, FLAG_LAST } from '../../src/core/domain/event-block.ts';
import { cutBlock } from '../../src/storage/copy-block.ts';

/** Copies a block's events into blocks of the given numbers of events, over and over. */
export function recut(whole: EventBlock, cuts: readonly number[]): EventBlock[] {
  const blocks: EventBlock[] = [];
  let from = 0;
  let events = 0;
  let sequence = whole.firstSequence;
  for (let row = 0; row < whole.length; row++) {
    if (((whole.flags[row] ?? 0) & FLAG_LAST) === 0) continue;
    events++;
    if (events < (cuts[blocks.length % cuts.length] ?? 1) && row + 1 < whole.length) continue;
    blocks.push(cutBlock(whole, from, row + 1, sequence));
    sequence += events;
    from = row + 1;
    events = 0;
  }
  return blocks;
}
