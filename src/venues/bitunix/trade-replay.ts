/**
 * Recognises public trades that the venue repeats: they carry no id, and a print must not count twice.
 *
 * After a reconnect, a trade no newer than the newest one before it is dropped once for each equal trade remembered
 * (same time, price, quantity, side). On a standing connection a frame is dropped as far as it begins with a run that we
 * have, in the same order, up to our newest trade or its own end, and that shows {@link MIN_DISTINCT} different trades:
 * alike prints in a row are common, alike sequences are not. A frame that begins before our newest trade is matched
 * trade by trade like one after a reconnect: it may repeat a stretch of which we missed a part. Limits: the last
 * {@link MEMORY} trades, for runs the last {@link RUN_MEMORY}; a repetition of one or two trades within the newest
 * trade's own stamp is not recognised on a standing connection.
 */

import { type DecodedFrame, MAX_TRADES } from './decoded-frame.ts';

const MEMORY = 2 * MAX_TRADES;
const RUN_MEMORY = 1_024;
const MIN_DISTINCT = 3;

export class TradeReplay {
  readonly #timeMs = new Float64Array(MEMORY).fill(Number.NaN);
  readonly #price = new Int32Array(MEMORY);
  readonly #quantity = new Float64Array(MEMORY);
  readonly #isBuy = new Uint8Array(MEMORY);
  /** Remembered rows that a repeated trade may still be matched with. */
  readonly #isOpen = new Uint8Array(MEMORY);
  #next = 0;
  /** Rows at the head of the frame in hand that repeat what we have. */
  #repeatedRows = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #repeatedUntilMs = Number.NEGATIVE_INFINITY;
  /** The same for the frame in hand. */
  #frameRepeatsUntilMs = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  /** Stamp of the frame in hand, and of the one before it; NaN for none. */
  #frameMs = Number.NaN;
  #previousFrameMs = Number.NaN;

  /** Trades dropped as repetitions. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Stamp of the trade frame before the one in hand; NaN for the first of a connection. */
  get previousFrameMs(): number {
    return this.#previousFrameMs;
  }

  /** A new connection began: what it repeats is no newer than what we have. */
  noteReconnect(): void {
    this.#frameMs = Number.NaN;
    this.#repeatedUntilMs = this.#newestMs;
    this.#isOpen.fill(1);
  }

  /** Begins a frame; its rows are then asked for with {@link TradeReplay.accept}, in order. */
  begin(frame: DecodedFrame): void {
    this.#previousFrameMs = this.#frameMs;
    this.#frameMs = frame.exchangeTimeMs;
    this.#repeatedRows = 0;
    const beginsMs = frame.tradeTimeMs[0] ?? Number.NaN;
    this.#frameRepeatsUntilMs = this.#repeatedUntilMs;
    if (beginsMs > this.#repeatedUntilMs && beginsMs < this.#newestMs) {
      this.#frameRepeatsUntilMs = this.#newestMs;
      this.#isOpen.fill(1);
    }
    for (let back = RUN_MEMORY; back >= MIN_DISTINCT; back--) {
      const rows = Math.min(back, frame.trades);
      if (rows >= MIN_DISTINCT && this.#repeats(frame, back, rows)) {
        this.#repeatedRows = rows;
        return;
      }
    }
  }

  /** Whether trade `row` of the frame is new; remembers it when so. */
  accept(frame: DecodedFrame, row: number): boolean {
    if (row < this.#repeatedRows) {
      this.#dropped++;
      return false;
    }
    const timeMs = frame.tradeTimeMs[row] ?? 0;
    const price = frame.tradePrice[row] ?? 0;
    const quantity = frame.tradeQuantity[row] ?? 0;
    const isBuy = frame.tradeIsBuy[row] ?? 0;
    if (timeMs <= this.#frameRepeatsUntilMs && this.#takeEqual(timeMs, price, quantity, isBuy)) {
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

  /** Whether the first `rows` trades of the frame are ours from `back` trades ago on. */
  #repeats(frame: DecodedFrame, back: number, rows: number): boolean {
    let distinct = 0;
    for (let row = 0; row < rows; row++) {
      const at = (this.#next - back + row + MEMORY) % MEMORY;
      const isEqual =
        this.#timeMs[at] === frame.tradeTimeMs[row] &&
        this.#price[at] === frame.tradePrice[row] &&
        this.#quantity[at] === frame.tradeQuantity[row] &&
        this.#isBuy[at] === frame.tradeIsBuy[row];
      if (!isEqual) return false;
      if (distinct < MIN_DISTINCT && isFirstOfItsKind(frame, row)) distinct++;
    }
    return distinct >= MIN_DISTINCT;
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

/** Whether no trade before `row` in the frame has its price, quantity and side. */
function isFirstOfItsKind(frame: DecodedFrame, row: number): boolean {
  for (let other = 0; other < row; other++) {
    if (
      frame.tradePrice[other] === frame.tradePrice[row] &&
      frame.tradeQuantity[other] === frame.tradeQuantity[row] &&
      frame.tradeIsBuy[other] === frame.tradeIsBuy[row]
    )
      return false;
  }
  return true;
}
