import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { StorageError, toStorageError } from './storage-error.ts';

test.each([
  ['ENOSPC', 'disk_full', true],
  ['EDQUOT', 'disk_full', true],
  ['EROFS', 'read_only', true],
  ['EACCES', 'read_only', true],
  ['EPERM', 'read_only', true],
  ['EIO', 'io', false],
  ['ENOENT', 'not_found', false],
  ['EMFILE', 'unknown', false],
] as const)('%s becomes %s', (errno, code, retryable) => {
  const cause = Object.assign(new Error(`${errno}: no luck`), { code: errno });
  const error = toStorageError(cause, 'write x');
  expect(error).toMatchObject({ code, retryable, cause });
  expect(error.message).toBe(`could not write x: ${errno}: no luck`);
});

test('a full SQLite database becomes disk_full', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (x TEXT); PRAGMA max_page_count = 2');
  let caught: unknown = null;
  try {
    database.exec(`INSERT INTO t VALUES ('${'x'.repeat(100_000)}')`);
  } catch (error) {
    caught = error;
  }
  expect(toStorageError(caught, 'write').code).toBe('disk_full');
  database.close();
});

test('a storage error passes unchanged, anything else is unknown', () => {
  const error = new StorageError('log_corrupt', 'x');
  expect(toStorageError(error, 'read')).toBe(error);
  expect(toStorageError('odd', 'read')).toMatchObject({ code: 'unknown', message: 'could not read: odd' });
});
