/** `la report`: what came of a session, for people (HTML), programs (JSON) or spreadsheets (CSV of its round trips). */

import { formatSummary } from '../report/console-summary.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { writeText } from '../storage/document-file.ts';
import { StorageError } from '../storage/storage-error.ts';
import { NO_SUCH_SESSION, findSession } from './find-session.ts';
import { printJson, type ProgramIo } from './program-io.ts';
import {
  formatSessionCsv,
  formatSessionHtml,
  formatSessionJson,
  readSessionDocuments,
} from './session-documents.ts';

export type ReportFormat = 'html' | 'json' | 'csv';

const UNREADABLE = 1;

/**
 * Prints the session's JSON or CSV, or writes report.html anew into its folder and prints where, on a terminal below the
 * result in short. Returns the exit code:
 * 0, 1 where the session cannot be reported, 2 where `operand` names none.
 */
export function showReport(workspace: string, operand: string, format: ReportFormat, io: ProgramIo): number {
  const paths = workspacePaths(workspace);
  const folder = findSession(paths.root, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  try {
    const documents = readSessionDocuments(folder, paths.alerts);
    if (format === 'json') io.stdout.write(formatSessionJson(documents));
    else if (format === 'csv') io.stdout.write(formatSessionCsv(documents));
    else {
      writeText(folder.htmlFile, formatSessionHtml(documents));
      if (io.json) printJson(io, { report_html: folder.htmlFile });
      // A person wants to know what came of it; a script, where the page is.
      else if (io.isTty)
        io.stdout.write(formatSummary(documents.report, { color: io.color, reportPath: folder.htmlFile }));
      else io.stdout.write(`${folder.htmlFile}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return UNREADABLE;
  }
}
