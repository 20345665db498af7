/** `la verify`: whether a recorded session is what its recording gives, and where not. */

import { EXIT_CODES } from '../core/domain/reasons.ts';
import { systemClock } from '../ports/wall-clock.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { NO_SUCH_SESSION, findSession, isSessionRunning } from './find-session.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { withScratchFolder } from './scratch-folder.ts';
import { StrategyStuckError } from './strategy-stuck-error.ts';
import { type Verification, verifySession } from './verify-session.ts';
import { watchReplay } from './watch-replay.ts';

const UNDECIDED = 1;
const DIFFERENT = EXIT_CODES.invariant_violated;

/**
 * Verifies a session and says what came of it. Returns the exit code: 0 only where everything is identical, 7 for a
 * difference, 1 where there is nothing to compare, the session still runs or its strategy does not come back, 2 where `operand` names none.
 */
export async function verify(workspace: string, operand: string, io: ProgramIo): Promise<number> {
  const folder = findSession(workspace, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  if (isSessionRunning(folder)) {
    io.stderr.write(`session ${folder.id} still runs; verify it when it has ended\n`);
    return UNDECIDED;
  }
  try {
    const { events } = folder.readManifest();
    const progress = new ReplayProgress(io, systemClock, 'verified', events);
    const verification = await withScratchFolder((scratch) =>
      watchReplay(folder, (createStrategy) =>
        verifySession(folder, { createStrategy, scratch, onProgress: progress.update }),
      ),
    );
    progress.end();
    const code = verification.identical ? 0 : DIFFERENT;
    if (io.json) printJson(io, { ...verification, exit_code: code });
    else io.stdout.write(verificationText(verification));
    return code;
  } catch (error) {
    if (error instanceof StrategyStuckError) return undecided(error, UNDECIDED, folder, io);
    if (!(error instanceof StorageError)) throw error;
    return undecided(error, codeOf(error, folder), folder, io);
  }
}

/** A log that is not as it was written, or gone, is a difference; a session that never had one is nothing to compare. */
function codeOf(error: StorageError, folder: SessionFolder): number {
  const isDamaged = error.code === 'log_corrupt' || error.code === 'invalid_document';
  const isGone = error.code === 'not_found' && hadEvents(folder);
  return isDamaged || isGone ? DIFFERENT : UNDECIDED;
}

function undecided(error: Error, code: number, folder: SessionFolder, io: ProgramIo): number {
  if (io.json) {
    printJson(io, { session_id: folder.id, identical: false, error: error.message, exit_code: code });
  }
  io.stderr.write(`${error.message}\n`);
  return code;
}

function hadEvents(folder: SessionFolder): boolean {
  try {
    return (folder.readManifest().events ?? 0) > 0;
  } catch {
    return false;
  }
}

/** Warnings first: who compares two versions must know it before the answer. */
function verificationText(verification: Verification): string {
  const {
    session_id: id,
    events,
    checkpoints,
    snapshots,
    journal_rows: rows,
    torn_tail: torn,
    difference,
  } = verification;
  const lines = verification.warnings.map((warning) => `warning: ${warning}`);
  if (torn !== null) {
    lines.push(
      `warning: torn tail: ${torn.bytes} bytes after byte ${torn.offset} of segment ${torn.segment} are no whole frame`,
    );
  }
  if (difference === null) {
    const count = Object.values(rows).reduce((sum, table) => sum + table, 0);
    lines.push(
      `session ${id} is identical: ${events.toLocaleString('en-US')} events, ${checkpoints} checkpoints, ` +
        (snapshots === 0 ? '' : `${snapshots} ${snapshots === 1 ? 'snapshot' : 'snapshots'}, `) +
        `${count} journal rows, state ${verification.state_hash.replayed ?? 'unknown'}`,
    );
    return `${lines.join('\n')}\n`;
  }
  const { sequence, time_ms: timeMs, what, expected, found } = difference;
  const when = timeMs === null ? '' : ` at ${new Date(timeMs).toISOString()}`;
  const where = sequence === null ? '' : ` at event ${sequence}${when}`;
  lines.push(`session ${id} differs${where}: ${what}`, `  expected  ${expected}`, `  found     ${found}`);
  if (difference.kind === 'journal') {
    lines.push(`  the event log is whole: "la journal rebuild ${id}" makes the journal anew from it`);
  }
  return `${lines.join('\n')}\n`;
}
