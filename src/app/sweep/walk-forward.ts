/**
 * Walk-forward: parameters chosen on one stretch, tried on the next, again and again through the data.
 *
 * Only the stretches that were not chosen on count as a result. Each begins with the opening balance, flat.
 */

import type { FinalReport } from '../../report/final-report.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { type RankedTrial, rankTrials } from './sweep-ranking.ts';
import type { Score, Trial, TrialParams, WalkForward } from './sweep-space.ts';
import { type SearchParts, search } from './search.ts';
import type { TrialOutcome } from './trial-run.ts';

/** Stretches of market time, ms UTC: chosen on from `trainFromMs` to `testFromMs`, tried from there to `testToMs`. */
export interface Window {
  readonly trainFromMs: number;
  readonly testFromMs: number;
  readonly testToMs: number;
}

export interface WalkedWindow extends Window {
  /** Null where no trial of the first stretch could be ranked: nothing is traded then. */
  readonly chosen: RankedTrial | null;
  readonly tried: FinalReport | null;
}

export interface WalkForwardResult {
  readonly windows: readonly WalkedWindow[];
  /** Sum of the profits of the tried stretches, USDT. */
  readonly outOfSamplePnl: number;
  /** Profit for a day of the tried stretches as a share of that of the chosen ones; null where those made none. */
  readonly efficiency: number | null;
}

/** The whole windows between two times, each `testMs` behind the one before. */
export function windowsBetween(
  startMs: number,
  endMs: number,
  { trainMs, testMs }: WalkForward,
): readonly Window[] {
  const windows: Window[] = [];
  for (let fromMs = startMs; fromMs + trainMs + testMs <= endMs; fromMs += testMs)
    windows.push({
      trainFromMs: fromMs,
      testFromMs: fromMs + trainMs,
      testToMs: fromMs + trainMs + testMs,
    });
  return windows;
}

export async function walkForward(
  parts: SearchParts,
  windows: readonly Window[],
  trials: readonly Trial[],
  score: Score,
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<WalkForwardResult> {
  if (windows.length === 0)
    throw new StorageError(
      'invalid_data',
      'walk_forward: the data is shorter than one train and one test span',
    );
  const walked: WalkedWindow[] = [];
  for (const window of windows) {
    const { trainFromMs, testFromMs, testToMs } = window;
    const trained = await search(parts, trials, { fromMs: trainFromMs, toMs: testFromMs }, onOutcome);
    const chosen = rankTrials(trained, score).find((trial) => trial.score !== null) ?? null;
    const tried =
      chosen === null ? null : await tryOut(parts, chosen.params, testFromMs, testToMs, onOutcome);
    walked.push({ ...window, chosen, tried });
  }
  return { windows: walked, outOfSamplePnl: sumOf(walked, 'tried'), efficiency: efficiencyOf(walked) };
}

async function tryOut(
  parts: SearchParts,
  params: TrialParams,
  fromMs: number,
  toMs: number,
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<FinalReport | null> {
  const [outcome] = await search(parts, [{ trial: 1, params }], { fromMs, toMs }, onOutcome);
  return outcome?.report ?? null;
}

function efficiencyOf(windows: readonly WalkedWindow[]): number | null {
  const traded = windows.filter(({ chosen }) => chosen !== null);
  const trainedMs = traded.reduce((sum, { trainFromMs, testFromMs }) => sum + testFromMs - trainFromMs, 0);
  const triedMs = traded.reduce((sum, { testFromMs, testToMs }) => sum + testToMs - testFromMs, 0);
  const made = sumOf(traded, 'chosen') / trainedMs;
  return made > 0 ? sumOf(traded, 'tried') / triedMs / made : null;
}

function sumOf(windows: readonly WalkedWindow[], part: 'chosen' | 'tried'): number {
  return windows.reduce((sum, { chosen, tried }) => {
    const report = part === 'chosen' ? chosen?.report : tried;
    return sum + Number(report?.pnl_absolute ?? 0);
  }, 0);
}
