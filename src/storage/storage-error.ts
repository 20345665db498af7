/** Operating errors of files and databases, classed by what an operator can do about them. */

/**
 * disk_full: free space. read_only: permissions or a read-only mount. io: the device failed. not_found: named by the
 * user, does not exist. exists: would overwrite. log_corrupt: the event log is not what was written. invalid_document: a
 * JSON document does not have its shape. invalid_data: a market-data file does not have its shape. journal: the database
 * refused. unknown: anything else the system said.
 */
export type StorageErrorCode =
  | 'disk_full'
  | 'read_only'
  | 'io'
  | 'not_found'
  | 'exists'
  | 'log_corrupt'
  | 'invalid_document'
  | 'invalid_data'
  | 'journal'
  | 'unknown';

const CODE_OF_ERRNO: ReadonlyMap<string, StorageErrorCode> = new Map([
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
  ['EIO', 'io'],
  ['ENOENT', 'not_found'],
  ['ENOTDIR', 'not_found'],
  ['EEXIST', 'exists'],
]);

/** Primary result codes of SQLite. Source: sqlite.org/rescode.html. */
const CODE_OF_SQLITE: ReadonlyMap<number, StorageErrorCode> = new Map([
  [8, 'read_only'],
  [10, 'io'],
  [13, 'disk_full'],
  [14, 'not_found'],
]);

const SQLITE_PRIMARY_MASK = 0xff;

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  /**
   * Whether the same call may succeed after the cause was removed. A failed write or sync of the event log is never
   * retried whatever this says: what reached the disk is unknown then.
   */
  readonly retryable: boolean;

  constructor(code: StorageErrorCode, message: string, cause?: unknown, retryable?: boolean) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable ?? (code === 'disk_full' || code === 'read_only');
  }
}

/** Wraps what a file or database call threw; `doing` completes the sentence "could not …". A StorageError passes unchanged. */
export function toStorageError(error: unknown, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new StorageError(codeOf(error), `could not ${doing}: ${text}`, error);
}

/** Wraps what a sync threw: what reached the disk is unknown, and the next sync would not say. Never to be retried. */
export function toSyncError(error: unknown, doing: string): StorageError {
  const { code, message } = toStorageError(error, doing);
  return new StorageError(code, message, error, false);
}

function codeOf(error: unknown): StorageErrorCode {
  if (!(error instanceof Error)) return 'unknown';
  if ('errcode' in error && typeof error.errcode === 'number') {
    return CODE_OF_SQLITE.get(error.errcode & SQLITE_PRIMARY_MASK) ?? 'journal';
  }
  if ('code' in error && typeof error.code === 'string') return CODE_OF_ERRNO.get(error.code) ?? 'unknown';
  return 'unknown';
}
