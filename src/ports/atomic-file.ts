/**
 * Replaces small files so that a reader sees the old content or the new, never a mixture, and a crash keeps one of them.
 *
 * Assumption: one writer a file. Limitation: Windows cannot sync a folder; there the rename is atomic but its
 * durability is the file system's.
 */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface AtomicWriteOptions {
  /** Permission bits of the new file. */
  readonly mode?: number;
  /**
   * Whether the content must survive a power loss (default true). Without it a reader still never sees half a file:
   * right for the heartbeat, which is rewritten every second.
   */
  readonly durable?: boolean;
}

/**
 * Writes `text` to `file` by way of a temporary file beside it. Throws what the
 * file system throws; the old file then still stands.
 */
export function writeFileAtomic(file: string, text: string, options: AtomicWriteOptions = {}): void {
  const durable = options.durable ?? true;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w', options.mode ?? 0o644);
    try {
      writeWhole(descriptor, Buffer.from(text, 'utf8'));
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    if (durable) syncFolder(path.dirname(file));
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** Makes the entries of a folder (created, renamed, removed names) survive a power loss. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Clearing up must not hide the error that made it necessary. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The name is unusable; so nothing was written under it.
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written, bytes.length - written);
}
