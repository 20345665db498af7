/**
 * What the venue shows to everybody, of every instrument of a session: each event changes it once, however many engines
 * read it.
 */

import { InvariantViolation } from '../base/assert.ts';
import { restoreEach } from '../base/saved-state.ts';
import type { FeedState } from '../domain/commands.ts';
import { type EventBlock, EventKind, FLAG_BUY } from '../domain/event-block.ts';
import { PublicBook } from './public-book.ts';

export class PublicMarket {
  readonly books: readonly PublicBook[];

  /** `barMs`: length of the session's bars. */
  constructor(instruments: number, barMs: number) {
    this.books = Array.from({ length: instruments }, () => new PublicBook(barMs));
  }

  /** Takes the event that begins at `row`; returns the row after it. Events that show nothing public change nothing. */
  apply(block: EventBlock, row: number, sequence: number): number {
    switch (block.kind[row]) {
      case EventKind.bookDelta:
        return this.#book(block, row).update(block, row, sequence);
      case EventKind.bookSnapshot:
        return this.#book(block, row).replace(block, row, sequence);
      case EventKind.bookTail:
        return this.#book(block, row).replaceTail(block, row, block.receivedTimeMs[row] ?? 0, sequence);
      case EventKind.trade: {
        const isTakerBuy = ((block.flags[row] ?? 0) & FLAG_BUY) !== 0;
        const { flow, tape } = this.#book(block, row);
        const exchangeTimeMs = block.exchangeTimeMs[row] ?? 0;
        const quantity = block.quantity[row] ?? 0;
        flow.addTrade(exchangeTimeMs, isTakerBuy, quantity);
        tape.add(exchangeTimeMs, isTakerBuy, block.price[row] ?? 0, quantity);
        break;
      }
      case EventKind.feed:
        this.#hearFeed(block.details[block.price[row] ?? 0] as FeedState, block.receivedTimeMs[row] ?? 0);
        break;
      default:
        break;
    }
    return row + 1;
  }

  /** Trades count from the connection of the feed to its loss. */
  #hearFeed({ feed, state }: FeedState, nowMs: number): void {
    if (feed !== 'ticker') return;
    for (const { flow } of this.books) {
      if (state === 'connected') flow.begin(nowMs);
      else flow.end();
    }
  }

  #book(block: EventBlock, row: number): PublicBook {
    const instrument = block.instrument[row] ?? 0;
    const book = this.books[instrument];
    // Not `assert`: making its text would cost more than many events do.
    if (book === undefined) throw new InvariantViolation(`no instrument ${instrument}`);
    return book;
  }

  save() {
    return this.books.map((book) => book.save());
  }

  restore(books: ReturnType<PublicMarket['save']>): void {
    restoreEach(this.books, books);
  }
}
