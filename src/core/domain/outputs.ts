/** What the engine says: the only way anything leaves the core. Copies, so that a later change cannot alter what was said. */

import type { QualityRecord } from './commands.ts';
import type { FillRecord, OrderRecord, SubmitIntent } from './order.ts';
import type { DenialReason, StoppedReason } from './reasons.ts';
import type { Lots, MarkPrice, Money, Rate } from './units.ts';
import type { AgentVerdict } from './verdict.ts';

/** Reason of the state that a session enters when its strategy is disabled: it runs on without one. */
export const STRATEGY_DISABLED = 'strategy_disabled';

export type LifecycleState = 'starting' | 'warming' | 'running' | 'halted' | 'stopping' | 'ended';

export type LedgerKind = 'deposit' | 'realized_pnl' | 'fee' | 'funding' | 'liquidation_fee' | 'insurance';

/** One movement of the wallet; `amount` signed, negative = paid out. */
export interface LedgerEntry {
  readonly id: number;
  readonly timeMs: number;
  readonly kind: LedgerKind;
  readonly instrument: number | null;
  readonly amount: Money;
  readonly fillId: string | null;
  readonly settlementTimeMs: number | null;
  readonly rate: Rate | null;
  readonly markPrice: MarkPrice | null;
}

/**
 * One closed round trip, from flat to flat. `netPnl` = gross - fees + funding + insurance: fees include a liquidation's,
 * funding is signed (received > 0), insurance is what the venue bore of a loss beyond the margin.
 */
export interface TradeRecord {
  readonly id: number;
  readonly instrument: number;
  readonly side: 'long' | 'short';
  /** Largest quantity held in the round trip. */
  readonly quantity: Lots;
  readonly entryTimeMs: number;
  /** Sum of entry price x quantity and the quantity it bought, for the average entry. */
  readonly entryNotional: Money;
  readonly entryQuantity: Lots;
  readonly exitTimeMs: number;
  readonly exitNotional: Money;
  readonly exitQuantity: Lots;
  readonly exitReason: string;
  readonly grossPnl: Money;
  readonly fees: Money;
  readonly funding: Money;
  readonly netPnl: Money;
  /** What the entries would have lost at the stops of their own brackets, > 0; null where one had none. */
  readonly risk: Money | null;
  readonly barsHeld: number;
}

export interface EquityPoint {
  readonly timeMs: number;
  readonly equity: Money;
  readonly wallet: Money;
  readonly unrealizedPnl: Money;
  /** Signed position of the session's first instrument. */
  readonly position: Lots;
}

/**
 * Profit since the start under the three exchanges of the band; null where a shadow failed, or has not begun. `hash`: digest
 * of the shadows at the end of the session, on the last point only.
 */
export interface BandPoint {
  readonly timeMs: number;
  readonly optimistic: Money | null;
  readonly realistic: Money;
  readonly pessimistic: Money | null;
  readonly hash: string | null;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

export type Output =
  | {
      readonly type: 'lifecycle';
      readonly timeMs: number;
      readonly state: LifecycleState;
      readonly reason: string | null;
    }
  | { readonly type: 'order'; readonly timeMs: number; readonly order: OrderRecord }
  | { readonly type: 'fill'; readonly timeMs: number; readonly fill: FillRecord }
  | { readonly type: 'ledger'; readonly timeMs: number; readonly entry: LedgerEntry }
  | { readonly type: 'trade'; readonly timeMs: number; readonly trade: TradeRecord }
  | {
      readonly type: 'denial';
      readonly timeMs: number;
      readonly orderId: string | null;
      readonly intent: SubmitIntent | null;
      readonly reason: DenialReason;
    }
  | { readonly type: 'quality'; readonly timeMs: number; readonly record: QualityRecord }
  | { readonly type: 'verdict'; readonly timeMs: number; readonly verdict: AgentVerdict }
  | { readonly type: 'equity'; readonly timeMs: number; readonly point: EquityPoint }
  | { readonly type: 'band'; readonly timeMs: number; readonly point: BandPoint }
  | {
      readonly type: 'log';
      readonly timeMs: number;
      readonly level: LogLevel;
      readonly event: string;
      readonly msg: string;
      readonly fields: Readonly<Record<string, string | number | null>>;
    }
  | {
      readonly type: 'ended';
      readonly timeMs: number;
      readonly reason: StoppedReason;
      readonly detail: string | null;
    };
