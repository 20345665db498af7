/** `la journal rebuild`: makes journal.db anew from the event log, of which it is a projection. */

import { renameSync, rmSync } from 'node:fs';
import { InvariantViolation } from '../core/base/assert.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { storeAlerts } from '../storage/journal-alerts.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import { CheckpointCuts } from './checkpoint-cuts.ts';
import { NO_SUCH_SESSION, findSession, isSessionRunning } from './find-session.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { SessionReplay } from './replay-session.ts';
import { readSessionAlerts } from './session-alerts.ts';
import { engineHash } from './session-hashes.ts';
import type { StrategyMaker } from './strategy-loader.ts';
import { StrategyStuckError } from './strategy-stuck-error.ts';
import { watchReplay } from './watch-replay.ts';

const FAILED = 1;

interface RebuiltJournal {
  readonly events: number;
  /** Why the engine stopped before the end of the log; null where it did not. */
  readonly failure: string | null;
}

/**
 * Writes the journal of a session to `file`, which must not exist. Throws StorageError; an engine that fails on the events,
 * as it did when they were recorded, leaves what it had said by the last checkpoint.
 */
async function projectJournal(
  folder: SessionFolder,
  createStrategy: StrategyMaker,
  file: string,
  onProgress: (events: number) => void = () => {},
): Promise<RebuiltJournal> {
  const cuts = new CheckpointCuts(folder);
  const replay = await SessionReplay.open(folder, { createStrategy, endsBlock: cuts.endsBlock });
  const journal = Journal.open(file, replay.start);
  let events = 0;
  try {
    for (const { block, outputs } of replay.steps()) {
      journal.deliver(outputs);
      events += block.events;
      if (cuts.next?.sequence === events - 1) cuts.pass();
      onProgress(events);
    }
    return { events, failure: null };
  } catch (error) {
    if (!(error instanceof InvariantViolation)) throw error;
    return { events, failure: error.message };
  } finally {
    journal.close();
  }
}

/** Rebuilds and replaces the journal of a session in one step; the old one stands until then. Returns the exit code. */
export async function rebuildJournal(workspace: string, operand: string, io: ProgramIo): Promise<number> {
  const folder = findSession(workspace, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  if (isSessionRunning(folder)) {
    io.stderr.write(`session ${folder.id} still runs and writes its journal\n`);
    return FAILED;
  }
  const temporary = `${folder.journalFile}.rebuild`;
  try {
    removeDatabase(temporary);
    const manifest = folder.readManifest();
    if (manifest.engine_hash !== null && manifest.engine_hash !== engineHash()) {
      io.stderr.write('warning: another engine than this one ran the session; its outputs may differ\n');
    }
    const progress = new ReplayProgress(io, systemClock, 'read', manifest.events);
    const { events, failure } = await watchReplay(folder, (createStrategy) =>
      projectJournal(folder, createStrategy, temporary, progress.update),
    );
    progress.end();
    storeAlerts(temporary, readSessionAlerts(manifest, workspacePaths(workspace).alerts));
    replaceDatabase(temporary, folder.journalFile);
    if (failure !== null)
      io.stderr.write(`warning: the engine stops after event ${events - 1}: ${failure}\n`);
    if (io.json) printJson(io, { session_id: folder.id, journal: folder.journalFile, events, failure });
    else io.stdout.write(`${folder.journalFile}: rebuilt from ${events.toLocaleString('en-US')} events\n`);
    return 0;
  } catch (error) {
    removeDatabase(temporary);
    if (!(error instanceof StorageError || error instanceof StrategyStuckError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

/** The old journal's write-ahead log must not be applied to the new file. */
function replaceDatabase(from: string, to: string): void {
  try {
    for (const suffix of ['-wal', '-shm']) rmSync(`${to}${suffix}`, { force: true });
    renameSync(from, to);
  } catch (error) {
    throw toStorageError(error, `replace ${to}`);
  }
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
