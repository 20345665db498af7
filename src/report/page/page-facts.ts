/** What the page of a session is made from: its report, the journal's rows behind it, and what identifies it. */

import type { ReceiptDocument } from '../../core/domain/receipt-document.ts';
import type { AlertFacts } from '../alert-lines.ts';
import type { ExplainedOrder } from '../explain-fill.ts';
import type { FinalReport } from '../final-report.ts';
import type {
  BandFacts,
  EquityFacts,
  FillFacts,
  LedgerFacts,
  LifecycleFacts,
  OpeningPosition,
  OrderFacts,
  QualityFacts,
  TradeFacts,
} from '../session-facts.ts';

export interface PageOrder extends OrderFacts, ExplainedOrder {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly reason: string | null;
  readonly decision_time_ms: number;
}

export interface PageFill extends FillFacts {
  readonly fill_id: string;
  readonly order_id: string;
  readonly price: string;
  readonly liquidity: 'maker' | 'taker';
  readonly fee: string;
}

export interface PageDenial {
  readonly time_ms: number;
  readonly symbol: string | null;
  readonly reason: string;
  readonly numbers: Readonly<Record<string, string | number>>;
}

export interface PageLifecycle extends LifecycleFacts {
  readonly reason: string | null;
}

/** What the coach said of a closed trade. */
export interface LessonFacts {
  readonly time_ms: number;
  readonly symbol: string;
  readonly verdict: string;
  readonly reason: string;
  readonly numbers: Readonly<Record<string, string | number | null>>;
}

/** How often an agent said a verdict. */
export interface VerdictCount {
  readonly agent: string;
  readonly verdict: string;
  readonly times: number;
}

/** The journal's part: rows in the order of their times. */
export interface PageRows {
  readonly orders: readonly PageOrder[];
  readonly fills: readonly PageFill[];
  readonly ledger: readonly LedgerFacts[];
  readonly trades: readonly TradeFacts[];
  readonly equity: readonly EquityFacts[];
  readonly band: readonly BandFacts[];
  readonly quality: readonly QualityFacts[];
  readonly denials: readonly PageDenial[];
  readonly lifecycle: readonly PageLifecycle[];
  readonly lessons: readonly LessonFacts[];
  readonly verdictCounts: readonly VerdictCount[];
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
