/** `la data ls`: what the workspace has recorded, with its span, rows and bytes. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { workspacePaths } from '../session/workspace-paths.ts';
import { type SessionFolder, listSessions } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';

const FAILED = 1;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const UNIT_STEP = 1_024;
/** Where data sets of the workspace lie. */
const DATA_FOLDER = 'data';

export interface ListedData {
  readonly kind: 'session' | 'dataset';
  readonly name: string;
  readonly symbols: readonly string[];
  /** ISO; null where it is not known. */
  readonly from: string | null;
  readonly to: string | null;
  /** Events of a session; null where nobody counted. */
  readonly rows: number | null;
  /** Of the event log of a session, of all files of a data set. */
  readonly bytes: number;
  readonly status: string;
  readonly path: string;
}

/** Prints sessions, newest first, then the data sets below `data`. Returns the exit code. */
export function listData(workspace: string, io: ProgramIo): number {
  const { root } = workspacePaths(workspace);
  try {
    const listed = [
      ...listSessions(root).map(describeSession),
      ...listDatasets(path.join(root, DATA_FOLDER)),
    ];
    if (io.json) printJson(io, { workspace: root, data: listed });
    else if (listed.length === 0) io.stdout.write(`Nothing was recorded in ${root} yet.\n`);
    else printTable(io, [HEADER, ...listed.map(rowOf)]);
    return 0;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

function describeSession(folder: SessionFolder): ListedData {
  const bytes = bytesBelow(folder.eventsFolder);
  const base = { kind: 'session', name: folder.id, bytes, path: folder.path } as const;
  try {
    const manifest = folder.readManifest();
    const isCompact = manifest.compaction === null ? '' : ', compacted';
    return {
      ...base,
      symbols: manifest.symbols,
      from: manifest.started_at,
      to: manifest.ended_at,
      rows: manifest.events,
      status: `${manifest.stopped_reason ?? 'no end recorded'}${isCompact}`,
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { ...base, symbols: [], from: null, to: null, rows: null, status: error.message };
  }
}

/** One entry for each file or folder directly below `data`. */
function listDatasets(folder: string): ListedData[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .map((name) => {
      const file = path.join(folder, name);
      const days = namesBelow(file).flatMap((entry) => /date=(\d{4}-\d\d-\d\d)/.exec(entry)?.[1] ?? []);
      const symbols = namesBelow(file).flatMap((entry) => /symbol=([A-Z0-9]+)/.exec(entry)?.[1] ?? []);
      const sorted = days.toSorted();
      return {
        kind: 'dataset',
        name,
        symbols: [...new Set(symbols)].toSorted(),
        from: sorted[0] ?? null,
        to: sorted.at(-1) ?? null,
        rows: null,
        bytes: bytesBelow(file),
        status: statSync(file).isDirectory() ? 'folder' : 'file',
        path: file,
      };
    });
}

function namesBelow(file: string): string[] {
  return statSync(file).isDirectory() ? readdirSync(file, { recursive: true, encoding: 'utf8' }) : [file];
}

function bytesBelow(file: string): number {
  const entry = statSync(file, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  if (!entry.isDirectory()) return entry.size;
  let bytes = 0;
  for (const name of readdirSync(file, { recursive: true, encoding: 'utf8' })) {
    const below = statSync(path.join(file, name), { throwIfNoEntry: false });
    if (below?.isFile() === true) bytes += below.size;
  }
  return bytes;
}

const HEADER = ['KIND', 'NAME', 'SYMBOLS', 'FROM', 'TO', 'ROWS', 'SIZE', 'STATUS'];

function rowOf(data: ListedData): string[] {
  return [
    data.kind,
    data.name,
    data.symbols.join(',') || '-',
    timeText(data.from),
    timeText(data.to),
    data.rows === null ? 'unknown' : data.rows.toLocaleString('en-US'),
    sizeText(data.bytes),
    data.status,
  ];
}

function timeText(iso: string | null): string {
  return iso === null ? 'unknown' : iso.slice(0, 19).replace('T', ' ');
}

/** A size for people, three digits; binary units. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= UNIT_STEP && unit < UNITS.length - 1) {
    value /= UNIT_STEP;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${UNITS[unit] ?? ''}`;
}
