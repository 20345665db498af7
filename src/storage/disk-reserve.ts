/**
 * Space on the disk that a session holds back for its own end: freed when the disk is full, so that what closes the session
 * still finds room for its events, its journal and its report.
 *
 * Invariant: freed once. Assumptions: the file lies on the file system of what is to be written. Limit: whoever else fills the
 * disk may take what was freed; the session then ends as it would have without it.
 */

import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { toStorageError } from './storage-error.ts';

/** A minute of closing orders, the journal's transactions and the report take a few MiB at most. */
export const RESERVE_BYTES: number = 8 * 1_048_576;
const CHUNK_BYTES = 1_048_576;

export class DiskReserve {
  readonly #file: string;
  readonly #onSpent: () => void;
  #isHeld = true;

  private constructor(file: string, onSpent: () => void) {
    this.#file = file;
    this.#onSpent = onSpent;
  }

  /**
   * Takes the space. `onSpent` is told when it had to be freed. Throws StorageError: `disk_full` where there is not even
   * room for this.
   */
  static hold(file: string, onSpent: () => void): DiskReserve {
    try {
      fill(file);
    } catch (error) {
      DiskReserve.remove(file);
      throw toStorageError(error, `hold space for the session's end in ${file}`);
    }
    return new DiskReserve(file, onSpent);
  }

  /** Removes what a process that was killed had held. */
  static remove(file: string): void {
    rmSync(file, { force: true });
  }

  /** Frees the space because there is no other; false where it was freed before, or cannot be. */
  spend(): boolean {
    if (!this.#isHeld || !this.release()) return false;
    this.#onSpent();
    return true;
  }

  /**
   * Frees the space at the end of the session. Returns whether that could be done: a disk that turned read-only keeps the file
   * for the next start, and must not hide what ended the session.
   */
  release(): boolean {
    this.#isHeld = false;
    try {
      DiskReserve.remove(this.#file);
      return true;
    } catch {
      return false;
    }
  }
}

/** With bytes that no file system can make smaller, or leave out. */
function fill(file: string): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(file, 'w', 0o600);
  try {
    for (let bytes = 0; bytes < RESERVE_BYTES;) {
      randomFillSync(chunk);
      bytes += writeSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, RESERVE_BYTES - bytes));
    }
  } finally {
    closeSync(descriptor);
  }
}
