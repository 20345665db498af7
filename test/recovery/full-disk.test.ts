/**
 * A disk that becomes full in the middle of a session, a real one of a few MiB: on what the session held back everything is
 * still written, log, journal, account and checkpoints, as if there had been room.
 *
 * Needs the right to mount; says so where it has not.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AccountKeeper } from '../../src/app/account-keeper.ts';
import { reservedSink } from '../../src/app/reserved-sink.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { runLoop } from '../../src/session/loop.ts';
import { AccountStore } from '../../src/storage/account-store.ts';
import { CheckpointWriter, readCheckpoints } from '../../src/storage/checkpoint-file.ts';
import { DiskReserve } from '../../src/storage/disk-reserve.ts';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { JournalReader } from '../../src/storage/journal-reader.ts';
import { Journal } from '../../src/storage/journal.ts';
import { SWEEP_START, sweepBlocks, sweepStrategy } from './sweep-stream.ts';

const FULL_FROM_EVENT = 300;
const BALLAST_BYTES = 4_096;

const root = mkdtempSync(path.join(tmpdir(), 'la-full-'));
const disk = path.join(root, 'disk');
execFileSync('mkdir', [disk]);
const CAN_MOUNT = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]).status === 0;
afterAll(() => {
  if (CAN_MOUNT) execFileSync('umount', ['-l', disk]);
  rmSync(root, { recursive: true, force: true });
});

/** Takes every block that is left. */
function fill(): void {
  try {
    for (;;) appendFileSync(path.join(disk, 'ballast'), Buffer.alloc(BALLAST_BYTES));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

interface Left {
  readonly state: string;
  readonly account: unknown;
  readonly events: number;
  readonly journal: unknown;
  readonly checkpoints: number;
}

/** A session at full speed in `folder`; returns what lies there afterwards. `afterEvents` is told how many were acted on. */
async function session(
  folder: string,
  holds: boolean,
  afterEvents: (events: number) => void,
): Promise<Left & { readonly spent: number }> {
  let spent = 0;
  const held = holds ? DiskReserve.hold(path.join(folder, 'reserve'), () => spent++) : null;
  const reserve = held ?? { spend: () => false };
  const files = { events: path.join(folder, 'events'), journal: path.join(folder, 'journal.db') };
  const checkpointFile = path.join(folder, 'checkpoints.jsonl');
  const accounts = new AccountStore(path.join(folder, 'state'));
  const engine = new Engine(SWEEP_START, sweepStrategy());
  const log = FileEventLog.create(files.events, { segmentBytesMax: 16_384 });
  log.hold(reserve);
  const journal = Journal.open(files.journal, SWEEP_START);
  const keeper = new AccountKeeper(accounts, 'sweep', { nowMs: () => 0, monotonicMs: () => 0 });
  keeper.attach(engine);
  const checkpoints = CheckpointWriter.open(checkpointFile, engine);
  try {
    await runLoop({
      source: sweepBlocks(0),
      log,
      engine,
      sinks: [journal, keeper, checkpoints].map((sink) => reservedSink(sink, reserve)),
      afterBlock: () => afterEvents(log.events),
    });
    keeper.settle();
  } finally {
    log.close();
    journal.close();
    checkpoints.close();
  }
  let events = 0;
  for (const block of new EventLogReader(files.events)) events += block.events;
  const reader = JournalReader.open(files.journal);
  const rows = { orders: reader.orders(), fills: reader.fills(), ledger: reader.ledger() };
  reader.close();
  return {
    state: engine.stateHash(),
    account: JSON.parse(readFileSync(path.join(folder, 'state/account.json'), 'utf8')) as unknown,
    events,
    journal: rows,
    checkpoints: [...readCheckpoints(checkpointFile)].length,
    spent,
  };
}

test.skipIf(!CAN_MOUNT)(
  'a full disk takes nothing of a session that held space back for its end',
  async () => {
    const calm = path.join(root, 'calm');
    execFileSync('mkdir', [calm]);
    const reference = await session(calm, false, () => {});
    const filled = path.join(disk, 'held');
    execFileSync('mkdir', [filled]);
    let isFull = false;
    const left = await session(filled, true, (events) => {
      if (isFull || events < FULL_FROM_EVENT) return;
      isFull = true;
      fill();
    });
    expect(left).toEqual({ ...reference, spent: 1 });
  },
);

test.skipIf(!CAN_MOUNT)(
  'without such space it ends at the first write, and keeps what was acted on',
  async () => {
    const bare = path.join(disk, 'bare');
    rmSync(path.join(disk, 'ballast'), { force: true });
    execFileSync('mkdir', [bare]);
    let seen = 0;
    const ended = session(bare, false, (events) => {
      seen = events;
      if (events >= FULL_FROM_EVENT) fill();
    });
    await expect(ended).rejects.toThrow(/full|no space/);
    let events = 0;
    for (const block of new EventLogReader(path.join(bare, 'events'))) events += block.events;
    expect(seen).toBeGreaterThanOrEqual(FULL_FROM_EVENT);
    expect(events).toBeGreaterThanOrEqual(seen);
  },
);
