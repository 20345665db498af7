/** `la data compact`: makes the event log of a finished session smaller without changing a line of it. */

import { systemClock } from '../ports/wall-clock.ts';
import { finishCompaction, replaceLog, writeCompactedLog } from '../storage/compact-log.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { removeSnapshots } from '../storage/snapshot-file.ts';
import { StorageError } from '../storage/storage-error.ts';
import { NO_SUCH_SESSION, findSession, isSessionRunning } from './find-session.ts';
import { sizeText } from './list-data.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';

const FAILED = 1;

/** Returns the exit code: 0 compacted (or compact already), 1 where it cannot be, 2 for no session. */
export function compactSession(workspace: string, operand: string, io: ProgramIo): number {
  const folder = findSession(workspace, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  try {
    const manifest = folder.readManifest();
    if (manifest.ended_at === null || isSessionRunning(folder)) {
      io.stderr.write(`session ${folder.id} has not ended: an interrupted session may yet be continued\n`);
      return FAILED;
    }
    return compact(folder, io);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

function compact(folder: SessionFolder, io: ProgramIo): number {
  const target = `${folder.eventsFolder}.compacting`;
  finishCompaction(folder.eventsFolder, target);
  const manifest = folder.readManifest();
  const progress = new ReplayProgress(io, systemClock, 'compacted', manifest.events);
  const result = writeCompactedLog(folder.eventsFolder, target, progress.update);
  progress.end();
  const known = [manifest.log_chain, manifest.compaction?.log_chain ?? null];
  if (manifest.log_chain !== null && !known.includes(result.chainBefore)) {
    finishCompaction(folder.eventsFolder, target);
    throw new StorageError(
      'log_corrupt',
      `the event log of ${folder.id} is not the one that the session left`,
    );
  }
  const answer = {
    session_id: folder.id,
    events: result.events,
    frames_before: result.framesBefore,
    frames_after: result.framesAfter,
    bytes_before: result.bytesBefore,
    bytes_after: result.bytesAfter,
    ratio: result.bytesBefore / result.bytesAfter,
  };
  if (result.bytesAfter >= result.bytesBefore) {
    finishCompaction(folder.eventsFolder, target);
    say(io, { ...answer, bytes_after: result.bytesBefore, ratio: 1 }, `${folder.id} is compact already`);
    return 0;
  }
  // The manifest first: it then knows both chains, whichever log a crash leaves in place.
  folder.writeManifest({
    ...manifest,
    compaction: {
      compacted_at: new Date(systemClock.nowMs()).toISOString(),
      log_chain: result.chainAfter,
      text_hash: result.textHash,
      bytes_before: manifest.compaction?.bytes_before ?? result.bytesBefore,
      bytes_after: result.bytesAfter,
    },
  });
  removeSnapshots(folder.snapshotFolder);
  replaceLog(folder.eventsFolder, target);
  const { bytes_before: before, bytes_after: after, ratio } = answer;
  say(
    io,
    answer,
    `${folder.id}: ${sizeText(before)} to ${sizeText(after)}, ${ratio.toFixed(1)} times smaller`,
  );
  return 0;
}

function say(io: ProgramIo, answer: object, text: string): void {
  if (io.json) printJson(io, answer);
  else io.stdout.write(`${text}\n`);
}
