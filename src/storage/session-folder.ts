/**
 * The folder of one session and its manifest, the link `runs/latest`, and finding a session that a user named.
 *
 * Invariant: `runs/latest` always names an existing session or does not exist; it is replaced in one step.
 */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { z } from 'zod';
import { assert } from '../core/base/assert.ts';
import { syncFolder } from '../ports/atomic-file.ts';
import { readDocument, writeDocument, writeText } from './document-file.ts';
import { StorageError, toStorageError } from './storage-error.ts';

export const MANIFEST_VERSION = 1;

/** What a session was and how it ended; written at its start and again at its end. Unknown until then: null. */
export interface SessionManifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly session_id: string;
  readonly program_version: string;
  readonly node_version: string;
  readonly seed: number;
  readonly source: string;
  readonly symbols: readonly string[];
  readonly strategy: { readonly name: string; readonly params: unknown };
  /** What a replay needs to be the same: the core's sources, the strategy's text, the configuration; SHA-256, hex. */
  readonly engine_hash: string | null;
  readonly strategy_hash: string | null;
  readonly config_hash: string | null;
  /** Effective configuration. */
  readonly config: unknown;
  /** ISO, venue time. */
  readonly started_at: string;
  readonly ended_at: string | null;
  /** The same on the machine's own clock, which stamps logs and alerts. */
  readonly local_started_at: string;
  readonly local_ended_at: string | null;
  readonly stopped_reason: string | null;
  readonly exit_code: number | null;
  readonly state_hash: string | null;
  /** Events in the log and its last hash chain value: tells later whether anything was removed from its end. */
  readonly events: number | null;
  readonly log_chain: string | null;
  /** The session ended before its engine did: it can be gone on with. */
  readonly is_resumable: boolean;
  /** What became of the log's frames when it was made smaller; null while they are as they were written. */
  readonly compaction: LogCompaction | null;
}

/** The events are the same; only their frames are others, and so is the chain over them. */
export interface LogCompaction {
  /** ISO. */
  readonly compacted_at: string;
  /** Last hash chain value over the new frames. */
  readonly log_chain: string;
  /** SHA-256 of all the lines of the log, which compaction does not change; hex. */
  readonly text_hash: string;
  readonly bytes_before: number;
  readonly bytes_after: number;
}

const manifest: z.ZodType<SessionManifest> = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  session_id: z.string().min(1),
  program_version: z.string(),
  node_version: z.string(),
  seed: z.int(),
  source: z.string(),
  symbols: z.array(z.string()),
  strategy: z.strictObject({ name: z.string(), params: z.unknown() }),
  // Sessions of earlier versions did not record them.
  engine_hash: z.string().nullable().default(null),
  strategy_hash: z.string().nullable().default(null),
  config_hash: z.string().nullable().default(null),
  config: z.unknown(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  local_started_at: z.iso.datetime(),
  local_ended_at: z.iso.datetime().nullable(),
  stopped_reason: z.string().nullable(),
  exit_code: z.int().nullable(),
  state_hash: z.string().nullable(),
  events: z.int().nonnegative().nullable(),
  log_chain: z.string().nullable(),
  is_resumable: z.boolean().default(false),
  compaction: z
    .strictObject({
      compacted_at: z.iso.datetime(),
      log_chain: z.string(),
      text_hash: z.string(),
      bytes_before: z.int(),
      bytes_after: z.int(),
    })
    .nullable()
    .default(null),
});

const LATEST = 'latest';
/** What Node loads as a module of its own accord. */
const STRATEGY_EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];
/** Session ids are file names: no separators, no leading dot or hyphen. */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export class SessionFolder {
  readonly path: string;

  constructor(folder: string) {
    this.path = folder;
  }

  get id(): string {
    return path.basename(this.path);
  }
  get eventsFolder(): string {
    return path.join(this.path, 'events');
  }
  get manifestFile(): string {
    return path.join(this.path, 'session.json');
  }
  /** Where the outputs were hashed while the session ran. */
  get checkpointFile(): string {
    return path.join(this.path, 'checkpoints.jsonl');
  }
  /** Saved states of the engine, so that a recovery need not replay everything. */
  get snapshotFolder(): string {
    return path.join(this.path, 'snapshots');
  }
  /** The user's own strategy as it was when the session began; null where the session ran a built-in one. */
  get strategyFile(): string | null {
    const file = STRATEGY_EXTENSIONS.map((extension) => path.join(this.path, `strategy${extension}`));
    return file.find((name) => existsSync(name)) ?? null;
  }
  get journalFile(): string {
    return path.join(this.path, 'journal.db');
  }
  /** Space held for the session's end while it runs. */
  get reserveFile(): string {
    return path.join(this.path, 'reserve');
  }
  get finalReportFile(): string {
    return path.join(this.path, 'final_report.json');
  }
  get tradesFile(): string {
    return path.join(this.path, 'trades.csv');
  }
  get equityFile(): string {
    return path.join(this.path, 'equity.csv');
  }
  get htmlFile(): string {
    return path.join(this.path, 'report.html');
  }

  /**
   * Keeps the text of a strategy file with the session, so that a replay needs nothing else; a file of an unusual kind is
   * not kept. Throws StorageError.
   */
  keepStrategy(file: string, text: string): void {
    const extension = path.extname(file);
    if (STRATEGY_EXTENSIONS.includes(extension))
      writeText(path.join(this.path, `strategy${extension}`), text);
  }

  writeManifest(document: SessionManifest): void {
    writeDocument(this.manifestFile, document);
  }

  /** Throws StorageError `not_found` or `invalid_document`, naming the file and the field. */
  readManifest(): SessionManifest {
    const document = readDocument(this.manifestFile, manifest);
    if (document === null) throw new StorageError('not_found', `there is no manifest ${this.manifestFile}`);
    return document;
  }
}

/**
 * Makes the folder of a new session with its manifest and points `runs/latest` at it.
 * Throws StorageError; `exists` where a session of that id stands already.
 */
export function createSessionFolder(workspace: string, document: SessionManifest): SessionFolder {
  const id = document.session_id;
  assert(SESSION_ID.test(id) && id !== LATEST, `${id} cannot be a session id`);
  const sessions = path.join(workspace, 'sessions');
  const folder = new SessionFolder(path.join(sessions, id));
  try {
    makeFolders(sessions);
    mkdirSync(folder.path);
    mkdirSync(folder.eventsFolder);
    syncFolder(sessions);
    syncFolder(workspace);
  } catch (error) {
    throw toStorageError(error, `make the session folder ${folder.path}`);
  }
  folder.writeManifest(document);
  linkLatest(workspace, id);
  return folder;
}

/**
 * Finds the session that a user named: `latest`, an id of the workspace, or a path to a session folder (absolute, or
 * relative to `currentFolder`). Throws StorageError `not_found` with the name as given.
 */
export function resolveSession(workspace: string, operand: string, currentFolder: string): SessionFolder {
  if (operand === LATEST) {
    const id = readLatest(workspace);
    if (id === null) throw new StorageError('not_found', `there is no latest session in ${workspace}`);
    const latest = path.join(workspace, 'sessions', id);
    if (isSession(latest)) return new SessionFolder(latest);
    throw new StorageError('not_found', `the latest session ${id} is no longer in ${workspace}`);
  }
  if (SESSION_ID.test(operand)) {
    const byId = path.join(workspace, 'sessions', operand);
    if (isSession(byId)) return new SessionFolder(byId);
  }
  const byPath = path.resolve(currentFolder, operand);
  if (operand !== '' && isSession(byPath)) return new SessionFolder(byPath);
  throw new StorageError(
    'not_found',
    `${JSON.stringify(operand)} is no session: neither an id in ${workspace} nor a session folder`,
  );
}

/** The sessions of a workspace: the latest first, then the others by id, newest first. Throws StorageError. */
export function listSessions(workspace: string): SessionFolder[] {
  const sessions = path.join(workspace, 'sessions');
  try {
    if (!existsSync(sessions)) return [];
    const latest = readLatest(workspace);
    return readdirSync(sessions)
      .toSorted((a, b) => Number(b === latest) - Number(a === latest) || (a < b ? 1 : -1))
      .map((id) => path.join(sessions, id))
      .filter(isSession)
      .map((folder) => new SessionFolder(folder));
  } catch (error) {
    throw toStorageError(error, `read the sessions in ${sessions}`);
  }
}

function isSession(folder: string): boolean {
  return (
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true &&
    existsSync(path.join(folder, 'session.json'))
  );
}

/** Where links cannot be made (Windows without the right), `latest` is a text file that holds the session's id. */
function linkLatest(workspace: string, id: string): void {
  const runs = path.join(workspace, 'runs');
  const link = path.join(runs, LATEST);
  const temporary = `${link}.${process.pid}.tmp`;
  try {
    makeFolders(runs);
    syncFolder(workspace);
    rmSync(temporary, { force: true });
    if (process.platform === 'win32') {
      writeText(link, `${id}\n`);
      return;
    }
    symlinkSync(path.join('..', 'sessions', id), temporary, 'dir');
    renameSync(temporary, link);
    syncFolder(runs);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw toStorageError(error, `point ${link} at session ${id}`);
  }
}

function readLatest(workspace: string): string | null {
  const link = path.join(workspace, 'runs', LATEST);
  const entry = lstatSync(link, { throwIfNoEntry: false });
  if (entry === undefined) return null;
  return path.basename(entry.isSymbolicLink() ? readlinkSync(link) : readFileSync(link, 'utf8').trim());
}
