/** Hands a public trade to our resting orders of one instrument, and says for each fill which print it was. */

import { assert } from '../base/assert.ts';
import type { PrintTaken } from '../domain/receipt.ts';
import { type Lots, type Ticks, lots, ticks } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { FillBasis } from './fill-record.ts';
import type { RestingOrders } from './resting-orders.ts';
import type { WorkingOrder } from './working-order.ts';

/** What prints ask of the exchange around them. */
export interface PrintLink {
  fill(order: WorkingOrder, quantity: Lots, price: Ticks, basis: FillBasis): void;
  /** Lets reduce-only orders leave that the position no longer supports. */
  shrink(instrument: number): void;
}

export class PrintMatching {
  readonly #resting: RestingOrders;
  readonly #link: PrintLink;
  /** The print being handed out. */
  #print: PrintTaken | null = null;
  readonly #fill = (order: WorkingOrder, quantity: number): void => {
    const { price } = order.intent;
    const print = this.#print;
    assert(price !== null && print !== null, 'a resting order has a price, and its fill a print');
    const basis = { touch: price, slippageTicks: 0, evidence: print.sequence, level: null, print };
    this.#link.fill(order, lots(quantity), price, basis);
    this.#link.shrink(order.intent.instrument);
  };

  constructor(resting: RestingOrders, link: PrintLink) {
    this.#resting = resting;
    this.#link = link;
  }

  /** The caller knows that the print reaches one of the orders. */
  onTrade(
    market: InstrumentMarket,
    isTakerBuy: boolean,
    price: number,
    quantity: number,
    exchangeTimeMs: number,
    sequence: number,
  ): void {
    this.#print = { sequence, exchangeTimeMs, price: ticks(price), quantity: lots(quantity) };
    const frameMs = market.bookExchangeTimeMs;
    this.#resting.onTrade(isTakerBuy, price, quantity, exchangeTimeMs, frameMs, this.#fill);
  }
}
