/**
 * The dashboard's copy of the session: applies the stream's snapshot and numbered updates.
 *
 * Pure: no DOM, no clock, no network. Rows are kept in arrays that are changed in place and trimmed to {@link ROWS_MAX}, so
 * that memory stays flat for as long as a session runs; readers learn of changes by slice (`takeChanged`), not by identity.
 * Limitation: rows that were trimmed are gone here; the server still has them.
 */

import {
  type Snapshot,
  type SessionInfo,
  type Status,
  type StreamMessage,
  type Update,
  ROWS_MAX,
} from '../../protocol/messages.ts';
import type {
  Account,
  Book,
  Candle,
  Denial,
  EquityPoint,
  Fill,
  Instrument,
  LedgerEntry,
  LogLine,
  Market,
  Order,
  Position,
  Quality,
  Trade,
  Verdict,
} from '../../protocol/rows.ts';
import { appendLimited, putSorted } from './row-list.ts';

/** The parts that readers subscribe to. `session` changes with a snapshot only. */
export const SLICES = [
  'session',
  'status',
  'account',
  'candles',
  'markets',
  'books',
  'orders',
  'positions',
  'fills',
  'trades',
  'ledger',
  'equity',
  'denials',
  'quality',
  'verdicts',
  'logs',
] as const;

export type Slice = (typeof SLICES)[number];

/** applied; gap: a message is missing before this one, and nothing was changed; early: an update before any snapshot. */
export type ApplyResult = 'applied' | 'gap' | 'early';

export class Replica {
  session: SessionInfo | null = null;
  status: Status | null = null;
  account: Account | null = null;
  instruments: readonly Instrument[] = [];
  readonly candles = new Map<string, Candle[]>();
  readonly markets = new Map<string, Market>();
  readonly books = new Map<string, Book>();
  readonly positions = new Map<string, Position>();
  /** In order of arrival; working orders are never dropped. */
  readonly orders = new Map<string, Order>();
  readonly fills: Fill[] = [];
  readonly trades: Trade[] = [];
  readonly ledger: LedgerEntry[] = [];
  readonly equity: EquityPoint[] = [];
  readonly denials: Denial[] = [];
  readonly quality: Quality[] = [];
  readonly verdicts: Verdict[] = [];
  readonly logs: LogLine[] = [];
  /** Counts snapshots: charts draw anew when it changes and add to what they drew while it stays. */
  generation = 0;
  #seq: number | null = null;
  readonly #changed = new Set<Slice>();

  apply(message: StreamMessage): ApplyResult {
    if (message.type === 'snapshot') {
      this.#replace(message);
      return 'applied';
    }
    if (this.#seq === null) return 'early';
    if (message.seq !== this.#seq + 1) return 'gap';
    this.#seq = message.seq;
    this.#merge(message);
    return 'applied';
  }

  /** The slices that changed since the last call. */
  takeChanged(): ReadonlySet<Slice> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  instrument(symbol: string): Instrument | null {
    return this.instruments.find((instrument) => instrument.symbol === symbol) ?? null;
  }

  #replace(snapshot: Snapshot): void {
    this.#seq = snapshot.seq;
    this.generation++;
    this.session = snapshot.session;
    this.status = snapshot.status;
    this.account = snapshot.account;
    this.instruments = snapshot.instruments;
    for (const kept of [this.candles, this.markets, this.books, this.positions, this.orders]) kept.clear();
    const lists = [
      this.fills,
      this.trades,
      this.ledger,
      this.equity,
      this.denials,
      this.quality,
      this.verdicts,
      this.logs,
    ];
    for (const list of lists) list.length = 0;
    this.#addRows(snapshot);
    for (const slice of SLICES) this.#changed.add(slice);
  }

  #merge(update: Update): void {
    if (update.status !== undefined) {
      this.status = update.status;
      this.#changed.add('status');
    }
    if (update.account !== undefined) {
      this.account = update.account;
      this.#changed.add('account');
    }
    this.#addRows(update);
    for (const slice of SLICES) {
      if (slice in update) this.#changed.add(slice);
    }
  }

  #addRows(rows: Omit<Update, 'type' | 'seq' | 'status' | 'account'>): void {
    for (const candle of rows.candles ?? []) this.#putCandle(candle);
    for (const market of rows.markets ?? []) this.markets.set(market.symbol, market);
    for (const book of rows.books ?? []) this.books.set(book.symbol, book);
    for (const position of rows.positions ?? []) this.positions.set(position.symbol, position);
    if (rows.orders !== undefined) this.#putOrders(rows.orders);
    appendLimited(this.fills, rows.fills, ROWS_MAX.fills);
    appendLimited(this.trades, rows.trades, ROWS_MAX.trades);
    appendLimited(this.ledger, rows.ledger, ROWS_MAX.ledger);
    appendLimited(this.equity, rows.equity, ROWS_MAX.equity);
    appendLimited(this.denials, rows.denials, ROWS_MAX.denials);
    appendLimited(this.verdicts, rows.verdicts, ROWS_MAX.verdicts);
    appendLimited(this.logs, rows.logs, ROWS_MAX.logs);
    for (const stretch of rows.quality ?? []) this.#putQuality(stretch);
  }

  #putCandle(candle: Candle): void {
    let list = this.candles.get(candle.symbol);
    if (list === undefined) {
      list = [];
      this.candles.set(candle.symbol, list);
    }
    putSorted(list, candle, (row) => row.open_time_ms, ROWS_MAX.candles);
  }

  #putOrders(orders: readonly Order[]): void {
    for (const order of orders) this.orders.set(order.order_id, order);
    let surplus = this.orders.size - ROWS_MAX.orders;
    if (surplus <= 0) return;
    for (const [id, order] of this.orders) {
      if (surplus === 0) break;
      if (isWorking(order)) continue;
      this.orders.delete(id);
      surplus--;
    }
  }

  #putQuality(stretch: Quality): void {
    const at = this.quality.findLastIndex(
      (row) =>
        row.from_ms === stretch.from_ms &&
        row.symbol === stretch.symbol &&
        row.feed === stretch.feed &&
        row.kind === stretch.kind,
    );
    if (at >= 0) this.quality[at] = stretch;
    else appendLimited(this.quality, [stretch], ROWS_MAX.quality);
  }
}

/** Whether an order can still fill or fire. */
export function isWorking(order: Order): boolean {
  return order.status === 'new' || order.status === 'partially_filled';
}
