/** `la explain`: finds a fill in the sessions of a workspace and tells its receipt, to people or to programs. */

import { existsSync } from 'node:fs';
import type { ReceiptDocument } from '../core/domain/receipt-document.ts';
import { explainFill } from '../report/explain-fill.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { JournalReader } from '../storage/journal-reader.ts';
import type { OrderRow } from '../ports/journal-rows.ts';
import { listSessions, resolveSession, type SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { printJson, type ProgramIo } from './program-io.ts';

const UNREADABLE = 1;
const NO_SUCH_FILL = 2;
/** Sessions named in a refusal; the rest are counted. */
const NAMED_MAXIMUM = 10;

interface Found {
  readonly receipt: ReceiptDocument | null;
  readonly order: OrderRow | null;
}

/**
 * Prints the receipt of a fill. `session` null = the latest session, then every other one, newest first. Returns the exit
 * code: 0, 1 where the fill has no readable receipt, 2 where there is no such fill or session.
 */
export function explain(workspace: string, fillId: string, session: string | null, io: ProgramIo): number {
  const { root } = workspacePaths(workspace);
  try {
    const folders = session === null ? listSessions(root) : [resolveSession(root, session, process.cwd())];
    for (const folder of folders) {
      const found = findFill(folder, fillId);
      if (found !== null) return tell(fillId, found, io);
    }
    io.stderr.write(`${refusal(fillId, folders, root)}\n`);
    return NO_SUCH_FILL;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return error.code === 'not_found' ? NO_SUCH_FILL : UNREADABLE;
  }
}

function tell(fillId: string, { receipt, order }: Found, io: ProgramIo): number {
  if (receipt === null) {
    io.stderr.write(`fill ${fillId} has no receipt: its session was recorded by an older version\n`);
    return UNREADABLE;
  }
  if (io.json) printJson(io, receipt);
  else io.stdout.write(explainFill(receipt, order));
  return 0;
}

/** Null where the session has no such fill; one without a market has no journal either. */
function findFill(folder: SessionFolder, fillId: string): Found | null {
  if (!existsSync(folder.journalFile)) return null;
  const journal = JournalReader.open(folder.journalFile);
  try {
    const fill = journal.fill(fillId);
    if (fill === null) return null;
    return { receipt: journal.receipt(fillId), order: journal.order(fill.order_id) };
  } finally {
    journal.close();
  }
}

function refusal(fillId: string, folders: readonly SessionFolder[], root: string): string {
  const name = JSON.stringify(fillId);
  if (folders.length === 0) return `${name} is no fill: there are no sessions in ${root}`;
  const ids = folders.slice(0, NAMED_MAXIMUM).map(({ id }) => id);
  const more = folders.length > ids.length ? ` and ${folders.length - ids.length} more` : '';
  return `${name} is no fill: looked through ${ids.join(', ')}${more} in ${root}`;
}
