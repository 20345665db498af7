/**
 * Reads an event log back, verified: checksums, hash chain, unbroken sequence numbers.
 *
 * What was being written when the machine died (an incomplete last frame of the last segment, or one of which sectors
 * were never written and read as zeros) is left out and reported as `cutBytes`; the file is not changed. Anything else
 * that is not as it was written is StorageError `log_corrupt`, naming segment and offset.
 * Limitation: frames removed whole from the end cannot be seen here; the session's manifest says how many events there were.
 */

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { crc32, zstdDecompressSync } from 'node:zlib';
import { EventBlock } from '../core/domain/event-block.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import type { EventSource } from '../ports/event-source.ts';
import { EventDecoder } from './event-decoder.ts';
import { isReadableVersion } from './event-migrations.ts';
import {
  CHAIN_START,
  FRAME_MAGIC,
  type FrameHeader,
  HEADER_BYTES,
  LOG_FORMAT_VERSION,
  chainAfter,
  decodeHeader,
} from './log-frame.ts';
import { StorageError, toStorageError } from './storage-error.ts';

const SEGMENT_NAME = /^\d{6}\.jsonl\.zst$/;
const SECTOR_BYTES = 512;
/** Largest text of one frame: far above any block, far below what would hurt. */
const FRAME_TEXT_BYTES_MAX = 256 * 1024 * 1024;
const BLOCK_CAPACITY = 4_096;

/** Where a log ends. */
export interface LogEnd {
  /** Name of the last segment; null when the folder holds none. */
  readonly segment: string | null;
  /** Bytes of the last segment that hold whole frames. */
  readonly offset: number;
  readonly chain: Buffer;
  readonly events: number;
  /** Sequence number that the next event must have; null when the log is empty. */
  readonly nextSequence: number | null;
  /** Bytes of a torn tail that were left out; 0 = none. */
  readonly cutBytes: number;
  readonly instruments: readonly Instrument[];
}

/** The end of a whole frame inside a log: where reading can begin as if at its start. */
export interface LogPosition {
  readonly segment: string;
  readonly offset: number;
  readonly chain: Buffer;
  /** Events before it. */
  readonly events: number;
  readonly nextSequence: number;
}

/** Where to begin, and the instruments that the log named before. */
export interface LogPlace {
  readonly position: LogPosition;
  readonly instruments: readonly Instrument[];
}

interface RawFrame {
  readonly header: FrameHeader;
  readonly data: Buffer;
  readonly segment: string;
  readonly offset: number;
  /** Where it ends. */
  readonly end: LogPosition;
}

export interface LogFrame {
  readonly segment: string;
  readonly offset: number;
  readonly version: number;
  readonly firstSequence: number;
  readonly events: number;
  readonly lines: readonly string[];
}

export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl.zst`;
}

/** Each iteration reads the log from where it begins; the yielded block is reused for the next one. */
export class EventLogReader implements EventSource, Iterable<EventBlock> {
  readonly #folder: string;
  readonly #capacity: number;
  readonly #endsBlock: (sequence: number) => boolean;
  readonly #from: LogPlace | null;
  #end: LogEnd | null = null;
  #isClosed = false;

  /**
   * `capacity`: rows of the yielded blocks; a larger frame gets a larger block. `endsBlock`: whether the event of this
   * sequence number must be the last of its block, for who compares something just there. `from`: where reading begins,
   * default at the first event; what stands before was verified by whoever found the place ({@link locateInLog}).
   */
  constructor(
    folder: string,
    capacity: number = BLOCK_CAPACITY,
    endsBlock: (sequence: number) => boolean = () => false,
    from: LogPlace | null = null,
  ) {
    this.#folder = folder;
    this.#capacity = capacity;
    this.#endsBlock = endsBlock;
    this.#from = from;
  }

  /** Where the log ended; null until an iteration reached it. */
  get end(): LogEnd | null {
    return this.#end;
  }

  *[Symbol.iterator](): Generator<EventBlock, void, undefined> {
    const decoder = this.#decoder();
    let block = new EventBlock(this.#capacity);
    for (const frame of this.frames(decoder)) {
      let sequence = frame.firstSequence;
      for (const text of frame.lines) {
        const line = at(frame, sequence, () => decoder.parse(text, frame.version));
        if (line.sequence !== sequence) {
          throw corrupt(frame.segment, frame.offset, `event ${sequence} is numbered ${line.sequence}`);
        }
        if (block.length > 0 && !block.hasRoom(line.rows)) {
          yield block;
          block.reset(sequence);
        }
        if (line.rows > block.capacity) block = new EventBlock(line.rows);
        if (block.length === 0) block.reset(sequence);
        at(frame, sequence, () => {
          decoder.append(line, block);
        });
        const isCut = this.#endsBlock(sequence);
        sequence++;
        if (isCut) {
          yield block;
          block.reset(sequence);
        }
      }
    }
    if (block.length > 0) yield block;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventBlock, void, undefined> {
    for (const block of this) {
      if (this.#isClosed) return;
      yield block;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** The frames with their lines as they stand on disk, in the version of their time; verified as the events are. */
  *frames(decoder: EventDecoder = this.#decoder()): Generator<LogFrame, void, undefined> {
    const raw = readRawFrames(this.#folder, this.#from?.position ?? null);
    for (;;) {
      const step = raw.next();
      if (step.done === true) {
        this.#end = { ...step.value, instruments: decoder.instruments };
        return;
      }
      const { header, data, segment, offset } = step.value;
      const lines = decompress(data, segment, offset);
      if (lines.length !== header.events) {
        throw corrupt(segment, offset, `expected ${header.events} events, found ${lines.length}`);
      }
      yield { ...header, segment, offset, lines };
    }
  }

  #decoder(): EventDecoder {
    return new EventDecoder(this.#from?.instruments);
  }
}

/**
 * Finds where the log stands before the events of these numbers; a number at which no whole frame begins is left out. All
 * frames up to the last of them are verified, without being decompressed. Throws StorageError as reading does.
 */
export function locateInLog(
  folder: string,
  sequences: ReadonlySet<number>,
): ReadonlyMap<number, LogPosition> {
  const found = new Map<number, LogPosition>();
  const last = Math.max(...sequences);
  for (const { end } of readRawFrames(folder, null)) {
    if (sequences.has(end.nextSequence)) found.set(end.nextSequence, end);
    if (end.nextSequence >= last) break;
  }
  return found;
}

/** The frames as they stand on disk, verified but for what is inside of them; returns where the log ends. */
function* readRawFrames(
  folder: string,
  from: LogPosition | null,
): Generator<RawFrame, Omit<LogEnd, 'instruments'>, undefined> {
  const segments = listSegments(folder);
  let chain = from?.chain ?? CHAIN_START;
  let nextSequence = from?.nextSequence ?? null;
  let events = from?.events ?? 0;
  let offset = 0;
  let cutBytes = 0;
  for (const [index, segment] of segments.entries()) {
    if (from !== null && segment < from.segment) continue;
    const isLastSegment = index === segments.length - 1;
    const bytes = readSegment(path.join(folder, segment));
    offset = from?.segment === segment ? from.offset : 0;
    while (offset < bytes.length) {
      const frame = readFrame(bytes, segment, offset, isLastSegment);
      if (frame === null) {
        cutBytes = bytes.length - offset;
        break;
      }
      const { header, data } = frame;
      const chainNow = chainAfter(chain, data);
      if (!chainNow.equals(header.chain)) throw corrupt(segment, offset, 'the hash chain is broken');
      if (nextSequence !== null && header.firstSequence !== nextSequence) {
        throw corrupt(segment, offset, `expected event ${nextSequence}, found ${header.firstSequence}`);
      }
      chain = chainNow;
      nextSequence = header.firstSequence + header.events;
      events += header.events;
      const begin = offset;
      offset += HEADER_BYTES + data.length;
      yield { header, data, segment, offset: begin, end: { segment, offset, chain, events, nextSequence } };
    }
  }
  return { segment: segments.at(-1) ?? null, offset, chain, events, nextSequence, cutBytes };
}

function listSegments(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw toStorageError(error, `read the event log ${folder}`);
  }
  const segments = names.filter((name) => SEGMENT_NAME.test(name)).toSorted();
  for (const [index, segment] of segments.entries()) {
    const expected = segmentName(index + 1);
    if (segment !== expected) throw corrupt(expected, 0, 'the segment is missing');
  }
  return segments;
}

function readSegment(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw toStorageError(error, `read ${file}`);
  }
}

/** The frame at `offset`, checked on its own; null for a torn tail. */
function readFrame(
  bytes: Buffer,
  segment: string,
  offset: number,
  isLastSegment: boolean,
): { readonly header: FrameHeader; readonly data: Buffer } | null {
  const dataStart = offset + HEADER_BYTES;
  if (dataStart > bytes.length) {
    if (isLastSegment) return null;
    throw corrupt(segment, offset, 'the segment ends inside a frame');
  }
  const header = decodeHeader(bytes.subarray(offset, dataStart));
  if (header === null) {
    if (isLastSegment && isUnwritten(bytes, offset)) return null;
    throw corrupt(segment, offset, 'no frame header stands here');
  }
  if (!isReadableVersion(header.version)) {
    throw corrupt(segment, offset, `format ${header.version} is not known, only 1 to ${LOG_FORMAT_VERSION}`);
  }
  const end = dataStart + header.dataBytes;
  if (end > bytes.length) {
    if (isLastSegment) return null;
    throw corrupt(segment, offset, 'the segment ends inside a frame');
  }
  const data = bytes.subarray(dataStart, end);
  if (crc32(data) !== header.dataCrc) {
    if (isLastSegment && end === bytes.length && isUnwritten(bytes, offset)) return null;
    throw corrupt(segment, offset, 'the checksum of the frame does not fit');
  }
  return { header, data };
}

/**
 * Whether the last append was cut short by a loss of power: some sector of it was never written and reads as zeros, and
 * nothing whole follows. A sector that someone zeroed further ahead is damage, because whole frames stand behind it.
 */
function isUnwritten(bytes: Buffer, offset: number): boolean {
  return hasZeroSector(bytes, offset) && !hasFrameAfter(bytes, offset);
}

/** The first and the last sector count with the part of them that lies in the frame. */
function hasZeroSector(bytes: Buffer, offset: number): boolean {
  for (let from = offset; from < bytes.length;) {
    const to = Math.min(bytes.length, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (bytes.subarray(from, to).every((byte) => byte === 0)) return true;
    from = to;
  }
  return false;
}

function hasFrameAfter(bytes: Buffer, offset: number): boolean {
  const next = (from: number): number => bytes.indexOf(FRAME_MAGIC, from);
  for (let place = next(offset + 1); place >= 0; place = next(place + 1)) {
    const end = place + HEADER_BYTES;
    if (end <= bytes.length && decodeHeader(bytes.subarray(place, end)) !== null) return true;
  }
  return false;
}

function decompress(data: Buffer, segment: string, offset: number): string[] {
  let text: string;
  try {
    text = zstdDecompressSync(data, { maxOutputLength: FRAME_TEXT_BYTES_MAX }).toString('utf8');
  } catch (error) {
    throw corrupt(segment, offset, 'the frame does not decompress', error);
  }
  if (!text.endsWith('\n')) throw corrupt(segment, offset, 'the last line of the frame does not end');
  return text.slice(0, -1).split('\n');
}

/** Runs a step of decoding; what it throws becomes `log_corrupt` with the place. */
function at<Result>(frame: LogFrame, sequence: number, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw corrupt(frame.segment, frame.offset, `event ${sequence}: ${reason}`, error);
  }
}

function corrupt(segment: string, offset: number, reason: string, cause?: unknown): StorageError {
  return new StorageError('log_corrupt', `event log segment ${segment}, byte ${offset}: ${reason}`, cause);
}
