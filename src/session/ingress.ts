/**
 * The one door into a live session: stamps what arrives, keeps it in order, and hands it to the loop in blocks.
 *
 * Invariants: receive times never decrease; sequence numbers are unbroken; nothing is dropped. Everything that arrives
 * while a block is being written and processed goes into the next one, so a busy market costs fewer syncs, not more.
 * When nothing arrives, {@link Ingress.wakeAt} lets time pass.
 */

import { assert } from '../core/base/assert.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import type { EventInlet } from '../ports/event-inlet.ts';
import type { EventSource } from '../ports/event-source.ts';

/** Rows of a block: more than any one frame of the venue's windows needs. */
const BLOCK_ROWS = 8_192;
/**
 * Blocks waiting for the loop; more means that it stands still while the market goes on. Venue clients hold frames back
 * that only replace one another long before that ({@link Ingress.waitingRows}); what may not be lost fills it.
 */
const MAX_WAITING_BLOCKS = 64;
/** Clients that wait for the loop to catch up: one a connection. */
const MAX_DRAIN_WAITERS = 16;
/** Shortest sleep before time is let pass: finer than any latency we model. */
const MIN_WAKE_MS = 2;
/** In silence time passes at least this often. */
const MAX_WAKE_MS = 1_000;

/** Where a log ends that is gone on with: no event lies before its last. */
export interface LogTail {
  readonly nextSequence: number;
  /** Receive time of its last event. */
  readonly timeMs: number;
}

export class Ingress implements EventInlet, EventSource {
  readonly #venueNowMs: () => number;
  readonly #waiting: EventBlock[] = [];
  readonly #spare: EventBlock[] = [];
  #block = new EventBlock(BLOCK_ROWS);
  #lastMs = 0;
  #nextSequence = 0;
  #wakeLoop: (() => void) | null = null;
  #isWakeScheduled = false;
  #isClosed = false;
  #whenDrained: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `venueNowMs`: the corrected venue clock. `behind`: the log that this session goes on with. */
  constructor(venueNowMs: () => number, behind: LogTail = { nextSequence: 0, timeMs: 0 }) {
    this.#venueNowMs = venueNowMs;
    this.#nextSequence = behind.nextSequence;
    this.#lastMs = behind.timeMs;
  }

  open(rows: number): EventBlock {
    assert(rows <= BLOCK_ROWS, `an event of ${rows} rows exceeds a block`);
    if (!this.#block.hasRoom(rows)) this.#turnOver();
    return this.#block;
  }

  nowMs(): number {
    this.#lastMs = Math.max(this.#lastMs, this.#venueNowMs());
    return this.#lastMs;
  }

  ready(): void {
    if (this.#isWakeScheduled || this.#wakeLoop === null) return;
    this.#isWakeScheduled = true;
    // After the current turn of the event loop, so that all frames of one socket read share a block.
    setImmediate(() => {
      this.#isWakeScheduled = false;
      const wake = this.#wakeLoop;
      this.#wakeLoop = null;
      wake?.();
    });
  }

  get waitingRows(): number {
    let rows = this.#block.length;
    for (const { length } of this.#waiting) rows += length;
    return rows;
  }

  whenDrained(action: () => void): void {
    assert(this.#whenDrained.length < MAX_DRAIN_WAITERS, `more than ${MAX_DRAIN_WAITERS} wait for the loop`);
    this.#whenDrained.push(action);
  }

  /** Lets time reach `dueMs` (venue time) if nothing else arrives; the earliest of at most one second from now. */
  wakeAt(dueMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const waitMs = Math.min(MAX_WAKE_MS, Math.max(MIN_WAKE_MS, Math.ceil(dueMs - this.nowMs())));
    this.#timer = setTimeout(() => {
      this.open(1).appendTimeAdvanced(this.nowMs());
      this.ready();
    }, waitMs);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<EventBlock> {
    for (;;) {
      if (this.#waiting.length === 0 && this.#block.length === 0) this.#sayDrained();
      if (this.#waiting.length === 0 && this.#block.length > 0) this.#turnOver();
      const block = this.#waiting.shift();
      if (block !== undefined) {
        block.firstSequence = this.#nextSequence;
        this.#nextSequence += block.events;
        yield block;
        this.#spare.push(block);
      } else if (this.#isClosed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeLoop = resolve;
        });
      }
    }
  }

  /** Ends the iteration after what has arrived so far. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.ready();
  }

  #sayDrained(): void {
    if (this.#whenDrained.length === 0) return;
    const actions = this.#whenDrained;
    this.#whenDrained = [];
    for (const action of actions) action();
  }

  #turnOver(): void {
    assert(
      this.#waiting.length < MAX_WAITING_BLOCKS,
      `more than ${MAX_WAITING_BLOCKS} blocks wait for the loop`,
    );
    this.#waiting.push(this.#block);
    this.#block = this.#spare.pop() ?? new EventBlock(BLOCK_ROWS);
    this.#block.reset(0);
  }
}
