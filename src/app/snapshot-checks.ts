/** The snapshots of a session, walked beside its replay: each must hold the very state that the replay comes to there. */

import type { EngineBand } from '../core/engine/engine-band.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { type Snapshot, listSnapshots, readSnapshot } from '../storage/snapshot-file.ts';
import { engineHash } from './session-hashes.ts';

/** What a snapshot should be and is. */
export interface SnapshotDifference {
  readonly expected: string;
  readonly found: string;
}

export class SnapshotChecks {
  readonly #folder: string;
  /** Oldest first. */
  readonly #sequences: readonly number[];
  #at = 0;
  #passed = 0;
  readonly #warnings: string[] = [];

  /** Throws StorageError where the folder cannot be read. */
  constructor(folder: SessionFolder) {
    this.#folder = folder.snapshotFolder;
    this.#sequences = listSnapshots(this.#folder).toReversed();
  }

  /** Last event of the next one; null after the last. */
  get next(): number | null {
    return this.#sequences[this.#at] ?? null;
  }

  /** How many were found to be right. */
  get passed(): number {
    return this.#passed;
  }

  /** What was not compared, and why. */
  get warnings(): readonly string[] {
    const left = this.#sequences.slice(this.#at);
    return left.length === 0
      ? this.#warnings
      : [...this.#warnings, `${left.length} snapshots lie beyond the end of the event log; not compared`];
  }

  readonly endsBlock = (sequence: number): boolean => sequence === this.next;

  /** Compares the next one with the replay, which has just come to its last event. Returns null where it is right. */
  check(band: EngineBand): SnapshotDifference | null {
    const sequence = this.next;
    if (sequence === null) return null;
    this.#at++;
    let snapshot: Snapshot;
    try {
      snapshot = readSnapshot(this.#folder, sequence);
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      return { expected: 'the snapshot as it was written', found };
    }
    if (snapshot.engine_hash !== engineHash()) {
      this.#warnings.push(`the snapshot of event ${sequence} is of another engine; not compared`);
      return null;
    }
    const found = band.primary.stateHash();
    if (snapshot.state_hash !== found) return { expected: snapshot.state_hash, found };
    if (snapshot.state !== band.save()) {
      return { expected: 'the whole state as the snapshot holds it', found: 'another, of the same hash' };
    }
    this.#passed++;
    return null;
  }
}
