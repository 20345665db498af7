/** A session that never was: a market that walks, a strategy that trades every so often, and a ledger that adds up. */

import { addAmounts, subtractAmounts } from '../../src/web/display/amount-text.ts';
import {
  type Snapshot,
  type Status,
  type Update,
  PROTOCOL_VERSION,
  ROWS_MAX,
} from '../../src/protocol/messages.ts';
import type { Receipt, Recording } from '../../src/protocol/rest.ts';
import type {
  Account,
  Book,
  Candle,
  EquityPoint,
  Fill,
  LedgerEntry,
  LogLine,
  Order,
  Position,
  Trade,
  Verdict,
} from '../../src/protocol/rows.ts';
import {
  HEALTHY,
  INSTRUMENT,
  MINUTE_MS,
  SYMBOL,
  candleOf,
  denialOf,
  fillOf,
  marketOf,
  orderOf,
  positionOf,
  sessionInfoOf,
  stretchOf,
  tradeOf,
  verdictsOf,
} from './made-up-rows.ts';

const HISTORY_BARS = 240;
const FILL_EVERY_STEPS = 60;

type Changes = Omit<Update, 'type' | 'seq'>;

export class MadeUpSession {
  readonly #startMs: number;
  #nowMs: number;
  #state: number;
  #price = 85_950;
  #steps = 0;
  #secondMs = 0;
  #isPaused = false;
  #isOver = false;
  #position = 0;
  #entry = 0;
  #entryMs = 0;
  #wallet = '0';
  #candles: Candle[] = [];
  readonly #orders = new Map<string, Order>();
  #fills: Fill[] = [];
  #trades: Trade[] = [];
  #ledger: LedgerEntry[] = [];
  readonly #totals = new Map<LedgerEntry['kind'], { readonly amount: string; readonly entries: number }>();
  #equity: EquityPoint[] = [];
  #verdicts: Verdict[] = [];
  #logs: LogLine[] = [];
  #resting: Order | null = null;

  constructor(seed: number, nowMs: number) {
    this.#state = seed >>> 0;
    this.#startMs = nowMs;
    this.#nowMs = nowMs;
    this.#book('deposit', '10000', null);
    const firstMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - HISTORY_BARS * MINUTE_MS;
    for (let bar = 0; bar < HISTORY_BARS; bar++) {
      const open = this.#price;
      const walk = Array.from({ length: 12 }, () => this.#walk(12));
      this.#candles.push(candleOf(firstMs + bar * MINUTE_MS, [open, ...walk], true));
    }
    this.#log('info', 'warmup_complete', 'WARMUP_COMPLETE', { bars: HISTORY_BARS });
    this.#log('warning', 'gap_detected', 'Gap detected!', {
      from: firstMs,
      to: firstMs + MINUTE_MS,
      missing: 1,
    });
  }

  /** As the newest status says it. */
  get elapsedSeconds(): number {
    return (this.#secondMs - this.#startMs) / 1_000;
  }

  command(command: string): void {
    if (command === 'pause' || command === 'resume') this.#isPaused = command === 'pause';
    if (command === 'flatten') this.#trade(-this.#position);
    if (command === 'stop' || command === 'kill') this.#isOver = true;
    this.#log('info', command, `Operator: ${command}`, {});
  }

  /** Moves the market by one step of `elapsedMs`; returns what changed. */
  step(elapsedMs: number): Changes {
    this.#nowMs += Math.round(elapsedMs);
    this.#steps++;
    const logsBefore = this.#logs.length;
    const fillsBefore = this.#fills.length;
    const tradesBefore = this.#trades.length;
    const ledgerBefore = this.#ledger.length;
    const candles = this.#moveBar();
    const touched: Order[] = [];
    if (!this.#isPaused && !this.#isOver && this.#steps % FILL_EVERY_STEPS === 0) {
      this.#trade(this.#position === 0 ? (this.#random() > 0.5 ? 1 : -1) : -this.#position);
      touched.push(...[...this.#orders.values()].slice(-1));
      touched.push(...this.#rest());
    }
    const changes: Changes = {
      candles,
      books: [this.#bookNow()],
      markets: [marketOf(this.#price, this.#nowMs, this.#startMs)],
      positions: [this.#positionNow()],
    };
    if (touched.length > 0) changes.orders = touched;
    if (this.#fills.length > fillsBefore) changes.fills = this.#fills.slice(fillsBefore);
    if (this.#trades.length > tradesBefore) changes.trades = this.#trades.slice(tradesBefore);
    if (this.#ledger.length > ledgerBefore) changes.ledger = this.#ledger.slice(ledgerBefore);
    if (this.#nowMs - this.#secondMs >= 1_000) {
      this.#secondMs = this.#nowMs;
      const point = this.#point();
      this.#equity.push(point);
      changes.equity = [point];
      changes.status = this.#status();
      changes.account = this.#account();
    }
    if (this.#logs.length > logsBefore) changes.logs = this.#logs.slice(logsBefore);
    this.#forget();
    return changes;
  }

  snapshot(seq: number): Snapshot {
    return {
      type: 'snapshot',
      version: PROTOCOL_VERSION,
      seq,
      session: sessionInfoOf(this.#startMs),
      status: this.#status(),
      instruments: [INSTRUMENT],
      account: this.#account(),
      candles: this.#candles.slice(-ROWS_MAX.candles),
      markets: [marketOf(this.#price, this.#nowMs, this.#startMs)],
      books: [this.#bookNow()],
      orders: [...this.#orders.values()].slice(-ROWS_MAX.orders),
      positions: [this.#positionNow()],
      fills: this.#fills.slice(-ROWS_MAX.fills),
      trades: this.#trades.slice(-ROWS_MAX.trades),
      ledger: this.#ledger.slice(-ROWS_MAX.ledger),
      equity: this.#equity.slice(-ROWS_MAX.equity),
      denials: [denialOf(this.#startMs)],
      quality: [stretchOf(this.#startMs)],
      verdicts: this.#verdicts.slice(-ROWS_MAX.verdicts),
      logs: this.#logs.slice(-ROWS_MAX.logs),
    };
  }

  receipt(fillId: string): Receipt | null {
    const fill = this.#fills.find(({ fill_id: id }) => id === fillId);
    if (fill === undefined) return null;
    const book = this.#bookNow();
    const side = fill.side === 'buy' ? book.asks : book.bids;
    const [price = fill.price] = side[0] ?? [];
    return {
      fill: { ...fill, price },
      order: null,
      text: ['The order met the book as it stood when it arrived, and took the best level.'],
      book_at_decision: null,
      book_at_arrival: book,
      book_hash: 'b9a1',
      levels_used: [{ price, quantity: fill.quantity }],
      queue_steps: [],
      prints: [],
      evidence_sequence: 4_711,
    };
  }

  recording(): Recording {
    const { session, ...rows } = this.snapshot(0);
    return {
      ...rows,
      session: { ...session, mode: 'recorded' },
      report: { starting_equity: '10000', stopped_reason: 'duration_reached' },
      lifecycle: [{ time_ms: this.#startMs, state: 'running', reason: null }],
    };
  }

  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  #walk(size: number): number {
    this.#price = Math.round((this.#price + (this.#random() - 0.5) * size) * 10) / 10;
    return this.#price;
  }

  #moveBar(): Candle[] {
    const openMs = Math.floor(this.#nowMs / MINUTE_MS) * MINUTE_MS;
    const price = this.#walk(6);
    const last = this.#candles.at(-1);
    if (last === undefined || last.open_time_ms < openMs) {
      const closed = last === undefined ? [] : [{ ...last, is_closed: true }];
      this.#candles.splice(-closed.length, closed.length, ...closed);
      this.#candles.push(candleOf(openMs, [price], false));
      this.#verdicts.push(...verdictsOf(openMs - MINUTE_MS));
      return [...closed, candleOf(openMs, [price], false)];
    }
    const live = candleOf(openMs, [Number(last.open), Number(last.high), Number(last.low), price], false);
    this.#candles[this.#candles.length - 1] = live;
    return [live];
  }

  /** Trades `direction` times the fixed quantity at market. */
  #trade(direction: number): void {
    if (direction === 0) return;
    const id = `o${this.#fills.length + 1}`;
    const side = direction > 0 ? 'buy' : 'sell';
    const price = this.#price.toFixed(1);
    const fee = (this.#price * 0.02 * 0.0006).toFixed(8);
    this.#fills.push(fillOf(`f${this.#fills.length + 1}`, id, side, price, fee, this.#nowMs));
    this.#orders.set(id, orderOf(id, side, 'market', null, this.#nowMs, 'filled', price));
    const fillId = `f${this.#fills.length}`;
    if (this.#position !== 0) this.#close(fillId, fee);
    else {
      this.#entry = this.#price;
      this.#entryMs = this.#nowMs;
    }
    this.#position += direction;
    this.#book('fee', `-${fee}`, fillId);
    this.#log('info', 'impact', 'Impact Penalty', { bps: 0, usdt: '0', fill_id: fillId });
  }

  #close(fillId: string, fee: string): void {
    const gross = ((this.#price - this.#entry) * this.#position * 0.02).toFixed(8);
    this.#book('realized_pnl', gross, fillId);
    const legs = {
      isLong: this.#position > 0,
      entry: this.#entry,
      entryMs: this.#entryMs,
      exit: this.#price,
      exitMs: this.#nowMs,
    };
    this.#trades.push(tradeOf(this.#trades.length + 1, legs, gross, fee));
  }

  /** Replaces the resting orders: a bid in the book with its queue, and a stop. */
  #rest(): Order[] {
    const touched: Order[] = [];
    if (this.#resting !== null)
      touched.push({
        ...this.#resting,
        status: 'canceled',
        reason: 'cancel_requested',
        closed_time_ms: this.#nowMs,
      });
    const price = (Math.floor(this.#price) - 0.5).toFixed(1);
    this.#resting = {
      ...orderOf(`r${this.#fills.length}`, 'buy', 'limit', price, this.#nowMs, 'new', null),
      queue_ahead: '1.2345',
    };
    const stop: Order = {
      ...orderOf('stop', 'sell', 'stop_market', null, this.#nowMs, 'new', null),
      trigger: { on: 'mark', price: (this.#price - 60).toFixed(1), trail_bps: null },
      reduce_only: true,
    };
    touched.push(this.#resting, stop);
    for (const order of touched) this.#orders.set(order.order_id, order);
    return touched;
  }

  #book(kind: LedgerEntry['kind'], amount: string, fillId: string | null): void {
    this.#ledger.push({
      entry_id: this.#ledger.length + 1,
      time_ms: this.#nowMs,
      kind,
      symbol: fillId === null ? null : SYMBOL,
      amount,
      fill_id: fillId,
      settlement_time_ms: null,
      rate: null,
      mark_price: null,
    });
    this.#wallet = addAmounts([this.#wallet, amount]);
    const total = this.#totals.get(kind) ?? { amount: '0', entries: 0 };
    this.#totals.set(kind, { amount: addAmounts([total.amount, amount]), entries: total.entries + 1 });
  }

  #unrealized(): string {
    return this.#position === 0
      ? '0'
      : addAmounts([((this.#price - this.#entry) * this.#position * 0.02).toFixed(8)]);
  }

  #point(): EquityPoint {
    const equity = addAmounts([this.#wallet, this.#unrealized()]);
    const seconds = (this.#nowMs - this.#startMs) / 1_000;
    return {
      time_ms: this.#nowMs,
      equity,
      wallet: this.#wallet,
      unrealized_pnl: this.#unrealized(),
      position: String(this.#position * 0.02),
      optimistic: addAmounts([equity, (seconds * 0.01).toFixed(4)]),
      pessimistic: subtractAmounts(equity, (seconds * 0.012).toFixed(4)),
    };
  }

  #account(): Account {
    return {
      time_ms: this.#nowMs,
      starting_equity: '10000',
      equity: addAmounts([this.#wallet, this.#unrealized()]),
      wallet_balance: this.#wallet,
      opening_wallet: '0',
      unrealized_pnl: this.#unrealized(),
      available_balance: this.#wallet,
      initial_margin: '0',
      ledger_totals: [...this.#totals].map(([kind, total]) => ({ kind, ...total })),
      fills: this.#fills.length,
      trades: this.#trades.length,
    };
  }

  #positionNow(): Position {
    return positionOf(this.#position, this.#entry, this.#price, this.#unrealized());
  }

  #bookNow(): Book {
    const level = (index: number, sign: number): [string, string] => [
      (Math.round(this.#price * 10) / 10 + sign * (0.1 + index * 0.1)).toFixed(1),
      (this.#random() * 3 + 0.01).toFixed(4),
    ];
    return {
      symbol: SYMBOL,
      time_ms: this.#nowMs,
      is_valid: true,
      bids: Array.from({ length: 15 }, (_, index) => level(index, -1)),
      asks: Array.from({ length: 15 }, (_, index) => level(index, 1)),
    };
  }

  #status(): Status {
    const elapsed = (this.#nowMs - this.#startMs) / 1_000;
    return {
      ...HEALTHY,
      ts: new Date(this.#nowMs).toISOString(),
      unix_ts: this.#nowMs / 1_000,
      session_time_ms: this.#nowMs,
      state: this.#isOver ? 'ended' : 'running',
      reason: this.#isOver ? 'stop_requested' : null,
      is_paused: this.#isPaused,
      elapsed,
      remaining: Math.max(0, 600 - elapsed),
      equity: addAmounts([this.#wallet, this.#unrealized()]),
      wallet_balance: this.#wallet,
      unrealized_pnl: this.#unrealized(),
      position: String(this.#position * 0.02),
      events: this.#steps * 7,
    };
  }

  #log(level: LogLine['level'], event: string, msg: string, fields: LogLine['fields']): void {
    this.#logs.push({
      line_id: (this.#logs.at(-1)?.line_id ?? 0) + 1,
      time_ms: this.#nowMs,
      level,
      event,
      msg,
      fields,
    });
  }

  /** It may run for hours at many times the pace. */
  #forget(): void {
    for (const list of [this.#candles, this.#equity, this.#verdicts, this.#logs]) {
      if (list.length > 2 * ROWS_MAX.equity) list.splice(0, list.length - ROWS_MAX.equity);
    }
  }
}
