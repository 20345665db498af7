/**
 * Brings an interrupted session back to where it was: replays its event log, or the tail of it behind a snapshot, through an
 * engine, and writes its journal anew from what the engine says, or from the snapshot on.
 *
 * The log is the authority. Nothing else of the dead process is believed: what was logged happened, also where its outcome
 * had not been written yet; what was not whole in the log never acted. Recovering twice gives the same as once. The hashes
 * that the dead process left on its way are compared, so that an engine which now comes to something else is found out.
 */

import { rmSync } from 'node:fs';
import { InvariantViolation } from '../core/base/assert.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EngineBand } from '../core/engine/engine-band.ts';
import { SessionReadModel } from '../server/session-read-model.ts';
import type { LogTail } from '../session/ingress.ts';
import { FileEventLog } from '../storage/event-log.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import type { Snapshot } from '../storage/snapshot-file.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Checkpoint } from '../storage/checkpoint-file.ts';
import { type IgnoredSnapshot, type LocatedSnapshot, usableSnapshots } from './usable-snapshots.ts';
import { CheckpointCuts } from './checkpoint-cuts.ts';
import { ReconnectCount } from './reconnect-count.ts';
import { spellRows } from './row-spelling.ts';
import { SessionReplay, readSessionStart } from './replay-session.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** How long the program may be busy without a breath, ms. */
const BREATH_MS = 100;

export interface RecoveredSession {
  readonly start: SessionStart;
  readonly engine: Engine;
  /** That engine with its shadows. */
  readonly band: EngineBand;
  /** Ready for the next event; a torn tail is cut off. */
  readonly log: FileEventLog;
  /** Bytes of that tail. */
  readonly cutBytes: number;
  readonly tail: LogTail;
  readonly journal: Journal;
  /** What is shown of the session; knows what was said before. */
  readonly model: SessionReadModel;
  /** New connections of the processes before this one. */
  readonly reconnects: ReconnectCount;
  readonly course: RecoveryCourse;
}

/** How a session was brought back. */
export interface RecoveryCourse {
  /** Events in its log, and how many of them a snapshot stood for. */
  readonly events: number;
  readonly skipped: number;
  /** Snapshots that were tried in vain included. */
  readonly durationMs: number;
  /** Snapshots that could not be used. */
  readonly ignored: readonly IgnoredSnapshot[];
}

export interface RecoverOptions {
  /** Default: the recorded strategy. */
  readonly createStrategy?: StrategyMaker;
  /** The text of that strategy's file, null for a built-in one. Default: that of the recorded one. */
  readonly strategySource?: string | null;
  /** Whether the engine may come to something else than it did. */
  readonly acceptsChange: boolean;
  /** Breaks the replay off, which then throws its reason; what is left is brought back by the next one. */
  readonly signal?: AbortSignal;
}

/**
 * Goes on from the newest snapshot that fits, and replays what came after it; from the first event where none does, or where
 * it leads to anything else than it should. Throws StorageError: `log_corrupt`, `not_found` for a log without events;
 * InvariantViolation where the engine fails on the events, or comes to something else than it did.
 */
export async function recoverSession(
  folder: SessionFolder,
  options: RecoverOptions,
): Promise<RecoveredSession> {
  const startedMs = performance.now();
  const start = readSessionStart(folder);
  const ignored: IgnoredSnapshot[] = [];
  for (const snapshot of usableSnapshots(folder, start, options.strategySource, ignored)) {
    const { sequence } = snapshot;
    try {
      return await recoverFrom(folder, options, snapshot, ignored, startedMs);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      // What is wrong with the log itself is wrong from the first event on too.
      if (error instanceof StorageError && error.code === 'log_corrupt') throw error;
      ignored.push({ sequence, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return recoverFrom(folder, options, null, ignored, startedMs);
}

async function recoverFrom(
  folder: SessionFolder,
  options: RecoverOptions,
  snapshot: LocatedSnapshot | null,
  ignored: readonly IgnoredSnapshot[],
  startedMs: number,
): Promise<RecoveredSession> {
  const { createStrategy, acceptsChange } = options;
  const cuts = new CheckpointCuts(folder, true);
  if (snapshot !== null) cuts.skipTo(snapshot.sequence);
  const replay = await SessionReplay.open(folder, {
    endsBlock: cuts.endsBlock,
    ...(snapshot === null ? {} : { from: snapshot }),
    ...(createStrategy === undefined ? {} : { createStrategy }),
  });
  const { start, engine } = replay;
  if (snapshot !== null) compare(engine, snapshot, folder);
  const instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
  const model = new SessionReadModel(engine, spellRows(instruments, start.strategy.name));
  if (snapshot !== null) model.restore(JSON.parse(snapshot.model) as ReturnType<SessionReadModel['save']>);
  const journal = openJournal(folder, start, snapshot);
  try {
    const reconnects = new ReconnectCount(snapshot?.reconnects);
    const skipped = snapshot === null ? 0 : snapshot.sequence + 1;
    let events = skipped;
    let breathedMs = performance.now();
    for (const { block, outputs } of replay.steps()) {
      options.signal?.throwIfAborted();
      journal.deliver(outputs);
      model.observe(block);
      model.deliver(outputs);
      reconnects.note(block);
      events += block.events;
      if (cuts.next?.sequence === events - 1) {
        if (!acceptsChange) compare(engine, cuts.next, folder);
        cuts.pass();
      }
      if (performance.now() - breathedMs < BREATH_MS) continue;
      await new Promise(setImmediate);
      breathedMs = performance.now();
    }
    const { end } = replay;
    if (end === null || end.nextSequence === null)
      throw new StorageError('not_found', `session ${folder.id} has no events`);
    return {
      start,
      engine,
      band: replay.band,
      log: FileEventLog.continueAt(folder.eventsFolder, end),
      cutBytes: end.cutBytes,
      tail: { nextSequence: end.nextSequence, timeMs: engine.status().timeMs },
      journal,
      model,
      reconnects,
      course: { events, skipped, ignored, durationMs: Math.round(performance.now() - startedMs) },
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}

function openJournal(folder: SessionFolder, start: SessionStart, snapshot: Snapshot | null): Journal {
  if (snapshot !== null) return Journal.resume(folder.journalFile, start, snapshot.journal);
  removeJournal(folder.journalFile);
  return Journal.open(folder.journalFile, start);
}

function compare(engine: Engine, then: Checkpoint, folder: SessionFolder): void {
  const now = engine.stateHash();
  if (now === then.state_hash) return;
  throw new InvariantViolation(
    `session ${folder.id}: after event ${then.sequence} the engine comes to state ${now}; when it ran, it was ${then.state_hash}`,
  );
}

/** With its companions: SQLite would play an old write-ahead log into the new file. */
function removeJournal(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) rmSync(name, { force: true });
}
