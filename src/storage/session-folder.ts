/**
 * The folder of one session and its manifest, the link `runs/latest`, and finding a session that a user named.
 *
 * Invariant: `runs/latest` always names an existing session or does not exist; it is replaced in one step.
 */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
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
  /** Of what decides the outcome besides the log: the program's core, and the user's own strategy file. */
  readonly program_hash?: string;
  readonly strategy_hash?: string | null;
  /** The session ended before its engine did: it can be gone on with. */
  readonly is_resumable?: boolean;
}

const manifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  session_id: z.string().min(1),
  program_version: z.string(),
  node_version: z.string(),
  seed: z.int(),
  source: z.string(),
  symbols: z.array(z.string()),
  strategy: z.strictObject({ name: z.string(), params: z.unknown() }),
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
  program_hash: z.string().optional(),
  strategy_hash: z.string().nullable().optional(),
  is_resumable: z.boolean().optional(),
}) as z.ZodType<SessionManifest>;

const LATEST = 'latest';
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
  get journalFile(): string {
    return path.join(this.path, 'journal.db');
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
    mkdirSync(sessions, { recursive: true });
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

/** The newest session of a workspace, by the link or, where that is lost, by name; null where there is none. */
export function latestSession(workspace: string): SessionFolder | null {
  const id = readLatest(workspace) ?? newestName(path.join(workspace, 'sessions'));
  if (id === null) return null;
  const folder = path.join(workspace, 'sessions', id);
  return isSession(folder) ? new SessionFolder(folder) : null;
}

/** Ids begin with the time of their making. */
function newestName(sessions: string): string | null {
  if (!existsSync(sessions)) return null;
  const names = readdirSync(sessions).filter((name) => isSession(path.join(sessions, name)));
  return names.toSorted().at(-1) ?? null;
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
    mkdirSync(runs, { recursive: true });
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
