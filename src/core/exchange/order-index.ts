/**
 * The account's orders that are not closed, by id and by client id, with the money set aside for them and what they may
 * still fill.
 *
 * Invariant: the reserved sum and the open sums equal those of the working orders. Client ids stay taken when their order
 * closes.
 */

import { assert } from '../base/assert.ts';
import type { PositionSide } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import { type Lots, type Money, ZERO_MONEY, lots, money } from '../domain/units.ts';
import type { WorkingOrder } from './working-order.ts';

/** Client order ids remembered, so that an id stays unique for the account's life in memory. */
const MAX_CLIENT_IDS = 1_000_000;

/** What working orders may still fill together, reduce-only ones left out. */
class OpenSum {
  lots = 0;
  /** Price x lots, in ticks x lots; orders without a price count nothing. */
  ticksLots = 0n;
}

export class OrderIndex {
  /** In flight, waiting and resting, oldest first. */
  readonly #working = new Map<string, WorkingOrder>();
  readonly #byClientId = new Map<string, WorkingOrder>();
  #reserved: Money = ZERO_MONEY;
  /** By instrument, position and side; see {@link openSlot}. */
  readonly #open: OpenSum[] = [];
  /** Changes whenever an order comes, goes, or changes what it may still do. */
  version = 0;

  get size(): number {
    return this.#working.size;
  }

  /** Margin and fees set aside for working orders. */
  get reserved(): Money {
    return this.#reserved;
  }

  working(): IterableIterator<WorkingOrder> {
    return this.#working.values();
  }

  /** Lots that orders of one side of a position may still fill; reduce-only ones left out. */
  openLots(instrument: number, position: PositionSide | undefined, isBid: boolean): Lots {
    return lots(this.#open[openSlot(instrument, position, isBid)]?.lots ?? 0);
  }

  /** Price x lots of an instrument's orders of one side, whatever their position; reduce-only ones left out. */
  openTicksLots(instrument: number, isBid: boolean): bigint {
    let sum = 0n;
    for (const position of [undefined, 'long', 'short'] as const)
      sum += this.#open[openSlot(instrument, position, isBid)]?.ticksLots ?? 0n;
    return sum;
  }

  add(order: WorkingOrder): void {
    this.#working.set(order.id, order);
    this.#count(order, order.remaining);
    const { clientOrderId } = order.intent;
    if (clientOrderId === null) return;
    assert(this.#byClientId.size < MAX_CLIENT_IDS, 'too many client order ids');
    this.#byClientId.set(clientOrderId, order);
  }

  remove(order: WorkingOrder): void {
    this.#working.delete(order.id);
    this.#count(order, 0);
  }

  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    const byId = orderId === null ? undefined : this.#working.get(orderId);
    return byId ?? (clientOrderId === null ? null : (this.#byClientId.get(clientOrderId) ?? null));
  }

  /** Replaces what is set aside for an order, which may have filled or have new terms. */
  reserve(order: WorkingOrder, amount: Money): void {
    this.#reserved = money(this.#reserved - order.reserved + amount);
    order.reserved = amount;
    this.#count(order, order.remaining);
    this.version++;
  }

  /** Replaces what an order adds to the open sums. */
  #count(order: WorkingOrder, open: number): void {
    const { counted, intent } = order;
    const price = intent.price ?? 0;
    if (intent.reduceOnly || (counted.lots === open && counted.price === price)) return;
    const slot = openSlot(intent.instrument, intent.positionSide, order.isBid);
    const sum = (this.#open[slot] ??= new OpenSum());
    sum.lots += open - counted.lots;
    sum.ticksLots += BigInt(price) * BigInt(open) - BigInt(counted.price) * BigInt(counted.lots);
    counted.lots = open;
    counted.price = price;
  }

  assertConsistent(): void {
    let reserved = 0n;
    const found: OpenSum[] = [];
    for (const order of this.#working.values()) {
      assert(!isTerminal(order.status), `order ${order.id} is ${order.status} and still working`);
      const { quantity } = order.intent;
      assert(
        order.filled >= 0 && order.filled < quantity,
        `order ${order.id} filled ${order.filled} of ${quantity}`,
      );
      reserved += order.reserved;
      const { instrument, positionSide, price, reduceOnly } = order.intent;
      if (reduceOnly) continue;
      const sum = (found[openSlot(instrument, positionSide, order.isBid)] ??= new OpenSum());
      sum.lots += order.remaining;
      sum.ticksLots += BigInt(price ?? 0) * BigInt(order.remaining);
    }
    assert(
      this.#open.every(
        ({ lots: open, ticksLots }, slot) =>
          open === (found[slot]?.lots ?? 0) && ticksLots === (found[slot]?.ticksLots ?? 0n),
      ),
      'the open sums differ from their orders',
    );
    assert(reserved === this.#reserved, `reserved ${this.#reserved} differs from its orders ${reserved}`);
  }
}

function openSlot(instrument: number, position: PositionSide | undefined, isBid: boolean): number {
  const place = position === undefined ? 0 : position === 'long' ? 1 : 2;
  return (instrument * 3 + place) * 2 + (isBid ? 1 : 0);
}
