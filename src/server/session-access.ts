/** What the server is given to show and to pass on: the only way it reaches a session. */

import type { FillRecord, OrderRecord } from '../core/domain/order.ts';
import type { EquityPoint, LedgerEntry, LogLevel, Output, TradeRecord } from '../core/domain/outputs.ts';
import type { QualityRecord } from '../core/domain/commands.ts';
import type { AgentVerdict } from '../core/domain/verdict.ts';
import type { Lots, Money } from '../core/domain/units.ts';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type {
  Denial,
  EquityPoint as EquityRow,
  Fill,
  LedgerEntry as LedgerRow,
  LogLine,
  Order,
  Quality,
  Trade,
  Verdict,
} from '../protocol/rows.ts';
import type { SessionReadModel } from './session-read-model.ts';
import type { SessionRecords } from './session-records.ts';

/** What someone with the token may ask of the session. */
export const OPERATOR_WISHES = ['pause', 'resume', 'flatten', 'stop', 'kill'] as const;
export type OperatorWish = (typeof OPERATOR_WISHES)[number];

/** Lines of the system log, the newest ones, as they were written: without secrets. */
export interface LogLines {
  /** Lines after `lineId`, oldest first; those that left the memory are gone. */
  after(lineId: number): readonly LogLine[];
}

export interface SessionAccess {
  readonly sessionId: string;
  readonly programVersion: string;
  readonly logs: LogLines;
  readonly records: SessionRecords;
  status(): HeartbeatFields;
  /** Null until the engine is there. */
  model(): SessionReadModel | null;
  /** Passes a wish on; false where the session is not in a state to hear it. May be called more than once. */
  wish(wish: OperatorWish): boolean;
}

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

/** Levels in the order of their weight. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical'];
