/** The one object of `la report --format json`: the final report and everything it was made from. */

import type { AlertFacts } from './alert-lines.ts';
import type { FinalReport } from './final-report.ts';

/** Rows as the journal gives them; their names are the contract's. */
export interface ReportRows {
  readonly orders: readonly object[];
  readonly fills: readonly object[];
  readonly ledger: readonly object[];
  readonly equity: readonly object[];
  readonly denials: readonly object[];
  readonly quality: readonly object[];
  readonly alerts: readonly AlertFacts[];
}

export interface ReportDocument extends ReportRows {
  readonly report: FinalReport;
}

export function buildReportDocument(report: FinalReport, rows: ReportRows): ReportDocument {
  const { orders, fills, ledger, equity, denials, quality, alerts } = rows;
  return { report, orders, fills, ledger, equity, denials, quality, alerts };
}

/** JSON text of the document, one row a line so that long sessions stay readable and greppable. */
export function formatReportJson(document: ReportDocument): string {
  const { report, ...lists } = document;
  const parts = Object.entries(lists).map(([name, rows]: [string, readonly object[]]) => {
    const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
    return `  ${JSON.stringify(name)}: [${lines === '' ? '' : `\n${lines}\n  `}]`;
  });
  const head = JSON.stringify(report, null, 2).replaceAll('\n', '\n  ');
  return `{\n  "report": ${head},\n${parts.join(',\n')}\n}\n`;
}
