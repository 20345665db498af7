/** What the page of a session is made from: its report, the journal's rows behind it, and what identifies it. */

import type { ReceiptDocument } from '../../core/domain/receipt-document.ts';
import type { AlertFacts } from '../alert-lines.ts';
import type { ExplainedOrder } from '../explain-fill.ts';
import type { FinalReport } from '../final-report.ts';
import type {
  BandRow,
  DenialRow,
  EquityRow,
  FillRow,
  LifecycleRow,
  OrderRow,
  QualityRow,
  TradeRow,
  VerdictCountRow,
  VerdictRow,
} from '../../ports/journal-rows.ts';
import type { FillFacts, LedgerFacts, OpeningPosition, OrderFacts } from '../session-facts.ts';

export type PageOrder = OrderFacts &
  ExplainedOrder &
  Pick<OrderRow, 'symbol' | 'side' | 'reason' | 'decision_time_ms'>;

export type PageFill = FillFacts & Pick<FillRow, 'fill_id' | 'order_id' | 'price' | 'liquidity' | 'fee'>;

export type PageDenial = Pick<DenialRow, 'time_ms' | 'symbol' | 'reason' | 'numbers'>;

/** What the coach said of a closed trade. */
export type LessonFacts = Pick<VerdictRow, 'time_ms' | 'symbol' | 'verdict' | 'reason' | 'numbers'>;

/** The journal's part: rows in the order of their times. */
export interface PageRows {
  readonly orders: readonly PageOrder[];
  readonly fills: readonly PageFill[];
  readonly ledger: readonly LedgerFacts[];
  readonly trades: readonly TradeRow[];
  readonly equity: readonly EquityRow[];
  readonly band: readonly BandRow[];
  readonly quality: readonly QualityRow[];
  readonly denials: readonly PageDenial[];
  readonly lifecycle: readonly LifecycleRow[];
  readonly lessons: readonly LessonFacts[];
  readonly verdictCounts: readonly VerdictCountRow[];
  /** What was held at the end; signed. */
  readonly finalPositions: readonly OpeningPosition[];
  /** Null where none was kept. */
  readonly receiptOf: (fillId: string) => ReceiptDocument | null;
}

/** What tells this session from every other; null = not recorded. */
export interface SessionIdentity {
  readonly programVersion: string;
  readonly nodeVersion: string;
  /** Last hash chain value of the event log; null where the session could not write it. */
  readonly logChain: string | null;
  readonly engineHash: string | null;
  readonly strategyHash: string | null;
  readonly configHash: string | null;
  /** Parameters of the strategy, as recorded. */
  readonly strategyParams: unknown;
}

export interface PageFacts {
  readonly report: FinalReport;
  readonly rows: PageRows;
  readonly alerts: readonly AlertFacts[];
  readonly identity: SessionIdentity;
}
