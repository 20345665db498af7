/**
 * Composes the query of one page of a journal's table, by row number, so that a page costs the same however long the
 * session was.
 *
 * Everything that comes from outside is a bound value; names of tables and columns come from the lists here.
 */

import { assert } from '../core/base/assert.ts';
import { triggerOf } from './journal-projection.ts';

/** Tables that are read page by page. */
export const PAGED_TABLES = [
  'orders',
  'fills',
  'trades',
  'equity',
  'ledger',
  'denials',
  'quality',
  'verdicts',
  'lifecycle',
] as const;
export type PagedTable = (typeof PAGED_TABLES)[number];

/** Rows of one page at most. */
export const PAGE_ROWS_MAX = 1_000;

/** The time by which rows are chosen, ms UTC. */
const TIME_COLUMNS: Readonly<Record<PagedTable, string>> = {
  orders: 'decision_time_ms',
  fills: 'time_ms',
  trades: 'exit_time_ms',
  equity: 'time_ms',
  ledger: 'time_ms',
  denials: 'time_ms',
  quality: 'from_ms',
  verdicts: 'time_ms',
  lifecycle: 'time_ms',
};

/** Columns that a page may be filtered by, where the table has them. */
const FILTER_COLUMNS: Readonly<Record<PagedTable, readonly string[]>> = {
  orders: ['symbol', 'side', 'status', 'order_id', 'client_order_id'],
  fills: ['symbol', 'side', 'order_id', 'liquidity'],
  trades: ['symbol', 'side'],
  equity: [],
  ledger: ['symbol', 'kind', 'fill_id'],
  denials: ['symbol', 'side', 'order_id'],
  quality: ['symbol', 'kind'],
  verdicts: ['symbol', 'agent'],
  lifecycle: [],
};

export interface PageQuery {
  readonly table: PagedTable;
  /** 1 to {@link PAGE_ROWS_MAX}. */
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Row number after which the page begins, in its own order; null = from the first. */
  readonly cursor: number | null;
  /** Inclusive and exclusive bounds of the row's time. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Exact values by column. Columns that the table cannot be filtered by are a mistake of the caller. */
  readonly filters: Readonly<Record<string, string>>;
  /** Keeps the last row of every span of so many ms; null = every row. */
  readonly stepMs: number | null;
}

export interface JournalPage {
  readonly rows: readonly Record<string, unknown>[];
  /** Where the next page begins; null when this is the last. */
  readonly nextCursor: number | null;
}

/** Statement and its values; it selects one row more than the page holds, to know whether there is a next one. */
export function composePage(query: PageQuery): { sql: string; values: (string | number)[] } {
  const { table, limit, cursor, fromMs, toMs, filters, stepMs, order } = query;
  assert(limit >= 1 && limit <= PAGE_ROWS_MAX, `a page of ${limit} rows`);
  const time = TIME_COLUMNS[table];
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, value: string | number): void => {
    conditions.push(condition);
    values.push(value);
  };
  if (fromMs !== null) add(`${time} >= ?`, fromMs);
  if (toMs !== null) add(`${time} < ?`, toMs);
  for (const [column, value] of Object.entries(filters)) {
    assert(FILTER_COLUMNS[table].includes(column), `${table} cannot be filtered by ${column}`);
    add(`${column} = ?`, value);
  }
  if (stepMs !== null) {
    const span = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    add(
      `rowid IN (SELECT MAX(rowid) FROM ${table}${span} GROUP BY ${time} / CAST(? AS INTEGER))`,
      // Bound numbers are floats. The inner select repeats the values so far, then takes the step.
      stepMs,
    );
    values.splice(values.length - 1, 0, ...values.slice(0, -1));
  }
  if (cursor !== null) add(order === 'asc' ? 'rowid > ?' : 'rowid < ?', cursor);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  return {
    sql: `SELECT rowid AS row_number, * FROM ${table}${where} ORDER BY rowid ${direction} LIMIT ?`,
    values: [...values, limit + 1],
  };
}

/** Turns the selected rows into a page, their flags and documents as the report has them. */
export function shapePage(
  selected: readonly Record<string, unknown>[],
  { table, limit }: Pick<PageQuery, 'table' | 'limit'>,
): JournalPage {
  const shown = selected.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: shown.map(table === 'orders' ? shapeOrder : shapeRow),
    nextCursor: selected.length > limit && last !== undefined ? Number(last['row_number']) : null,
  };
}

const FLAGS: ReadonlySet<string> = new Set(['reduce_only', 'reconstructed', 'backfilled']);
/** Keys that only number the rows of a table. */
const ROW_KEYS: ReadonlySet<string> = new Set([
  'row_number',
  'equity_id',
  'denial_id',
  'quality_id',
  'verdict_id',
  'lifecycle_id',
]);

/** With its trigger as one object; it and the tag are null where an older version did not keep them. */
export function shapeOrder(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { trigger_on: _on, trigger_price: _price, trigger_trail_bps: _trail, tag, ...rest } = shapeRow(row);
  return { ...rest, trigger: triggerOf(row), tag: tag ?? null };
}

function shapeRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shaped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (ROW_KEYS.has(name)) continue;
    if (FLAGS.has(name)) shaped[name] = value === 1;
    else if (name === 'numbers') shaped[name] = JSON.parse(String(value));
    else shaped[name] = value;
  }
  return shaped;
}
