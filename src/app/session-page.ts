/** The page of a session, and the journal's rows that it and the report are made from; all empty where there is no journal. */

import { existsSync } from 'node:fs';
import type { FinalReport } from '../report/final-report.ts';
import type { AlertFacts } from '../report/alert-lines.ts';
import type { PageRows } from '../report/page/page-facts.ts';
import { renderReportHtml } from '../report/report-html.ts';
import { JournalReader } from '../storage/journal-reader.ts';
import type {
  BandRow,
  DenialRow,
  EquityRow,
  FillRow,
  LedgerRow,
  LifecycleRow,
  OrderRow,
  PositionRow,
  QualityRow,
  TradeRow,
  VerdictCountRow,
  VerdictRow,
} from '../ports/journal-rows.ts';
import type { SessionManifest } from '../storage/session-folder.ts';

export interface JournalRows {
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
  readonly ledger: readonly LedgerRow[];
  readonly trades: readonly TradeRow[];
  readonly equity: readonly EquityRow[];
  readonly band: readonly BandRow[];
  readonly denials: readonly DenialRow[];
  readonly quality: readonly QualityRow[];
  readonly lifecycle: readonly LifecycleRow[];
  readonly positions: readonly PositionRow[];
  /** The coach's verdicts. */
  readonly lessons: readonly VerdictRow[];
  readonly verdictCounts: readonly VerdictCountRow[];
}

const NO_ROWS: JournalRows = {
  orders: [],
  fills: [],
  ledger: [],
  trades: [],
  equity: [],
  band: [],
  denials: [],
  quality: [],
  lifecycle: [],
  positions: [],
  lessons: [],
  verdictCounts: [],
};

/** `journalFile` null, or without a file: no rows. Throws StorageError for a journal that cannot be read. */
export function readJournalRows(journalFile: string | null): JournalRows {
  const journal = openJournal(journalFile);
  if (journal === null) return NO_ROWS;
  try {
    return {
      orders: journal.orders(),
      fills: journal.fills(),
      ledger: journal.ledger(),
      trades: journal.trades(),
      equity: journal.equity(),
      band: journal.band(),
      denials: journal.denials(),
      quality: journal.quality(),
      lifecycle: journal.lifecycle(),
      positions: journal.positions(),
      lessons: journal.verdicts('journal_coach'),
      verdictCounts: journal.verdictCounts(),
    };
  } finally {
    journal.close();
  }
}

/** report.html of a session; the receipts that it shows are read from the journal one by one. */
export function renderSessionPage({
  manifest,
  report,
  rows,
  alerts,
  journalFile,
  logChain,
}: {
  readonly manifest: SessionManifest;
  readonly report: FinalReport;
  readonly rows: JournalRows;
  readonly alerts: readonly AlertFacts[];
  readonly journalFile: string | null;
  readonly logChain: string | null;
}): string {
  const journal = openJournal(journalFile);
  try {
    const pageRows: PageRows = {
      ...rows,
      finalPositions: rows.positions,
      receiptOf: (fillId) => journal?.receipt(fillId) ?? null,
    };
    return renderReportHtml({
      report,
      rows: pageRows,
      alerts,
      identity: {
        programVersion: manifest.program_version,
        nodeVersion: manifest.node_version,
        logChain,
        engineHash: manifest.engine_hash,
        strategyHash: manifest.strategy_hash,
        configHash: manifest.config_hash,
        strategyParams: manifest.strategy.params,
      },
    });
  } finally {
    journal?.close();
  }
}

function openJournal(file: string | null): JournalReader | null {
  return file === null || !existsSync(file) ? null : JournalReader.open(file);
}
