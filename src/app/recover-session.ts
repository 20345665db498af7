/**
 * Brings an interrupted session back to where it was: replays its event log through a fresh engine, and writes its
 * journal anew from what the engine says.
 *
 * The log is the authority. Nothing else of the dead process is believed: what was logged happened, also where its outcome
 * had not been written yet; what was not whole in the log never acted. Recovering twice gives the same as once. The hashes
 * that the dead process left on its way are compared, so that an engine which now comes to something else is found out.
 */

import { rmSync } from 'node:fs';
import { InvariantViolation } from '../core/base/assert.ts';
import type { FeedState } from '../core/domain/commands.ts';
import { type EventBlock, EventKind } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EngineBand } from '../core/engine/engine-band.ts';
import { SessionReadModel } from '../server/session-read-model.ts';
import type { LogTail } from '../session/ingress.ts';
import { FileEventLog } from '../storage/event-log.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { CheckpointCuts } from './checkpoint-cuts.ts';
import { spellRows } from './row-spelling.ts';
import { SessionReplay } from './replay-session.ts';
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
  readonly reconnects: number;
}

export interface RecoverOptions {
  /** Default: the recorded strategy. */
  readonly createStrategy?: StrategyMaker;
  /** Whether the engine may come to something else than it did. */
  readonly acceptsChange: boolean;
}

/**
 * Throws StorageError: `log_corrupt`, `not_found` for a log without events; InvariantViolation where the engine fails on
 * the events, or comes to something else than it did.
 */
export async function recoverSession(
  folder: SessionFolder,
  options: RecoverOptions,
): Promise<RecoveredSession> {
  const { createStrategy, acceptsChange } = options;
  const cuts = new CheckpointCuts(folder, true);
  const replay = await SessionReplay.open(folder, {
    endsBlock: cuts.endsBlock,
    ...(createStrategy === undefined ? {} : { createStrategy }),
  });
  const { start, engine } = replay;
  const instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
  const model = new SessionReadModel(engine, spellRows(instruments, start.strategy.name));
  removeJournal(folder.journalFile);
  const journal = Journal.open(folder.journalFile, start);
  try {
    const reconnects = new ReconnectCount();
    let events = 0;
    let breathedMs = performance.now();
    for (const { block, outputs } of replay.steps()) {
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
      reconnects: reconnects.total,
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}

function compare(engine: Engine, then: NonNullable<CheckpointCuts['next']>, folder: SessionFolder): void {
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

/** Each process counts from zero. */
class ReconnectCount {
  readonly #last = new Map<string, number>();
  #former = 0;

  get total(): number {
    return [...this.#last.values()].reduce((sum, count) => sum + count, this.#former);
  }

  note(block: EventBlock): void {
    for (let row = 0; row < block.length; row++) {
      if (block.kind[row] !== EventKind.feed) continue;
      const { feed, reconnects } = block.details[block.price[row] ?? 0] as FeedState;
      const last = this.#last.get(feed) ?? 0;
      if (reconnects < last) this.#former += last;
      this.#last.set(feed, reconnects);
    }
  }
}
