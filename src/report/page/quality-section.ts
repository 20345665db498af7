/** What the market data lacked, and what that cost. */

import { displayCount, displaySignedMoney, displaySpan, displayTime } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import type { QualityRow } from '../../ports/journal-rows.ts';
import { figure, omitted, section, signedFigure, table } from './figures.ts';

/** Records shown; the journal has all. */
const RECORDS_SHOWN_MAX = 200;

/** Records under it doubt a fill, not the data. */
const BAND_FEED = 'band';

export function qualitySection(report: FinalReport, quality: readonly QualityRow[]): HtmlText {
  return section('quality', 'Data quality', [
    summary(report),
    records(quality.filter(({ feed }) => feed !== BAND_FEED)),
    optimisticNote(quality.filter(({ feed }) => feed === BAND_FEED).length),
  ]);
}

/** Fills that are no trouble of the data are told apart from it. */
function optimisticNote(count: number): HtmlText {
  if (count === 0) return html``;
  const fills = count === 1 ? '1 fill was' : `${displayCount(count)} fills were`;
  return html`<p class="note">
    ${fills} given by the optimistic exchange alone: a quote reached a resting order without a print. The data
    was good; the session has no such fill. See journal.db, table quality, feed band.
  </p>`;
}

function summary(report: FinalReport): HtmlText {
  const { doubtful_seconds: seconds, duration_seconds: length } = report;
  const share = length > 0 ? ` (${((seconds / length) * 100).toFixed(2)} % of the session)` : '';
  const doubt =
    seconds === 0
      ? html`<p>
          No doubtful market data: ${figure('doubtful_seconds', seconds, displaySpan(seconds))}, in which
          equity changed by
          ${figure('doubtful_pnl', report.doubtful_pnl, displaySignedMoney(report.doubtful_pnl))} USDT.
        </p>`
      : html`<p>
          The market data was doubtful for
          <strong>${figure('doubtful_seconds', seconds, displaySpan(seconds))}</strong>${share}. Equity
          changed by
          <strong
            >${signedFigure('doubtful_pnl', report.doubtful_pnl, displaySignedMoney(report.doubtful_pnl))}
            USDT</strong
          >
          in that time, which is part of the profit. The charts shade it.
        </p>`;
  const interrupted =
    report.resumed === undefined
      ? html``
      : html`<p>
          Interrupted and continued ${figure('resumed', report.resumed, displayCount(report.resumed))} times;
          ${figure('downtime_seconds', report.downtime_seconds ?? null, displaySpan(report.downtime_seconds ?? 0))}
          were lost.
        </p>`;
  return html`${doubt}
    <p class="soft">
      ${figure('gaps', report.gaps, displayCount(report.gaps))} gaps
      (${figure('gap_seconds', report.gap_seconds, displaySpan(report.gap_seconds))},
      ${figure('gaps_backfilled', report.gaps_backfilled, displayCount(report.gaps_backfilled))} filled in
      later), ${figure('reconnects', report.reconnects, displayCount(report.reconnects))} reconnects,
      ${figure('error_count', report.error_count, displayCount(report.error_count))} errors logged,
      ${figure('events', report.events, displayCount(report.events))} events.
    </p>
    ${interrupted}`;
}

function records(quality: readonly QualityRow[]): HtmlText {
  if (quality.length === 0)
    return html`<p class="empty">Nothing to report: no gap, no stale stretch, no reconnect.</p>`;
  const rows = quality
    .slice(-RECORDS_SHOWN_MAX)
    .map((record) => [
      displayTime(record.from_ms),
      displaySpan((record.to_ms - record.from_ms) / 1_000),
      record.symbol,
      record.feed,
      record.kind,
      record.detail,
      record.backfilled ? 'yes' : 'no',
    ]);
  const columns = [
    ...[{ head: 'From, UTC' }, { head: 'Length', isNumber: true }, { head: 'Symbol' }, { head: 'Feed' }],
    ...[{ head: 'Kind' }, { head: 'Detail', isProse: true }, { head: 'Filled in' }],
  ];
  return html`${omitted(quality.length, RECORDS_SHOWN_MAX, 'records; all are in journal.db')}${table(columns, rows)}`;
}
