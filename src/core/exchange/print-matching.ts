/** Hands public trades and quotes to our resting orders of one instrument, and says for each fill which print it was. */

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
  /** The print being handed out, null for a quote, and its event. */
  #print: PrintTaken | null = null;
  #sequence = 0;
  readonly #fill = (order: WorkingOrder, quantity: number): void => {
    const { price } = order.intent;
    assert(price !== null, 'a resting order has a price');
    this.#link.fill(order, lots(quantity), price, {
      liquidity: 'maker',
      touch: price,
      slippageTicks: 0,
      evidence: this.#sequence,
      level: null,
      print: this.#print,
    });
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
    this.#sequence = sequence;
    this.#print = { sequence, exchangeTimeMs, price: ticks(price), quantity: lots(quantity) };
    const frameMs = market.bookExchangeTimeMs;
    this.#resting.onTrade(isTakerBuy, price, quantity, exchangeTimeMs, frameMs, this.#fill);
  }

  /** A quote moved: fills what it reaches, as only the optimistic exchange does. */
  onQuote(market: InstrumentMarket, sequence: number): void {
    if (this.#resting.size === 0) return;
    this.#sequence = sequence;
    this.#print = null;
    this.#resting.onTouch(market.book.bestBid, market.book.bestAsk, this.#fill);
  }
}
