/**
 * Orders of one instrument that wait at the exchange for their trigger: stops, take-profits, trailing stops.
 *
 * An order fires once, on its own kind of price only (mark or last), when that price reaches its trigger; a trailing stop
 * fires when the price comes back from the best it saw by its distance, which is rounded away from the market. Prices are
 * compared in mark units, so that nothing is rounded to ticks before it decides.
 */

import type { RejectionCode } from '../domain/reasons.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { TriggerSource } from '../domain/order.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { OrderLookup, WorkingOrder } from './working-order.ts';

const BPS = 10_000;

export class ConditionalOrders {
  readonly #orders = new Set<WorkingOrder>();

  get size(): number {
    return this.#orders.size;
  }

  add(order: WorkingOrder): void {
    order.place = 'waiting';
    this.#orders.add(order);
  }

  remove(order: WorkingOrder): void {
    this.#orders.delete(order);
  }

  /** Oldest first; those that leave meanwhile are not visited any more. */
  [Symbol.iterator](): IterableIterator<WorkingOrder> {
    return this.#orders.values();
  }

  /** Oldest first; a copy, so that orders may leave meanwhile. */
  all(): WorkingOrder[] {
    return [...this.#orders];
  }

  /**
   * The orders that fire at the current price of a kind, oldest first. The caller takes out what it lets trade, and passes
   * by what the ones before have cancelled meanwhile.
   */
  reached(source: TriggerSource, market: InstrumentMarket): readonly WorkingOrder[] {
    const price = priceOf(source, market);
    if (price === null || this.#orders.size === 0) return [];
    const reached: WorkingOrder[] = [];
    for (const order of this.#orders) {
      if (order.intent.trigger?.on === source && isReached(order, price, market)) reached.push(order);
    }
    return reached;
  }

  /** Their ids, oldest first. */
  save() {
    return [...this.#orders].map(({ id }) => id);
  }

  restore(ids: ReturnType<ConditionalOrders['save']>, find: OrderLookup): void {
    this.#orders.clear();
    for (const id of ids) this.#orders.add(find(id));
  }
}

/** Why the exchange refuses a trigger: a stop or take-profit that would fire on arrival stands on the wrong side. */
export function checkTrigger(order: WorkingOrder, market: InstrumentMarket): RejectionCode | null {
  const { trigger, type } = order.intent;
  if (trigger === null || type === 'trailing_stop' || trigger.price === null) return null;
  const price = priceOf(trigger.on, market);
  if (price === null || !isReached(order, price, market)) return null;
  const kind = type === 'take_profit' ? 'take_profit' : 'stop';
  return `${kind}_not_${firesUpward(order) ? 'above' : 'below'}_${trigger.on}`;
}

/** A buy stop fires as the price rises, a sell stop as it falls; take-profits the other way round. */
export function firesUpward(order: WorkingOrder): boolean {
  return order.isBid === (order.intent.type !== 'take_profit');
}

/** The price in mark units at which an order fires as things stand; null for a trailing stop that is not active. */
export function triggerLevel(order: WorkingOrder, instrument: Instrument): number | null {
  const { trigger, type } = order.intent;
  if (trigger === null) return null;
  if (type !== 'trailing_stop') return trigger.price === null ? null : trigger.price * instrument.tickMark;
  if (Number.isNaN(order.trailedFrom)) return null;
  const distance = Math.ceil((order.trailedFrom * (trigger.trailBps ?? 0)) / BPS);
  return order.isBid ? order.trailedFrom + distance : order.trailedFrom - distance;
}

/** The price of a kind in mark units; null while unknown. Where trades are all there is, the last one is the mark. */
function priceOf(source: TriggerSource, market: InstrumentMarket): number | null {
  if (source === 'mark' && !market.hasTradesOnly) return market.mark;
  return market.lastPrice === NO_PRICE ? null : market.lastPrice * market.instrument.tickMark;
}

function isReached(order: WorkingOrder, price: number, market: InstrumentMarket): boolean {
  const { trigger, type } = order.intent;
  if (trigger === null) return false;
  const level = trigger.price === null ? null : trigger.price * market.instrument.tickMark;
  if (type === 'trailing_stop') return isTrailed(order, price, level, trigger.trailBps ?? 0);
  if (level === null) return false;
  return firesUpward(order) ? price >= level : price <= level;
}

/** Moves a trailing stop along and says whether it fires; a sell follows the highest price, a buy the lowest. */
function isTrailed(order: WorkingOrder, price: number, activation: number | null, trailBps: number): boolean {
  if (Number.isNaN(order.trailedFrom)) {
    const isActive = activation === null || (order.isBid ? price <= activation : price >= activation);
    if (!isActive) return false;
    order.trailedFrom = price;
  }
  order.trailedFrom = order.isBid ? Math.min(order.trailedFrom, price) : Math.max(order.trailedFrom, price);
  const distance = Math.ceil((order.trailedFrom * trailBps) / BPS);
  return order.isBid ? price >= order.trailedFrom + distance : price <= order.trailedFrom - distance;
}
