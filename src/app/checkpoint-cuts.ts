/** The checkpoints of a session, walked beside its log: where the log must be cut, and what the state was there. */

import { existsSync } from 'node:fs';
import { type Checkpoint, readCheckpoints } from '../storage/checkpoint-file.ts';
import type { SessionFolder } from '../storage/session-folder.ts';

export class CheckpointCuts {
  /** Whether the session has checkpoints at all. */
  readonly exist: boolean;
  readonly #checkpoints: Iterator<Checkpoint>;
  #next: Checkpoint | null = null;
  #last: Checkpoint | null = null;
  #passed = 0;

  /**
   * `isInterrupted`: the process died, so the last lines may be broken. Throws StorageError where the file is not what was
   * written; so does {@link pass}.
   */
  constructor(folder: SessionFolder, isInterrupted = false) {
    this.exist = existsSync(folder.checkpointFile);
    this.#checkpoints = this.exist ? readCheckpoints(folder.checkpointFile, isInterrupted) : [].values();
    this.#read();
  }

  /** The next one; null after the last. */
  get next(): Checkpoint | null {
    return this.#next;
  }

  /** The last one that was passed; null before the first. */
  get last(): Checkpoint | null {
    return this.#last;
  }

  get passed(): number {
    return this.#passed;
  }

  /** Leaves out those of events up to this one. */
  skipTo(sequence: number): void {
    while (this.#next !== null && this.#next.sequence <= sequence) {
      this.#last = this.#next;
      this.#read();
    }
  }

  readonly endsBlock = (sequence: number): boolean => sequence === this.#next?.sequence;

  pass(): void {
    this.#last = this.#next;
    this.#passed++;
    this.#read();
  }

  #read(): void {
    const step: IteratorResult<Checkpoint, unknown> = this.#checkpoints.next();
    this.#next = step.done === true ? null : step.value;
  }
}
