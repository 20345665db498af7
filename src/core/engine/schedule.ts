/**
 * Everything that is to happen at a later engine time: a heap ordered by (due time, order of entry).
 *
 * Invariant: items leave in that order; equal due times leave first in, first out. Columns and a free list, so that
 * a steady flow of orders allocates nothing.
 */

import { assert } from '../base/assert.ts';

/** Named maximum of items waiting at once: beyond it something schedules without end. */
const MAX_ITEMS = 1_000_000;

/** `order`: of entry. */
export interface SavedSchedule<Saved> {
  readonly items: readonly {
    readonly dueMs: number;
    readonly order: number;
    readonly kind: number;
    readonly payload: Saved;
  }[];
  readonly entered: number;
}

export class Schedule<Payload> {
  #due = new Float64Array(64);
  #order = new Float64Array(64);
  #kind = new Uint8Array(64);
  #payload: (Payload | null)[] = Array.from({ length: 64 }, () => null);
  #length = 0;
  #entered = 0;
  /** Kind and payload of the item last taken by {@link take}. */
  takenKind = 0;
  takenPayload: Payload | null = null;

  /** Due time of the next item; Infinity when nothing waits. */
  nextDueMs = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.#length;
  }

  add(dueMs: number, kind: number, payload: Payload | null): void {
    assert(this.#length < MAX_ITEMS, 'too many items scheduled');
    if (this.#length === this.#due.length) this.#grow();
    let at = this.#length++;
    const order = this.#entered++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#due[parent] ?? 0) <= dueMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, dueMs, order, kind, payload);
    this.nextDueMs = this.#due[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Removes the next item into {@link takenKind} and {@link takenPayload}; returns its due time. */
  take(): number {
    assert(this.#length > 0, 'take from an empty schedule');
    const due = this.#due[0] ?? 0;
    this.takenKind = this.#kind[0] ?? 0;
    this.takenPayload = this.#payload[0] ?? null;
    const last = --this.#length;
    const lastDue = this.#due[last] ?? 0;
    const lastOrder = this.#order[last] ?? 0;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, child)) child++;
      const childDue = this.#due[child] ?? 0;
      if (childDue > lastDue || (childDue === lastDue && (this.#order[child] ?? 0) > lastOrder)) break;
      this.#move(child, at);
      at = child;
    }
    if (last > 0) this.#put(at, lastDue, lastOrder, this.#kind[last] ?? 0, this.#payload[last] ?? null);
    this.#payload[last] = null;
    this.nextDueMs = last > 0 ? (this.#due[0] ?? 0) : Number.POSITIVE_INFINITY;
    return due;
  }

  /** Calls `visit` with every waiting item, in no particular order. */
  forEach(visit: (dueMs: number, kind: number, payload: Payload | null) => void): void {
    for (let at = 0; at < this.#length; at++) {
      visit(this.#due[at] ?? 0, this.#kind[at] ?? 0, this.#payload[at] ?? null);
    }
  }

  #isBefore(a: number, b: number): boolean {
    const dueA = this.#due[a] ?? 0;
    const dueB = this.#due[b] ?? 0;
    return dueA < dueB || (dueA === dueB && (this.#order[a] ?? 0) < (this.#order[b] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(
      to,
      this.#due[from] ?? 0,
      this.#order[from] ?? 0,
      this.#kind[from] ?? 0,
      this.#payload[from] ?? null,
    );
  }

  #put(at: number, dueMs: number, order: number, kind: number, payload: Payload | null): void {
    this.#due[at] = dueMs;
    this.#order[at] = order;
    this.#kind[at] = kind;
    this.#payload[at] = payload;
  }

  #grow(): void {
    const capacity = this.#due.length * 2;
    const due = new Float64Array(capacity);
    const order = new Float64Array(capacity);
    const kind = new Uint8Array(capacity);
    due.set(this.#due);
    order.set(this.#order);
    kind.set(this.#kind);
    this.#due = due;
    this.#order = order;
    this.#kind = kind;
  }

  /** What waits, soonest first, with its order of entry. */
  save<Saved>(savePayload: (kind: number, payload: Payload | null) => Saved): SavedSchedule<Saved> {
    const items = Array.from({ length: this.#length }, (_, at) => ({
      dueMs: this.#due[at] ?? 0,
      order: this.#order[at] ?? 0,
      kind: this.#kind[at] ?? 0,
      payload: savePayload(this.#kind[at] ?? 0, this.#payload[at] ?? null),
    }));
    items.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    return { items, entered: this.#entered };
  }

  restore<Saved>(
    { items, entered }: SavedSchedule<Saved>,
    restorePayload: (kind: number, saved: Saved) => Payload | null,
  ): void {
    assert(this.#length === 0, 'a schedule is brought back before anything is scheduled');
    // Soonest first is a heap.
    for (const { dueMs, order, kind, payload } of items) {
      this.#entered = order;
      this.add(dueMs, kind, restorePayload(kind, payload));
    }
    this.#entered = entered;
  }
}
