/** How the engine's records become rows of the protocol. */

import type { QualityRecord } from '../core/domain/commands.ts';
import type { FillRecord, OrderRecord } from '../core/domain/order.ts';
import type { EquityPoint, LedgerEntry, Output, TradeRecord } from '../core/domain/outputs.ts';
import type { Lots, Money } from '../core/domain/units.ts';
import type { AgentVerdict } from '../core/domain/verdict.ts';
import type {
  Denial,
  EquityPoint as EquityRow,
  Fill,
  LedgerEntry as LedgerRow,
  Order,
  Quality,
  Trade,
  Verdict,
} from '../protocol/rows.ts';
/** Spells what the engine says in the protocol's names; the same spelling as in the journal. */
export interface RowSpelling {
  order(order: OrderRecord): Order;
  fill(fill: FillRecord): Fill;
  trade(trade: TradeRecord): Trade;
  ledger(entry: LedgerEntry): LedgerRow;
  /** `optimistic`, `pessimistic`: equity under the band's other two exchanges; null where they did not run. */
  equity(point: EquityPoint, optimistic: Money | null, pessimistic: Money | null): EquityRow;
  denial(denial: Extract<Output, { type: 'denial' }>): Denial;
  quality(record: QualityRecord): Quality;
  verdict(timeMs: number, verdict: AgentVerdict): Verdict;
  /** Average entry price; null when flat. */
  averagePrice(instrument: number, cost: Money, quantity: Lots): string | null;
}
