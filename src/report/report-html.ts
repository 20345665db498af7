/**
 * `report.html`: one file that tells a session to a person. It loads nothing, runs nothing and forbids both by its own
 * content security policy; colours follow the reader's light or dark setting.
 */

import type { AlertFacts } from './alert-lines.ts';
import {
  UNKNOWN_TEXT,
  displayCount,
  displayMoney,
  displayNumber,
  displayPercent,
  displaySignedMoney,
  displaySpan,
  displayTime,
} from './display-text.ts';
import { drawEquityChart } from './equity-chart.ts';
import type { FinalReport } from './final-report.ts';
import { type HtmlText, html } from './html-text.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { EquityFacts, QualityFacts, TradeFacts } from './session-facts.ts';
import { describeVerdict } from './verdict.ts';

/** Rows shown of each list; the CSV files and the journal have all. */
const TRADES_SHOWN_MAX = 500;
const QUALITY_SHOWN_MAX = 200;
const ALERTS_SHOWN_MAX = 100;

export interface HtmlReportInputs {
  readonly report: FinalReport;
  readonly trades: readonly TradeFacts[];
  readonly equity: readonly EquityFacts[];
  readonly quality: readonly QualityFacts[];
  readonly alerts: readonly AlertFacts[];
  readonly programVersion: string;
  readonly nodeVersion: string;
  /** Last hash chain value of the event log; null where the session could not write it. */
  readonly logChain: string | null;
  /** Parameters of the strategy, as recorded. */
  readonly strategyParams: unknown;
}

export function renderReportHtml(inputs: HtmlReportInputs): string {
  const { report } = inputs;
  const chart = drawEquityChart(inputs.equity, inputs.trades);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${report.session_id}: ${report.status}</title>
        <style>
          ${REPORT_STYLE}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="kicker">
              ${report.symbols.join(', ')} · ${report.strategy} · paper session on ${report.source}
            </p>
            <h1>${report.session_id} <span class="badge ${report.status}">${report.status}</span></h1>
            <p class="verdict">${describeVerdict(report)}</p>
          </header>
          ${headline(report)}
          <section>
            <h2>Equity</h2>
            ${chart ?? html`<p class="empty">Too few samples for a curve.</p>`}
          </section>
          <div class="columns">
            <section>
              <h2>Result</h2>
              ${pairs(resultRows(report))}
            </section>
            <section>
              <h2>Costs</h2>
              ${pairs(costRows(report))}
              <p class="note">
                Positive = paid. Spread, latency and impact are part of the fill prices, not in addition to
                the profit.
              </p>
            </section>
            <section>
              <h2>Session</h2>
              ${pairs(sessionRows(report))}
            </section>
          </div>
          ${symbolsSection(report)}${positionsSection(report)}
          <section>
            <h2>Trades</h2>
            ${tradesTable(inputs.trades)}
          </section>
          <section>
            <h2>Data quality</h2>
            ${qualityTable(inputs.quality)}
          </section>
          <section>
            <h2>Alerts</h2>
            ${alertsList(inputs.alerts)}
          </section>
          ${reproduction(inputs)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

/** What each contract brought; said where there is more than one. */
function symbolsSection({ by_symbol: results }: FinalReport): HtmlText {
  if (results.length <= 1) return html``;
  const rows = results.map(
    (result) =>
      html`<tr>
        <td>${result.symbol}</td>
        <td>${displayCount(result.trades)}</td>
        <td>${displayCount(result.fills)}</td>
        <td>${displayMoney(result.fees_paid)}</td>
        <td>${displayMoney(result.funding_paid)}</td>
        <td class="${tone(result.net_pnl)}">${displaySignedMoney(result.net_pnl)}</td>
      </tr>`,
  );
  const heads = ['Symbol', 'Closed trades', 'Fills', 'Fees paid', 'Funding paid', 'Net, closed'];
  return html`<section>
    <h2>By symbol</h2>
    ${table(heads, rows)}
  </section>`;
}

/** What the session left open. */
function positionsSection({ positions }: FinalReport): HtmlText {
  if (positions.length === 0) return html``;
  const rows = positions.map(
    (position) =>
      html`<tr>
        <td>${position.symbol}</td>
        <td>${position.side}</td>
        <td>${position.quantity}</td>
        <td>${position.average_price ?? UNKNOWN_TEXT}</td>
        <td>${position.mark_price ?? UNKNOWN_TEXT}</td>
        <td class="${tone(position.unrealized_pnl ?? '0')}">
          ${position.unrealized_pnl === null ? UNKNOWN_TEXT : displaySignedMoney(position.unrealized_pnl)}
        </td>
      </tr>`,
  );
  const heads = ['Symbol', 'Side', 'Quantity', 'Average price', 'Mark', 'Unrealized'];
  return html`<section>
    <h2>Open at the end</h2>
    ${table(heads, rows)}
  </section>`;
}

type Pair = readonly [label: string, value: string];

function headline(report: FinalReport): HtmlText {
  const tiles: readonly (readonly [string, string, string])[] = [
    ['Profit', `${displaySignedMoney(report.pnl_absolute)} USDT`, tone(report.pnl_absolute)],
    ['Return', displayPercent(report.pnl_percent), tone(report.pnl_absolute)],
    ['Max drawdown', displayPercent(report.max_drawdown_percent), ''],
    ['Closed trades', displayCount(report.trades), ''],
    ['Win rate', report.win_rate === null ? UNKNOWN_TEXT : displayPercent(report.win_rate * 100), ''],
  ];
  return html`<div class="tiles">
    ${tiles.map(
      ([label, value, className]) =>
        html`<div class="tile"><span>${label}</span><strong class="${className}">${value}</strong></div>`,
    )}
  </div>`;
}

function resultRows(report: FinalReport): Pair[] {
  return [
    ['Opening equity', `${displayMoney(report.starting_equity)} USDT`],
    ['Closing equity', `${displayMoney(report.ending_equity)} USDT`],
    ['Max drawdown', `${displayMoney(report.max_drawdown)} USDT`],
    ['Won / lost', `${report.wins} / ${report.losses}`],
    ['Profit factor', displayNumber(report.profit_factor)],
    ['Sharpe, annualised', displayNumber(report.sharpe)],
    ['Time in the market', displayPercent(report.exposure_percent)],
    ['Fills', displayCount(report.fills)],
    ['Orders denied / rejected', `${report.orders_denied} / ${report.orders_rejected}`],
    ['Liquidations', displayCount(report.liquidations)],
    ['Band, optimistic', `${displayMoney(report.band.optimistic)} USDT`],
    ['Band, pessimistic', `${displayMoney(report.band.pessimistic)} USDT`],
  ];
}

function costRows(report: FinalReport): Pair[] {
  return [
    ['Fees', `${displayMoney(report.fees_paid)} USDT`],
    ['Funding', `${displayMoney(report.funding_paid)} USDT`],
    ['Spread', `${displayMoney(report.spread_cost)} USDT`],
    ['Latency', `${displayMoney(report.latency_cost)} USDT`],
    ['Impact', `${displayMoney(report.impact_cost)} USDT`],
    ['Slippage', `${displayMoney(report.slippage_cost)} USDT`],
    ['Ledger difference', `${report.ledger_difference} USDT`],
  ];
}

function sessionRows(report: FinalReport): Pair[] {
  return [
    ['Began', `${displayTime(Date.parse(report.started_at))} UTC`],
    ['Ended', `${displayTime(Date.parse(report.ended_at))} UTC`],
    ['Length', displaySpan(report.duration_seconds)],
    ['Stopped by', `${report.stopped_reason} (exit ${report.exit_code})`],
    ['Events', displayCount(report.events)],
    ['Gaps', `${report.gaps} (${displaySpan(report.gap_seconds)}, ${report.gaps_backfilled} backfilled)`],
    [
      'Doubtful data',
      `${displaySpan(report.doubtful_seconds)}, in which equity changed by ${displaySignedMoney(report.doubtful_pnl)} USDT`,
    ],
    ['Reconnects', displayCount(report.reconnects)],
    ['Errors logged', displayCount(report.error_count)],
  ];
}

function pairs(rows: readonly Pair[]): HtmlText {
  return html`<table class="pairs">
    <tbody>
      ${rows.map(
        ([label, value]) =>
          html`<tr>
            <th scope="row">${label}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function tradesTable(trades: readonly TradeFacts[]): HtmlText {
  if (trades.length === 0) return html`<p class="empty">No round trip was closed.</p>`;
  const rows = trades.slice(-TRADES_SHOWN_MAX).map(
    (trade) =>
      html`<tr>
        <td>${trade.trade_id}</td>
        <td>${trade.symbol}</td>
        <td>${trade.side}</td>
        <td>${trade.quantity}</td>
        <td>${displayTime(trade.entry_time_ms)}</td>
        <td>${trade.entry_price ?? UNKNOWN_TEXT}</td>
        <td>${displayTime(trade.exit_time_ms)}</td>
        <td>${trade.exit_price ?? UNKNOWN_TEXT}</td>
        <td>${trade.exit_reason}</td>
        <td>${displaySignedMoney(trade.gross_pnl)}</td>
        <td>${displayMoney(trade.fees)}</td>
        <td>${displaySignedMoney(trade.funding)}</td>
        <td class="${tone(trade.net_pnl)}">${displaySignedMoney(trade.net_pnl)}</td>
      </tr>`,
  );
  const heads = [
    ...['#', 'Symbol', 'Side', 'Quantity', 'Entered (UTC)', 'at', 'Left (UTC)', 'at', 'Because'],
    ...['Gross', 'Fees', 'Funding', 'Net'],
  ];
  return html`${omitted(trades.length, TRADES_SHOWN_MAX, 'trades; all are in trades.csv')}${table(heads, rows)}`;
}

function qualityTable(quality: readonly QualityFacts[]): HtmlText {
  if (quality.length === 0)
    return html`<p class="empty">Nothing to report: no gap, no stale stretch, no reconnect.</p>`;
  const rows = quality.slice(-QUALITY_SHOWN_MAX).map(
    (record) =>
      html`<tr>
        <td>${displayTime(record.from_ms)}</td>
        <td>${displaySpan((record.to_ms - record.from_ms) / 1_000)}</td>
        <td>${record.symbol}</td>
        <td>${record.feed}</td>
        <td>${record.kind}</td>
        <td>${record.detail}</td>
        <td>${record.backfilled ? 'yes' : 'no'}</td>
      </tr>`,
  );
  const heads = ['From (UTC)', 'Length', 'Symbol', 'Feed', 'Kind', 'Detail', 'Backfilled'];
  return html`${omitted(quality.length, QUALITY_SHOWN_MAX, 'records; all are in journal.db')}${table(heads, rows)}`;
}

function alertsList(alerts: readonly AlertFacts[]): HtmlText {
  if (alerts.length === 0) return html`<p class="empty">None.</p>`;
  const rows = alerts.slice(-ALERTS_SHOWN_MAX).map(
    ({ time_ms: timeMs, level, reason, text }) =>
      html`<tr>
        <td>${displayTime(timeMs)}</td>
        <td>${level}</td>
        <td>${reason}</td>
        <td>${text}</td>
      </tr>`,
  );
  return html`${omitted(alerts.length, ALERTS_SHOWN_MAX, 'alerts; all are in logs/alert.txt')}${table(['Time (UTC)', 'Level', 'Reason', 'Text'], rows)}`;
}

function table(heads: readonly string[], rows: readonly HtmlText[]): HtmlText {
  return html`<div class="scroll">
    <table class="list">
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function omitted(count: number, shown: number, what: string): HtmlText {
  return count <= shown
    ? html``
    : html`<p class="note">The last ${shown} of ${displayCount(count)} ${what}.</p>`;
}

function reproduction({ report, ...inputs }: HtmlReportInputs): HtmlText {
  return html`<section>
    <h2>Reproduce</h2>
    <pre>la report ${report.session_id} --format json</pre>
    ${pairs([
      ['State hash', report.state_hash ?? UNKNOWN_TEXT],
      ['Event log chain', inputs.logChain ?? UNKNOWN_TEXT],
      ['Seed', String(report.seed)],
      ['Strategy parameters', JSON.stringify(inputs.strategyParams) ?? UNKNOWN_TEXT],
      ['Program', `laptop-agents ${inputs.programVersion} on Node ${inputs.nodeVersion}`],
    ])}
  </section>`;
}

function tone(amount: string): string {
  if (amount.startsWith('-')) return 'bad';
  return amount === '0' ? '' : 'good';
}
