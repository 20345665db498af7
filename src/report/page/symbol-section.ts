/** What each contract brought, where there is more than one, and what the session left open. */

import { UNKNOWN_TEXT, displayCount, displayMoney, displaySignedMoney } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import { figure, section, signedFigure, table } from './figures.ts';

export function symbolSection(report: FinalReport): HtmlText {
  const parts = [
    ...(report.by_symbol.length > 1 ? [symbolTable(report)] : []),
    ...(report.positions.length > 0 ? [positionTable(report)] : []),
  ];
  return parts.length === 0 ? html`` : section('symbols', 'Contracts', parts);
}

function symbolTable({ by_symbol: results }: FinalReport): HtmlText {
  const rows = results.map((result, place) => {
    const at = `by_symbol.${place}`;
    return [
      figure(`${at}.symbol`, result.symbol, result.symbol),
      figure(`${at}.trades`, result.trades, displayCount(result.trades)),
      figure(`${at}.fills`, result.fills, displayCount(result.fills)),
      figure(`${at}.fees_paid`, result.fees_paid, displayMoney(result.fees_paid)),
      figure(`${at}.funding_paid`, result.funding_paid, displayMoney(result.funding_paid)),
      signedFigure(`${at}.net_pnl`, result.net_pnl, displaySignedMoney(result.net_pnl)),
    ];
  });
  const heads = ['Closed trades', 'Fills', 'Fees paid', 'Funding paid', 'Net of what was closed'];
  return table([{ head: 'Contract' }, ...heads.map((head) => ({ head, isNumber: true }))], rows);
}

function positionTable({ positions }: FinalReport): HtmlText {
  const rows = positions.map((held, place) => {
    const at = `positions.${place}`;
    const pnl = held.unrealized_pnl;
    return [
      figure(`${at}.symbol`, held.symbol, held.symbol),
      figure(`${at}.side`, held.side, held.side),
      figure(`${at}.quantity`, held.quantity, held.quantity),
      figure(`${at}.average_price`, held.average_price, held.average_price ?? UNKNOWN_TEXT),
      figure(`${at}.mark_price`, held.mark_price, held.mark_price ?? UNKNOWN_TEXT),
      signedFigure(`${at}.unrealized_pnl`, pnl, pnl === null ? UNKNOWN_TEXT : displaySignedMoney(pnl)),
    ];
  });
  const heads = ['Quantity', 'Average price', 'Mark', 'Unrealized'];
  return table(
    [{ head: 'Open at the end' }, { head: 'Side' }, ...heads.map((head) => ({ head, isNumber: true }))],
    rows,
  );
}
