/** What a sweep leaves: sweeps/ID with sweep.json, trials.csv and report.html. */

import { type SweepDocument, type SweepTrialRow, renderSweepHtml } from '../../report/sweep-html.ts';
import { csvText, numberCell, textCell } from '../../report/csv-cell.ts';
import { writeDocument, writeText } from '../../storage/document-file.ts';
import path from 'node:path';
import { makeFolders } from '../../ports/make-folders.ts';
import type { RankedTrial, SweepBelief } from './sweep-ranking.ts';
import type { Score, TrialParams } from './sweep-space.ts';
import type { TrialOutcome } from './trial-run.ts';
import type { WalkForwardResult } from './walk-forward.ts';

export interface SweepFacts {
  readonly sweepId: string;
  readonly strategy: string;
  readonly source: string;
  readonly symbol: string;
  readonly seed: number;
  readonly score: Score;
  readonly startMs: number;
  readonly endMs: number;
  readonly hashes: SweepDocument['hashes'];
  readonly outcomes: readonly TrialOutcome[];
  readonly ranked: readonly RankedTrial[];
  readonly belief: SweepBelief;
  readonly walk: WalkForwardResult | null;
}

export function composeSweep(facts: SweepFacts): SweepDocument {
  const { ranked, walk, belief } = facts;
  return {
    version: 1,
    sweep_id: facts.sweepId,
    strategy: facts.strategy,
    source: facts.source,
    symbol: facts.symbol,
    seed: facts.seed,
    score: facts.score,
    from: new Date(facts.startMs).toISOString(),
    to: new Date(facts.endMs).toISOString(),
    hashes: facts.hashes,
    refused: facts.outcomes.flatMap(({ trial, params, refusal }) =>
      refusal === null ? [] : [{ trial, params, reason: refusal }],
    ),
    deflated_sharpe: belief.deflated_sharpe,
    median_score: belief.median_score,
    profitable_share: belief.profitable_share,
    neighbour_score: belief.neighbour_score,
    resampling: belief.resampling,
    fill_draws: belief.fill_draws,
    warnings: belief.warnings,
    walk_forward:
      walk === null
        ? null
        : {
            out_of_sample_pnl: walk.outOfSamplePnl,
            efficiency: walk.efficiency,
            windows: walk.windows.map(({ trainFromMs, testFromMs, testToMs, chosen, tried }) => ({
              train_from: new Date(trainFromMs).toISOString(),
              test_from: new Date(testFromMs).toISOString(),
              test_to: new Date(testToMs).toISOString(),
              params: chosen?.params ?? null,
              train_score: chosen?.score ?? null,
              train_pnl: chosen?.report.pnl_absolute ?? null,
              test_pnl: tried?.pnl_absolute ?? null,
            })),
          },
    trials: ranked.map(trialRow),
  };
}

function trialRow({ trial, params, score, report }: RankedTrial): SweepTrialRow {
  const { pnl_absolute, pnl_percent, trades, win_rate, fees_paid, funding_paid } = report;
  const { max_drawdown, max_drawdown_percent, sharpe, profit_factor, exposure_percent } = report;
  const { liquidations, orders_denied, status, stopped_reason, state_hash } = report;
  return {
    ...{ trial, params, score, pnl_absolute, pnl_percent, trades, win_rate, fees_paid, funding_paid },
    ...{ max_drawdown, max_drawdown_percent, sharpe, profit_factor, exposure_percent },
    ...{ liquidations, orders_denied, status, stopped_reason, state_hash },
  };
}

/** Writes the folder and returns its path. Throws StorageError. */
export function writeSweep(sweepsDirectory: string, document: SweepDocument): string {
  const folder = path.join(sweepsDirectory, document.sweep_id);
  makeFolders(folder);
  writeDocument(path.join(folder, 'sweep.json'), document);
  writeText(path.join(folder, 'trials.csv'), trialsCsv(document.trials));
  writeText(path.join(folder, 'report.html'), renderSweepHtml(document));
  return folder;
}

function trialsCsv(trials: readonly SweepTrialRow[]): string {
  const names = Object.keys(trials[0]?.params ?? {});
  const header = ['trial', ...names.map(textCell), ...FIGURES].join(',');
  return csvText(
    header,
    trials.map((row) => [
      String(row.trial),
      ...names.map((name) => paramCell(row.params, name)),
      ...FIGURES.map((figure) => figureCell(row[figure])),
    ]),
  );
}

const FIGURES = [
  'score',
  'pnl_absolute',
  'pnl_percent',
  'trades',
  'win_rate',
  'fees_paid',
  'funding_paid',
  'max_drawdown',
  'max_drawdown_percent',
  'sharpe',
  'profit_factor',
  'exposure_percent',
  'liquidations',
  'orders_denied',
  'status',
  'stopped_reason',
  'state_hash',
] as const satisfies readonly (keyof SweepTrialRow)[];

function figureCell(value: string | number | null): string {
  return numberCell(value);
}

function paramCell(params: TrialParams, name: string): string {
  const value = params[name] ?? null;
  return typeof value === 'string' ? textCell(value) : value === null ? '' : String(value);
}
