/** `equity.csv`: one sample of the account a row; `position` is the signed quantity of the session's first instrument. */

import { csvText, numberCell, timeCell } from './csv-cell.ts';
import type { EquityRow } from '../ports/journal-rows.ts';

const HEADER = 'time_ms,time,equity,wallet,unrealized_pnl,position';

export function formatEquityCsv(equity: readonly EquityRow[]): string {
  return csvText(
    HEADER,
    equity.map((point) => [
      numberCell(point.time_ms),
      timeCell(point.time_ms),
      numberCell(point.equity),
      numberCell(point.wallet),
      numberCell(point.unrealized_pnl),
      numberCell(point.position),
    ]),
  );
}
