/**
 * Fills orders that take: against the displayed book, level by level, or at the parametric price where there is none.
 *
 * Invariant: nothing fills beyond the limit, beyond what is displayed, nor twice on what we took before.
 */

import { assert } from '../base/assert.ts';
import type { SeededRandom } from '../base/random.ts';
import { type Lots, type Ticks, lots, ticks } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { ConsumedLiquidity } from './consumed-liquidity.ts';
import type { FillBasis } from './fill-record.ts';
import { parametricPrice } from './impact-model.ts';
import type { WorkingOrder } from './working-order.ts';

/** What matching asks of the exchange around it. */
export interface MatchingLink {
  /** Lots a reduce-only order may still fill; Infinity for other orders. */
  reduceOnlyRoom(order: WorkingOrder): number;
  /** Books one fill. */
  fill(order: WorkingOrder, quantity: Lots, price: Ticks, basis: FillBasis): void;
  /** Sequence number of the event in hand. */
  sequence(): number;
}

export class TakerMatching {
  readonly #consumed: readonly ConsumedLiquidity[];
  readonly #link: MatchingLink;

  constructor(markets: readonly InstrumentMarket[], link: MatchingLink) {
    this.#consumed = markets.map(() => new ConsumedLiquidity());
    this.#link = link;
  }

  /** A new frame: what we took is compared with it. */
  onFrame(market: InstrumentMarket): void {
    this.#consumed[market.instrument.index]?.update(market);
  }

  /** Takes from the opposite side from the touch on, until the order, its limit or the display is exhausted. */
  walk(order: WorkingOrder, market: InstrumentMarket, touch: number): void {
    const isBid = !order.isBid;
    const consumed = this.#consumed[order.intent.instrument];
    let price = touch;
    let number = 1;
    while (price !== NO_PRICE && order.remaining > 0 && isWithinLimit(order, price)) {
      const displayed = market.book.quantityAt(isBid, price);
      const takenBefore = consumed?.taken(isBid, price) ?? 0;
      const available = displayed - takenBefore;
      const quantity = Math.min(available, order.remaining, this.#link.reduceOnlyRoom(order));
      if (quantity > 0) {
        consumed?.take(isBid, price, quantity);
        const level = {
          number,
          price: ticks(price),
          displayed: lots(displayed),
          takenBefore: lots(takenBefore),
          filled: lots(quantity),
          isExtrapolated: false,
        };
        this.#link.fill(order, lots(quantity), ticks(price), {
          ...{ liquidity: 'taker', touch, slippageTicks: 0, evidence: market.bookSequence },
          ...{ level, print: null },
        });
      }
      if (order.remaining === 0 || this.#link.reduceOnlyRoom(order) === 0) return;
      price = market.book.nextWorse(isBid, price);
      number++;
    }
  }

  /** Lots that {@link walk} would fill. */
  fillable(order: WorkingOrder, market: InstrumentMarket, touch: number): number {
    const isBid = !order.isBid;
    const consumed = this.#consumed[order.intent.instrument];
    let sum = 0;
    let price = touch;
    while (price !== NO_PRICE && isWithinLimit(order, price)) {
      sum += market.book.quantityAt(isBid, price) - (consumed?.taken(isBid, price) ?? 0);
      price = market.book.nextWorse(isBid, price);
    }
    return Math.min(sum, this.#link.reduceOnlyRoom(order));
  }

  fillParametric(order: WorkingOrder, market: InstrumentMarket, random: SeededRandom): void {
    const reference = market.lastPriceOrMid;
    assert(reference !== null, 'a parametric fill needs a price');
    const quantity = lots(Math.min(order.remaining, this.#link.reduceOnlyRoom(order)));
    const { side } = order.intent;
    const { price, spreadTicks, slippageTicks } = parametricPrice(
      market.instrument,
      side,
      reference,
      quantity,
      random,
    );
    const touch = order.isBid ? Math.ceil(reference) + spreadTicks : Math.floor(reference) - spreadTicks;
    const evidence = this.#link.sequence();
    this.#link.fill(order, quantity, price, {
      ...{ liquidity: 'taker', touch, slippageTicks, evidence },
      ...{ level: null, print: null },
    });
  }
}

function isWithinLimit(order: WorkingOrder, price: number): boolean {
  const limit = order.intent.price;
  return limit === null || (order.isBid ? price <= limit : price >= limit);
}
