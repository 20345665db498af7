/** Tells events of other sources between those of a stream. */

import { EventBlock } from '../../core/domain/event-block.ts';
import { cutBlock } from '../copy-block.ts';

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
