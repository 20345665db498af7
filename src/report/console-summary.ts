/** The result of a session as a few aligned lines for a terminal. */

import {
  UNKNOWN_TEXT,
  displayCount,
  displayMoney,
  displayNumber,
  displayPercent,
  displaySignedMoney,
} from './display-text.ts';
import type { FinalReport, ReportStatus } from './final-report.ts';
import { describeVerdict } from './verdict.ts';

export interface SummaryOptions {
  /** Whether to colour the status and the profit; only for terminals. */
  readonly color: boolean;
  /** Where the full report lies; null = not said. */
  readonly reportPath: string | null;
  /** Whether the session goes on: the report is of its recording so far, and says nothing of an end. */
  readonly isRunning?: boolean;
}

const GREEN = 32;
const YELLOW = 33;
const RED = 31;

const STATUS_COLOR: Readonly<Record<ReportStatus, number>> = {
  success: GREEN,
  degraded: YELLOW,
  error: RED,
  killed: RED,
};

/** Lines of the summary, each ended by LF. */
export function formatSummary(report: FinalReport, options: SummaryOptions): string {
  const paint = (text: string, code: number): string =>
    options.color ? `\u001B[${code}m${text}\u001B[0m` : text;
  const profitColor = report.pnl_absolute.startsWith('-') ? RED : GREEN;
  const profit = `${displaySignedMoney(report.pnl_absolute)} USDT (${displayPercent(report.pnl_percent)})`;
  const winRate = report.win_rate === null ? UNKNOWN_TEXT : displayPercent(report.win_rate * 100);
  const rows: readonly (readonly [string, string])[] = [
    ['Session', report.session_id],
    ['Status', options.isRunning === true ? 'running' : statusText(report, paint)],
    [
      'Market',
      `${report.symbols.join(', ')} from ${report.source}, strategy ${report.strategy}, seed ${report.seed}`,
    ],
    ['Equity', `${displayMoney(report.starting_equity)} -> ${displayMoney(report.ending_equity)} USDT`],
    ['Profit', paint(profit, profitColor)],
    [
      'Trades',
      `${displayCount(report.trades)} (won ${report.wins}, lost ${report.losses}, win rate ${winRate}), fills ${displayCount(report.fills)}`,
    ],
    ...symbolRows(report),
    ...(report.positions.length === 0 ? [] : [['Open', openText(report)] as const]),
    [
      'Costs',
      `fees ${displayMoney(report.fees_paid)}, funding ${displayMoney(report.funding_paid)}, spread ${displayMoney(report.spread_cost)}, latency ${displayMoney(report.latency_cost)}, impact ${displayMoney(report.impact_cost)} USDT`,
    ],
    ...(report.liquidations === 0 ? [] : [['Liquidated', liquidationText(report)] as const]),
    [
      'Drawdown',
      `${displayMoney(report.max_drawdown)} USDT (${displayPercent(report.max_drawdown_percent)})`,
    ],
    [
      'Ratios',
      `Sharpe ${displayNumber(report.sharpe)}, profit factor ${displayNumber(report.profit_factor)}, exposure ${displayPercent(report.exposure_percent)}`,
    ],
    [
      'Data',
      `events ${displayCount(report.events)}, gaps ${report.gaps} (backfilled ${report.gaps_backfilled}), reconnects ${displayCount(report.reconnects)}, ledger difference ${report.ledger_difference}`,
    ],
    ...(report.error_count === null || report.error_count === 0
      ? []
      : [['Errors', `${displayCount(report.error_count)} logged`] as const]),
    ...(options.reportPath === null ? [] : [['Report', options.reportPath] as const]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`);
  const verdict =
    options.isRunning === true
      ? 'The session still runs; this is its recording so far.'
      : describeVerdict(report);
  return `${[verdict, '', ...lines].join('\n')}\n`;
}

function statusText(report: FinalReport, paint: (text: string, code: number) => string): string {
  const { status, stopped_reason: reason, exit_code: code } = report;
  return `${paint(status, STATUS_COLOR[status])} (${reason}, exit ${code})`;
}

/** One row a contract, where there is more than one. */
function symbolRows({ by_symbol: results }: FinalReport): (readonly [string, string])[] {
  if (results.length <= 1) return [];
  return results.map(({ symbol, net_pnl: net, trades, fills }) => [
    symbol,
    `${displaySignedMoney(net)} USDT net of what was closed, trades ${displayCount(trades)}, fills ${displayCount(fills)}`,
  ]);
}

/** What the session left open. */
function openText({ positions }: FinalReport): string {
  return positions
    .map(({ symbol, quantity, average_price: entry, unrealized_pnl: pnl }) => {
      const worth = pnl === null ? '' : `, unrealized pnl ${displayMoney(pnl)} USDT`;
      return `${symbol} ${quantity} at ${entry ?? UNKNOWN_TEXT}${worth}`;
    })
    .join('; ');
}

function liquidationText({ liquidations, liquidation_fees: fees }: FinalReport): string {
  return `${displayCount(liquidations)}, with fees of ${displayMoney(fees)} USDT`;
}
