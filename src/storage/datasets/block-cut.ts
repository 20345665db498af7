/** Gives a part of an event block as a block of its own, and events of other sources between its events. */

import { EventBlock, FLAG_LAST } from '../../core/domain/event-block.ts';

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

/** Something that is to be told at a time, between the events of a stream. */
export interface Insertion {
  readonly atMs: number;
  /** Appends one event or more; of `source`, the stream's block in hand, the rows before `to` have been told. */
  append(block: EventBlock, source: EventBlock, to: number): void;
}

/** Tells the insertions, ascending in time, before the first event that is later; numbers all events anew. */
export async function* withInsertions(
  blocks: AsyncIterable<EventBlock> | Iterable<EventBlock>,
  insertions: readonly Insertion[],
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  let sequence = firstSequence;
  let next = 0;
  const told = new EventBlock(2);
  for await (const source of blocks) {
    let from = 0;
    for (;;) {
      const insertion = insertions[next];
      const to = insertion === undefined ? source.length : rowAfter(source, from, insertion.atMs);
      if (insertion === undefined || to === source.length) break;
      if (to > from) {
        const part = cutBlock(source, from, to, sequence);
        yield part;
        sequence += part.events;
      }
      told.reset(sequence);
      insertion.append(told, source, to);
      yield told;
      sequence += told.events;
      from = to;
      next++;
    }
    const rest =
      from === 0 && source.firstSequence === sequence
        ? source
        : cutBlock(source, from, source.length, sequence);
    if (rest.events > 0) yield rest;
    sequence += rest.events;
  }
}

/** The first row from `from` on whose event is received after `atMs`. */
function rowAfter(block: EventBlock, from: number, atMs: number): number {
  let row = from;
  while (row < block.length && (block.receivedTimeMs[row] ?? 0) <= atMs) row++;
  return row;
}
