/**
 * Writes an event log anew in few, large, strongly compressed frames. The lines stay as they are, byte for byte; only the
 * frames around them, and so the hash chain over the frames, are others.
 *
 * Invariants: the old log is verified while it is read, the new one is read back and compared before it takes the old one's
 * place; a log that is whole stands at every moment (`events.before` beside it until the swap is done, and
 * {@link finishCompaction} puts it back after a crash in between). Assumption: nobody writes the session.
 */

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { syncFolder } from '../ports/atomic-file.ts';
import { EventLogReader, segmentName } from './event-log-reader.ts';
import { CHAIN_START, encodeFrame } from './log-frame.ts';
import { StorageError, toStorageError } from './storage-error.ts';

/** Text of one frame: large enough to compress well, small enough to be read at once. */
const FRAME_TEXT_CHARACTERS = 4 * 1024 * 1024;
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** Far slower than level 3 and a tenth smaller; higher ones gain next to nothing. */
const COMPRESSION_LEVEL = 17;

export interface CompactedLog {
  readonly events: number;
  readonly framesBefore: number;
  readonly framesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Last value of the chain over the old frames and over the new ones, hex. */
  readonly chainBefore: string;
  readonly chainAfter: string;
  /** SHA-256 of all lines, hex: the same before and after. */
  readonly textHash: string;
}

/**
 * Makes the compacted copy of the log in `events` in the folder `target`. `onProgress` hears the events done. Throws
 * StorageError: `log_corrupt`; `invalid_data` for a torn tail, which must not be dropped silently.
 */
export function writeCompactedLog(
  events: string,
  target: string,
  onProgress: (events: number) => void = () => {},
): CompactedLog {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const reader = new EventLogReader(events);
  const writer = new FrameWriter(target);
  const hash = createHash('sha256');
  let framesBefore = 0;
  let done = 0;
  try {
    for (const { version, firstSequence, lines } of reader.frames()) {
      const text = `${lines.join('\n')}\n`;
      hash.update(text);
      writer.add(text, version, firstSequence, lines.length);
      framesBefore++;
      onProgress((done += lines.length));
    }
    writer.close();
  } catch (error) {
    writer.abandon();
    throw toStorageError(error, `compact the event log ${events}`);
  }
  const cut = reader.end?.cutBytes ?? 0;
  if (cut > 0)
    throw new StorageError(
      'invalid_data',
      `the event log has a torn tail of ${cut} bytes; nothing was compacted`,
    );
  const textHash = hash.digest('hex');
  const copy = checkCopy(target, textHash);
  return {
    events: done,
    framesBefore,
    framesAfter: writer.frames,
    bytesBefore: bytesOf(events),
    bytesAfter: bytesOf(target),
    chainBefore: reader.end?.chain.toString('hex') ?? '',
    chainAfter: copy,
    textHash,
  };
}

/** Puts the compacted copy in the place of the log. */
export function replaceLog(events: string, compacted: string): void {
  const before = `${events}.before`;
  try {
    rmSync(before, { recursive: true, force: true });
    renameSync(events, before);
    renameSync(compacted, events);
    syncFolder(path.dirname(events));
    rmSync(before, { recursive: true });
  } catch (error) {
    throw toStorageError(error, `replace the event log ${events}`);
  }
}

/** Puts back a log whose replacement was interrupted, and removes what else was left over. */
export function finishCompaction(events: string, compacted: string): void {
  const before = `${events}.before`;
  if (existsSync(before) && !existsSync(events)) renameSync(before, events);
  for (const rest of [before, compacted]) rmSync(rest, { recursive: true, force: true });
}

/** Reads the copy back; returns the last value of its chain. */
function checkCopy(target: string, textHash: string): string {
  const reader = new EventLogReader(target);
  const hash = createHash('sha256');
  for (const { lines } of reader.frames()) hash.update(`${lines.join('\n')}\n`);
  if (hash.digest('hex') !== textHash) {
    throw new StorageError('io', `the compacted log in ${target} does not read back as it was written`);
  }
  return reader.end?.chain.toString('hex') ?? '';
}

function bytesOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

/** Collects lines into frames and frames into segments. */
class FrameWriter {
  readonly #folder: string;
  #descriptor: number | null = null;
  #segment = 0;
  #segmentBytes = 0;
  #chain: Buffer = CHAIN_START;
  #texts: string[] = [];
  #characters = 0;
  #version = 0;
  #firstSequence = 0;
  #events = 0;
  frames = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Lines of one version share a frame. */
  add(text: string, version: number, firstSequence: number, events: number): void {
    if (
      this.#events > 0 &&
      (version !== this.#version || this.#characters + text.length > FRAME_TEXT_CHARACTERS)
    ) {
      this.#flush();
    }
    if (this.#events === 0) {
      this.#version = version;
      this.#firstSequence = firstSequence;
    }
    this.#texts.push(text);
    this.#characters += text.length;
    this.#events += events;
  }

  close(): void {
    if (this.#events > 0) this.#flush();
    this.#closeSegment();
    syncFolder(this.#folder);
  }

  /** Lets go of the file after a failure. */
  abandon(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #flush(): void {
    const { bytes, chain } = encodeFrame(
      this.#texts.join(''),
      this.#firstSequence,
      this.#events,
      this.#chain,
      {
        level: COMPRESSION_LEVEL,
        version: this.#version,
      },
    );
    if (this.#descriptor !== null && this.#segmentBytes + bytes.length > SEGMENT_BYTES_MAX)
      this.#closeSegment();
    this.#descriptor ??= openSync(path.join(this.#folder, segmentName(++this.#segment)), 'ax');
    for (let written = 0; written < bytes.length;) written += writeSync(this.#descriptor, bytes, written);
    this.#segmentBytes += bytes.length;
    this.#chain = chain;
    this.#texts = [];
    this.#characters = 0;
    this.#events = 0;
    this.frames++;
  }

  #closeSegment(): void {
    if (this.#descriptor === null) return;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#segmentBytes = 0;
  }
}
