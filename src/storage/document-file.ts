/** Reads JSON documents that a person may have touched: checked against their schema, refused with file and field. */

import { readFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import { StorageError, toStorageError } from './storage-error.ts';

/**
 * Returns the document of `file`; null where the file does not exist.
 * Throws StorageError `invalid_document` naming file and field.
 */
export function readDocument<Document>(file: string, schema: ZodType<Document>): Document | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const wrapped = toStorageError(error, `read ${file}`);
    if (wrapped.code === 'not_found') return null;
    throw wrapped;
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError('invalid_document', `${file}: not JSON: ${reason}`, error);
  }
  const checked = schema.safeParse(document);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const field =
    issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  throw new StorageError(
    'invalid_document',
    `${file}: ${field}: ${issue?.message ?? 'invalid'}`,
    checked.error,
  );
}
