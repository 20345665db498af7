/**
 * `la replay`: runs a recorded session through the engine again and says what came of it; with a folder given, leaves the
 * journal and the reports there. The session itself is never written to.
 */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { InvariantViolation } from '../core/base/assert.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { formatSummary } from '../report/console-summary.ts';
import type { FinalReport } from '../report/final-report.ts';
import { Journal } from '../storage/journal.ts';
import { SessionFolder } from '../storage/session-folder.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import { NO_SUCH_SESSION, findSession, isSessionRunning } from './find-session.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { endAmounts } from './end-amounts.ts';
import { SessionReplay } from './replay-session.ts';
import { withScratchFolder } from './scratch-folder.ts';
import { versionWarnings } from './session-hashes.ts';
import { writeResult } from './session-result.ts';
import type { StrategyMaker } from './strategy-loader.ts';
import { EXIT_STUCK, StrategyStuckError } from './strategy-stuck-error.ts';
import { watchReplay } from './watch-replay.ts';

const UNREADABLE = 1;
const USAGE = 2;

export interface ReplayRequest {
  readonly workspace: string;
  readonly operand: string;
  /** Where the outputs go; null = nowhere. */
  readonly out: string | null;
}

/**
 * Returns the exit code: 0 once the recording was replayed to its end, whatever the session came to; 1 where it cannot be
 * read or its strategy does not come back, 2 where there is no such session or the folder is not empty, 7 where the engine fails on the events.
 */
export async function replay({ workspace, operand, out }: ReplayRequest, io: ProgramIo): Promise<number> {
  const folder = findSession(workspace, operand, io);
  if (folder === null) return NO_SUCH_SESSION;
  if (out !== null && existsSync(out) && readdirSync(out).length > 0) {
    io.stderr.write(`--out: expected an empty or new folder, found files in ${out}\n`);
    return USAGE;
  }
  try {
    const replayTo = (target: string, shown: string | null): Promise<number> =>
      watchReplay(folder, (createStrategy) => replayInto({ folder, createStrategy, target, shown }, io));
    if (out === null) return await withScratchFolder((scratch) => replayTo(scratch, null));
    makeFolder(out);
    return await replayTo(path.resolve(out), path.resolve(out));
  } catch (error) {
    if (error instanceof StrategyStuckError) {
      io.stderr.write(`${error.message}\n`);
      return EXIT_STUCK;
    }
    if (error instanceof InvariantViolation) {
      io.stderr.write(`invariant_violated: ${error.message}\n`);
      return EXIT_CODES.invariant_violated;
    }
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return UNREADABLE;
  }
}

interface ReplayPlan {
  readonly folder: SessionFolder;
  readonly createStrategy: StrategyMaker;
  readonly target: string;
  /** The folder as it is told; null where it will be gone. */
  readonly shown: string | null;
}

async function replayInto(
  { folder, createStrategy, target, shown }: ReplayPlan,
  io: ProgramIo,
): Promise<number> {
  const manifest = folder.readManifest();
  const isRunning = isSessionRunning(folder);
  for (const warning of versionWarnings(manifest, folder.strategyFile))
    io.stderr.write(`warning: ${warning}\n`);
  const progress = new ReplayProgress(io, systemClock, 'replayed', manifest.events);
  const run = await SessionReplay.open(folder, { createStrategy });
  const result = new SessionFolder(target);
  const journal = Journal.open(result.journalFile, run.start);
  const startedMs = systemClock.monotonicMs();
  try {
    await run.run({ sinks: [journal], afterBlock: () => progress.update(run.engine.status().events) });
  } finally {
    journal.close();
    progress.end();
  }
  const report = writeReplayResult(run, result, folder);
  const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
  const matches = manifest.state_hash === null ? null : manifest.state_hash === report.state_hash;
  if (io.json) {
    // What still runs has no end, and none is made up for it.
    const standing = isRunning ? { status: 'running', stopped_reason: null, exit_code: null } : {};
    printJson(io, {
      ...report,
      ...standing,
      out: shown,
      matches_recording: matches,
      replay_seconds: seconds,
    });
    return 0;
  }
  io.stdout.write(
    formatSummary(report, {
      color: io.color,
      reportPath: shown === null ? null : result.htmlFile,
      isRunning,
    }),
  );
  const verdict =
    matches === null
      ? 'the session recorded no state at its end'
      : matches
        ? 'as the session recorded it'
        : 'NOT as the session recorded it: see "la verify"';
  io.stdout.write(
    `Replayed ${report.events.toLocaleString('en-US')} events in ${seconds.toFixed(1)} s; state ${report.state_hash ?? 'unknown'}, ${verdict}\n`,
  );
  const cut = run.end?.cutBytes ?? 0;
  if (cut > 0) io.stderr.write(`warning: a torn tail of ${cut} bytes was left out\n`);
  return 0;
}

/** What the replay came to, in the files of a session. */
function writeReplayResult(run: SessionReplay, result: SessionFolder, original: SessionFolder): FinalReport {
  const manifest = original.readManifest();
  const { engine, start } = run;
  const status = engine.status();
  return writeResult({
    folder: result,
    manifest: { ...manifest, compaction: null },
    stoppedReason: engine.endReason ?? 'crashed',
    startedMs: status.startedTimeMs,
    endedMs: status.timeMs,
    ...endAmounts(engine, start),
    events: status.events,
    stateHash: engine.stateHash(),
    logChain: run.end?.chain.toString('hex') ?? null,
    // The recording does not count them as the live client does.
    reconnects: null,
    errorCount: null,
    hasJournal: true,
    alertsFile: null,
    localEndMs: Date.parse(manifest.local_ended_at ?? manifest.local_started_at),
  });
}

function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw toStorageError(error, `make the folder ${folder}`);
  }
}
