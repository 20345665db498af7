/** Spells what a running session says in the words of its journal, so that a stream and a report never differ. */

import { assert } from '../core/base/assert.ts';
import { type Instrument, formatMoney } from '../core/domain/instrument.ts';
import type { Denial, Verdict } from '../protocol/rows.ts';
import type { RowSpelling } from '../server/row-spelling.ts';
import { averagePriceText } from '../storage/average-price.ts';
import {
  denialRow,
  equityRow,
  fillRow,
  ledgerRow,
  orderRow,
  qualityRow,
  tradeRow,
  triggerOf,
  verdictRow,
} from '../storage/journal-projection.ts';

/** `instruments` in the order of their numbers; the first one's is the position of equity points. */
export function spellRows(instruments: readonly Instrument[], strategy: string): RowSpelling {
  const of = (index: number): Instrument => {
    const instrument = instruments[index];
    assert(instrument !== undefined, `the session has no instrument ${index}`);
    return instrument;
  };
  return {
    order(order) {
      const row = orderRow(order, of(order.instrument));
      const { trigger_on: _on, trigger_price: _price, trigger_trail_bps: _trail, ...rest } = row;
      return { ...rest, reduce_only: row.reduce_only === 1, trigger: triggerOf(row), queue_ahead: null };
    },
    fill(fill) {
      const row = fillRow(fill, of(fill.instrument));
      return { ...row, reconstructed: row.reconstructed === 1 };
    },
    trade: (trade) => tradeRow(trade, of(trade.instrument), strategy),
    ledger: (entry) => ledgerRow(entry, entry.instrument === null ? null : of(entry.instrument).symbol),
    equity: (point, optimistic, pessimistic) => ({
      ...equityRow(point, of(0)),
      optimistic: optimistic === null ? null : formatMoney(optimistic),
      pessimistic: pessimistic === null ? null : formatMoney(pessimistic),
    }),
    denial(denial) {
      const row = denialRow(denial, denial.intent === null ? null : of(denial.intent.instrument));
      return { ...row, numbers: JSON.parse(row.numbers) as Denial['numbers'] };
    },
    quality(record) {
      const row = qualityRow(record, of(record.instrument));
      return { ...row, backfilled: row.backfilled === 1 };
    },
    verdict(timeMs, verdict) {
      const row = verdictRow(timeMs, verdict, of(verdict.instrument));
      return { ...row, numbers: JSON.parse(row.numbers) as Verdict['numbers'] };
    },
    averagePrice: (index, cost, quantity) => averagePriceText(of(index), cost, quantity),
  };
}
