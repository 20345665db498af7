/**
 * A session at full speed over a made-up stream, in a process of its own that may be killed anywhere: run again, it goes on
 * from what the dead one left, through the program's own recovery, to the same end.
 *
 * `node crash-driver.ts WORKSPACE [no-sync]`: `no-sync` leaves the log's syncs out, for tests that must notice. After each block
 * it says `ack N` on stdout: N events were acted on, and whoever reads this has seen it.
 */

import { rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { recoverSession } from '../../src/app/recover-session.ts';
import { AccountKeeper } from '../../src/app/account-keeper.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { runLoop } from '../../src/session/loop.ts';
import { AccountStore } from '../../src/storage/account-store.ts';
import { CheckpointWriter } from '../../src/storage/checkpoint-file.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { Journal } from '../../src/storage/journal.ts';
import { createSessionFolder, listSessions } from '../../src/storage/session-folder.ts';
import { sampleManifest } from '../builders/sample-manifest.ts';
import { SWEEP_START, sweepBlocks, sweepStrategy } from './sweep-stream.ts';

const [workspace = '', mode = ''] = process.argv.slice(2);
const device =
  mode === 'no-sync'
    ? {
        device: {
          write: (fd: number, bytes: Buffer, offset: number) => writeSync(fd, bytes, offset),
          sync: () => {},
        },
      }
    : {};

const clock = { nowMs: () => 0, monotonicMs: () => performance.now() };
const accounts = new AccountStore(path.join(workspace, 'state'));
const existing = listSessions(workspace)[0] ?? null;
const isBegun = existing !== null && hasEvents();
if (existing !== null && !isBegun) rmSync(existing.path, { recursive: true });
// A program gives each session an id of its own; this one meets what it began to make.
if (existing === null) rmSync(path.join(workspace, 'sessions'), { recursive: true, force: true });
const folder =
  existing !== null && isBegun ? existing : createSessionFolder(workspace, sampleManifest('sweep'));

const recovered = isBegun
  ? await recoverSession(folder, { createStrategy: sweepStrategy, acceptsChange: false })
  : null;
if (recovered !== null) accounts.write(recovered.engine.accountEnd(), folder.id, 0);
const engine = recovered?.engine ?? new Engine(SWEEP_START, sweepStrategy());
const log =
  recovered?.log ?? FileEventLog.create(folder.eventsFolder, { segmentBytesMax: 16_384, ...device });
const journal = recovered?.journal ?? Journal.open(folder.journalFile, SWEEP_START);
const keeper = new AccountKeeper(accounts, folder.id, clock);
if (recovered === null) keeper.attach(engine);
else keeper.adopt(engine);
const checkpoints = CheckpointWriter.open(folder.checkpointFile, engine);

// What died between its end and its report has nothing left to hear.
if (engine.lifecycle !== 'ended') {
  await runLoop({
    source: sweepBlocks(recovered?.tail.nextSequence ?? 0),
    log,
    engine,
    sinks: [journal, keeper, checkpoints],
    afterBlock: () => void writeSync(1, `ack ${log.events}\n`),
  });
}
keeper.settle();
const result = {
  events: log.events,
  chain: log.chain,
  state: engine.stateHash(),
  account: engine.accountEnd(),
};
log.close();
journal.close();
checkpoints.close();
writeSync(1, `${JSON.stringify(result)}\n`);

function hasEvents(): boolean {
  if (existing === null) return false;
  try {
    const { log: opened, end } = FileEventLog.continue(existing.eventsFolder);
    opened.close();
    return end.events > 0;
  } catch {
    return false;
  }
}
