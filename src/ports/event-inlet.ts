/**
 * Where venue clients put what they received: the ingress behind it stamps, orders and hands blocks to the session's loop.
 *
 * Use: `const block = inlet.open(rows)`, append whole events with `inlet.nowMs()` as their receive time, `inlet.ready()`.
 * All three happen in one synchronous stretch.
 */

import type { EventBlock } from '../core/domain/event-block.ts';

export interface EventInlet {
  /** The block to append to, with room for at least `rows` more rows. */
  open(rows: number): EventBlock;
  /** Corrected venue time, integer ms, never decreasing: the receive time to stamp. */
  nowMs(): number;
  /** Says that whole events were appended. */
  ready(): void;
  /** Rows appended and not yet taken by the loop: how far it lags behind what arrives. */
  readonly waitingRows: number;
  /** Runs `action` once, as soon as the loop has taken everything that waits; `action` may append. */
  whenDrained(action: () => void): void;
}
