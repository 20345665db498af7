/** `trades.csv`: one closed round trip a row. Prices are averages rounded to 8 decimals; `funding` is signed, received > 0. */

import { csvText, numberCell, textCell, timeCell } from './csv-cell.ts';
import type { TradeRow } from '../ports/journal-rows.ts';

const HEADER =
  'trade_id,symbol,side,quantity,entry_time,entry_price,exit_time,exit_price,exit_reason,gross_pnl,fees,funding,net_pnl,r_multiple,bars_held,strategy';

export function formatTradesCsv(trades: readonly TradeRow[]): string {
  return csvText(
    HEADER,
    trades.map((trade) => [
      numberCell(trade.trade_id),
      textCell(trade.symbol),
      textCell(trade.side),
      numberCell(trade.quantity),
      timeCell(trade.entry_time_ms),
      numberCell(trade.entry_price),
      timeCell(trade.exit_time_ms),
      numberCell(trade.exit_price),
      textCell(trade.exit_reason),
      numberCell(trade.gross_pnl),
      numberCell(trade.fees),
      numberCell(trade.funding),
      numberCell(trade.net_pnl),
      numberCell(trade.r_multiple),
      numberCell(trade.bars_held),
      textCell(trade.strategy),
    ]),
  );
}
