/**
 * Passes events to one engine or to several that read the same public market: before each event every one of them does
 * what is due until then, then the market changes, once, then every one of them hears the event.
 */

import type { EventBlock } from '../domain/event-block.ts';
import type { PublicMarket } from '../market/public-market.ts';

export interface EventListener {
  /** Does what is due by the time of the event at `row`, on the market as it stood before. */
  advance(block: EventBlock, row: number, sequence: number): void;
  /** Hears the event in the rows from `row` to before `end`, which the market shows already. */
  hear(block: EventBlock, row: number, end: number, sequence: number): void;
}

export function passEvents(
  block: EventBlock,
  publicMarket: PublicMarket,
  listeners: readonly EventListener[],
): void {
  let row = 0;
  let sequence = block.firstSequence;
  while (row < block.length) {
    for (const listener of listeners) listener.advance(block, row, sequence);
    const end = publicMarket.apply(block, row, sequence);
    for (const listener of listeners) listener.hear(block, row, end, sequence);
    row = end;
    sequence++;
  }
}
