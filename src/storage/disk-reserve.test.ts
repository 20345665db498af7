import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import { DiskReserve, RESERVE_BYTES } from './disk-reserve.ts';
import { EventLogReader } from './event-log-reader.ts';
import { FileEventLog } from './event-log.ts';

const EVENTS = 6;
const START_MS = 1_732_290_000_000;

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'reserve-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function block(sequence: number): EventBlock {
  const made = new EventBlock(64);
  made.reset(sequence);
  if (sequence === 0) made.appendSessionStarted(START_MS, SAMPLE_START);
  else made.appendTimeAdvanced(START_MS + sequence);
  return made;
}

/** A disk on which the third frame finds room for seven of its bytes, until `isFree`. */
function fullDevice(isFree: () => boolean) {
  let calls = 0;
  return {
    write: (descriptor: number, bytes: Buffer, offset: number) => {
      calls++;
      if (calls === 3) return writeSync(descriptor, bytes, offset, 7);
      if (calls > 3 && !isFree()) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
      return writeSync(descriptor, bytes, offset, bytes.length - offset);
    },
    sync: () => {},
  };
}

function eventsIn(folder: string): number {
  let events = 0;
  for (const read of new EventLogReader(folder)) events += read.events;
  return events;
}

test('a reserve takes its space, is freed once, and says so once', () => {
  const file = path.join(root, 'reserve');
  let spent = 0;
  const reserve = DiskReserve.hold(file, () => spent++);
  const { size, blocks } = statSync(file);
  expect(size).toBe(RESERVE_BYTES);
  expect(blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES);
  expect([reserve.spend(), reserve.spend()]).toEqual([true, false]);
  expect(spent).toBe(1);
  expect(existsSync(file)).toBe(false);
});

test('a reserve that was not needed is gone after the end, and frees nothing any more', () => {
  const file = path.join(root, 'reserve');
  const reserve = DiskReserve.hold(file, () => expect.unreachable('nothing was spent'));
  reserve.release();
  expect(existsSync(file)).toBe(false);
  expect(reserve.spend()).toBe(false);
});

test('a log that finds no room spends the reserve, and holds every event whole', () => {
  const folder = path.join(root, 'events');
  let isFree = false;
  const log = FileEventLog.create(folder, { device: fullDevice(() => isFree) });
  let spent = 0;
  log.hold({ spend: () => ((isFree = true), spent++ === 0) });
  for (let sequence = 0; sequence < EVENTS; sequence++) log.append(block(sequence));
  log.close();
  expect(spent).toBe(1);
  expect(eventsIn(folder)).toBe(EVENTS);
});

test('a log without any reserve left takes nothing more', () => {
  const folder = path.join(root, 'events');
  const log = FileEventLog.create(folder, { device: fullDevice(() => false) });
  log.hold({ spend: () => false });
  log.append(block(0));
  log.append(block(1));
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(() => log.append(block(2))).toThrow(expect.objectContaining({ code: 'disk_full' }) as Error);
  }
  log.close();
  expect(eventsIn(folder)).toBe(2);
});

test('a reserve that cannot be removed frees nothing, and keeps nobody from ending', () => {
  const file = path.join(root, 'reserve');
  const hold = () => DiskReserve.hold(file, () => expect.unreachable('nothing was freed'));
  for (const end of [
    (reserve: DiskReserve) => reserve.spend(),
    (reserve: DiskReserve) => reserve.release(),
  ]) {
    const reserve = hold();
    rmSync(file);
    // What stands there now is no file that could be unlinked.
    mkdirSync(file);
    expect(end(reserve)).toBe(false);
    rmSync(file, { recursive: true });
  }
});
