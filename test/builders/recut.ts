/** The same events cut into other blocks. */

import { EventBlock, FLAG_LAST } from '../../src/core/domain/event-block.ts';

/** Rows of one cut at most. */
const ROWS_MAX = 4_096;

/** Copies a block's events into blocks of the given numbers of events, over and over. */
export function recut(whole: EventBlock, cuts: readonly number[]): EventBlock[] {
  const blocks: EventBlock[] = [];
  let row = 0;
  let sequence = whole.firstSequence;
  for (let turn = 0; row < whole.length; turn++) {
    const block = new EventBlock(Math.min(whole.capacity, ROWS_MAX));
    block.reset(sequence);
    block.wide = whole.wide;
    block.details.push(...whole.details);
    for (let events = 0; events < (cuts[turn % cuts.length] ?? 1) && row < whole.length; events++) {
      let isLast = false;
      while (!isLast) {
        const at = block.length++;
        for (const column of [
          'kind',
          'flags',
          'instrument',
          'receivedTimeMs',
          'exchangeTimeMs',
          'price',
          'quantity',
        ] as const) {
          block[column][at] = whole[column][row] ?? 0;
        }
        isLast = ((whole.flags[row] ?? 0) & FLAG_LAST) !== 0;
        row++;
      }
      block.events++;
      sequence++;
    }
    blocks.push(block);
  }
  return blocks;
}
