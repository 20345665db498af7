/**
 * `la backtest`: the engine over recorded data; leaves what a session leaves, in a folder of its own.
 *
 * The workspace's account, lock, logs and alerts are not touched: a backtest can run beside a session. The same data,
 * settings and seed give the same result.
 */

import path from 'node:path';
import { InvariantViolation } from '../core/base/assert.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { formatSummary } from '../report/console-summary.ts';
import type { FinalReport } from '../report/final-report.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { CheckpointWriter } from '../storage/checkpoint-file.ts';
import { FileEventLog, UNSYNCED_DEVICE } from '../storage/event-log.ts';
import { Journal } from '../storage/journal.ts';
import {
  type SessionFolder,
  type SessionManifest,
  createSessionFolder,
  resolveSession,
} from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { type CallMark, loadMarked } from './call-mark.ts';
import { watchCalls } from './call-watchdog.ts';
import { EXIT_STUCK, StrategyStuckError } from './strategy-stuck-error.ts';
import { BacktestProgress } from './backtest-progress.ts';
import { ErrorNotes } from './error-notes.ts';
import { type BacktestPlan, type EndedBacktest, backtestEnd, runBacktest } from './backtest-run.ts';
import { BacktestMarket, contractsOf } from './backtest-market.ts';
import { DEFAULT_SEED, composeBacktestStart, neededHistory } from './backtest-start.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import type { MarketFiles } from './market-files.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { configHash } from './session-hashes.ts';
import { newSessionId } from './session-id.ts';
import { BACKTEST_SOURCE, composeManifest } from './session-manifest.ts';
import { writeResult } from './session-result.ts';
import { loadStrategyMaker, readStrategySource, strategyPlaces } from './strategy-loader.ts';

export interface BacktestRequest extends MarketFiles {
  readonly settings: Settings;
  readonly workspace: string;
  /** More contracts that are played beside the first. */
  readonly further?: readonly MarketFiles[];
  /** ms UTC; null = the data's own begin, end. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/**
 * Returns the exit code of the session that it was: 2 for data that cannot be read, 1 for a strategy that does not come
 * back. Throws ConfigError for settings that no backtest can have.
 */
export async function backtest(request: BacktestRequest, io: ProgramIo): Promise<number> {
  try {
    return await watchCalls(strategyOf(request), request.settings, (mark) => holdBacktest(request, mark, io));
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
    return error.code === 'disk_full' ? EXIT_CODES.disk_full : EXIT_CODES.config_invalid;
  }
}

async function holdBacktest(request: BacktestRequest, mark: CallMark | null, io: ProgramIo): Promise<number> {
  const localStartMs = systemClock.nowMs();
  const planned = await planBacktest(request, newSessionId(localStartMs), mark);
  const { plan, notes } = planned;
  const { start, feed } = plan;
  const folder = makeFolder(request, planned, localStartMs);
  const log = FileEventLog.create(folder.eventsFolder, { device: UNSYNCED_DEVICE });
  const journal = Journal.open(folder.journalFile, start);
  const progress = new BacktestProgress(io, systemClock, feed);
  const errors = new ErrorNotes();
  const checkpoints: CheckpointWriter[] = [];
  const stateSinks = (engine: Engine): OutputSink[] => {
    checkpoints.push(CheckpointWriter.open(folder.checkpointFile, engine));
    return checkpoints;
  };
  let ended: EndedBacktest;
  try {
    ended = await runBacktest(plan, {
      log,
      sinks: () => [journal, errors],
      stateSinks,
      onProgress: progress.update,
    });
  } finally {
    for (const writer of checkpoints) writer.close();
    journal.close();
    log.close();
    progress.end();
  }
  const report = writeResult({
    ...backtestEnd(plan, ended),
    folder,
    manifest: folder.readManifest(),
    logChain: log.chain,
    hasJournal: true,
    alertsFile: null,
    localEndMs: systemClock.nowMs(),
  });
  tell(report, folder, [...notes, ...errors.sentences()], (systemClock.nowMs() - localStartMs) / 1_000, io);
  return report.exit_code;
}

interface Planned {
  readonly plan: BacktestPlan;
  /** Name of a built-in strategy, or the file of the user's own. */
  readonly strategy: string;
  readonly notes: readonly string[];
}

/** Opens the data, whatever it is, and composes the session over it. Throws StorageError, ConfigError. */
async function planBacktest(
  request: BacktestRequest,
  sessionId: string,
  calls: CallMark | null,
): Promise<Planned> {
  const { settings, data, funding, mark, fromMs, toMs, further = [] } = request;
  const source = `${BACKTEST_SOURCE}${[data, ...further.map((each) => each.data)].map((each) => path.resolve(each)).join(',')}`;
  const recorded = recordedSession(request);
  if (recorded !== null) {
    if (further.length > 0)
      throw new ConfigError(['--data: a session is played alone, found something else beside it']);
    if (funding !== null || mark !== null || fromMs !== null || toMs !== null)
      throw new ConfigError(['--data: a session has marks and funding of its own and is played whole']);
    const { planRecording } = await import('./backtest-recording.ts');
    const { strategy, ...plan } = await planRecording(recorded, settings, { sessionId, source }, calls);
    return { plan, strategy, notes: [] };
  }
  const createStrategy = await loadMarked(calls, () =>
    loadStrategyMaker(settings.strategy, settings.params, strategyPlaces(settings)),
  );
  const strategy = createStrategy();
  const seed = settings.seed ?? DEFAULT_SEED;
  const files = [{ data, funding, mark }, ...further];
  const market = await BacktestMarket.open(contractsOf(settings, files));
  const { dataset, specs, notes } = market;
  const feed = market.feed({ fromMs, toMs, historyBars: neededHistory(settings, dataset, strategy) });
  const start = composeBacktestStart(settings, dataset, feed, { sessionId, seed, source, specs, strategy });
  return { plan: { start, createStrategy, feed }, strategy: settings.strategy, notes };
}

/** The session that the data names, by its folder or its id; null where it names something else. */
function recordedSession({ workspace, data }: BacktestRequest): SessionFolder | null {
  try {
    return resolveSession(workspacePaths(workspace).root, data, process.cwd());
  } catch (error) {
    if (error instanceof StorageError && error.code === 'not_found') return null;
    throw error;
  }
}

/** The strategy that will run, a name or a file. */
function strategyOf(request: BacktestRequest): string {
  const { settings } = request;
  if (path.isAbsolute(settings.strategy)) return settings.strategy;
  const kept = recordedSession(request)?.strategyFile ?? null;
  return kept === null ? settings.strategy : path.resolve(kept);
}

/** The folder of the result, in the layout of a session's. */
function makeFolder(request: BacktestRequest, planned: Planned, localStartMs: number): SessionFolder {
  const { settings, data, funding, mark, fromMs, toMs, further = [] } = request;
  const { plan, strategy } = planned;
  const { start } = plan;
  const strategySource = readStrategySource(strategy);
  const composed = composeManifest(settings, {
    sessionId: start.session_id,
    seed: start.seed,
    strategy: plan.createStrategy(),
    strategySource,
    localStartMs,
  });
  const config = {
    ...(composed.config as Readonly<Record<string, unknown>>),
    ...{ source: start.source, strategy, data, funding, mark, from_ms: fromMs, to_ms: toMs },
    ...(further.length === 0 ? {} : { further }),
  };
  const manifest: SessionManifest = {
    ...composed,
    source: start.source,
    symbols: start.instruments.map(({ symbol }) => symbol),
    config,
    config_hash: configHash(config),
  };
  const folder = createSessionFolder(workspacePaths(request.workspace).root, manifest);
  if (strategySource !== null) folder.keepStrategy(strategy, strategySource);
  return folder;
}

function tell(
  report: FinalReport,
  folder: SessionFolder,
  notes: readonly string[],
  seconds: number,
  io: ProgramIo,
): void {
  if (io.json) {
    printJson(io, { ...report, folder: folder.path, notes, backtest_seconds: seconds });
    return;
  }
  for (const note of notes) io.stderr.write(`note: ${note}\n`);
  io.stdout.write(formatSummary(report, { color: io.isTty, reportPath: folder.htmlFile }));
  io.stdout.write(`${report.events.toLocaleString('en-US')} events in ${seconds.toFixed(1)} s\n`);
}
