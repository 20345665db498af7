/**
 * Plays a recorded session of book, trades and mark prices into a contract's market, event by event.
 *
 * Invariant: after every book event the venue's book equals the recorded one; trades print as recorded and do not touch
 * the book (the recording's own updates show what they took).
 */

import type { BookSide } from '../market/book-side.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { Player } from './player.ts';
import { EVENT_MARK, EVENT_SNAPSHOT, EVENT_TRADE, type Recording } from './recording.ts';

export class SessionPlayer implements Player {
  readonly #recording: Recording;
  readonly #market: InstrumentMarket;
  #next: number;

  /** Starts with event number `first`. */
  constructor(recording: Recording, market: InstrumentMarket, first: number) {
    this.#recording = recording;
    this.#market = market;
    this.#next = first;
  }

  nextTimeMs(): number | null {
    return this.#recording.timeMs[this.#next] ?? null;
  }

  play(venueMs: number): void {
    const at = this.#next++;
    const { kind, first, second, third } = this.#recording;
    const [a, b, c] = [first[at] ?? 0, second[at] ?? 0, third[at] ?? 0];
    switch (kind[at]) {
      case EVENT_TRADE:
        this.#market.print(venueMs, a, b, c === 1);
        return;
      case EVENT_MARK:
        this.#market.funding.quote(c);
        this.#market.reference.state(b, a);
        this.#market.markBars.add(venueMs, a, 0);
        return;
      default:
        if (kind[at] === EVENT_SNAPSHOT) {
          this.#market.bids.clear();
          this.#market.asks.clear();
        }
        this.#setLevels(this.#market.bids, a, b);
        this.#setLevels(this.#market.asks, b, c);
    }
  }

  #setLevels(side: BookSide, from: number, end: number): void {
    const { levels } = this.#recording;
    for (let at = from; at < end; at += 2) side.set(levels[at] ?? 0, levels[at + 1] ?? 0);
  }
}
