/** `la data export`: a session as Parquet files that any analytics tool reads. */

import path from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { EXPORT_TABLE_NAMES } from '../storage/export-tables.ts';
import { exportSession } from '../storage/session-export.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import { NO_SUCH_SESSION, findSession, isSessionRunning } from './find-session.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { withScratchFolder } from './scratch-folder.ts';

const FAILED = 1;

/** Returns the exit code: 0 exported, 1 where the session cannot be read or the files not be written, 2 for no session. */
export async function exportData(
  workspace: string,
  operand: string,
  out: string,
  io: ProgramIo,
): Promise<number> {
  const folder = findSession(workspace, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  if (isSessionRunning(folder)) {
    io.stderr.write(`session ${folder.id} still runs; export it when it has ended\n`);
    return FAILED;
  }
  const target = path.resolve(out);
  try {
    makeFolder(target);
    const progress = new ReplayProgress(io, systemClock, 'exported', folder.readManifest().events);
    // Beside the files: what is staged is as large as they are, and a folder for temporary files may be in memory.
    const result = await withScratchFolder(
      (scratch) => exportSession(folder, target, { scratch, onProgress: progress.update }),
      target,
    );
    progress.end();
    if (result.cutBytes > 0)
      io.stderr.write(`warning: a torn tail of ${result.cutBytes} bytes was left out\n`);
    if (result.journalProblem !== null) {
      io.stderr.write(`warning: orders, fills, ledger and equity are missing: ${result.journalProblem}\n`);
    }
    const { rows, events } = result;
    if (io.json) {
      printJson(io, {
        session_id: folder.id,
        out: target,
        events,
        rows,
        journal_problem: result.journalProblem,
      });
      return 0;
    }
    const written = EXPORT_TABLE_NAMES.filter((name) => rows[name] > 0);
    printTable(
      io,
      written.map((name) => [name, `${rows[name].toLocaleString('en-US')} rows`, path.join(target, name)]),
    );
    // The first table that is there: a session without trades has none to name.
    const [first] = written;
    if (first !== undefined)
      io.stdout.write(`Read with DuckDB: SELECT * FROM read_parquet('${target}/${first}/**/*.parquet')\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw toStorageError(error, `make the folder ${folder}`);
  }
}
