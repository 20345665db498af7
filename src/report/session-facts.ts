/** What the reports need of the journal's rows where they do not need all of them. */

import type { EquityRow, FillRow, LedgerRow, OrderRow } from '../ports/journal-rows.ts';

export type OrderFacts = Pick<OrderRow, 'order_id' | 'status'>;

/** Costs are positive where they cost the account; null where they were not measured. */
export type FillFacts = Pick<
  FillRow,
  | 'symbol'
  | 'side'
  | 'quantity'
  | 'time_ms'
  | 'spread_cost'
  | 'latency_cost'
  | 'impact_cost'
  | 'slippage_cost'
>;

export type LedgerFacts = Pick<LedgerRow, 'kind' | 'symbol' | 'amount'>;

/** A position with which the session began; quantity signed. */
export interface OpeningPosition {
  readonly symbol: string;
  readonly quantity: string;
}

/** What statistics need of a sample of the account. */
export type EquitySample = Pick<EquityRow, 'time_ms' | 'equity'>;
