/** `la data import`: market data in foreign formats into a data set of the workspace, with what is wrong with it. */

import { createHash } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../ports/wall-clock.ts';
import { makeFolders } from '../ports/make-folders.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { EXPORT_TABLE_NAMES } from '../storage/export-tables.ts';
import { type FindingKind, FINDINGS_MAX } from '../storage/imports/import-check.ts';
import { type ImportResult, importFiles } from '../storage/imports/import-files.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import { parseSymbols } from './config/setting-schemas.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { withScratchFolder } from './scratch-folder.ts';

const FAILED = 1;
const BAD_DATA = 2;
/** Findings shown to a person; `--json` has all that were kept. */
const SHOWN_MAX = 20;
const HASH_LENGTH = 8;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface ImportRequest {
  readonly workspace: string;
  readonly files: readonly string[];
  readonly symbol: string;
  /** null = the symbol in lower case. */
  readonly name: string | null;
  readonly format: string | null;
  readonly isMark: boolean;
  readonly skipsBad: boolean;
}

const WORDS: Readonly<Record<FindingKind, string>> = {
  gap: 'gap',
  duplicate: 'duplicate, left out',
  out_of_order: 'out of order, sorted',
  contradiction: 'contradiction',
  impossible: 'impossible',
};

/**
 * Returns the exit code: 0 imported, 1 where the files cannot be written, 2 where they cannot be read or hold bad rows.
 * Throws ConfigError for a symbol or a name that is none, and for a data set that is there already.
 */
export async function importData(request: ImportRequest, io: ProgramIo): Promise<number> {
  const symbol = parseSymbols([request.symbol])?.[0];
  if (symbol === undefined)
    throw new ConfigError([`--symbol: expected a symbol, found ${showValue(request.symbol)}`]);
  const name = request.name ?? symbol.toLowerCase();
  if (!NAME.test(name)) throw new ConfigError([`--name: expected a file name, found ${showValue(name)}`]);
  const out = path.join(workspacePaths(request.workspace).root, 'data', name);
  try {
    makeFolders(out);
    const progress = new ReplayProgress(io, systemClock, 'imported', null);
    const result = await withScratchFolder(
      (scratch) =>
        importFiles(out, {
          ...request,
          symbol,
          name: fileName(name, request.files),
          scratch,
          onProgress: progress.update,
        }),
      out,
    );
    progress.end();
    tell(result, out, io);
    return result.rows === null ? BAD_DATA : 0;
  } catch (error) {
    if (!(error instanceof StorageError)) throw toStorageError(error, `import into ${out}`);
    io.stderr.write(`${error.message}\n`);
    return error.code === 'invalid_data' || error.code === 'not_found' ? BAD_DATA : FAILED;
  }
}

/** The same files imported again replace their own; others stand beside them. */
function fileName(name: string, files: readonly string[]): string {
  const hash = createHash('sha256').update(files.map((file) => path.basename(file)).join('\n'));
  return `${name}-${hash.digest('hex').slice(0, HASH_LENGTH)}`;
}

function tell({ check, rows }: ImportResult, out: string, io: ProgramIo): void {
  const { findings, counts } = check;
  if (io.json) {
    printJson(io, { out: rows === null ? null : out, rows, counts, findings });
    return;
  }
  for (const { file, line, kind, text } of findings.slice(0, SHOWN_MAX))
    io.stderr.write(`${file}:${line}: ${WORDS[kind]}: ${text}\n`);
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (found > SHOWN_MAX)
    io.stderr.write(`${found - SHOWN_MAX} further findings; --json tells the first ${FINDINGS_MAX}\n`);
  if (rows === null) {
    io.stderr.write(`nothing was imported: ${check.bad} bad rows; --skip-bad leaves them out\n`);
    return;
  }
  const written = EXPORT_TABLE_NAMES.filter((table) => rows[table] > 0);
  printTable(
    io,
    written.map((table) => [table, `${rows[table].toLocaleString('en-US')} rows`, path.join(out, table)]),
  );
  io.stdout.write(`Backtest it: la backtest --data ${out}\n`);
}
