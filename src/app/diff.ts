/** `la diff`: two sessions, or a session and its rerun under other settings, order by order and with the cause of each difference. */

import path from 'node:path';
import { InvariantViolation } from '../core/base/assert.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { copyJournal } from '../storage/journal-comparison.ts';
import { JournalReader } from '../storage/journal-reader.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { changeStart } from './change-start.ts';
import { NO_SUCH_SESSION, findSession } from './find-session.ts';
import { decidedOrders } from './order-alignment.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { SessionReplay, loadChangedStrategy, readSessionStart } from './replay-session.ts';
import { type ComparedRun, type OrderDifference, type RunDifference, compareRuns } from './run-difference.ts';
import { withScratchFolder } from './scratch-folder.ts';
import type { StrategyMaker } from './strategy-loader.ts';
import { StrategyStuckError } from './strategy-stuck-error.ts';
import { watchReplay } from './watch-replay.ts';

/** As diff(1): 1 says that something differs. */
const DIFFERENT = 1;
const FAILED = 2;
/** Decisions of two recordings of one market are as far apart as their connections; those of a rerun are the same. */
const TOLERANCE_MS = 5_000;
const FIELDS_SHOWN = 3;

export interface DiffRequest {
  readonly workspace: string;
  readonly operand: string;
  /** The other session; null = a rerun of the first. */
  readonly other: string | null;
  /** Changes for the rerun, NAME=VALUE. */
  readonly changes: readonly string[];
}

/** Returns the exit code: 0 the same orders and fills, 1 not the same, 2 trouble. Throws ConfigError for a bad change. */
export async function diff(request: DiffRequest, io: ProgramIo): Promise<number> {
  const { workspace, operand, other, changes } = request;
  const folder = findSession(workspace, operand, io);
  const second = other === null ? folder : findSession(workspace, other, io);
  if (folder === null || second === null) return NO_SUCH_SESSION;
  try {
    return await withScratchFolder(async (scratch) => {
      const a = readRun(folder, path.join(scratch, 'a.db'));
      const b =
        other === null
          ? await rerun(folder, changes, path.join(scratch, 'b.db'), io)
          : readRun(second, path.join(scratch, 'b.db'));
      const shiftMs = other === null ? 0 : shiftBetween(folder, second);
      const difference = compareRuns(a, b, { toleranceMs: TOLERANCE_MS, shiftMs });
      const names = { a: folder.id, b: other === null ? `${folder.id} (rerun)` : second.id };
      say(difference, names, io);
      return difference.differences.length === 0 ? 0 : DIFFERENT;
    });
  } catch (error) {
    if (error instanceof InvariantViolation) {
      io.stderr.write(`invariant_violated: ${error.message}\n`);
      return EXIT_CODES.invariant_violated;
    }
    if (!(error instanceof StorageError || error instanceof StrategyStuckError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

function readRun(folder: SessionFolder, copy: string): ComparedRun {
  copyJournal(folder.journalFile, copy);
  return runOf(readSessionStart(folder), copy);
}

/** The same events, the same strategy, other terms. */
async function rerun(
  folder: SessionFolder,
  changes: readonly string[],
  file: string,
  io: ProgramIo,
): Promise<ComparedRun> {
  const start = changeStart(readSessionStart(folder), changes);
  const load = (): Promise<StrategyMaker> => loadChangedStrategy(folder, start);
  return watchReplay(
    folder,
    (createStrategy) => rerunWith({ folder, start, createStrategy, file }, io),
    load,
  );
}

interface RerunPlan {
  readonly folder: SessionFolder;
  readonly start: SessionStart;
  readonly createStrategy: StrategyMaker;
  /** Where the journal of the rerun is made. */
  readonly file: string;
}

async function rerunWith(
  { folder, start, createStrategy, file }: RerunPlan,
  io: ProgramIo,
): Promise<ComparedRun> {
  const strategy = createStrategy();
  const replay = await SessionReplay.open(folder, { start, createStrategy });
  const progress = new ReplayProgress(io, systemClock, 'replayed', folder.readManifest().events);
  const journal = Journal.open(file, start);
  try {
    const { engine } = replay;
    await replay.run({ sinks: [journal], afterBlock: () => progress.update(engine.status().events) });
  } finally {
    journal.close();
    progress.end();
  }
  return runOf({ ...start, strategy: { name: strategy.name, params: strategy.params } }, file);
}

function runOf(start: SessionStart, journalFile: string): ComparedRun {
  const journal = JournalReader.open(journalFile);
  try {
    return { start, orders: decidedOrders(journal.orders(), journal.fills()), quality: journal.quality() };
  } finally {
    journal.close();
  }
}

/** Runs that overlap are compared on the clock; others from their starts. */
function shiftBetween(a: SessionFolder, b: SessionFolder): number {
  const [left, right] = [a, b].map((folder) => {
    const { started_at: from, ended_at: to } = folder.readManifest();
    return { fromMs: Date.parse(from), toMs: to === null ? Number.POSITIVE_INFINITY : Date.parse(to) };
  });
  if (left === undefined || right === undefined) return 0;
  const isOverlapping = left.fromMs <= right.toMs && right.fromMs <= left.toMs;
  return isOverlapping ? 0 : left.fromMs - right.fromMs;
}

function say(
  difference: RunDifference,
  names: { readonly a: string; readonly b: string },
  io: ProgramIo,
): void {
  if (io.json) {
    printJson(io, { ...names, ...difference });
    return;
  }
  const { settings, orders, differences } = difference;
  io.stdout.write(`a: ${names.a}\nb: ${names.b}\n`);
  for (const { field, a, b } of settings) io.stdout.write(`${field}: ${a ?? 'absent'} -> ${b ?? 'absent'}\n`);
  io.stdout.write(
    `orders: ${orders.identical} identical, ${orders.different} different, ${orders.only_a} only in a, ${orders.only_b} only in b\n`,
  );
  if (differences.length === 0) return;
  printTable(io, [['DECISION', 'ORDER', 'WHAT', 'CAUSE', 'BECAUSE'], ...differences.map(rowOf)]);
}

function rowOf(difference: OrderDifference): string[] {
  const { decision_time_ms: timeMs, side, type, symbol, client_order_id: name, cause, because } = difference;
  const order = `${symbol} ${side} ${type}${name === null ? '' : ` ${name}`}`;
  return [new Date(timeMs).toISOString(), order, whatOf(difference), cause, because];
}

function whatOf({ order_a: a, order_b: b, fields }: OrderDifference): string {
  if (a === null) return 'only in b';
  if (b === null) return 'only in a';
  const shown = fields
    .slice(0, FIELDS_SHOWN)
    .map(({ field, a: left, b: right }) => `${field} ${left ?? 'none'} -> ${right ?? 'none'}`);
  const more = fields.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; ${more} more` : '');
}
