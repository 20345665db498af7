/** What changed in a running session since it was last looked at, as the members of an update. */

import { ROWS_MAX } from '../protocol/messages.ts';
import type { LogLines } from './session-access.ts';
import type { SessionReadModel } from './session-read-model.ts';

/** The account moves with every mark; it is told this often. */
const ACCOUNT_INTERVAL_MS = 250;

export class StreamChanges {
  readonly #model: SessionReadModel;
  readonly #logs: LogLines;
  /** What was last said of each thing, without the times at which it was so. */
  readonly #said = new Map<string, string>();
  #accountMs = Number.NEGATIVE_INFINITY;
  #lastLineId: number;

  constructor(model: SessionReadModel, logs: LogLines) {
    this.#model = model;
    this.#logs = logs;
    this.#lastLineId = logs.after(0).at(-1)?.line_id ?? 0;
  }

  /** Members of an object without braces, '' for nothing; null where too much was said to tell it one by one. */
  take(nowMs: number): string | null {
    const model = this.#model;
    const outputs = model.takeChanges();
    const parts: string[] = [];
    const add = (name: string, rows: readonly unknown[]): void => {
      if (rows.length > 0) parts.push(`"${name}":${JSON.stringify(rows)}`);
    };
    const changed = <Row>(
      name: string,
      rows: readonly Row[],
      identify: (row: Row) => string,
      shown: (row: Row) => unknown,
    ): Row[] => rows.filter((row) => this.#isNew(`${name} ${identify(row)}`, JSON.stringify(shown(row))));

    add(
      'markets',
      changed(
        'market',
        model.markets(),
        ({ symbol }) => symbol,
        (market) => ({ ...market, time_ms: 0 }),
      ),
    );
    add(
      'books',
      changed(
        'book',
        model.books(ROWS_MAX.book_levels),
        ({ symbol }) => symbol,
        (book) => book,
      ),
    );
    add(
      'candles',
      changed(
        'candle',
        model.newestCandles(),
        ({ symbol, is_closed: isClosed }) => `${symbol} ${isClosed}`,
        (candle) => candle,
      ),
    );
    const { orders = [], ...others } = outputs ?? {};
    const said = new Set(orders.map((order) => order.order_id));
    const moved = changed(
      'queue',
      model.workingOrders(),
      (order) => order.order_id,
      ({ queue_ahead: ahead }) => ahead,
    );
    add('orders', [...orders, ...moved.filter((order) => !said.has(order.order_id))]);
    for (const [name, rows] of Object.entries(others)) add(name, rows ?? []);
    for (const order of orders)
      if (order.closed_time_ms !== null) this.#said.delete(`queue ${order.order_id}`);
    if (nowMs - this.#accountMs >= ACCOUNT_INTERVAL_MS) this.#addAccount(nowMs, parts, add);
    const lines = this.#logs.after(this.#lastLineId);
    this.#lastLineId = lines.at(-1)?.line_id ?? this.#lastLineId;
    add('logs', lines);
    return outputs === null ? null : parts.join(',');
  }

  #addAccount(nowMs: number, parts: string[], add: (name: string, rows: readonly unknown[]) => void): void {
    this.#accountMs = nowMs;
    const { time_ms: timeMs, ...account } = this.#model.account();
    if (this.#isNew('account', JSON.stringify(account)))
      parts.push(`"account":${JSON.stringify({ time_ms: timeMs, ...account })}`);
    const positions = this.#model.positions();
    if (this.#isNew('positions', JSON.stringify(positions))) add('positions', positions);
  }

  #isNew(name: string, text: string): boolean {
    if (this.#said.get(name) === text) return false;
    this.#said.set(name, text);
    return true;
  }
}
