/**
 * What the venue shows of one instrument to everybody: its book, the full book behind it, the flow of its trades.
 *
 * Invariant: the venue's events alone change it, never orders of ours; so one of it serves every engine that hears the same
 * events (public-market.ts). Whether it can be trusted is for each engine to judge (instrument-market.ts).
 */

import { type EventBlock, FLAG_BUY, FLAG_LAST } from '../domain/event-block.ts';
import { digestOf } from './book-digest.ts';
import { BookTail } from './book-tail.ts';
import { TickLadderBook } from './tick-ladder-book.ts';
import { TradeFlow } from './trade-flow.ts';
import { TradeTape } from './trade-tape.ts';

export class PublicBook {
  readonly ladder = new TickLadderBook();
  /** The last full book: what stood behind the window then. */
  readonly tail = new BookTail();
  readonly flow: TradeFlow;
  readonly tape = new TradeTape();
  /** Sequence number of the last frame. */
  sequence = 0;
  /** Exchange time of the last frame; -Infinity before the first. */
  exchangeTimeMs = Number.NEGATIVE_INFINITY;
  /** Deepest prices shown: a window shows no more, a full book shows everything (0 and Infinity). */
  worstBidShown = 0;
  worstAskShown = Number.POSITIVE_INFINITY;
  #digest: string | null = null;

  /** `barMs`: length of the session's bars. */
  constructor(barMs: number) {
    this.flow = new TradeFlow(barMs);
  }

  /** Whether the book shows this price, be it with quantity zero. */
  shows(isBid: boolean, price: number): boolean {
    return isBid ? price >= this.worstBidShown : price <= this.worstAskShown;
  }

  /** Digest of the best levels (book-digest.ts): worked out once a frame, and only when something asks for it. */
  get digest(): string {
    this.#digest ??= digestOf(this.ladder);
    return this.#digest;
  }

  /** Replaces the window by the frame that opens at `row`; returns the row after it. */
  replace(block: EventBlock, row: number, sequence: number): number {
    this.#open(block, row, sequence);
    this.ladder.clear();
    let worstBid = Number.POSITIVE_INFINITY;
    let worstAsk = Number.NEGATIVE_INFINITY;
    let at = row;
    while (((block.flags[at] ?? FLAG_LAST) & FLAG_LAST) === 0) {
      at++;
      const isBid = ((block.flags[at] ?? 0) & FLAG_BUY) !== 0;
      const price = block.price[at] ?? 0;
      this.ladder.set(isBid, price, block.quantity[at] ?? 0);
      if (isBid) worstBid = Math.min(worstBid, price);
      else worstAsk = Math.max(worstAsk, price);
    }
    this.worstBidShown = worstBid;
    this.worstAskShown = worstAsk;
    return at + 1;
  }

  /** Changes the levels that the frame at `row` names; returns the row after it. */
  update(block: EventBlock, row: number, sequence: number): number {
    this.#open(block, row, sequence);
    this.worstBidShown = 0;
    this.worstAskShown = Number.POSITIVE_INFINITY;
    // Read once: the calls below would make the loop look the columns up again for each level.
    const { flags, price, quantity } = block;
    let at = row;
    while (((flags[at] ?? FLAG_LAST) & FLAG_LAST) === 0) {
      at++;
      this.ladder.set(((flags[at] ?? 0) & FLAG_BUY) !== 0, price[at] ?? 0, quantity[at] ?? 0);
    }
    return at + 1;
  }

  /** Keeps a full book as the estimate of what lies behind the window; nothing that is displayed changes. */
  replaceTail(block: EventBlock, row: number, nowMs: number, sequence: number): number {
    const end = row + 1 + (block.price[row] ?? 0);
    this.tail.begin(nowMs, sequence);
    for (let at = row + 1; at < end; at++) {
      const isBid = ((block.flags[at] ?? 0) & FLAG_BUY) !== 0;
      this.tail.add(isBid, block.price[at] ?? 0, block.quantity[at] ?? 0);
    }
    return end;
  }

  #open(block: EventBlock, row: number, sequence: number): void {
    this.sequence = sequence;
    this.exchangeTimeMs = block.exchangeTimeMs[row] ?? 0;
    this.#digest = null;
  }

  save() {
    const { sequence, exchangeTimeMs, worstBidShown, worstAskShown } = this;
    return {
      ...{ sequence, exchangeTimeMs, worstBidShown, worstAskShown },
      ladder: this.ladder.save(),
      tail: this.tail.save(),
      flow: this.flow.save(),
      tape: this.tape.save(),
    };
  }

  restore(state: ReturnType<PublicBook['save']>): void {
    this.ladder.restore(state.ladder);
    this.tail.restore(state.tail);
    this.flow.restore(state.flow);
    this.tape.restore(state.tape);
    this.sequence = state.sequence;
    this.exchangeTimeMs = state.exchangeTimeMs;
    this.worstBidShown = state.worstBidShown;
    this.worstAskShown = state.worstAskShown;
  }
}
