/** One honest sentence or two on how a session went. */

import type { FinalReport } from './final-report.ts';
import { displayMoney, displayPercent, displaySignedMoney, displaySpan } from './display-text.ts';

export function describeVerdict(report: FinalReport): string {
  return `${describeEnd(report)} ${describeResult(report)}${describeBand(report)}`;
}

function describeEnd(report: FinalReport): string {
  const span = displaySpan(report.duration_seconds);
  switch (report.status) {
    case 'success':
      return `The session ran ${span} and ended as asked (${report.stopped_reason}).`;
    case 'degraded':
      return (
        `The session ran ${span} and ended as asked (${report.stopped_reason}), but part of it on bad data: ` +
        `${describeGaps(report)}. Trust its result accordingly.`
      );
    case 'killed':
      return `The kill switch ended the session after ${span}.`;
    case 'error':
      return report.ledger_difference === '0'
        ? `The session did not end well: ${report.stopped_reason} (exit ${report.exit_code}) after ${span}.`
        : `The books of this session do not balance: ${report.ledger_difference} USDT are unexplained. Do not trust its result.`;
  }
}

function describeGaps(report: FinalReport): string {
  if (report.gaps === 0) return 'trading was halted for a while';
  const gaps = report.gaps === 1 ? '1 gap' : `${report.gaps} gaps`;
  return `${gaps}, ${displaySpan(report.gap_seconds)} in all, ${report.gaps_backfilled} backfilled`;
}

function describeResult(report: FinalReport): string {
  if (report.fills === 0) return 'Nothing was traded.';
  const isLoss = report.pnl_absolute.startsWith('-');
  const amount = displayMoney(isLoss ? report.pnl_absolute.slice(1) : report.pnl_absolute);
  const share = displayPercent(report.pnl_percent);
  const fees = `${displayMoney(report.fees_paid)} USDT of fees`;
  const trades = report.trades === 1 ? '1 closed trade' : `${report.trades} closed trades`;
  return `It ${isLoss ? 'lost' : 'made'} ${amount} USDT (${share}) after ${fees}, in ${trades}.`;
}

/** Whether the profit survives the doubt: only what all three exchanges show counts as profitable. */
function describeBand({ band, fills }: FinalReport): string {
  if (band.optimistic === null || band.pessimistic === null || fills === 0) return '';
  const range = `from ${displaySignedMoney(band.pessimistic)} (pessimistic) to ${displaySignedMoney(band.optimistic)} USDT (optimistic)`;
  return isProfitable(band)
    ? ` Profitable under all three exchanges: ${range}.`
    : ` Not profitable under all three exchanges: ${range}.`;
}

/** Profit above zero under the optimistic, the realistic and the pessimistic exchange; false where one has no result. */
function isProfitable(band: FinalReport['band']): boolean {
  return [band.optimistic, band.realistic, band.pessimistic].every(
    (profit) => profit !== null && profit !== '0' && !profit.startsWith('-'),
  );
}
