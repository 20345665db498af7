/** Fills of one bar and one side as one mark: many marks on one bar hide the bar and each other. */

import type { Fill } from '../../protocol/rows.ts';
import { addAmounts } from '../display/amount-text.ts';

export interface FillGroup {
  readonly openMs: number;
  readonly side: Fill['side'];
  /** Of all its fills together. */
  readonly quantity: string;
  readonly count: number;
  /** The newest of them: the one whose receipt a press opens. */
  readonly fillId: string;
}

/** In ascending order of bars. `fills` ascend in time. */
export function groupFills(fills: readonly Fill[], intervalMs: number): FillGroup[] {
  const groups = new Map<string, FillGroup>();
  for (const fill of fills) {
    const openMs = Math.floor(fill.time_ms / intervalMs) * intervalMs;
    const key = `${openMs} ${fill.side}`;
    const group = groups.get(key);
    groups.set(key, {
      openMs,
      side: fill.side,
      quantity: addAmounts([group?.quantity ?? '0', fill.quantity]),
      count: (group?.count ?? 0) + 1,
      fillId: fill.fill_id,
    });
  }
  return [...groups.values()];
}
