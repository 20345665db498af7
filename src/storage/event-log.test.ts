import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../test/builders/proof-size.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import { type Lots, ticks } from '../core/domain/units.ts';
import { type EventLogOptions, type LogDevice, FileEventLog } from './event-log.ts';
import { EventLogReader } from './event-log-reader.ts';
import { HEADER_BYTES } from './log-frame.ts';
import { SAMPLE_START, sampleEvent } from '../../test/builders/sample-session.ts';
import { StorageError } from './storage-error.ts';

const START_MS = 1_732_290_000_000;

const hasZstdTool = spawnSync('zstd', ['--version']).status === 0;

let root = '';
let folder = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'event-log-'));
  folder = path.join(root, 'events');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function tradeBlock(firstSequence: number, events: number): EventBlock {
  const block = new EventBlock(events + 1);
  block.reset(firstSequence);
  if (firstSequence === 1) block.appendSessionStarted(START_MS, SAMPLE_START);
  while (block.events < events) {
    const sequence = firstSequence + block.events;
    block.appendTrade(0, START_MS + sequence, -1, 'buy', ticks(sequence), sequence as Lots);
  }
  return block;
}

/** Writes `appends` blocks of `each` events; returns the size of the last segment after each append. */
function writeLog(appends: number, each: number, options: EventLogOptions = {}): FileEventLog {
  const log = FileEventLog.create(folder, options);
  for (let index = 0; index < appends; index++) log.append(tradeBlock(1 + index * each, each));
  log.close();
  return log;
}

function readLog(reader: EventLogReader): { sequences: number[]; prices: number[] } {
  const sequences: number[] = [];
  const prices: number[] = [];
  for (const block of reader) {
    expect(block.events).toBe(block.length);
    for (let row = 0; row < block.length; row++) {
      sequences.push(block.firstSequence + row);
      prices.push(block.price[row] ?? Number.NaN);
    }
  }
  return { sequences, prices };
}

function errorOf(action: () => unknown): StorageError {
  try {
    action();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function segmentFile(number = 1): string {
  return path.join(folder, `00000${number}.jsonl.zst`);
}

describe('event log', () => {
  test('is read back event by event, in blocks of any capacity', () => {
    writeLog(5, 7);
    for (const capacity of [1, 3, 4_096]) {
      const reader = new EventLogReader(folder, capacity);
      const { sequences, prices } = readLog(reader);
      expect(sequences).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
      expect(prices.slice(1)).toEqual(sequences.slice(1));
      expect(reader.end).toMatchObject({
        events: 35,
        nextSequence: 36,
        cutBytes: 0,
        segment: '000001.jsonl.zst',
      });
    }
  });

  test('gives the same rows back for arbitrary events in arbitrary cuts', () => {
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(fc.array(sampleEvent, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
        (blocks) => {
          folder = path.join(root, `run-${run++}`);
          const log = FileEventLog.create(folder);
          const expected: number[] = [];
          let sequence = 1;
          for (const events of [[], ...blocks]) {
            const block = new EventBlock(128);
            block.reset(sequence);
            if (sequence === 1) block.appendSessionStarted(START_MS, SAMPLE_START);
            for (const append of events) append(block, START_MS + sequence);
            log.append(block);
            sequence += block.events;
            expected.push(...block.kind.subarray(0, block.length));
          }
          log.close();
          const kinds: number[] = [];
          const reader = new EventLogReader(folder, 6);
          for (const block of reader) kinds.push(...block.kind.subarray(0, block.length));
          expect(kinds).toEqual(expected);
          expect(reader.end?.nextSequence).toBe(sequence);
        },
      ),
      { seed: PROOF_SEED, numRuns: 25 },
    );
  });

  test('yields its blocks asynchronously too, until it is closed', async () => {
    writeLog(3, 4);
    const reader = new EventLogReader(folder, 2);
    let events = 0;
    for await (const block of reader) {
      events += block.events;
      if (events === 4) await reader.close();
    }
    expect(events).toBe(4);
  });

  test.skipIf(!hasZstdTool)('is plain JSON lines to the zstd tool', () => {
    writeLog(3, 2);
    const text = execFileSync('zstd', ['-dc', segmentFile()], { encoding: 'utf8' });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('rotates at its segment size and keeps one chain through all segments', () => {
    const log = writeLog(12, 3, { segmentBytesMax: 1_500 });
    const segments = readdirSync(folder).toSorted();
    expect(segments.length).toBeGreaterThan(2);
    const reader = new EventLogReader(folder);
    expect(readLog(reader).sequences).toHaveLength(36);
    expect(reader.end?.chain.toString('hex')).toBe(log.chain);

    copyFileSync(segmentFile(2), path.join(root, 'kept'));
    rmSync(segmentFile(2));
    expect(errorOf(() => readLog(reader))).toMatchObject({
      code: 'log_corrupt',
      message: expect.stringContaining('000002') as string,
    });
    copyFileSync(path.join(root, 'kept'), segmentFile(2));
    truncateSync(segmentFile(2), 100);
    expect(errorOf(() => readLog(reader)).message).toContain(
      '000002.jsonl.zst, byte 0: the segment ends inside a frame',
    );
  });

  test('refuses an append out of sequence', () => {
    const log = FileEventLog.create(folder);
    log.append(tradeBlock(1, 3));
    expect(() => {
      log.append(tradeBlock(5, 1));
    }).toThrow('expected event 4, found 5');
    log.append(new EventBlock(1));
    log.append(tradeBlock(4, 1));
    log.close();
    expect(readLog(new EventLogReader(folder)).sequences).toEqual([1, 2, 3, 4]);
  });

  test('does not begin where a log stands', () => {
    writeLog(1, 1);
    expect(errorOf(() => FileEventLog.create(folder)).code).toBe('exists');
  });
});

describe('torn tail', () => {
  test('is cut at the last whole frame, wherever the last frame was torn', () => {
    writeLog(2, 3);
    const kept = readFileSync(segmentFile()).length;
    rmSync(folder, { recursive: true });
    writeLog(3, 3);
    const whole = readFileSync(segmentFile());
    for (let size = kept; size < whole.length; size++) {
      writeFileSync(segmentFile(), whole.subarray(0, size));
      const reader = new EventLogReader(folder);
      expect(readLog(reader).sequences).toEqual([1, 2, 3, 4, 5, 6]);
      expect(reader.end?.cutBytes).toBe(size - kept);
    }
  });

  test('of sectors that were never written is cut, too', () => {
    writeLog(1, 3);
    const kept = readFileSync(segmentFile());
    writeFileSync(segmentFile(), Buffer.concat([kept, Buffer.alloc(700)]));
    const reader = new EventLogReader(folder);
    expect(readLog(reader).sequences).toEqual([1, 2, 3]);
    expect(reader.end?.cutBytes).toBe(700);
  });

  test('is removed from the file when the session goes on, and the chain goes on', () => {
    writeLog(3, 3);
    const whole = readFileSync(segmentFile());
    truncateSync(segmentFile(), whole.length - 1);
    const { log, end } = FileEventLog.continue(folder);
    expect(end).toMatchObject({ events: 6, nextSequence: 7 });
    expect(end.cutBytes).toBeGreaterThan(HEADER_BYTES);
    log.append(tradeBlock(7, 3));
    log.close();
    expect(readFileSync(segmentFile()).equals(whole)).toBe(true);
    expect(readLog(new EventLogReader(folder)).sequences).toHaveLength(9);
  });

  test('in a segment that is not the last is damage', () => {
    writeLog(12, 3, { segmentBytesMax: 1_500 });
    truncateSync(segmentFile(1), readFileSync(segmentFile(1)).length - 1);
    expect(errorOf(() => readLog(new EventLogReader(folder))).code).toBe('log_corrupt');
  });
});

describe('damage', () => {
  test('of any single byte is found and placed', () => {
    writeLog(3, 3);
    const whole = readFileSync(segmentFile());
    const reasons = new Set<string>();
    for (let place = 0; place < whole.length; place++) {
      const damaged = Buffer.from(whole);
      damaged[place] = (damaged[place] ?? 0) ^ 0x10;
      writeFileSync(segmentFile(), damaged);
      const error = errorOf(() => readLog(new EventLogReader(folder)));
      expect(error.code).toBe('log_corrupt');
      const [, reason] = /^event log segment 000001\.jsonl\.zst, byte \d+: (.*)$/.exec(error.message) ?? [];
      reasons.add(reason ?? error.message);
    }
    expect([...reasons].toSorted()).toEqual([
      'no frame header stands here',
      'the checksum of the frame does not fit',
    ]);
  });

  test.each([
    [
      'a frame removed from the middle',
      (frames: Buffer[]) => [frames[0], frames[2]],
      'the hash chain is broken',
    ],
    [
      'two frames exchanged',
      (frames: Buffer[]) => [frames[0], frames[2], frames[1]],
      'the hash chain is broken',
    ],
    ['a frame twice', (frames: Buffer[]) => [frames[0], frames[1], frames[1]], 'the hash chain is broken'],
  ])('by %s is found', (_, change, reason) => {
    const sizes = [0];
    const log = FileEventLog.create(folder);
    for (let index = 0; index < 3; index++) {
      log.append(tradeBlock(1 + index * 3, 3));
      sizes.push(readFileSync(segmentFile()).length);
    }
    log.close();
    const whole = readFileSync(segmentFile());
    const frames = [0, 1, 2].map((index) => whole.subarray(sizes[index], sizes[index + 1]));
    writeFileSync(segmentFile(), Buffer.concat(change(frames).filter((frame) => frame !== undefined)));
    expect(errorOf(() => readLog(new EventLogReader(folder))).message).toContain(reason);
  });

  test('of a missing folder names it', () => {
    expect(errorOf(() => readLog(new EventLogReader(path.join(root, 'nowhere'))))).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nowhere') as string,
    });
    mkdirSync(folder);
    const reader = new EventLogReader(folder);
    expect(readLog(reader).sequences).toEqual([]);
    expect(reader.end).toMatchObject({ events: 0, nextSequence: null, segment: null });
  });
});

describe('failing device', () => {
  function systemError(code: string): Error {
    return Object.assign(new Error(`${code}: it failed`), { code });
  }

  test.each([
    ['ENOSPC', 'disk_full'],
    ['EROFS', 'read_only'],
    ['EIO', 'io'],
  ])('%s while writing is %s, and nothing is written after it', (errno, code) => {
    let calls = 0;
    const device: LogDevice = {
      write: () => {
        calls++;
        throw systemError(errno);
      },
      sync: () => undefined,
    };
    const log = FileEventLog.create(folder, { device });
    const first = errorOf(() => {
      log.append(tradeBlock(1, 2));
    });
    expect(first.code).toBe(code);
    const second = errorOf(() => {
      log.append(tradeBlock(1, 2));
    });
    expect(second).toBe(first);
    expect(calls).toBe(1);
    log.close();
  });

  test('a failed sync is final even when the next one would succeed', () => {
    let syncs = 0;
    const device: LogDevice = {
      write: (_, bytes, offset) => bytes.length - offset,
      sync: () => {
        if (syncs++ === 0) throw systemError('EIO');
      },
    };
    const log = FileEventLog.create(folder, { device });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(
        errorOf(() => {
          log.append(tradeBlock(1, 2));
        }).code,
      ).toBe('io');
    }
    expect(syncs).toBe(1);
    log.close();
  });

  test('short writes are continued until the frame is whole', () => {
    const parts: Buffer[] = [];
    let syncedBytes = 0;
    const device: LogDevice = {
      write: (_, bytes, offset) => {
        const part = Buffer.from(bytes.subarray(offset, offset + 5));
        parts.push(part);
        return part.length;
      },
      sync: () => {
        syncedBytes = Buffer.concat(parts).length;
      },
    };
    const log = FileEventLog.create(folder, { device });
    log.append(tradeBlock(1, 4));
    log.close();
    expect(syncedBytes).toBe(Buffer.concat(parts).length);
    writeFileSync(segmentFile(), Buffer.concat(parts));
    expect(readLog(new EventLogReader(folder)).sequences).toEqual([1, 2, 3, 4]);
  });
});
