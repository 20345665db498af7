/**
 * `la sweep`: many backtests over a space of parameters, and what can be believed of the best.
 *
 * The same space, data, settings and seed give the same documents, whatever ran the trials.
 */

import path from 'node:path';
import { EXIT_CODES } from '../../core/domain/reasons.ts';
import { systemClock } from '../../ports/wall-clock.ts';
import { formatSweepSummary } from '../../report/sweep-summary.ts';
import { workspacePaths } from '../../session/workspace-paths.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { type BacktestMarket, contractsOf } from '../backtest-market.ts';
import { DEFAULT_SEED } from '../backtest-start.ts';
import type { CallMark } from '../call-mark.ts';
import { watchCalls } from '../call-watchdog.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { type MarketFiles, pairFiles } from '../market-files.ts';
import { type ProgramIo, printJson } from '../program-io.ts';
import { ReplayProgress } from '../replay-progress.ts';
import { engineHash, strategyHash } from '../session-hashes.ts';
import { newSessionId } from '../session-id.ts';
import { BACKTEST_SOURCE } from '../session-manifest.ts';
import { readStrategySource } from '../strategy-loader.ts';
import { EXIT_STUCK, StrategyStuckError } from '../strategy-stuck-error.ts';
import { recordFor, runTrials } from './search.ts';
import { composeSweep, writeSweep } from './sweep-document.ts';
import { SweepMarket } from './sweep-market.ts';
import { judgeSweep, rankTrials } from './sweep-ranking.ts';
import { type SweepSpace, type Trial, trialsOf } from './sweep-space.ts';
import { TrialMemoryError } from './trial-memory-error.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';
import type { TrialRunner } from './trial-runner.ts';
import { type WalkForwardResult, walkForward, windowsBetween } from './walk-forward.ts';

/** Times that the best trial is run again with the chance in its fills drawn anew. */
const FILL_DRAWS = 20;

export interface SweepRequest {
  /** With the strategy of the space, where it names one. */
  readonly settings: Settings;
  readonly space: SweepSpace;
  readonly workspace: string;
  /** Opens what runs the trials; closed before the sweep returns. */
  readonly openRunner: () => Promise<TrialRunner>;
}

/** Returns the exit code: 0, 2 for data that cannot be read, or 1 for a strategy that does not come back. Throws ConfigError. */
export async function sweep(request: SweepRequest, io: ProgramIo): Promise<number> {
  try {
    const { settings } = request;
    return await watchCalls(settings.strategy, settings, (calls) => holdSweep(request, calls, io));
  } catch (error) {
    if (error instanceof StrategyStuckError) {
      io.stderr.write(`${error.message}\n`);
      return EXIT_STUCK;
    }
    if (error instanceof TrialMemoryError) {
      io.stderr.write(`${error.message}\n`);
      return EXIT_CODES.memory_limit;
    }
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return error.code === 'disk_full' ? EXIT_CODES.disk_full : EXIT_CODES.config_invalid;
  }
}

async function holdSweep(
  { settings, space, workspace, openRunner }: SweepRequest,
  calls: CallMark | null,
  io: ProgramIo,
): Promise<number> {
  const startedMs = systemClock.nowMs();
  const trials = trialsOf(space);
  const opened = await SweepMarket.open(contractsOf(settings, filesOf(space)));
  const ground = groundOf(settings, opened.market);
  const { startMs, endMs } = opened.market.feed({ fromMs: space.fromMs, toMs: space.toMs, historyBars: 0 });
  const windows = space.walkForward === null ? [] : windowsBetween(startMs, endMs, space.walkForward);
  const total = trials.length * (1 + windows.length) + windows.length + FILL_DRAWS;
  const progress = new ReplayProgress(io, systemClock, 'tried', total, 'trials');
  let done = 0;
  const tick = (): void => progress.update(++done);
  const runner = await openRunner();
  const parts = { ground, market: opened, runner, calls };
  let outcomes: readonly TrialOutcome[];
  let drawn: readonly TrialOutcome[];
  let walk: WalkForwardResult | null;
  try {
    const part = { fromMs: space.fromMs, toMs: space.toMs };
    const recorded = await recordFor(parts, trials, part);
    outcomes = await runTrials(parts, recorded, trials, tick);
    requireTrial(outcomes);
    const [best] = rankTrials(outcomes, space.score);
    drawn =
      best === undefined ? [] : await runTrials(parts, recorded, drawAgain(best.params, ground.seed), tick);
    walk = space.walkForward === null ? null : await walkForward(parts, windows, trials, space.score, tick);
  } finally {
    progress.end();
    await runner.close();
  }
  const ranked = rankTrials(outcomes, space.score);
  const document = composeSweep({
    sweepId: newSessionId(startedMs),
    strategy: settings.strategy,
    source: ground.source,
    symbol: ground.specs.map(({ symbol }) => symbol).join(', '),
    seed: ground.seed,
    score: space.score,
    startMs,
    endMs,
    hashes: {
      engine: engineHash(),
      strategy: strategyHash(settings.strategy, readStrategySource(settings.strategy)),
      data: opened.filesHash,
    },
    outcomes,
    ranked,
    belief: judgeSweep(ranked, drawn, ground.seed),
    walk,
  });
  const folder = writeSweep(workspacePaths(workspace).sweepsDirectory, document);
  const seconds = (systemClock.nowMs() - startedMs) / 1_000;
  if (io.json) printJson(io, { ...document, folder, sweep_seconds: seconds });
  else
    io.stdout.write(formatSweepSummary(document, { reportPath: path.join(folder, 'report.html'), seconds }));
  return 0;
}

/** A space of which the strategy takes nothing is a mistake in the space: a misspelt parameter, most of the time. */
function requireTrial(outcomes: readonly TrialOutcome[]): void {
  const [first] = outcomes;
  if (first === undefined || outcomes.some(({ refusal }) => refusal === null)) return;
  throw new ConfigError([
    `params: expected parameters that the strategy takes, found none in ${outcomes.length}; the first: ${first.refusal ?? ''}`,
  ]);
}

/** The same parameters under other seeds. */
function drawAgain(params: Trial['params'], seed: number): readonly Trial[] {
  return Array.from({ length: FILL_DRAWS }, (_, at) => ({ trial: at + 1, params, seed: seed + at + 1 }));
}

function filesOf({ data, funding, mark }: SweepSpace): readonly MarketFiles[] {
  if (data.length === 0)
    throw new ConfigError(['data: expected the market to play, in the space file or as --data, found none']);
  return pairFiles(data, { funding, mark });
}

function groundOf(settings: Settings, { contracts, specs, dataset }: BacktestMarket): TrialGround {
  return {
    // The other two exchanges would triple the work, and say nothing of which parameters are best.
    settings: { ...settings, band: 'off' },
    specs,
    data: { priceSource: dataset.priceSource, barMs: dataset.barMs },
    source: `${BACKTEST_SOURCE}${[...new Set(contracts.map(({ data }) => data))].join(',')}`,
    seed: settings.seed ?? DEFAULT_SEED,
  };
}

/** Every set of parameters that a sweep would try, for `la sweep --dry-run`. */
export function listTrials(space: SweepSpace, io: ProgramIo): number {
  const trials = trialsOf(space);
  if (io.json) printJson(io, trials);
  else for (const { trial, params } of trials) io.stdout.write(`${trial}  ${paramsLine(params)}\n`);
  return 0;
}

function paramsLine(params: Trial['params']): string {
  return JSON.stringify(params);
}
