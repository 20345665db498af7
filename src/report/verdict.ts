/** How a session went, in an honest sentence on its end and one on its result. */

import { parseMoney } from '../core/domain/instrument.ts';
import type { FinalReport } from './final-report.ts';
import { displayMoney, displayPercent, displaySignedMoney, displaySpan } from './display-text.ts';

export function describeVerdict(report: FinalReport): string {
  return `${describeEnd(report)} ${describeResult(report)}`;
}

export function describeEnd(report: FinalReport): string {
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

/** The result in one sentence, with what the two other exchanges make of it where they ran. */
export function describeResult(report: FinalReport): string {
  if (report.fills === 0) return 'Nothing was traded.';
  const isLoss = report.pnl_absolute.startsWith('-');
  const amount = displayMoney(isLoss ? report.pnl_absolute.slice(1) : report.pnl_absolute);
  const share = displayPercent(report.pnl_percent);
  const fees = `${displayMoney(report.fees_paid)} USDT of fees`;
  const trades = report.trades === 1 ? '1 closed trade' : `${report.trades} closed trades`;
  return `It ${isLoss ? 'lost' : 'made'} ${amount} USDT (${share}) after ${fees}, in ${trades}${describeBand(report)}.`;
}

/** Whether the profit survives the doubt: only what all three exchanges show counts as profitable. */
function describeBand({ band }: FinalReport): string {
  const { optimistic, realistic, pessimistic } = band;
  if (optimistic === null || pessimistic === null) return '';
  const profits = [optimistic, realistic, pessimistic].map((profit) => parseMoney(profit));
  const words = profits.every((profit) => profit > 0n)
    ? 'profitable under all three exchanges'
    : profits.every((profit) => profit <= 0n)
      ? 'profitable under none of the three exchanges'
      : 'not profitable under all three exchanges';
  return `; ${words}, from ${displaySignedMoney(pessimistic)} (pessimistic) to ${displaySignedMoney(optimistic)} USDT (optimistic)`;
}
