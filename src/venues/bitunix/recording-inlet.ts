/** An inlet that keeps what is appended, as rows a test can read. */

import { EventBlock, EventKind, FLAG_BUY, FLAG_LAST } from '../../core/domain/event-block.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';

export interface RecordedRow {
  readonly kind: string;
  readonly instrument: number;
  /** Flags other than "last of its event". */
  readonly flags: number;
  readonly isLast: boolean;
  readonly isBuy: boolean;
  readonly receivedTimeMs: number;
  readonly exchangeTimeMs: number;
  readonly price: number;
  readonly quantity: number;
  readonly wide: readonly number[];
  readonly detail: unknown;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(EventKind).map(([name, kind]) => [kind, name]),
);
const WITH_WIDE: ReadonlySet<number> = new Set([
  EventKind.bar,
  EventKind.markBar,
  EventKind.mark,
  EventKind.funding,
  EventKind.clock,
]);
const BLOCK_ROWS = 70_000;

export class RecordingInlet implements EventInlet {
  readonly rows: RecordedRow[] = [];
  /** Set by a test to play a loop that lags. */
  waitingRows = 0;
  #whenDrained: (() => void)[] = [];
  readonly #block = new EventBlock(BLOCK_ROWS);
  readonly #venueNowMs: () => number;
  #lastMs = 0;

  constructor(venueNowMs: () => number) {
    this.#venueNowMs = venueNowMs;
  }

  open(): EventBlock {
    return this.#block;
  }

  nowMs(): number {
    this.#lastMs = Math.max(this.#lastMs, this.#venueNowMs());
    return this.#lastMs;
  }

  ready(): void {
    const block = this.#block;
    for (let row = 0; row < block.length; row++) {
      const kind = block.kind[row] ?? 0;
      const flags = block.flags[row] ?? 0;
      const price = block.price[row] ?? 0;
      this.rows.push({
        kind: NAMES.get(kind) ?? 'unknown',
        instrument: block.instrument[row] ?? -1,
        flags: flags & ~(FLAG_LAST | FLAG_BUY),
        isLast: (flags & FLAG_LAST) !== 0,
        isBuy: (flags & FLAG_BUY) !== 0,
        receivedTimeMs: block.receivedTimeMs[row] ?? 0,
        exchangeTimeMs: block.exchangeTimeMs[row] ?? 0,
        price,
        quantity: block.quantity[row] ?? 0,
        wide: WITH_WIDE.has(kind) ? [...block.wide.subarray(price, price + 7)] : [],
        detail: block.details[price] ?? null,
      });
    }
    block.reset(0);
  }

  whenDrained(action: () => void): void {
    this.#whenDrained.push(action);
  }

  /** The loop has caught up. */
  drain(): void {
    this.waitingRows = 0;
    const actions = this.#whenDrained;
    this.#whenDrained = [];
    for (const action of actions) action();
  }

  of(kind: string): RecordedRow[] {
    return this.rows.filter((row) => row.kind === kind);
  }
}
