/**
 * Writes the event log: one append, one frame, on the disk before the call returns.
 *
 * Invariants: sequence numbers are unbroken; a log that failed once takes nothing more (what reached the disk is unknown
 * then, and a repeated sync can report success without having written). Assumption: one writer a folder. The one exception:
 * a write that found no room is taken back to the last whole frame and made once more where a reserve could be freed for it.
 */

import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { assert } from '../core/base/assert.ts';
import type { EventBlock } from '../core/domain/event-block.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import type { EventLog } from '../ports/event-log.ts';
import { syncFolder } from '../ports/atomic-file.ts';
import { EventEncoder } from './event-encoder.ts';
import { type LogEnd, EventLogReader, segmentName } from './event-log-reader.ts';
import { CHAIN_START, encodeFrame } from './log-frame.ts';
import { type StorageError, toStorageError } from './storage-error.ts';

/** A segment takes no further frame once it is this large. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;

/** The two calls that can fail while a session runs; a test replaces them to fill the disk. */
export interface LogDevice {
  /** Writes some of the bytes from `offset` on at the end of the file; returns how many. */
  write(descriptor: number, bytes: Buffer, offset: number): number;
  /** Returns when everything written is on the disk. */
  sync(descriptor: number): void;
}

const fileDevice: LogDevice = {
  write: (descriptor, bytes, offset) => writeSync(descriptor, bytes, offset, bytes.length - offset),
  sync: fdatasyncSync,
};

/** For events that can be had again: nothing waits for the disk. */
export const UNSYNCED_DEVICE: LogDevice = { ...fileDevice, sync: () => {} };

/** Space that is held for the session's end. */
export interface LogReserve {
  /** Frees it; whether there was any to free. */
  spend(): boolean;
}

export interface EventLogOptions {
  readonly segmentBytesMax?: number;
  readonly device?: LogDevice;
}

interface LogStart {
  readonly segmentNumber: number;
  readonly segmentBytes: number;
  readonly descriptor: number;
  readonly chain: Buffer;
  readonly events: number;
  readonly nextSequence: number | null;
  readonly instruments: readonly Instrument[];
}

export class FileEventLog implements EventLog {
  readonly #folder: string;
  readonly #segmentBytesMax: number;
  readonly #device: LogDevice;
  readonly #encoder: EventEncoder;
  #segmentNumber: number;
  #segmentBytes: number;
  #descriptor: number;
  #chain: Buffer;
  #events: number;
  #nextSequence: number | null;
  #reserve: LogReserve | null = null;
  #failure: StorageError | null = null;
  #isClosed = false;

  private constructor(folder: string, start: LogStart, options: EventLogOptions) {
    this.#folder = folder;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#device = options.device ?? fileDevice;
    this.#encoder = new EventEncoder(start.instruments);
    this.#segmentNumber = start.segmentNumber;
    this.#segmentBytes = start.segmentBytes;
    this.#descriptor = start.descriptor;
    this.#chain = start.chain;
    this.#events = start.events;
    this.#nextSequence = start.nextSequence;
  }

  /** Begins a log in `folder`, which is made where absent. Throws StorageError `exists` where a log stands already. */
  static create(folder: string, options: EventLogOptions = {}): FileEventLog {
    try {
      makeFolders(folder);
      const descriptor = openSegment(folder, 1);
      const start: LogStart = {
        segmentNumber: 1,
        segmentBytes: 0,
        descriptor,
        chain: CHAIN_START,
        events: 0,
        nextSequence: null,
        instruments: [],
      };
      return new FileEventLog(folder, start, options);
    } catch (error) {
      throw toStorageError(error, `begin the event log ${folder}`);
    }
  }

  /**
   * Goes on with the log of an interrupted session: verifies all of it, removes a torn tail from the file, appends behind
   * it. `end.cutBytes` says what was removed. Throws StorageError.
   */
  static continue(
    folder: string,
    options: EventLogOptions = {},
  ): { readonly log: FileEventLog; readonly end: LogEnd } {
    const reader = new EventLogReader(folder);
    const blocks = reader[Symbol.iterator]();
    while (blocks.next().done !== true);
    const { end } = reader;
    assert(end !== null, 'a log was read to its end without finding it');
    return { log: FileEventLog.continueAt(folder, end, options), end };
  }

  /**
   * Goes on behind `end`, which a reading of this very log found: removes what lies behind it. Whatever the interrupted
   * process had written is on the disk before this returns, so that it can be acted on. Throws StorageError.
   */
  static continueAt(folder: string, end: LogEnd, options: EventLogOptions = {}): FileEventLog {
    if (end.segment === null) return FileEventLog.create(folder, options);
    try {
      const descriptor = openSync(path.join(folder, end.segment), 'a');
      if (end.cutBytes > 0) ftruncateSync(descriptor, end.offset);
      fsyncSync(descriptor);
      syncFolder(folder);
      const segmentNumber = Number.parseInt(end.segment, 10);
      const start: LogStart = { ...end, segmentNumber, segmentBytes: end.offset, descriptor };
      return new FileEventLog(folder, start, options);
    } catch (error) {
      throw toStorageError(error, `go on with the event log ${folder}`);
    }
  }

  /** Events in the log. */
  get events(): number {
    return this.#events;
  }

  /** Hash chain value of the whole log so far, hex: what a manifest records to tell later that nothing was removed. */
  get chain(): string {
    return this.#chain.toString('hex');
  }

  /** From now on a write that finds no room spends this. */
  hold(reserve: LogReserve): void {
    this.#reserve = reserve;
  }

  append(block: EventBlock): void {
    assert(!this.#isClosed, 'the event log is closed');
    if (this.#failure !== null) throw this.#failure;
    if (block.events === 0) return;
    assert(
      this.#nextSequence === null || block.firstSequence === this.#nextSequence,
      `expected event ${this.#nextSequence}, found ${block.firstSequence}`,
    );
    const lines = this.#encoder.encode(block);
    const { bytes, chain } = encodeFrame(lines, block.firstSequence, block.events, this.#chain);
    try {
      if (this.#segmentBytes > 0 && this.#segmentBytes + bytes.length > this.#segmentBytesMax) this.#rotate();
      this.#write(bytes);
      this.#device.sync(this.#descriptor);
    } catch (error) {
      this.#failure = toStorageError(error, `write the event log ${this.#folder}`);
      throw this.#failure;
    }
    this.#segmentBytes += bytes.length;
    this.#chain = chain;
    this.#events += block.events;
    this.#nextSequence = block.firstSequence + block.events;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #write(bytes: Buffer): void {
    try {
      this.#writeWhole(bytes);
    } catch (error) {
      const isFull = toStorageError(error, 'write').code === 'disk_full';
      if (!isFull || this.#reserve?.spend() !== true) throw error;
      // What of the frame found room is known, unlike after a failed sync: it is taken back.
      ftruncateSync(this.#descriptor, this.#segmentBytes);
      this.#writeWhole(bytes);
    }
  }

  #writeWhole(bytes: Buffer): void {
    for (let written = 0; written < bytes.length;)
      written += this.#device.write(this.#descriptor, bytes, written);
  }

  #rotate(): void {
    const descriptor = openSegment(this.#folder, this.#segmentNumber + 1);
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#segmentNumber++;
    this.#segmentBytes = 0;
  }
}

function openSegment(folder: string, number: number): number {
  const descriptor = openSync(path.join(folder, segmentName(number)), 'ax');
  syncFolder(folder);
  return descriptor;
}
