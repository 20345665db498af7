/**
 * The account's orders that are not closed, by id and by client id, with the money set aside for them.
 *
 * Invariant: the reserved sum equals the reserves of the working orders. Client ids stay taken when their order closes.
 */

import { assert } from '../base/assert.ts';
import { isTerminal } from '../domain/order.ts';
import { type Money, ZERO_MONEY, money } from '../domain/units.ts';
import type { WorkingOrder } from './working-order.ts';

/** Client order ids remembered, so that an id stays unique for the account's life in memory. */
const MAX_CLIENT_IDS = 1_000_000;

export class OrderIndex {
  /** In flight, waiting and resting, oldest first. */
  readonly #working = new Map<string, WorkingOrder>();
  readonly #byClientId = new Map<string, WorkingOrder>();
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

  add(order: WorkingOrder): void {
    this.#working.set(order.id, order);
    const { clientOrderId } = order.intent;
    if (clientOrderId === null) return;
    assert(this.#byClientId.size < MAX_CLIENT_IDS, `more than ${MAX_CLIENT_IDS} client order ids`);
    this.#byClientId.set(clientOrderId, order);
  }

  remove(order: WorkingOrder): void {
    this.#working.delete(order.id);
  }

  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    const byId = orderId === null ? undefined : this.#working.get(orderId);
    return byId ?? (clientOrderId === null ? null : (this.#byClientId.get(clientOrderId) ?? null));
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
}
