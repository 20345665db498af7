/** The statistics of a session beside how far they can be trusted, and a plain word on what they do not tell. */

import { DAY_MS, SECOND_MS } from '../../core/base/time.ts';
import { UNKNOWN_TEXT, displayCount, displayMoney, displayNumber, displayPercent } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import type { TradeRow } from '../../ports/journal-rows.ts';
import {
  type Interval,
  type MeanEstimate,
  meanInterval,
  shareInterval,
  sharpeInterval,
} from '../uncertainty.ts';
import { figure, section, table } from './figures.ts';
import type { PageRows } from './page-facts.ts';

const DAYS_A_YEAR = 365;

export function statisticsSection(report: FinalReport, { trades, fills, equity }: PageRows): HtmlText {
  const nets = meanInterval(trades.map(({ net_pnl: net }) => Number(net)));
  const multiples = trades.flatMap(({ r_multiple: r }) => (r === null ? [] : [r]));
  const rs = meanInterval(multiples);
  const makers = fills.filter(({ liquidity }) => liquidity === 'maker').length;
  const share = shareInterval(report.wins, report.trades);
  const percent = (value: number): string => displayPercent(value * 100);
  const winRate = figure(
    'win_rate',
    report.win_rate,
    report.win_rate === null ? UNKNOWN_TEXT : percent(report.win_rate),
  );
  const years = (report.duration_seconds * SECOND_MS) / (DAYS_A_YEAR * DAY_MS);
  const sharpe = report.sharpe === null ? null : sharpeInterval(report.sharpe, equity.length - 1, years);
  const rows = [
    ['Win rate', winRate, between(share, percent), counted(report.trades, 'trade')],
    [
      'Net profit of a trade, USDT',
      meanText(nets, money),
      between(nets, money),
      counted(trades.length, 'trade'),
    ],
    ...(multiples.length === 0
      ? []
      : [
          [
            'Net profit of a trade, R',
            meanText(rs, ratio),
            between(rs, ratio),
            counted(multiples.length, 'trade'),
          ],
        ]),
    [
      'Profit factor',
      figure('profit_factor', report.profit_factor, displayNumber(report.profit_factor)),
      UNKNOWN_TEXT,
      'won over lost, net',
    ],
    [
      'Sharpe ratio, annualised',
      figure('sharpe', report.sharpe, displayNumber(report.sharpe)),
      between(sharpe, ratio),
      report.sharpe === null ? 'needs a day of equity' : counted(equity.length - 1, 'return'),
    ],
    [
      'Fills as maker',
      fills.length === 0 ? UNKNOWN_TEXT : percent(makers / fills.length),
      UNKNOWN_TEXT,
      counted(fills.length, 'fill'),
    ],
  ];
  const columns = [
    ...[
      { head: 'Statistic' },
      { head: 'Observed', isNumber: true },
      { head: '95 % interval', isNumber: true },
    ],
    { head: 'from' },
  ];
  return section('statistics', 'Statistics', [
    html`<p>${describeCertainty(trades, nets)}</p>`,
    table(columns, rows),
    html`<p class="note">
      Intervals take trades for independent draws of one distribution (Wilson for shares, Student for means,
      Lo for the Sharpe ratio). Real markets make them wider, and a strategy chosen among many makes them
      worthless without a test on data it has not seen.
    </p>`,
  ]);
}

/** What the trades say about the strategy, which is usually little. */
function describeCertainty(trades: readonly TradeRow[], nets: MeanEstimate | null): string {
  if (nets === null)
    return `${counted(trades.length, 'closed trade')}: too few to say anything about the strategy.`;
  if (nets.low > 0 || nets.high < 0) {
    return `Over ${displayCount(trades.length)} trades the mean is ${nets.low > 0 ? 'above' : 'below'} zero beyond what chance explains, if trades are independent.`;
  }
  const needed =
    nets.samplesNeeded === null
      ? ''
      : ` About ${displayCount(nets.samplesNeeded)} trades like these would be needed to tell.`;
  return `${displayCount(trades.length)} trades do not tell whether this strategy makes money: the interval of a trade’s mean includes zero.${needed}`;
}

function between(interval: Interval | null, text: (value: number) => string): string {
  return interval === null ? UNKNOWN_TEXT : `${text(interval.low)} to ${text(interval.high)}`;
}

function meanText(estimate: MeanEstimate | null, text: (value: number) => string): string {
  return estimate === null ? UNKNOWN_TEXT : text(estimate.mean);
}

function money(value: number): string {
  return displayMoney(value.toFixed(2));
}

function ratio(value: number): string {
  return displayNumber(value);
}

function counted(count: number, noun: string): string {
  return `${displayCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
