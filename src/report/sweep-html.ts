/** `report.html` of a sweep: what was best, whether it can be believed, a map of the parameters, the best trials. */

import { displayMoney, displayNumber, displayPercent, displaySignedMoney } from './display-text.ts';
import { type HtmlText, html } from './html-text.ts';
import { REPORT_STYLE } from './report-style.ts';
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
  const [best] = sweep.trials;
  const count = sweep.trials.length;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Sweep ${sweep.sweep_id}</title>
        <style>
          ${REPORT_STYLE}
        </style>
      </head>
      <body>
        <main>
          <p class="kicker">
            Sweep ${sweep.sweep_id} · ${sweep.strategy} on ${sweep.symbol} · ${sweep.from.slice(0, 10)} to
            ${sweep.to.slice(0, 10)}
          </p>
          <h1>
            ${best === undefined ? 'No trial could be run' : `${count} trials; best by ${sweep.score}: ${paramsText(best.params)}`}
          </h1>
          <p class="verdict">${verdictOf(sweep)}</p>
          ${best === undefined ? html`` : renderBest(sweep, best)} ${renderHeatMap(sweep.trials, sweep.score)}
          ${renderWalk(sweep)}
          <section>
            <h2>Best trials</h2>
            <div class="scroll">
              <table class="list">
                <thead>
                  <tr>
                    <th>#</th>
                    <th>Parameters</th>
                    <th>Score</th>
                    <th>Profit</th>
                    <th>Trades</th>
                    <th>Drawdown</th>
                    <th>Sharpe</th>
                    <th>Profit factor</th>
                    <th>Fees</th>
                  </tr>
                </thead>
                <tbody>
                  ${sweep.trials.slice(0, ROWS_MAX).map(renderRow)}
                </tbody>
              </table>
            </div>
            <p class="note">
              All ${count} trials: trials.csv. ${sweep.refused.length} sets of parameters were refused by the
              strategy.
            </p>
          </section>
          <section>
            <h2>To run it again</h2>
            <table class="pairs">
              <tr>
                <th>Data</th>
                <td>${sweep.source}</td>
              </tr>
              <tr>
                <th>Seed</th>
                <td>${sweep.seed}</td>
              </tr>
              <tr>
                <th>Data (SHA-256)</th>
                <td>${sweep.hashes.data}</td>
              </tr>
              <tr>
                <th>Engine</th>
                <td>${sweep.hashes.engine}</td>
              </tr>
              <tr>
                <th>Strategy</th>
                <td>${sweep.hashes.strategy}</td>
              </tr>
            </table>
          </section>
        </main>
      </body>
    </html> `.markup;
}

function verdictOf({ warnings, trials }: SweepDocument): string {
  if (trials.length === 0) return 'The strategy refused every set of parameters.';
  if (warnings.length === 0)
    return 'Nothing here speaks against the best trial; only data it has not seen can speak for it.';
  return warnings.join(' ');
}

function renderBest(sweep: SweepDocument, best: SweepTrialRow): HtmlText {
  const { resampling } = sweep;
  const tiles: readonly (readonly [string, string])[] = [
    ['Profit of the best', `${displaySignedMoney(best.pnl_absolute)} USDT`],
    ['Score of the best', displayNumber(best.score)],
    ['Median score', displayNumber(sweep.median_score)],
    ['One step beside it', displayNumber(sweep.neighbour_score)],
    ['Skill, not luck', sharePercent(sweep.deflated_sharpe)],
    ['Trials with a profit', sharePercent(sweep.profitable_share)],
    [
      'Drawdown in 95 of 100 orders of its trades',
      resampling === null ? '–' : `≤ ${resampling.drawdown.p95.toFixed(2)} USDT`,
    ],
    [
      'Profit of its trades drawn anew',
      resampling === null
        ? '–'
        : `${resampling.profit.p5.toFixed(2)} to ${resampling.profit.p95.toFixed(2)} USDT`,
    ],
  ];
  return html`<div class="tiles">
    ${tiles.map(([label, value]) => html`<div class="tile"><span>${label}</span><strong>${value}</strong></div>`)}
  </div>`;
}

function renderWalk({ walk_forward: walk }: SweepDocument): HtmlText {
  if (walk === null) return html``;
  return html`<section>
    <h2>Walk-forward: ${walk.out_of_sample_pnl.toFixed(2)} USDT on data that was not chosen on</h2>
    <p class="note">
      Efficiency ${walk.efficiency === null ? '–' : displayNumber(walk.efficiency)}: profit for a day there,
      as a share of that where the parameters were chosen.
    </p>
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th>Chosen from</th>
            <th>Tried from</th>
            <th>to</th>
            <th>Parameters</th>
            <th>Score</th>
            <th>Profit where chosen</th>
            <th>Profit where tried</th>
          </tr>
        </thead>
        <tbody>
          ${walk.windows.map(
            (window) =>
              html`<tr>
                <td>${window.train_from.slice(0, 16)}</td>
                <td>${window.test_from.slice(0, 16)}</td>
                <td>${window.test_to.slice(0, 16)}</td>
                <td>${window.params === null ? '–' : paramsText(window.params)}</td>
                <td>${displayNumber(window.train_score)}</td>
                <td>${displayMoney(window.train_pnl)}</td>
                <td>${displayMoney(window.test_pnl)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderRow(row: SweepTrialRow): HtmlText {
  return html`<tr>
    <td>${row.trial}</td>
    <td>${paramsText(row.params)}</td>
    <td>${displayNumber(row.score)}</td>
    <td>${displaySignedMoney(row.pnl_absolute)}</td>
    <td>${row.trades}</td>
    <td>${displayMoney(row.max_drawdown)} (${displayPercent(row.max_drawdown_percent)})</td>
    <td>${displayNumber(row.sharpe)}</td>
    <td>${displayNumber(row.profit_factor)}</td>
    <td>${displayMoney(row.fees_paid)}</td>
  </tr> `;
}

/** `fast 5, slow 20`. */
export function paramsText(params: SweepTrialRow['params']): string {
  const parts = Object.entries(params).map(([name, value]) => `${name} ${String(value)}`);
  return parts.length === 0 ? 'as configured' : parts.join(', ');
}

function sharePercent(share: number | null): string {
  return displayPercent(share === null ? null : share * 100);
}
