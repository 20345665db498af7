/**
 * The account's orders that are not closed, by id and by client id, with the money set aside for them and what they may
 * still fill.
 *
 * Invariant: the reserved sum and the open sums equal those of the working orders. Client ids stay taken when their order
 * closes.
 */

import { assert } from '../base/assert.ts';
import { type OrderRecord, type PositionSide, isTerminal } from '../domain/order.ts';
import { type Lots, type Money, ZERO_MONEY, lots, money } from '../domain/units.ts';
import { type OrderLookup, WorkingOrder } from './working-order.ts';

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
  /** Closed ones by client id, as they ended. */
  readonly #former = new Map<string, OrderRecord>();
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

  /** Those that have arrived, of one instrument or (null) of all; a copy, so that they may leave meanwhile. */
  atExchange(instrument: number | null): WorkingOrder[] {
    return [...this.#working.values()].filter(
      ({ place, intent }) =>
        place !== 'in_flight' && (instrument === null || intent.instrument === instrument),
    );
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
    assert(this.#byClientId.size + this.#former.size < MAX_CLIENT_IDS, 'too many client order ids');
    this.#former.delete(clientOrderId);
    this.#byClientId.set(clientOrderId, order);
  }

  /** Takes out an order that closed. */
  remove(order: WorkingOrder): void {
    this.#working.delete(order.id);
    this.#count(order, 0);
    const { clientOrderId } = order.intent;
    if (clientOrderId === null || this.#byClientId.get(clientOrderId) !== order) return;
    this.#byClientId.delete(clientOrderId);
    this.#former.set(clientOrderId, order.record());
  }

  /** A working order; null where none has the id. */
  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    const byId = orderId === null ? undefined : this.#working.get(orderId);
    return byId ?? (clientOrderId === null ? null : (this.#byClientId.get(clientOrderId) ?? null));
  }

  /** The closed order of a client id; null where none had it, or it still works. */
  findFormer(clientOrderId: string): OrderRecord | null {
    return this.#former.get(clientOrderId) ?? null;
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

  /** By client id: our own ids of the working ones, what is kept of the others. */
  save() {
    return {
      working: [...this.#working.values()].map((order) => order.save()),
      byClientId: [...this.#byClientId].map(([clientOrderId, { id }]) => [clientOrderId, id] as const),
      former: [...this.#former],
      reserved: this.#reserved,
      version: this.version,
    };
  }

  /** Returns where the orders that it brought back are found. */
  restore(state: ReturnType<OrderIndex['save']>): OrderLookup {
    const { working } = state;
    this.#working.clear();
    this.#open.length = 0;
    for (const saved of working) {
      const order = WorkingOrder.restore(saved);
      this.#working.set(order.id, order);
      this.#count(order, order.remaining);
    }
    for (const { approved, sibling } of working)
      if (sibling !== null) this.#get(approved.id).sibling = this.#get(sibling);
    this.#byClientId.clear();
    for (const [clientOrderId, id] of state.byClientId) this.#byClientId.set(clientOrderId, this.#get(id));
    this.#former.clear();
    for (const [clientOrderId, former] of state.former) this.#former.set(clientOrderId, former);
    this.#reserved = state.reserved;
    this.version = state.version;
    return (orderId) => this.#get(orderId);
  }

  #get(orderId: string): WorkingOrder {
    const order = this.#working.get(orderId);
    assert(order !== undefined, `no working order ${orderId}`);
    return order;
  }
}

function openSlot(instrument: number, position: PositionSide | undefined, isBid: boolean): number {
  const place = position === undefined ? 0 : position === 'long' ? 1 : 2;
  return (instrument * 3 + place) * 2 + (isBid ? 1 : 0);
}
