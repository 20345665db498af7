/** Everything that the reports of a finished session are made from, read back from its folder. */

import { z } from 'zod';

import type { AlertFacts } from '../report/alert-lines.ts';
import type { FinalReport } from '../report/final-report.ts';
import { buildReportDocument, formatReportJson } from '../report/report-json.ts';
import { formatTradesCsv } from '../report/trades-csv.ts';
import { readDocument } from '../storage/document-file.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { readSessionAlerts } from './session-alerts.ts';
import { type JournalRows, readJournalRows, renderSessionPage } from './session-page.ts';

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
  readonly folder: SessionFolder;
  readonly manifest: SessionManifest;
  readonly report: FinalReport;
  readonly rows: JournalRows;
  readonly alerts: readonly AlertFacts[];
}

/**
 * Throws StorageError: `not_found` where the session has no final report (it runs, or did not end by itself), and what
 * else keeps its files from being read. `alertsPath`: the workspace's alert file.
 */
export function readSessionDocuments(folder: SessionFolder, alertsPath: string): SessionDocuments {
  const found = readDocument(folder.finalReportFile, finalReportSchema);
  if (found === null) {
    throw new StorageError(
      'not_found',
      `session ${folder.id} has no final report: it still runs, or did not end by itself; "la replay ${folder.id} --out DIR" makes one from its event log`,
    );
  }
  const manifest = folder.readManifest();
  const alerts = readSessionAlerts(manifest, alertsPath);
  // Reports of older versions name one contract and no positions.
  const missing = { symbols: [found.symbol], by_symbol: [], positions: [] };
  const report = { ...missing, ...found };
  return { folder, manifest, report, rows: readJournalRows(folder.journalFile), alerts };
}

export function formatSessionJson({ report, rows, alerts }: SessionDocuments): string {
  return formatReportJson(buildReportDocument(report, { ...rows, alerts }));
}

export function formatSessionCsv({ rows }: SessionDocuments): string {
  return formatTradesCsv(rows.trades);
}

export function formatSessionHtml(documents: SessionDocuments): string {
  const { folder, manifest } = documents;
  // Reports of older versions name one contract, no positions and no fees of liquidations.
  const missing = {
    ...{ symbols: [documents.report.symbol], by_symbol: [], positions: [] },
    liquidation_fees: '0',
  };
  return renderSessionPage({
    ...documents,
    report: { ...missing, ...documents.report },
    journalFile: folder.journalFile,
    logChain: manifest.log_chain,
  });
}
