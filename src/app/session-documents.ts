/** Everything that the reports of a finished session are made from, read back from its folder. */

import { existsSync, readFileSync } from 'node:fs';

import { z } from 'zod';

import { parseAlertLines } from '../report/alert-lines.ts';
import type { FinalReport } from '../report/final-report.ts';
import { renderReportHtml } from '../report/report-html.ts';
import { buildReportDocument, formatReportJson, type ReportRows } from '../report/report-json.ts';
import { formatTradesCsv } from '../report/trades-csv.ts';
import { readDocument } from '../storage/document-file.ts';
import { JournalReader } from '../storage/journal-reader.ts';
import type { EquityRow, QualityRow, TradeRow } from '../storage/journal-rows.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';

/** The alert of an end is written after the last event. */
const LATE_ALERT_MAXIMUM_MS = 60_000;

/** The report is ours and flat; only what is needed to read the rest is checked, and its order of fields is kept. */
const reportShape = z.looseObject({
  session_id: z.string(),
  status: z.string(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime(),
});
const finalReportSchema = z.custom<FinalReport>(
  (value) => reportShape.safeParse(value).success,
  'no final report',
);

export interface SessionDocuments {
  readonly manifest: SessionManifest;
  readonly report: FinalReport;
  readonly rows: ReportRows & {
    readonly equity: readonly EquityRow[];
    readonly quality: readonly QualityRow[];
  };
  readonly trades: readonly TradeRow[];
}

/**
 * Throws StorageError: `not_found` where the session has no final report (it runs, or did not end by itself), and what
 * else keeps its files from being read. `alertsPath`: the workspace's alert file.
 */
export function readSessionDocuments(folder: SessionFolder, alertsPath: string): SessionDocuments {
  const report = readDocument(folder.finalReportFile, finalReportSchema);
  if (report === null) {
    throw new StorageError(
      'not_found',
      `session ${folder.id} has no final report: it still runs, or did not end by itself`,
    );
  }
  const manifest = folder.readManifest();
  const fromMs = Date.parse(manifest.local_started_at);
  const toMs = Date.parse(manifest.local_ended_at ?? manifest.local_started_at) + LATE_ALERT_MAXIMUM_MS;
  const alerts = parseAlertLines(readAlerts(alertsPath), fromMs, toMs);
  const { trades, ...rows } = readJournal(folder.journalFile);
  return { manifest, report, rows: { ...rows, alerts }, trades };
}

type JournalRows = Omit<SessionDocuments['rows'], 'alerts'> & Pick<SessionDocuments, 'trades'>;

/** A session that ended before it had a market has no journal. */
function readJournal(file: string): JournalRows {
  if (!existsSync(file)) {
    return { orders: [], fills: [], ledger: [], equity: [], denials: [], quality: [], trades: [] };
  }
  const journal = JournalReader.open(file);
  try {
    return {
      orders: journal.orders(),
      fills: journal.fills(),
      ledger: journal.ledger(),
      equity: journal.equity(),
      denials: journal.denials(),
      quality: journal.quality(),
      trades: journal.trades(),
    };
  } finally {
    journal.close();
  }
}

export function formatSessionJson({ report, rows }: SessionDocuments): string {
  return formatReportJson(buildReportDocument(report, rows));
}

export function formatSessionCsv({ trades }: SessionDocuments): string {
  return formatTradesCsv(trades);
}

export function formatSessionHtml({ manifest, report, rows, trades }: SessionDocuments): string {
  const missing = { symbols: [report.symbol], by_symbol: [], positions: [] };
  return renderReportHtml({
    // Reports of older versions name one contract and no positions.
    report: { ...missing, ...report },
    trades,
    equity: rows.equity,
    quality: rows.quality,
    alerts: rows.alerts,
    programVersion: manifest.program_version,
    nodeVersion: manifest.node_version,
    logChain: manifest.log_chain,
    strategyParams: manifest.strategy.params,
  });
}

/** A workspace without alerts has no file of them. */
function readAlerts(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
