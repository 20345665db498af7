/**
 * Brings an interrupted session back to where it was: replays its event log through a fresh engine, and writes its
 * journal anew from what the engine says.
 *
 * The log is the authority. Nothing else of the dead process is asked: what was logged happened, also where its outcome
 * had not been written yet; what was not whole in the log never acted. Recovering twice gives the same as once.
 */

import { rmSync } from 'node:fs';
import type { FeedState } from '../core/domain/commands.ts';
import { type EventBlock, EventKind } from '../core/domain/event-block.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { Engine } from '../core/engine/engine.ts';
import type { StrategyInstance } from '../core/strategy/strategy.ts';
import { FileEventLog } from '../storage/event-log.ts';
import { EventLogReader } from '../storage/event-log-reader.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { LogTail } from '../session/ingress.ts';

export interface RecoveredSession {
  readonly start: SessionStart;
  readonly engine: Engine;
  /** Ready for the next event; a torn tail is cut off. */
  readonly log: FileEventLog;
  /** Bytes of that tail. */
  readonly cutBytes: number;
  readonly tail: LogTail;
  readonly journal: Journal;
  /** New connections of the processes before this one. */
  readonly reconnects: number;
}

/** Throws StorageError: `log_corrupt`, `not_found` for a log without events; and what the engine throws. */
export function recoverSession(folder: SessionFolder, strategy: StrategyInstance): RecoveredSession {
  const reader = new EventLogReader(folder.eventsFolder);
  const reconnects = new ReconnectCount();
  let start: SessionStart | null = null;
  let engine: Engine | null = null;
  let journal: Journal | null = null;
  try {
    for (const block of reader) {
      if (start === null || engine === null || journal === null) {
        start = startOf(block, folder);
        engine = new Engine(start, strategy);
        removeJournal(folder.journalFile);
        journal = Journal.open(folder.journalFile, start);
      }
      reconnects.note(block);
      engine.process(block);
      journal.deliver(engine.takeOutputs());
    }
    const { end } = reader;
    if (start === null || engine === null || journal === null || end === null || end.nextSequence === null) {
      throw new StorageError('not_found', `session ${folder.id} has no events`);
    }
    return {
      start,
      engine,
      log: FileEventLog.continueAt(folder.eventsFolder, end),
      cutBytes: end.cutBytes,
      tail: { nextSequence: end.nextSequence, timeMs: engine.status().timeMs },
      journal,
      reconnects: reconnects.total,
    };
  } catch (error) {
    journal?.close();
    throw error;
  }
}

function startOf(block: EventBlock, folder: SessionFolder): SessionStart {
  if (block.kind[0] !== EventKind.sessionStarted) {
    throw new StorageError('log_corrupt', `the log of session ${folder.id} does not begin with its start`);
  }
  return block.details[block.price[0] ?? 0] as SessionStart;
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
