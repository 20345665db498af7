/**
 * The tables that a session is exported to, with the meaning of each column.
 *
 * Every table also has `session_id`, and is laid out as `TABLE/symbol=…/date=YYYY-MM-DD/`: `date` is the UTC day of the
 * table's `day` column. What belongs to the whole account has the symbol `ALL`. Times are ms UTC; null = not known.
 */

export interface ExportColumn {
  readonly name: string;
  readonly type: 'BIGINT' | 'INTEGER' | 'BOOLEAN' | 'VARCHAR' | `DECIMAL(${number},${number})`;
  readonly about: string;
}

export interface ExportTable {
  /** Column whose UTC day names the folder. */
  readonly day: string;
  readonly columns: readonly ExportColumn[];
}

const PRICE = 'DECIMAL(28,10)';
const MONEY = 'DECIMAL(28,8)';
const RATE = 'DECIMAL(18,12)';

const column = (name: string, type: ExportColumn['type'], about: string): ExportColumn => ({
  name,
  type,
  about,
});

const EVENT_COLUMNS: readonly ExportColumn[] = [
  column('sequence', 'BIGINT', 'number of the event in the session’s log'),
  column('received_ms', 'BIGINT', 'when it reached us, corrected venue time'),
  column('exchange_ms', 'BIGINT', 'when it happened at the venue; null where the venue does not say'),
];

export const EXPORT_TABLES = {
  trades: {
    day: 'received_ms',
    columns: [
      ...EVENT_COLUMNS,
      column('side', 'VARCHAR', 'side of the taker: buy, sell'),
      column('price', PRICE, 'price of the public trade'),
      column('quantity', PRICE, 'base amount'),
    ],
  },
  book_levels: {
    day: 'received_ms',
    columns: [
      ...EVENT_COLUMNS,
      column('frame', 'VARCHAR', 'book_snapshot (replaces the book), book_delta, book_tail'),
      column('side', 'VARCHAR', 'bid, ask'),
      column('level', 'INTEGER', 'place within its side of the frame, from 0'),
      column('price', PRICE, 'price of the level'),
      column('quantity', PRICE, 'base amount at it; 0 removes it'),
    ],
  },
  bars: {
    day: 'open_ms',
    columns: [
      ...EVENT_COLUMNS,
      column('price_kind', 'VARCHAR', 'last (trades) or mark'),
      column('open_ms', 'BIGINT', 'when the bar opened'),
      column('length_ms', 'BIGINT', 'how long it is'),
      column('open', PRICE, 'first price'),
      column('high', PRICE, 'highest price'),
      column('low', PRICE, 'lowest price'),
      column('close', PRICE, 'last price'),
      column('volume', PRICE, 'base amount traded; null for mark bars'),
      column('history', 'BOOLEAN', 'from before the session'),
      column('unconfirmed', 'BOOLEAN', 'known from the stream only'),
      column('reconstructed', 'BOOLEAN', 'made from something else than the venue’s bar'),
    ],
  },
  marks: {
    day: 'received_ms',
    columns: [
      ...EVENT_COLUMNS,
      column('mark', MONEY, 'mark price'),
      column('index', MONEY, 'index price'),
      column('settled_rate', RATE, 'funding rate of the last settlement, as a fraction'),
      column('last_settlement_ms', 'BIGINT', 'when that was'),
      column('next_settlement_ms', 'BIGINT', 'when the next one is'),
    ],
  },
  funding: {
    day: 'settlement_ms',
    columns: [
      ...EVENT_COLUMNS,
      column('settlement_ms', 'BIGINT', 'instant of the settlement'),
      column('rate', RATE, 'as a fraction; positive: longs pay'),
      column('mark', MONEY, 'mark price at the settlement'),
    ],
  },
  orders: {
    day: 'decision_time_ms',
    columns: [
      column('order_id', 'VARCHAR', 'our id'),
      column('client_order_id', 'VARCHAR', 'the strategy’s own name for it'),
      column('side', 'VARCHAR', 'buy, sell'),
      column('type', 'VARCHAR', 'market, limit, stop_market, stop_limit, take_profit, trailing_stop'),
      column('quantity', PRICE, 'base amount ordered'),
      column('price', PRICE, 'limit price; null at market'),
      column('time_in_force', 'VARCHAR', 'gtc, ioc, fok, post_only'),
      column('reduce_only', 'BOOLEAN', 'may only reduce'),
      column('status', 'VARCHAR', 'as it ended, or stands'),
      column('reason', 'VARCHAR', 'why it ended so'),
      column('decision_time_ms', 'BIGINT', 'when the strategy decided'),
      column('arrival_time_ms', 'BIGINT', 'when it reached the exchange'),
      column('closed_time_ms', 'BIGINT', 'when it ended'),
      column('filled_quantity', PRICE, 'base amount filled'),
      column('average_price', PRICE, 'mean price of its fills, rounded to ten decimals'),
    ],
  },
  fills: {
    day: 'time_ms',
    columns: [
      column('fill_id', 'VARCHAR', 'our id; "la explain" takes it'),
      column('order_id', 'VARCHAR', 'its order'),
      column('side', 'VARCHAR', 'buy, sell'),
      column('quantity', PRICE, 'base amount'),
      column('price', PRICE, 'price of the fill'),
      column('liquidity', 'VARCHAR', 'maker, taker'),
      column('fee', MONEY, 'USDT, positive = paid'),
      column('fee_rate', RATE, 'as a fraction'),
      column('time_ms', 'BIGINT', 'when it happened'),
      column('decision_time_ms', 'BIGINT', 'when its order was decided'),
      column('arrival_time_ms', 'BIGINT', 'when its order reached the exchange'),
      column('mark_price', MONEY, 'mark in force'),
      column('spread_cost', MONEY, 'USDT, positive = cost; so are the next three'),
      column('latency_cost', MONEY, 'what the market moved while the order travelled'),
      column('impact_cost', MONEY, 'what our own size cost'),
      column('slippage_cost', MONEY, 'drawn slippage of the parametric model'),
      column('queue_ahead_at_acceptance', PRICE, 'displayed quantity ahead of a resting order'),
      column('extrapolated_quantity', PRICE, 'part that no displayed level backs'),
      column('reconstructed', 'BOOLEAN', 'on a last good book, after the market was lost'),
      column('model', 'VARCHAR', 'book, parametric'),
      column('evidence_sequence', 'BIGINT', 'event in the log that justifies it'),
    ],
  },
  ledger: {
    day: 'time_ms',
    columns: [
      column('entry_id', 'BIGINT', 'number of the entry'),
      column('time_ms', 'BIGINT', 'when it was booked'),
      column('kind', 'VARCHAR', 'deposit, realized_pnl, fee, funding, liquidation_fee, insurance'),
      column('amount', MONEY, 'USDT, negative = paid out'),
      column('fill_id', 'VARCHAR', 'its fill, if any'),
      column('settlement_time_ms', 'BIGINT', 'its funding settlement, if any'),
      column('rate', RATE, 'funding rate'),
      column('mark_price', MONEY, 'mark at the settlement'),
    ],
  },
  equity: {
    day: 'time_ms',
    columns: [
      column('time_ms', 'BIGINT', 'when it was taken, once a second'),
      column('equity', MONEY, 'wallet plus unrealized'),
      column('wallet', MONEY, 'realized'),
      column('unrealized_pnl', MONEY, 'of open positions'),
      column('position', PRICE, 'signed quantity of the session’s first instrument'),
    ],
  },
} as const satisfies Readonly<Record<string, ExportTable>>;

export type ExportTableName = keyof typeof EXPORT_TABLES;

export const EXPORT_TABLE_NAMES: readonly ExportTableName[] = Object.keys(EXPORT_TABLES) as ExportTableName[];

/** The symbol of what belongs to no single instrument. */
export const WHOLE_ACCOUNT = 'ALL';
