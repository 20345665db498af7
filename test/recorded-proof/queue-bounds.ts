/**
 * How much a resting order can have got at most, and must have got at least, from the raw recording alone.
 *
 * Most: whatever leaves its price, by print or by cancel, was ahead of it, and both are counted where one explains the
 * other; once nothing is ahead, prints at its price are its own, and so is every print through it.
 * Least: prints through its price, by their size, while the book was a market; nothing else.
 */

import type { RawBook, RawMessage, RawPrint } from './raw-session.ts';

/** An order in the book: from its arrival until it is gone; integers of 10^-8. */
export interface RestingSpan {
  readonly id: string;
  readonly isBid: boolean;
  readonly price: number;
  readonly quantity: number;
  readonly fromMs: number;
  /** Infinity where it stays. */
  readonly untilMs: number;
}

export class QueueBounds {
  readonly span: RestingSpan;
  most = 0;
  least = 0;
  /** What may be ahead at the least; null before the arrival. */
  #ahead: number | null = null;
  #shown = 0;

  constructor(span: RestingSpan) {
    this.span = span;
  }

  /** Hears every message, with the book before it (`arrive`) and after it. */
  arrive(book: RawBook, timeMs: number): void {
    const { isBid, price, fromMs } = this.span;
    if (this.#ahead !== null || timeMs < fromMs) return;
    this.#shown = book.shown(isBid, price);
    this.#ahead = this.#shown;
  }

  hear(message: RawMessage, book: RawBook, isMarket: boolean): void {
    if (this.#ahead === null || message.timeMs > this.span.untilMs) return;
    const { print } = message;
    if (print !== null) {
      this.#print(print, message.timeMs, isMarket);
      return;
    }
    if (message.kind === 'mark' || !book.covers(this.span.isBid, this.span.price)) return;
    const shown = book.shown(this.span.isBid, this.span.price);
    this.#ahead = Math.max(0, Math.min(this.#ahead - Math.max(0, this.#shown - shown), shown));
    this.#shown = shown;
  }

  #print(print: RawPrint, timeMs: number, isMarket: boolean): void {
    const { isBid, price, quantity, fromMs, untilMs } = this.span;
    if (print.takerBuys === isBid || print.tradeMs < fromMs) return;
    const isThrough = isBid ? print.price < price : print.price > price;
    if (isThrough) {
      this.most = Math.min(quantity, this.most + print.quantity);
      if (isMarket && timeMs < untilMs) this.least = Math.min(quantity, this.least + print.quantity);
      this.#ahead = 0;
    } else if (print.price === price) {
      const ahead = this.#ahead ?? 0;
      this.most = Math.min(quantity, this.most + Math.max(0, print.quantity - ahead));
      this.#ahead = Math.max(0, ahead - print.quantity);
    }
  }
}
