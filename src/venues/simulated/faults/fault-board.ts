/**
 * The faults of a running venue: those that wait for their time, those in force, and who is told when one begins or ends.
 *
 * Invariants: a fault begins once and ends once; one that happens at a moment is never in force. Times run on the
 * machine's monotonic clock, whatever is done to the venue's.
 */

import type { FaultKind, FaultOf, FaultSpec } from './fault-spec.ts';

export interface FaultEvents {
  onBegin(fault: FaultSpec): void;
  /** A lasting fault is over: its time is up, or it was cleared. */
  onEnd(fault: FaultSpec): void;
}

/** A fault as the venue's state shows it. */
export interface FaultRecord {
  readonly id: number;
  readonly state: 'waiting' | 'in_force';
  /** Until it begins, or until it ends; null = until it is cleared. */
  readonly remaining_ms: number | null;
  readonly fault: FaultSpec;
}

interface Entry {
  readonly id: number;
  readonly fault: FaultSpec;
  isInForce: boolean;
  /** Monotonic time of its beginning while it waits, then of its end. */
  dueMs: number;
  timer: NodeJS.Timeout | null;
}

const NONE: readonly FaultSpec[] = [];

export class FaultBoard {
  readonly #events: FaultEvents;
  readonly #entries = new Map<number, Entry>();
  readonly #byKind = new Map<FaultKind, readonly FaultSpec[]>();
  #nextId = 1;

  constructor(events: FaultEvents) {
    this.#events = events;
  }

  /** Takes faults whose `at` counts from now; returns their ids. */
  add(faults: readonly FaultSpec[]): number[] {
    return faults.map((fault) => {
      const entry: Entry = { id: this.#nextId++, fault, isInForce: false, dueMs: 0, timer: null };
      const { at = 0 } = fault;
      if (at === 0) this.#begin(entry);
      else {
        this.#entries.set(entry.id, entry);
        this.#wait(entry, at, () => this.#begin(entry));
      }
      return entry.id;
    });
  }

  /** Ends what is in force and forgets what waits. What a fault has done for good stays. */
  clear(): void {
    for (const entry of this.#entries.values()) {
      if (entry.timer !== null) clearTimeout(entry.timer);
      if (entry.isInForce) this.#end(entry);
    }
    this.#entries.clear();
  }

  /** The faults of a kind that are in force, in the order they began. */
  of<Kind extends FaultKind>(kind: Kind): readonly FaultOf<Kind>[] {
    return (this.#byKind.get(kind) ?? NONE) as readonly FaultOf<Kind>[];
  }

  records(): FaultRecord[] {
    const nowMs = performance.now();
    return [...this.#entries.values()].map(({ id, fault, isInForce, dueMs }) => ({
      id,
      state: isInForce ? 'in_force' : 'waiting',
      remaining_ms: dueMs === Infinity ? null : Math.max(0, Math.round(dueMs - nowMs)),
      fault,
    }));
  }

  #begin(entry: Entry): void {
    const { fault } = entry;
    this.#entries.delete(entry.id);
    if (isLasting(fault)) {
      this.#entries.set(entry.id, entry);
      entry.isInForce = true;
      entry.dueMs = Infinity;
      this.#index(fault.kind);
      if (fault.for !== undefined) this.#wait(entry, fault.for, () => this.#end(entry));
    }
    this.#events.onBegin(fault);
  }

  #end(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#index(entry.fault.kind);
    this.#events.onEnd(entry.fault);
  }

  #wait(entry: Entry, delayMs: number, action: () => void): void {
    entry.dueMs = performance.now() + delayMs;
    entry.timer = setTimeout(action, delayMs);
    entry.timer.unref();
  }

  #index(kind: FaultKind): void {
    const faults = [...this.#entries.values()].filter(
      (entry) => entry.isInForce && entry.fault.kind === kind,
    );
    this.#byKind.set(
      kind,
      faults.map(({ fault }) => fault),
    );
  }
}

type LastingFault = Extract<FaultSpec, { readonly for?: number | undefined }>;

function isLasting(fault: FaultSpec): fault is LastingFault {
  switch (fault.kind) {
    case 'drop_socket':
    case 'skip_bar':
    case 'shift_clock':
    case 'ws_error':
      return false;
    case 'duplicate_trades':
      return fault.when === 'reconnect';
    default:
      return true;
  }
}
