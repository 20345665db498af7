/** Pages of bars that lie in memory; the cursor is the open time of the last bar of the page before. */

import type { Candle } from '../protocol/rows.ts';

export interface CandlePage {
  readonly rows: Candle[];
  readonly next_cursor: string | null;
}

/** `candles`: of one symbol, oldest first. */
export function pageOfCandles(
  candles: readonly Candle[],
  query: { readonly limit: number; readonly order: 'asc' | 'desc'; readonly cursor?: string | undefined },
): CandlePage {
  const { limit, order, cursor } = query;
  const sorted = order === 'asc' ? candles : candles.toReversed();
  const at = cursor === undefined ? null : Number(cursor);
  const rest =
    at === null
      ? sorted
      : sorted.filter(({ open_time_ms: openMs }) => (order === 'asc' ? openMs > at : openMs < at));
  const rows = rest.slice(0, limit);
  const last = rows.at(-1);
  return {
    rows,
    next_cursor: rest.length > limit && last !== undefined ? String(last.open_time_ms) : null,
  };
}
