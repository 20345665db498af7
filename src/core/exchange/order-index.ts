/**
 * The account's orders that are not closed, by id and by client id, with the money set aside for them.
 *
 * Invariant: the reserved sum equals the reserves of the working orders. Client ids stay taken when their order closes.
 */

import { assert } from '../base/assert.ts';
import { type OrderStatus, isTerminal } from '../domain/order.ts';
import { type Money, ZERO_MONEY, money } from '../domain/units.ts';
import { type OrderLookup, WorkingOrder } from './working-order.ts';

/** Client order ids remembered, so that an id stays unique for the account's life in memory. */
const MAX_CLIENT_IDS = 1_000_000;

/** What is kept of an order with a client id once it is closed. */
export interface FormerOrder {
  readonly id: string;
  readonly status: OrderStatus;
}

export class OrderIndex {
  /** In flight, waiting and resting, oldest first. */
  readonly #working = new Map<string, WorkingOrder>();
  readonly #byClientId = new Map<string, WorkingOrder>();
  readonly #former = new Map<string, FormerOrder>();
  #reserved: Money = ZERO_MONEY;
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

  add(order: WorkingOrder): void {
    this.#working.set(order.id, order);
    const { clientOrderId } = order.intent;
    if (clientOrderId === null) return;
    const used = this.#byClientId.size + this.#former.size;
    assert(used < MAX_CLIENT_IDS, `more than ${MAX_CLIENT_IDS} client order ids`);
    this.#former.delete(clientOrderId);
    this.#byClientId.set(clientOrderId, order);
  }

  /** Takes out an order that closed. */
  remove(order: WorkingOrder): void {
    const { id, status } = order;
    this.#working.delete(id);
    const { clientOrderId } = order.intent;
    if (clientOrderId === null || this.#byClientId.get(clientOrderId) !== order) return;
    this.#byClientId.delete(clientOrderId);
    this.#former.set(clientOrderId, { id, status });
  }

  /** A working order; null where none has the id. */
  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    const byId = orderId === null ? undefined : this.#working.get(orderId);
    return byId ?? (clientOrderId === null ? null : (this.#byClientId.get(clientOrderId) ?? null));
  }

  /** The closed order of a client id; null where none had it, or it still works. */
  findFormer(clientOrderId: string): FormerOrder | null {
    return this.#former.get(clientOrderId) ?? null;
  }

  isClientIdUsed(clientOrderId: string): boolean {
    return this.#byClientId.has(clientOrderId) || this.#former.has(clientOrderId);
  }

  /** Replaces what is set aside for an order. */
  reserve(order: WorkingOrder, amount: Money): void {
    this.#reserved = money(this.#reserved - order.reserved + amount);
    order.reserved = amount;
    this.version++;
  }

  assertConsistent(): void {
    let reserved = 0n;
    for (const order of this.#working.values()) {
      assert(!isTerminal(order.status), `order ${order.id} is ${order.status} and still working`);
      const { quantity } = order.intent;
      assert(
        order.filled >= 0 && order.filled < quantity,
        `order ${order.id} filled ${order.filled} of ${quantity}`,
      );
      reserved += order.reserved;
    }
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
    for (const saved of working) {
      const order = WorkingOrder.restore(saved);
      this.#working.set(order.id, order);
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
