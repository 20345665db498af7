/** Writes what a session leaves: final_report.json, trades.csv, equity.csv, report.html, and the manifest's last words. */

import type { AlertFacts } from '../report/alert-lines.ts';
import type { FinalReport } from '../report/final-report.ts';
import { formatEquityCsv } from '../report/equity-csv.ts';
import { formatTradesCsv } from '../report/trades-csv.ts';
import { writeDocument, writeText } from '../storage/document-file.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { type EndFacts, composeReport } from './compose-report.ts';
import { readSessionAlerts } from './session-alerts.ts';
import { readJournalRows, renderSessionPage } from './session-page.ts';

/** What only the running program knows of its session; the journal tells the rest. */
export interface ResultFacts extends Omit<
  EndFacts,
  'sessionId' | 'symbols' | 'strategy' | 'source' | 'seed'
> {
  readonly folder: SessionFolder;
  readonly manifest: SessionManifest;
  readonly logChain: string | null;
  /** Whether a journal was begun. */
  readonly hasJournal: boolean;
  /** The workspace's; null for what raises none. */
  readonly alertsFile: string | null;
  /** End on the machine's own clock. */
  readonly localEndMs: number;
  /** Alerts of what the report says: called before the page is written, which shows them. */
  readonly onReport?: (report: FinalReport) => void;
}

/** Builds the report and writes it with its companions. Throws StorageError where the workspace refuses. */
export function writeResult(facts: ResultFacts): FinalReport {
  const { folder, manifest } = facts;
  const journalFile = facts.hasJournal ? folder.journalFile : null;
  const rows = readJournalRows(journalFile);
  const named = {
    sessionId: manifest.session_id,
    symbols: manifest.symbols,
    strategy: manifest.strategy.name,
    source: manifest.source,
    seed: manifest.seed,
  };
  const report = composeReport({ ...facts, ...named }, rows);
  writeDocument(folder.finalReportFile, report);
  writeText(folder.tradesFile, formatTradesCsv(rows.trades));
  writeText(folder.equityFile, formatEquityCsv(rows.equity));
  const ended: SessionManifest = {
    ...manifest,
    started_at: report.started_at,
    ended_at: report.ended_at,
    local_ended_at: new Date(facts.localEndMs).toISOString(),
    stopped_reason: report.stopped_reason,
    exit_code: report.exit_code,
    state_hash: facts.stateHash,
    events: facts.events,
    log_chain: facts.logChain,
  };
  facts.onReport?.(report);
  const alerts = quoteAlerts(ended, facts.alertsFile);
  const page = renderSessionPage({ manifest, report, rows, alerts, journalFile, logChain: facts.logChain });
  writeText(folder.htmlFile, page);
  folder.writeManifest(ended);
  return report;
}

/** An end must not fail for what its page quotes. */
function quoteAlerts(ended: SessionManifest, alertsFile: string | null): AlertFacts[] {
  if (alertsFile === null) return [];
  try {
    return readSessionAlerts(ended, alertsFile);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return [];
  }
}
