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
}
