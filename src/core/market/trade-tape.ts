/** The last public trades of one instrument, as they were heard, newest first. Memory is fixed. */

import { assert } from '../base/assert.ts';
import type { Side } from '../domain/order.ts';
import type { Lots, Ticks } from '../domain/units.ts';

/** Trades remembered. */
const TAPE_TRADES = 1_000;

export class TradeTape {
  readonly #exchangeTimeMs = new Float64Array(TAPE_TRADES);
  readonly #price = new Float64Array(TAPE_TRADES);
  /** Signed: > 0 where the taker bought. */
  readonly #signed = new Float64Array(TAPE_TRADES);
  #total = 0;

  constructor() {
    // Strategies read it: nothing of it can be replaced.
    Object.freeze(this);
  }

  /** Trades held. */
  get length(): number {
    return Math.min(this.#total, TAPE_TRADES);
  }

  /** Trades ever heard. */
  get total(): number {
    return this.#total;
  }

  add(exchangeTimeMs: number, isTakerBuy: boolean, price: number, quantity: number): void {
    const at = this.#total % TAPE_TRADES;
    this.#exchangeTimeMs[at] = exchangeTimeMs;
    this.#price[at] = price;
    this.#signed[at] = isTakerBuy ? quantity : -quantity;
    this.#total++;
  }

  /** `back` counts from the newest trade, which is 0; throws beyond what is held. */
  exchangeTimeMs(back: number): number {
    return this.#exchangeTimeMs[this.#index(back)] ?? Number.NaN;
  }

  price(back: number): Ticks {
    return (this.#price[this.#index(back)] ?? Number.NaN) as Ticks;
  }

  quantity(back: number): Lots {
    return Math.abs(this.#signed[this.#index(back)] ?? Number.NaN) as Lots;
  }

  takerSide(back: number): Side {
    return (this.#signed[this.#index(back)] ?? 0) < 0 ? 'sell' : 'buy';
  }

  #index(back: number): number {
    assert(back >= 0 && back < this.length, `trade ${back} back of ${this.length} held`);
    return (this.#total - 1 - back) % TAPE_TRADES;
  }

  /** The trades held, in the places that they have. */
  save() {
    const { length } = this;
    return {
      total: this.#total,
      exchangeTimeMs: [...this.#exchangeTimeMs.subarray(0, length)],
      price: [...this.#price.subarray(0, length)],
      signed: [...this.#signed.subarray(0, length)],
    };
  }

  restore(state: ReturnType<TradeTape['save']>): void {
    this.#total = state.total;
    this.#exchangeTimeMs.set(state.exchangeTimeMs);
    this.#price.set(state.price);
    this.#signed.set(state.signed);
  }
}

Object.freeze(TradeTape.prototype);
