/** What a number on the screen can be asked, and what it answers. */

/** A number that can be asked "why". Fills are not among them: they have receipts. */
export type WhyTopic =
  | {
      readonly kind: 'account';
      readonly field: 'equity' | 'wallet' | 'unrealized' | 'profit' | 'available' | 'initial_margin';
    }
  | { readonly kind: 'ledger_total'; readonly ledgerKind: string }
  | { readonly kind: 'position'; readonly symbol: string; readonly field: PositionField }
  | { readonly kind: 'order'; readonly orderId: string }
  | { readonly kind: 'trade'; readonly tradeId: number }
  | { readonly kind: 'ledger_entry'; readonly entryId: number }
  | { readonly kind: 'denial'; readonly timeMs: number }
  | {
      readonly kind: 'market';
      readonly symbol: string;
      readonly field: 'last' | 'mark' | 'index' | 'funding';
    }
  | { readonly kind: 'book'; readonly symbol: string; readonly side: 'bids' | 'asks'; readonly price: string }
  | { readonly kind: 'feed'; readonly feed: string }
  | { readonly kind: 'health'; readonly field: HealthField }
  | { readonly kind: 'state' }
  | { readonly kind: 'time'; readonly field: 'elapsed' | 'remaining' };

export type PositionField =
  | 'quantity'
  | 'average_price'
  | 'notional'
  | 'unrealized'
  | 'liquidation'
  | 'distance'
  | 'initial_margin'
  | 'maintenance_margin'
  | 'leverage';

export type HealthField = 'memory' | 'cpu' | 'lag' | 'clock' | 'round_trip' | 'events' | 'errors';

/** One summand or fact of an explanation; `topic` where it can be asked itself, `fillId` where it has a receipt. */
export interface ExplanationPart {
  readonly label: string;
  readonly value: string;
  readonly topic?: WhyTopic;
  readonly fillId?: string;
}

export interface Explanation {
  readonly title: string;
  /** The number whole, not rounded. */
  readonly value: string;
  readonly sentences: readonly string[];
  readonly parts: readonly ExplanationPart[];
  /** Whether the parts add up to the value, exactly; null where that is no question. */
  readonly addsUp: boolean | null;
}
