/**
 * The running session as it is shown: bounded lists of what the engine said, and the engine's own state on demand.
 *
 * Fed by the session's loop after each block; what it does there is little and never waits. Everything older than its lists
 * is in the journal. While someone follows the stream it also notes what changed since it was last asked.
 */

import type { EventBlock } from '../core/domain/event-block.ts';
import {
  formatMarkPrice,
  formatMoney,
  formatQuantity,
  markNotional,
  parseMoney,
} from '../core/domain/instrument.ts';
import { type OrderRecord, isTerminal } from '../core/domain/order.ts';
import type { BandPoint, EquityPoint, LedgerKind, Output } from '../core/domain/outputs.ts';
import { type Money, money } from '../core/domain/units.ts';
import type { Engine } from '../core/engine/engine.ts';
import { availableMoney } from '../core/exchange/margin.ts';
import { describeOutlook } from '../core/exchange/margin-outlook.ts';
import type { WorkingOrder } from '../core/exchange/working-order.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import { ROWS_MAX, type Snapshot, type Update } from '../protocol/messages.ts';
import type { Account, Book, Candle, Market, Order, Position } from '../protocol/rows.ts';
import { BoundedRows, KeyedRows } from './bounded-rows.ts';
import { LiveCandles } from './live-candles.ts';
import { describeBars, describeBook, describeMarket, queueAheadOf } from './live-market.ts';
import type { RowSpelling } from './row-spelling.ts';

/** What an update says of the engine's outputs. */
export type OutputChanges = Pick<
  Update,
  'orders' | 'fills' | 'trades' | 'ledger' | 'equity' | 'denials' | 'quality' | 'verdicts'
>;

type OutputLists = Required<{ [List in keyof OutputChanges]: NonNullable<OutputChanges[List]> }>;

/** Changes noted for followers who do not take them; beyond it they are given a snapshot instead. */
const CHANGES_MAX = 5_000;

export class SessionReadModel implements OutputSink {
  readonly engine: Engine;
  readonly #spelling: RowSpelling;
  readonly #liveCandles: LiveCandles;
  readonly #orders = new KeyedRows<Order>(ROWS_MAX.orders, ({ status }) => isTerminal(status));
  readonly #fills = new BoundedRows<Snapshot['fills'][number]>(ROWS_MAX.fills);
  readonly #trades = new BoundedRows<Snapshot['trades'][number]>(ROWS_MAX.trades);
  readonly #ledger = new BoundedRows<Snapshot['ledger'][number]>(ROWS_MAX.ledger);
  readonly #equity = new BoundedRows<Snapshot['equity'][number]>(ROWS_MAX.equity);
  readonly #denials = new BoundedRows<Snapshot['denials'][number]>(ROWS_MAX.denials);
  readonly #quality = new KeyedRows<Snapshot['quality'][number]>(ROWS_MAX.quality);
  readonly #verdicts = new BoundedRows<Snapshot['verdicts'][number]>(ROWS_MAX.verdicts);
  readonly #totals = new Map<LedgerKind, { amount: Money; entries: number }>();
  /** Said, and not yet in the list: the band's part of it may follow. */
  #untoldEquity: EquityPoint | null = null;
  #changes: Partial<OutputLists> | null = null;
  #changeCount = 0;

  constructor(engine: Engine, spelling: RowSpelling) {
    this.engine = engine;
    this.#spelling = spelling;
    this.#liveCandles = new LiveCandles(engine.view);
  }

  /** Sees the market events of a block that the engine has processed. */
  observe(block: EventBlock): void {
    this.#liveCandles.observe(block);
  }

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) this.#hear(output);
    this.#tellEquity(null);
  }

  /** Begins or ends the noting of changes. */
  follow(isFollowed: boolean): void {
    this.#changes = isFollowed ? {} : null;
    this.#changeCount = 0;
  }

  /** What was said since the last call; null where that was too much to tell, so that followers need a snapshot. */
  takeChanges(): OutputChanges | null {
    const changes = this.#changes;
    const isTooMuch = this.#changeCount > CHANGES_MAX;
    if (changes !== null) this.follow(true);
    return isTooMuch ? null : (changes ?? {});
  }

  /** Everything said that is still held; the lists of a snapshot. */
  outputLists(): OutputLists {
    return {
      orders: this.orders(),
      fills: this.#fills.list(),
      trades: this.#trades.list(),
      ledger: this.#ledger.list(),
      equity: this.#equity.list(),
      denials: this.#denials.list(),
      quality: this.#quality.list(),
      verdicts: this.#verdicts.list(),
    };
  }

  /** Intents that the risk gate has refused so far. */
  get denialCount(): number {
    return this.#denials.total;
  }

  /** Orders held, the working ones with their places in the queue now. */
  orders(): Order[] {
    const working = this.#workingById();
    return this.#orders.list().map((order) => {
      const live = working.get(order.order_id);
      return live === undefined ? order : { ...order, queue_ahead: queueAheadOf(live, this.engine.view) };
    });
  }

  workingOrders(): Order[] {
    return this.orders().filter(({ status }) => !isTerminal(status));
  }

  candles(instrumentIndex: number, limit: number): Candle[] {
    const market = this.engine.view.markets[instrumentIndex];
    if (market === undefined) return [];
    const live = this.#liveCandles.candle(instrumentIndex);
    return [...describeBars(market, limit), ...(live === null ? [] : [live])].slice(-limit);
  }

  /** The bars that may have changed: the newest closed one and the one in progress. */
  newestCandles(): Candle[] {
    return this.engine.view.markets.flatMap((_, index) => this.candles(index, 2));
  }

  markets(): Market[] {
    const { timeMs } = this.engine.status();
    return this.engine.view.markets.map((market) => describeMarket(market, timeMs));
  }

  books(levels: number): Book[] {
    return this.engine.view.markets.flatMap((market) => describeBook(market, levels) ?? []);
  }

  /** One row a contract; in hedge mode its long and short together, each at its own cost. */
  positions(): Position[] {
    const { account, exchange, markets, intervalMs } = this.engine.view;
    const { leverage, marginMode } = account.modes;
    return markets.map((market, index) => {
      const { instrument, valuationPrice: mark } = market;
      const slots = account.positions.filter((position) => position.instrument === instrument);
      const quantity = account.netQuantity(index);
      const cost = money(slots.reduce((sum, position) => sum + position.cost, 0n));
      const margin = slots.reduce((sum, position) => sum + position.isolatedMargin(leverage), 0n);
      const outlooks = slots.flatMap(
        (position) => describeOutlook(position, account, market, exchange.margin, intervalMs) ?? [],
      );
      const [outlook = null] = outlooks.length === 1 ? outlooks : [];
      const liquidation = outlook?.liquidationMark ?? null;
      return {
        symbol: instrument.symbol,
        quantity: formatQuantity(instrument, quantity),
        average_price: outlook === null ? null : this.#spelling.averagePrice(index, cost, quantity),
        mark_price: mark === null ? null : formatMarkPrice(mark),
        notional: mark === null ? null : formatMoney(absolute(markNotional(instrument, mark, quantity))),
        unrealized_pnl: formatMoney(
          money(mark === null ? 0n : slots.reduce((sum, position) => sum + position.unrealized(mark), 0n)),
        ),
        initial_margin: formatMoney(money(margin)),
        maintenance_margin: outlook === null ? null : formatMoney(outlook.maintenanceMargin),
        leverage,
        margin_mode: marginMode,
        liquidation_price: liquidation === null ? null : formatMarkPrice(liquidation),
        liquidation_distance_percent: outlook?.distancePercent ?? null,
      };
    });
  }

  account(): Account {
    const { engine } = this;
    const { start, view } = engine;
    const status = engine.status();
    const { account, exchange } = view;
    return {
      time_ms: status.timeMs,
      starting_equity: formatMoney(engine.startingEquity),
      equity: formatMoney(status.equity),
      wallet_balance: formatMoney(status.wallet),
      opening_wallet: start.account.kind === 'carried' ? start.account.wallet : '0',
      unrealized_pnl: formatMoney(status.unrealizedPnl),
      available_balance: formatMoney(availableMoney(account, exchange.reserved)),
      initial_margin: formatMoney(money(account.positionMargin + exchange.reserved)),
      ledger_totals: [...this.#totals].map(([kind, { amount, entries }]) => ({
        kind,
        amount: formatMoney(amount),
        entries,
      })),
      fills: this.#fills.total,
      trades: this.#trades.total,
    };
  }

  #hear(output: Output): void {
    switch (output.type) {
      case 'order':
        this.#hearOrder(output.order);
        break;
      case 'fill':
        this.#add('fills', this.#fills, this.#spelling.fill(output.fill));
        break;
      case 'trade':
        this.#add('trades', this.#trades, this.#spelling.trade(output.trade));
        break;
      case 'ledger': {
        const { kind, amount } = output.entry;
        const total = this.#totals.get(kind);
        this.#totals.set(kind, {
          amount: money((total?.amount ?? 0n) + amount),
          entries: (total?.entries ?? 0) + 1,
        });
        this.#add('ledger', this.#ledger, this.#spelling.ledger(output.entry));
        break;
      }
      case 'equity':
        this.#tellEquity(null);
        this.#untoldEquity = output.point;
        break;
      case 'band':
        this.#tellEquity(output.point);
        break;
      case 'denial':
        this.#add('denials', this.#denials, this.#spelling.denial(output));
        break;
      case 'quality': {
        const row = this.#spelling.quality(output.record);
        this.#quality.set(`${row.from_ms} ${row.symbol} ${row.feed} ${row.kind}`, row);
        this.#note('quality', row);
        break;
      }
      case 'verdict':
        this.#add('verdicts', this.#verdicts, this.#spelling.verdict(output.timeMs, output.verdict));
        break;
      case 'lifecycle':
      case 'log':
      case 'ended':
        // Told by the status, the log and the report.
        break;
    }
  }

  /** Tells the point of equity in hand; the band says its part of the same moment right after it, or not at all. */
  #tellEquity(band: BandPoint | null): void {
    const point = this.#untoldEquity;
    if (point === null) return;
    this.#untoldEquity = null;
    const opening = this.engine.startingEquity;
    const equityUnder = (profit: Money | null | undefined): Money | null =>
      profit === null || profit === undefined ? null : money(opening + profit);
    const row = this.#spelling.equity(point, equityUnder(band?.optimistic), equityUnder(band?.pessimistic));
    this.#add('equity', this.#equity, row);
  }

  #hearOrder(record: OrderRecord): void {
    const spelled = this.#spelling.order(record);
    const live = this.engine.view.exchange.find(record.id, null);
    const order = live === null ? spelled : { ...spelled, queue_ahead: queueAheadOf(live, this.engine.view) };
    this.#orders.set(order.order_id, order);
    this.#note('orders', order);
  }

  #workingById(): ReadonlyMap<string, WorkingOrder> {
    return new Map([...this.engine.view.exchange.working()].map((order) => [order.id, order]));
  }

  #add<List extends keyof OutputLists>(
    list: List,
    rows: { push(row: OutputLists[List][number]): void },
    row: OutputLists[List][number],
  ): void {
    rows.push(row);
    this.#note(list, row);
  }

  #note<List extends keyof OutputLists>(list: List, row: OutputLists[List][number]): void {
    if (this.#changes === null) return;
    this.#changeCount++;
    if (this.#changeCount > CHANGES_MAX) return;
    const noted = (this.#changes[list] ??= [] as unknown as OutputLists[List]) as (typeof row)[];
    noted.push(row);
  }

  /** The lists, to be shown again by another process; plain JSON that later outputs do not change. */
  save() {
    return {
      orders: this.#orders.save(),
      fills: this.#fills.save(),
      trades: this.#trades.save(),
      ledger: this.#ledger.save(),
      equity: this.#equity.save(),
      denials: this.#denials.save(),
      quality: this.#quality.save(),
      verdicts: this.#verdicts.save(),
      totals: [...this.#totals].map(
        ([kind, { amount, entries }]) => [kind, { amount: formatMoney(amount), entries }] as const,
      ),
      candles: this.#liveCandles.save(),
    };
  }

  restore(state: ReturnType<SessionReadModel['save']>): void {
    this.#orders.restore(state.orders);
    this.#fills.restore(state.fills);
    this.#trades.restore(state.trades);
    this.#ledger.restore(state.ledger);
    this.#equity.restore(state.equity);
    this.#denials.restore(state.denials);
    this.#quality.restore(state.quality);
    this.#verdicts.restore(state.verdicts);
    this.#totals.clear();
    for (const [kind, { amount, entries }] of state.totals)
      this.#totals.set(kind, { amount: parseMoney(amount), entries });
    this.#liveCandles.restore(state.candles);
  }
}

function absolute(amount: bigint): Money {
  return money(amount < 0n ? -amount : amount);
}
