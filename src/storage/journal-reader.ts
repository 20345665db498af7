/** Reads a journal, also one that is being written, into the objects of `la report --format json`. Never writes. */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { existsSync } from 'node:fs';
import type { ReceiptDocument } from '../core/domain/receipt-document.ts';
import type {
  BandRow,
  DenialRow,
  EquityRow,
  FillRow,
  LedgerRow,
  LifecycleRow,
  OrderRow,
  PositionRow,
  QualityRow,
  TradeRow,
  VerdictCountRow,
  VerdictRow,
  WholeOrderRow,
} from '../ports/journal-rows.ts';
import { type JournalPage, type PageQuery, composePage, shapeOrder, shapePage } from './journal-page.ts';
import type { AgentName } from '../core/domain/verdict.ts';
import { JOURNAL_VERSION, journalVersion } from './journal-schema.ts';
import { StorageError, toStorageError } from './storage-error.ts';

type Row = Record<string, unknown>;

/** What the report has of an order. */
const ORDER_COLUMNS = [
  'order_id, client_order_id, symbol, side, type, quantity, price, time_in_force, reduce_only, status, reason',
  'decision_time_ms, arrival_time_ms, closed_time_ms, filled_quantity, average_price',
].join(', ');

export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #file: string;
  /** By query: a page asks for its receipts one by one. As many as there are queries in this class. */
  readonly #statements = new Map<string, StatementSync>();
  #tables: ReadonlySet<string> | null = null;

  private constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  /** Throws StorageError `not_found`, or `journal` for a file that a newer program wrote; older ones lack what came later. */
  static open(file: string): JournalReader {
    if (!existsSync(file)) throw new StorageError('not_found', `there is no journal ${file}`);
    try {
      const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
      const version = journalVersion(database);
      if (version > 0 && version <= JOURNAL_VERSION) return new JournalReader(database, file);
      database.close();
      throw new StorageError(
        'journal',
        `${file} has version ${version}, this program reads 1 to ${JOURNAL_VERSION}`,
      );
    } catch (error) {
      throw toStorageError(error, `open the journal ${file}`);
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** In the order of their decisions. */
  orders(): OrderRow[] {
    return this.#rows(`SELECT ${ORDER_COLUMNS} FROM orders ORDER BY decision_time_ms, rowid`, (row) => ({
      ...row,
      reduce_only: row['reduce_only'] === 1,
    })) as unknown as OrderRow[];
  }

  /** Null where the session has no such order. */
  order(orderId: string): WholeOrderRow | null {
    const rows = this.#rows('SELECT * FROM orders WHERE order_id = ?', shapeOrder, orderId);
    return (rows[0] as unknown as WholeOrderRow | undefined) ?? null;
  }

  fills(): FillRow[] {
    return this.#rows(
      'SELECT * FROM fills ORDER BY time_ms, rowid',
      withReconstructed,
    ) as unknown as FillRow[];
  }

  /** Null where the session has no such fill. */
  fill(fillId: string): FillRow | null {
    const rows = this.#rows('SELECT * FROM fills WHERE fill_id = ?', withReconstructed, fillId);
    return (rows[0] as unknown as FillRow | undefined) ?? null;
  }

  /** Null where the session has no such fill, or kept no receipts yet. */
  receipt(fillId: string): ReceiptDocument | null {
    if (!this.#hasTable('receipts')) return null;
    const [row] = this.#rows('SELECT receipt FROM receipts WHERE fill_id = ?', undefined, fillId);
    return row === undefined ? null : (JSON.parse(String(row['receipt'])) as ReceiptDocument);
  }

  ledger(): LedgerRow[] {
    return this.#rows('SELECT * FROM ledger ORDER BY entry_id') as unknown as LedgerRow[];
  }

  positions(): PositionRow[] {
    return this.#rows(
      'SELECT p.* FROM positions p JOIN instruments i USING (symbol) ORDER BY i.instrument_index',
    ) as unknown as PositionRow[];
  }

  trades(): TradeRow[] {
    return this.#rows('SELECT * FROM trades ORDER BY trade_id') as unknown as TradeRow[];
  }

  equity(): EquityRow[] {
    return this.#rows(
      'SELECT time_ms, equity, wallet, unrealized_pnl, position FROM equity ORDER BY equity_id',
    ) as unknown as EquityRow[];
  }

  /** Points of the band at these times, as {@link band} gives them. */
  bandAt(timesMs: readonly number[]): BandRow[] {
    if (!this.#hasTable('band')) return [];
    return this.#rows(
      'SELECT time_ms, optimistic, realistic, pessimistic, hash FROM band WHERE time_ms IN (SELECT value FROM json_each(?))',
      undefined,
      JSON.stringify(timesMs),
    ) as unknown as BandRow[];
  }

  /** Empty where the session had no band, or an older program wrote the file. */
  band(): BandRow[] {
    if (!this.#hasTable('band')) return [];
    const query = 'SELECT time_ms, optimistic, realistic, pessimistic, hash FROM band ORDER BY band_id';
    return this.#rows(query) as unknown as BandRow[];
  }

  denials(): DenialRow[] {
    const columns =
      'time_ms, order_id, client_order_id, symbol, side, type, quantity, price, reason, numbers';
    return this.#rows(`SELECT ${columns} FROM denials ORDER BY denial_id`, (row) => ({
      ...row,
      numbers: JSON.parse(String(row['numbers'])) as unknown,
    })) as unknown as DenialRow[];
  }

  quality(): QualityRow[] {
    const columns = 'from_ms, to_ms, symbol, feed, kind, detail, backfilled';
    return this.#rows(`SELECT ${columns} FROM quality ORDER BY quality_id`, (row) => ({
      ...row,
      backfilled: row['backfilled'] === 1,
    })) as unknown as QualityRow[];
  }

  lifecycle(): LifecycleRow[] {
    return this.#rows(
      'SELECT time_ms, state, reason FROM lifecycle ORDER BY lifecycle_id',
    ) as unknown as LifecycleRow[];
  }

  /** One page of a table, for those who must not hold a whole session in memory. */
  page(query: PageQuery): JournalPage {
    // A session of an older version kept less.
    if (!this.#hasTable(query.table)) return { rows: [], nextCursor: null };
    const { sql, values } = composePage(query);
    return shapePage(this.#rows(sql, undefined, ...values), query);
  }

  /** What the agents said; all of them, or `agent` alone. */
  verdicts(agent: AgentName | null = null): VerdictRow[] {
    if (!this.#hasTable('verdicts')) return [];
    const columns = 'time_ms, symbol, bar_open_time_ms, agent, verdict, confidence, reason, numbers';
    const filter = agent === null ? '' : 'WHERE agent = ?';
    return this.#rows(
      `SELECT ${columns} FROM verdicts ${filter} ORDER BY verdict_id`,
      (row) => ({ ...row, numbers: JSON.parse(String(row['numbers'])) as unknown }),
      ...(agent === null ? [] : [agent]),
    ) as unknown as VerdictRow[];
  }

  /** How often each agent said what. */
  verdictCounts(): VerdictCountRow[] {
    if (!this.#hasTable('verdicts')) return [];
    return this.#rows(
      'SELECT agent, verdict, count(*) AS times FROM verdicts GROUP BY agent, verdict ORDER BY min(verdict_id)',
    ) as unknown as VerdictCountRow[];
  }

  /** Whether the file is young enough to have it. */
  #hasTable(name: string): boolean {
    const query = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    // Asked once: a page asks for its receipts one by one.
    this.#tables ??= new Set(this.#rows(query).map((row) => String(row['name'])));
    return this.#tables.has(name);
  }

  #rows(query: string, shape: (row: Row) => Row = (row) => row, ...values: (string | number)[]): Row[] {
    try {
      return this.#statement(query)
        .all(...values)
        .map((row) => shape({ ...row }));
    } catch (error) {
      throw toStorageError(error, `read the journal ${this.#file}`);
    }
  }

  #statement(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }
}

function withReconstructed(row: Row): Row {
  return { ...row, reconstructed: row['reconstructed'] === 1 };
}
