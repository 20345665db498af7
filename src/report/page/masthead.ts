/** The top of the page: the verdict, the band that it lies in, and the figures one looks for first. */

import {
  displayCount,
  displayMoney,
  displayPercent,
  displaySignedMoney,
  displayTime,
} from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import { describeEnd, describeResult } from '../verdict.ts';
import { figure, signedFigure } from './figures.ts';

/** Pixels of the band's drawing; text stands outside of it. */
const BAND_WIDTH = 600;
const BAND_HEIGHT = 26;
const BAND_MARGIN = 14;

export function masthead(report: FinalReport): HtmlText {
  return html`<header>
    <p class="kicker">
      <span class="badge ${report.status}">${figure('status', report.status, report.status)}</span>
      ${figure('symbol', report.symbol, report.symbols.join(', '))} ·
      ${figure('strategy', report.strategy, report.strategy)} ·
      ${figure('source', report.source, report.source)} ·
      ${displayTime(Date.parse(report.started_at)).slice(0, 16)} UTC
    </p>
    <h1>${describeResult(report)}</h1>
    <p class="end">${describeEnd(report)}</p>
    ${drawBand(report.band)}
    <dl class="headline">${headlines(report)}</dl>
  </header>`;
}

function headlines(report: FinalReport): HtmlText[] {
  const { pnl_absolute: pnl, max_drawdown_percent: drawdown } = report;
  const winRate = report.win_rate === null ? null : report.win_rate * 100;
  return [
    entry(
      'Profit, USDT',
      signedFigure('pnl_absolute', pnl, displaySignedMoney(pnl)),
      displayPercentFigure(report),
    ),
    entry(
      'Equity, USDT',
      figure('ending_equity', report.ending_equity, displayMoney(report.ending_equity)),
      html`from ${figure('starting_equity', report.starting_equity, displayMoney(report.starting_equity))}`,
    ),
    entry(
      'Largest drawdown',
      figure('max_drawdown_percent', drawdown, displayPercent(drawdown)),
      html`${figure('max_drawdown', report.max_drawdown, displayMoney(report.max_drawdown))} USDT`,
    ),
    entry(
      'Closed trades',
      figure('trades', report.trades, displayCount(report.trades)),
      html`${figure('wins', report.wins, displayCount(report.wins))} won,
      ${figure('losses', report.losses, displayCount(report.losses))} lost`,
    ),
    entry(
      'Win rate',
      figure('win_rate', report.win_rate, displayPercent(winRate)),
      html`${figure('fills', report.fills, displayCount(report.fills))} fills`,
    ),
    entry(
      'Time in the market',
      figure('exposure_percent', report.exposure_percent, displayPercent(report.exposure_percent)),
      html`of the session`,
    ),
  ];
}

function displayPercentFigure({ pnl_percent: percent }: FinalReport): HtmlText {
  const sign = percent !== null && percent > 0 ? '+' : '';
  return figure('pnl_percent', percent, `${sign}${displayPercent(percent)}`);
}

function entry(label: string, value: HtmlText, more: HtmlText): HtmlText {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value} <small>${more}</small></dd>
  </div>`;
}

/** The three exchanges' profits on one line with zero; nothing where the others did not run. */
function drawBand({ optimistic, realistic, pessimistic }: FinalReport['band']): HtmlText {
  const words = html`<dl class="band-words">
    ${(
      [
        ['pessimistic', pessimistic],
        ['realistic', realistic],
        ['optimistic', optimistic],
      ] as const
    ).map(
      ([name, profit]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>
            ${signedFigure(`band.${name}`, profit, profit === null ? 'not run' : displaySignedMoney(profit))}
          </dd>
        </div>`,
    )}
  </dl>`;
  if (optimistic === null || pessimistic === null) return words;
  const profits = [pessimistic, realistic, optimistic].map(Number);
  const low = Math.min(0, ...profits);
  const high = Math.max(0, ...profits);
  const at = (value: number): string =>
    (high === low
      ? BAND_WIDTH / 2
      : BAND_MARGIN + ((value - low) / (high - low)) * (BAND_WIDTH - 2 * BAND_MARGIN)
    ).toFixed(1);
  const centre = BAND_HEIGHT / 2;
  return html`<figure class="band-line">
    <svg
      viewBox="0 0 ${BAND_WIDTH} ${BAND_HEIGHT}"
      role="img"
      aria-label="Profit under the three exchanges, and zero"
    >
      <line class="grid" x1="0" x2="${BAND_WIDTH}" y1="${centre}" y2="${centre}" />
      <line class="nought" x1="${at(0)}" x2="${at(0)}" y1="2" y2="${BAND_HEIGHT - 2}">
        <title>zero</title>
      </line>
      <line
        class="range"
        x1="${at(Math.min(...profits))}"
        x2="${at(Math.max(...profits))}"
        y1="${centre}"
        y2="${centre}"
      />
      <circle class="real" cx="${at(Number(realistic))}" cy="${centre}" r="6">
        <title>realistic</title>
      </circle>
    </svg>
    ${words}
  </figure>`;
}
