/** Gives an event block, or a part of it, as a block of its own. */

import { EventBlock, FLAG_LAST } from '../core/domain/event-block.ts';

/** Rows `from` to before `to`, whole events; the columns are copied, wide values and documents shared. */
export function cutBlock(source: EventBlock, from: number, to: number, firstSequence: number): EventBlock {
  const block = new EventBlock(Math.max(1, to - from));
  block.reset(firstSequence);
  block.kind.set(source.kind.subarray(from, to));
  block.flags.set(source.flags.subarray(from, to));
  block.instrument.set(source.instrument.subarray(from, to));
  block.receivedTimeMs.set(source.receivedTimeMs.subarray(from, to));
  block.exchangeTimeMs.set(source.exchangeTimeMs.subarray(from, to));
  block.price.set(source.price.subarray(from, to));
  block.quantity.set(source.quantity.subarray(from, to));
  block.wide = source.wide;
  block.details.push(...source.details);
  block.length = to - from;
  for (let row = from; row < to; row++) if (((source.flags[row] ?? 0) & FLAG_LAST) !== 0) block.events++;
  return block;
}

/** All of it; nothing is shared with the source. */
export function copyBlock(source: EventBlock): EventBlock {
  const block = cutBlock(source, 0, source.length, source.firstSequence);
  block.wide = source.wide.slice();
  return block;
}
