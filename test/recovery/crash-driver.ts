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
import { spellRows } from '../../src/app/row-spelling.ts';
import { SessionSnapshots } from '../../src/app/session-snapshots.ts';
import { snapshotOrigin } from '../../src/app/usable-snapshots.ts';
import type { EventBlock } from '../../src/core/domain/event-block.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import { SessionReadModel } from '../../src/server/session-read-model.ts';
import { runLoop } from '../../src/session/loop.ts';
import { AccountStore } from '../../src/storage/account-store.ts';
import { CheckpointWriter } from '../../src/storage/checkpoint-file.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { Journal } from '../../src/storage/journal.ts';
import { createSessionFolder, listSessions } from '../../src/storage/session-folder.ts';
import { sampleManifest } from '../builders/sample-manifest.ts';
import { SWEEP_START, sweepBlocks, sweepStrategy } from './sweep-stream.ts';

/** Session time between two snapshots: some ten of them in a run. */
const SNAPSHOT_INTERVAL_MS = 3_000;
/** Blocks after which what is written beside the session gets its turn. */
const BREATH_BLOCKS = 5;

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
  ? await recoverSession(folder, {
      ...{ createStrategy: sweepStrategy, strategySource: null, acceptsChange: false },
    })
  : null;
if (recovered !== null) accounts.write(recovered.engine.accountEnd(), folder.id, 0);
const band = recovered?.band ?? new EngineBand(SWEEP_START, sweepStrategy);
const engine = band.primary;
const log =
  recovered?.log ?? FileEventLog.create(folder.eventsFolder, { segmentBytesMax: 16_384, ...device });
const journal = recovered?.journal ?? Journal.open(folder.journalFile, SWEEP_START);
const keeper = new AccountKeeper(accounts, folder.id, clock);
if (recovered === null) keeper.attach(engine);
else keeper.adopt(engine);
const checkpoints = CheckpointWriter.open(folder.checkpointFile, engine);
const instruments = SWEEP_START.instruments.map((spec, index) => createInstrument(spec, index));
const model = recovered?.model ?? new SessionReadModel(engine, spellRows(instruments, 'test'));
const snapshots = new SessionSnapshots({
  folder: folder.snapshotFolder,
  origin: snapshotOrigin(SWEEP_START, null),
  ...{ band, log, journal, model, intervalMs: SNAPSHOT_INTERVAL_MS },
  logger: { log: (_level, event, text) => writeSync(2, `${event}: ${text}\n`) },
});

// What died between its end and its report has nothing left to hear.
if (engine.lifecycle !== 'ended') {
  await runLoop({
    source: withBreaths(sweepBlocks(recovered?.tail.nextSequence ?? 0)),
    log,
    engine: band,
    sinks: [journal, keeper, checkpoints, model],
    afterBlock: (block) => {
      snapshots.observe(block);
      writeSync(1, `ack ${log.events}\n`);
    },
  });
}
await snapshots.close();
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

/** A snapshot is written beside the session, in turns of the event loop. */
async function* withBreaths(blocks: Iterable<EventBlock>): AsyncGenerator<EventBlock> {
  let count = 0;
  for (const block of blocks) {
    yield block;
    if (++count % BREATH_BLOCKS === 0) await new Promise(setImmediate);
  }
}

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
