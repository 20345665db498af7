/** `report.html` of a sweep: what was best, whether it can be believed, a map of the parameters, the best trials. */

import {
  UNKNOWN_TEXT,
  displayMoney,
  displayNumber,
  displayPercent,
  displaySignedMoney,
  displayTime,
} from './display-text.ts';
import { type HtmlText, html } from './html-text.ts';
import { type Column, section, table } from './page/figures.ts';
import { renderPage } from './page/html-page.ts';
import { renderHeatMap } from './heat-map.ts';

export type ParamValue = string | number | boolean | null;

/** Figures of a trial under their names in final_report.json. */
export interface SweepTrialRow {
  readonly trial: number;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly score: number | null;
  readonly pnl_absolute: string;
  readonly pnl_percent: number | null;
  readonly trades: number;
  readonly win_rate: number | null;
  readonly fees_paid: string;
  readonly funding_paid: string;
  readonly max_drawdown: string;
  readonly max_drawdown_percent: number | null;
  readonly sharpe: number | null;
  readonly profit_factor: number | null;
  readonly exposure_percent: number | null;
  readonly liquidations: number;
  readonly orders_denied: number;
  readonly status: string;
  readonly stopped_reason: string;
  readonly state_hash: string | null;
}

interface SweepSpread {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
}

/** The document `sweep.json`. `trials`: best first. Times ISO 8601 UTC, shares 0 to 1; what cannot be measured is null. */
export interface SweepDocument {
  readonly version: 1;
  readonly sweep_id: string;
  readonly strategy: string;
  readonly source: string;
  readonly symbol: string;
  readonly seed: number;
  readonly score: string;
  readonly from: string;
  readonly to: string;
  readonly hashes: { readonly engine: string; readonly strategy: string; readonly data: string };
  readonly refused: readonly {
    readonly trial: number;
    readonly params: SweepTrialRow['params'];
    readonly reason: string;
  }[];
  readonly deflated_sharpe: number | null;
  readonly median_score: number | null;
  readonly profitable_share: number | null;
  readonly neighbour_score: number | null;
  readonly resampling: {
    readonly draws: number;
    readonly drawdown: SweepSpread;
    readonly profit: SweepSpread;
    readonly lossShare: number;
  } | null;
  /** Profit of the best trial with the chance in its fills drawn anew, USDT. */
  readonly fill_draws: { readonly draws: number; readonly profit: SweepSpread } | null;
  readonly warnings: readonly string[];
  readonly walk_forward: {
    readonly out_of_sample_pnl: number;
    readonly efficiency: number | null;
    readonly windows: readonly {
      readonly train_from: string;
      readonly test_from: string;
      readonly test_to: string;
      readonly params: SweepTrialRow['params'] | null;
      readonly train_score: number | null;
      readonly train_pnl: string | null;
      readonly test_pnl: string | null;
    }[];
  } | null;
  readonly trials: readonly SweepTrialRow[];
}

/** Trials listed in the page; all are in trials.csv. */
const ROWS_MAX = 100;

export function renderSweepHtml(sweep: SweepDocument): string {
  const map = renderHeatMap(sweep.trials, sweep.score);
  const content = html`${renderMasthead(sweep)} ${map === null ? html`` : section('map', 'Map', [map])}
  ${renderWalk(sweep)} ${renderTrials(sweep)} ${renderOrigin(sweep)}`;
  return renderPage(`Sweep ${sweep.sweep_id}`, content);
}

function renderMasthead(sweep: SweepDocument): HtmlText {
  const [best] = sweep.trials;
  const title =
    best === undefined
      ? 'No trial could be run.'
      : `Best of ${sweep.trials.length} trials by ${sweep.score}: ${paramsText(best.params)}.`;
  return html`<header>
    <p class="kicker">
      Sweep ${sweep.sweep_id} · ${sweep.symbol} · ${sweep.strategy} · ${sweep.from.slice(0, 10)} to
      ${sweep.to.slice(0, 10)}
    </p>
    <h1>${title}</h1>
    <p class="end">${verdictOf(sweep)}</p>
    ${best === undefined ? html`` : html`<dl class="headline">${headlines(sweep, best)}</dl>`}
  </header>`;
}

function verdictOf({ warnings, trials }: SweepDocument): string {
  if (trials.length === 0) return 'The strategy refused every set of parameters.';
  if (warnings.length === 0)
    return 'Nothing here speaks against the best trial; only data it has not seen can speak for it.';
  return warnings.join(' ');
}

function headlines(sweep: SweepDocument, best: SweepTrialRow): HtmlText[] {
  const { resampling, fill_draws: draws } = sweep;
  const drawn = (value: number | undefined): string => displayNumber(value ?? null);
  const entries: (readonly [string, string, string])[] = [
    ['Profit, USDT', displaySignedMoney(best.pnl_absolute), displayPercent(best.pnl_percent)],
    [
      `Score (${sweep.score})`,
      displayNumber(best.score),
      `median ${displayNumber(sweep.median_score)}, one step beside ${displayNumber(sweep.neighbour_score)}`,
    ],
    ['Skill, not luck', sharePercent(sweep.deflated_sharpe), 'deflated Sharpe ratio'],
    ['Trials with a profit', sharePercent(sweep.profitable_share), `of ${sweep.trials.length}`],
    [
      'Drawdown, trades in other orders',
      drawn(resampling?.drawdown.p95),
      'USDT or less in 95 of 100 drawings',
    ],
    [
      'Profit, trades drawn anew',
      `${drawn(resampling?.profit.p5)} to ${drawn(resampling?.profit.p95)}`,
      'USDT in 90 of 100 drawings',
    ],
  ];
  if (draws !== null)
    entries.push([
      'Profit, fills drawn anew',
      `${drawn(draws.profit.p5)} to ${drawn(draws.profit.p95)}`,
      `USDT, ${draws.draws} seeds`,
    ]);
  return entries.map(
    ([label, value, more]) =>
      html`<div>
        <dt>${label}</dt>
        <dd>${value}<small>${more}</small></dd>
      </div>`,
  );
}

function renderWalk({ walk_forward: walk }: SweepDocument): HtmlText {
  if (walk === null) return html``;
  const columns: readonly Column[] = [
    { head: 'Chosen from' },
    { head: 'Tried from' },
    { head: 'to' },
    { head: 'Parameters' },
    { head: 'Score', isNumber: true },
    { head: 'Profit where chosen', isNumber: true },
    { head: 'Profit where tried', isNumber: true },
  ];
  const rows = walk.windows.map((window) => [
    displayTime(Date.parse(window.train_from)),
    displayTime(Date.parse(window.test_from)),
    displayTime(Date.parse(window.test_to)),
    window.params === null ? UNKNOWN_TEXT : paramsText(window.params),
    displayNumber(window.train_score),
    displayMoney(window.train_pnl),
    displayMoney(window.test_pnl),
  ]);
  return section('walk', 'Walk-forward', [
    html`<p>
      ${walk.out_of_sample_pnl.toFixed(2)} USDT on data on which nothing was chosen. Efficiency
      ${displayNumber(walk.efficiency)}: profit for a day there, as a share of that where the parameters were
      chosen.
    </p>`,
    table(columns, rows),
  ]);
}

function renderTrials({ trials, refused }: SweepDocument): HtmlText {
  const columns: readonly Column[] = [
    { head: 'Trial', isNumber: true },
    { head: 'Parameters' },
    ...['Score', 'Profit', 'Trades', 'Drawdown', 'Sharpe', 'Profit factor', 'Fees'].map((head) => ({
      head,
      isNumber: true,
    })),
  ];
  const rows = trials
    .slice(0, ROWS_MAX)
    .map((row) => [
      String(row.trial),
      paramsText(row.params),
      displayNumber(row.score),
      displaySignedMoney(row.pnl_absolute),
      String(row.trades),
      displayMoney(row.max_drawdown),
      displayNumber(row.sharpe),
      displayNumber(row.profit_factor),
      displayMoney(row.fees_paid),
    ]);
  return section('trials', 'Trials', [
    table(columns, rows),
    html`<p class="note">
      ${trials.length} trials, all of them in trials.csv; ${refused.length} sets of parameters were refused by
      the strategy.
    </p>`,
  ]);
}

function renderOrigin({ source, seed, hashes }: SweepDocument): HtmlText {
  const pairs = [
    ['Data', source],
    ['Seed', String(seed)],
    ['SHA-256 of the data', hashes.data],
    ['SHA-256 of the engine', hashes.engine],
    ['SHA-256 of the strategy', hashes.strategy],
  ] as const;
  return section('origin', 'Origin', [
    html`<table class="pairs">
      ${pairs.map(
        ([name, value]) =>
          html`<tr>
            <th>${name}</th>
            <td><code>${value}</code></td>
          </tr>`,
      )}
    </table>`,
  ]);
}

/** `fast 5, slow 20`. */
export function paramsText(params: SweepTrialRow['params']): string {
  const parts = Object.entries(params).map(([name, value]) => `${name} ${String(value)}`);
  return parts.length === 0 ? 'as configured' : parts.join(', ');
}

function sharePercent(share: number | null): string {
  return displayPercent(share === null ? null : share * 100);
}
