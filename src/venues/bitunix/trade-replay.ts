/**
 * Recognises public trades that a new connection repeats: they carry no id, and a print must not count twice.
 *
 * After a reconnect, a trade no newer than the newest one before it is dropped once for each equal trade remembered
 * (same time, price, quantity, side). Limit: the last {@link MEMORY} trades.
 */

import { type DecodedFrame, MAX_TRADES } from './decoded-frame.ts';

const MEMORY = 2 * MAX_TRADES;

export class TradeReplay {
  readonly #timeMs = new Float64Array(MEMORY).fill(Number.NaN);
  readonly #price = new Int32Array(MEMORY);
  readonly #quantity = new Float64Array(MEMORY);
  readonly #isBuy = new Uint8Array(MEMORY);
  /** Remembered rows that a repeated trade may still be matched with. */
  readonly #isOpen = new Uint8Array(MEMORY);
  #next = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #repeatedUntilMs = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  /** Trades dropped as repetitions. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A new connection began: what it repeats is no newer than what we have. */
  noteReconnect(): void {
    this.#repeatedUntilMs = this.#newestMs;
    this.#isOpen.fill(1);
  }

  /** Whether trade `row` of the frame is new; remembers it when so. */
  accept(frame: DecodedFrame, row: number): boolean {
    const timeMs = frame.tradeTimeMs[row] ?? 0;
    const price = frame.tradePrice[row] ?? 0;
    const quantity = frame.tradeQuantity[row] ?? 0;
    const isBuy = frame.tradeIsBuy[row] ?? 0;
    if (timeMs <= this.#repeatedUntilMs && this.#takeEqual(timeMs, price, quantity, isBuy)) {
      this.#dropped++;
      return false;
    }
    const at = this.#next;
    this.#timeMs[at] = timeMs;
    this.#price[at] = price;
    this.#quantity[at] = quantity;
    this.#isBuy[at] = isBuy;
    this.#isOpen[at] = 0;
    this.#next = (at + 1) % MEMORY;
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    return true;
  }

  #takeEqual(timeMs: number, price: number, quantity: number, isBuy: number): boolean {
    for (let at = 0; at < MEMORY; at++) {
      if (
        this.#isOpen[at] === 1 &&
        this.#timeMs[at] === timeMs &&
        this.#price[at] === price &&
        this.#quantity[at] === quantity &&
        this.#isBuy[at] === isBuy
      ) {
        this.#isOpen[at] = 0;
        return true;
      }
    }
    return false;
  }
}
