/** Whole small files: JSON documents checked on reading, texts and documents replaced atomically on writing. */

import { readFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import { type AtomicWriteOptions, writeFileAtomic } from '../ports/atomic-file.ts';
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

/** Replaces `file` whole. Throws StorageError; the old file then still stands. */
export function writeText(file: string, text: string, options: AtomicWriteOptions = {}): void {
  try {
    writeFileAtomic(file, text, options);
  } catch (error) {
    throw toStorageError(error, `write ${file}`);
  }
}

/** Replaces `file` by the document as indented JSON with a final newline, as {@link writeText} does. */
export function writeDocument(file: string, document: unknown, options: AtomicWriteOptions = {}): void {
  writeText(file, `${JSON.stringify(document, null, 2)}\n`, options);
}
