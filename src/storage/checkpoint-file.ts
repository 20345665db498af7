/**
 * The hashes that a running session leaves behind, so that a replay can be compared with it: after each block that said
 * anything one line `{"sequence","time_ms","state_hash"}`, the state (everything said so far included) after that event.
 *
 * Invariants: only appended to; sequence numbers grow; the first event of a
 * session has number 0. A line is written after the journal has the block's outputs and is
 * synced once a second of session time. Limitation: a power loss takes the lines of the last second; the event log and the
 * end in the manifest still vouch for those events. A last line that was cut is not counted.
 */

import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import { assert } from '../core/base/assert.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import { StorageError, toStorageError, toSyncError } from './storage-error.ts';

const SYNC_INTERVAL_MS = 1_000;
const READ_BYTES = 64 * 1024;
const NEWLINE = 10;

export interface Checkpoint {
  /** Last event of the block. */
  readonly sequence: number;
  readonly time_ms: number;
  readonly state_hash: string;
}

const checkpointShape: z.ZodType<Checkpoint> = z.strictObject({
  sequence: z.int().nonnegative(),
  time_ms: z.int(),
  state_hash: z.string().regex(/^[0-9a-f]{16}$/),
});

type HashedEngine = Pick<Engine, 'stateHash' | 'status'>;

export class CheckpointWriter implements OutputSink {
  readonly #file: string;
  readonly #engine: HashedEngine;
  readonly #descriptor: number;
  #bytes: number;
  #syncedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  private constructor(file: string, engine: HashedEngine, descriptor: number, bytes: number) {
    this.#file = file;
    this.#engine = engine;
    this.#descriptor = descriptor;
    this.#bytes = bytes;
  }

  /**
   * Begins the file, or goes on with that of an interrupted session: lines of events at or after the engine's own place are
   * removed, because they will be said again. Throws StorageError.
   */
  static open(file: string, engine: HashedEngine): CheckpointWriter {
    try {
      const descriptor = openSync(file, 'a+');
      const kept = bytesBefore(descriptor, engine.status().events);
      truncateSync(file, kept);
      return new CheckpointWriter(file, engine, descriptor, kept);
    } catch (error) {
      throw toStorageError(error, `open ${file}`);
    }
  }

  /** Records the engine's state after a block; call it once the journal has the outputs. Throws StorageError. */
  deliver(outputs: readonly Output[]): void {
    if (outputs.length === 0) return;
    assert(!this.#isClosed, 'the checkpoints are closed');
    const { timeMs, events } = this.#engine.status();
    const checkpoint: Checkpoint = {
      sequence: events - 1,
      time_ms: timeMs,
      state_hash: this.#engine.stateHash(),
    };
    const bytes = Buffer.from(`${JSON.stringify(checkpoint)}\n`);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      // So that the line can be said again once there is room.
      ftruncateSync(this.#descriptor, this.#bytes);
      throw toStorageError(error, `write ${this.#file}`);
    }
    this.#bytes += bytes.length;
    if (timeMs - this.#syncedMs < SYNC_INTERVAL_MS) return;
    try {
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw toSyncError(error, `write ${this.#file}`);
    }
    this.#syncedMs = timeMs;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    fdatasyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}

/**
 * Reads the checkpoints in order; a cut last line ends them. `isInterrupted`: so does any line that is none, because a loss
 * of power can leave some of the last lines unwritten. Throws StorageError: `not_found`, `invalid_document`.
 */
export function* readCheckpoints(
  file: string,
  isInterrupted = false,
): Generator<Checkpoint, void, undefined> {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw toStorageError(error, `read ${file}`);
  }
  try {
    let last = -1;
    for (const { text, line } of wholeLines(descriptor)) {
      const checked = checkpointShape.safeParse(parseJson(text));
      if (!checked.success || checked.data.sequence <= last) {
        if (isInterrupted) return;
        throw new StorageError('invalid_document', `${file}:${line}: expected a checkpoint, found ${text}`);
      }
      last = checked.data.sequence;
      yield checked.data;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes of the file up to the first line of an event at or after `sequence`. */
function bytesBefore(descriptor: number, sequence: number): number {
  let bytes = 0;
  let last = -1;
  for (const { text, endOffset } of wholeLines(descriptor)) {
    const checked = checkpointShape.safeParse(parseJson(text));
    // A loss of power can leave some of the last lines unwritten: from the first of them on, all are said again.
    if (!checked.success || checked.data.sequence >= sequence || checked.data.sequence <= last) break;
    last = checked.data.sequence;
    bytes = endOffset;
  }
  return bytes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function* wholeLines(
  descriptor: number,
): Generator<{ readonly text: string; readonly line: number; readonly endOffset: number }> {
  const chunk = Buffer.alloc(READ_BYTES);
  let rest = Buffer.alloc(0);
  let line = 1;
  let offset = 0;
  for (;;) {
    const read = readSync(descriptor, chunk, 0, chunk.length, offset + rest.length);
    if (read === 0) return;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      offset += end + 1 - from;
      yield { text: bytes.toString('utf8', from, end), line: line++, endOffset: offset };
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}
