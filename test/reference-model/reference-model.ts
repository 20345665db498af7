/**
 * Plays a scenario through the reference model: time, the risk gate, the two latencies, funding, halts.
 *
 * The order of things is the engine's contract: everything due at or before an event comes before it, in order of (due
 * time, when it was entered); what the strategy asks for at a time comes before what happens at that time.
 */

import { exact } from '../e2e/support/exact-decimal.ts';
import { ModelExchange } from './model-exchange.ts';
import { type ModelOrder, left, newOrder } from './model-order.ts';
import { OPENING, type Outcome } from './outcome.ts';
import type { Action, MarketEvent, Scenario, Submit, Terms, Timed } from './scenario.ts';

interface Pending {
  readonly dueMs: number;
  readonly run: () => void;
}

export class ReferenceModel {
  readonly exchange: ModelExchange;
  readonly denials: string[] = [];
  readonly #terms: Terms;
  /** In order of entry. */
  #pending: Pending[] = [];
  #nowMs = 0;
  #isHalted = false;
  #isPaused = false;
  #submitted = 0;
  /** Times of approvals. */
  readonly #approvedMs: number[] = [];
  #day: number | null = null;
  #dayOpening = 0n;
  #openingMs = 0;
  /** The day reached its limit, and what could add risk was cancelled. */
  #isLost = false;
  #isCleared = false;
  readonly #settlementOf: number[] = [];
  readonly #heldAt = new Map<string, number>();
  readonly #settled = new Set<string>();

  constructor(terms: Terms) {
    this.#terms = terms;
    this.exchange = new ModelExchange(terms);
  }

  play(scenario: Scenario, openingMs: number): Outcome {
    this.#openingMs = openingMs;
    this.exchange.account.move(0, 'deposit', exact(this.#terms.wallet));
    this.#later(1_000, () => this.#sample());
    const opening = OPENING.slice(0, this.#terms.instruments).flat();
    let sequence = 0;
    for (const event of opening) this.#meet({ ...event, atMs: 0 }, ++sequence);
    for (const action of scenario.actions) this.#later(action.atMs, () => this.#act(action));
    for (const event of scenario.events) this.#meet(event, ++sequence);
    this.#runUntil(scenario.endMs);
    return this.#outcome();
  }

  #outcome(): Outcome {
    const { account, orders, fills, changes } = this.exchange;
    return {
      fills,
      changes,
      denials: this.denials,
      ledger: account.ledger,
      trips: account.trips,
      wallet: account.wallet,
      equity: this.exchange.equity(),
      holdings: account.holdings.map(({ quantity, cost }) => `${quantity} ${cost}`),
      working: orders.filter(({ place }) => place !== 'over').length,
    };
  }

  #later(dueMs: number, run: () => void): void {
    this.#pending.push({ dueMs, run });
  }

  #runUntil(untilMs: number): void {
    for (;;) {
      let next: Pending | null = null;
      for (const item of this.#pending) {
        if (item.dueMs <= untilMs && (next === null || item.dueMs < next.dueMs)) next = item;
      }
      if (next === null) break;
      this.#pending = this.#pending.filter((item) => item !== next);
      this.#setNow(Math.max(this.#nowMs, next.dueMs));
      next.run();
    }
    this.#setNow(untilMs);
  }

  #setNow(nowMs: number): void {
    this.#nowMs = nowMs;
    this.exchange.nowMs = nowMs;
  }

  #meet(event: Timed<MarketEvent>, sequence: number): void {
    this.#runUntil(event.atMs);
    this.exchange.sequence = sequence;
    const { exchange } = this;
    switch (event.do) {
      case 'book':
        this.#showBook(event, sequence);
        break;
      case 'tail': {
        const { levels } = event;
        exchange.market(event.instrument).tail = { levels, atMs: this.#nowMs, sequence };
        break;
      }
      case 'trade': {
        const market = exchange.market(event.instrument);
        market.resilience.print(event.taker === 'buy', event.price, event.quantity);
        const isNews = event.exchangeMs >= market.lastTradeMs - 1_000;
        if (isNews) market.lastPrice = event.price;
        market.lastTradeMs = Math.max(market.lastTradeMs, Math.min(event.exchangeMs, this.#nowMs));
        if (this.#canFill(event.instrument)) {
          const { instrument, taker, price, quantity, exchangeMs } = event;
          exchange.print(instrument, taker === 'buy', price, quantity, exchangeMs);
          if (isNews) exchange.hear(instrument, 'last');
        }
        break;
      }
      case 'mark':
        exchange.market(event.instrument).mark = BigInt(event.mark);
        if (this.#canFill(event.instrument)) {
          exchange.hear(event.instrument, 'mark');
          exchange.margin.judge(event.instrument);
        }
        this.#awaitSettlement(event.instrument, event.nextSettlementMs);
        break;
      case 'funding':
        this.#settle(event);
        break;
      case 'disconnect':
        for (const market of exchange.markets) market.isValid = false;
        break;
      case 'pause':
      case 'resume':
        this.#isPaused = event.do === 'pause';
        break;
      case 'time':
        break;
    }
  }

  #canFill(instrument: number): boolean {
    return !this.#isHalted && this.exchange.market(instrument).isValid;
  }

  #showBook(event: Timed<MarketEvent> & { readonly do: 'book' }, sequence: number): void {
    const { instrument, levels, exchangeMs } = event;
    const market = this.exchange.market(instrument);
    market.frameExchangeMs = exchangeMs ?? -1;
    if (event.isSnapshot) {
      market.replace(levels);
    } else {
      market.beginUpdate();
      for (const level of levels) {
        market.change(level);
        this.exchange.capQueues(instrument, level.isBid, level.price);
      }
    }
    market.finishFrame(this.#nowMs, exchangeMs, sequence, this.#terms.staleMs);
    if (event.isSnapshot) this.exchange.capAllQueues(instrument);
    if (this.#canFill(instrument)) this.exchange.margin.closeOwed(instrument);
  }

  #act(action: Timed<Action>): void {
    switch (action.do) {
      case 'submit':
        this.#submit(action, true);
        break;
      case 'cancel': {
        const order = this.#find(action.id);
        if (order === null) this.#deny('order_unknown');
        else if (order.place !== 'over') this.#cancelLater(order);
        break;
      }
      case 'amend':
        this.#amend(action);
        break;
      case 'flatten':
        for (const order of this.exchange.working()) this.#cancelLater(order);
        for (const [instrument, { quantity }] of this.exchange.account.holdings.entries()) {
          if (quantity !== 0) this.#submit(closing(instrument, quantity), false);
        }
        break;
    }
  }

  #cancelLater(order: ModelOrder, reason = 'cancel_requested'): void {
    this.#later(this.#nowMs + this.#terms.requestMs, () => this.exchange.arriveCancel(order, reason));
  }

  #submit(asked: Submit, isRefusable: boolean): void {
    if (asked.clientId !== null && this.#find(asked.clientId) !== null) return;
    const id = `s1-o${++this.#submitted}`;
    this.#noteDay();
    const refusal = isRefusable ? this.#refusal(asked.instrument) : null;
    const denied = refusal ?? this.#gate(asked);
    if (denied !== null) {
      this.#deny(denied);
      this.exchange.changes.push(`${this.#nowMs} ${id} denied ${denied} 0`);
      return;
    }
    const order = newOrder(id, asked, this.#nowMs, this.exchange.market(asked.instrument).twiceMid());
    this.exchange.send(order);
    this.#later(this.#nowMs + this.#terms.requestMs, () => this.exchange.arrive(order));
  }

  #amend(action: Action & { readonly do: 'amend' }): void {
    const order = this.#find(action.id);
    if (order === null) return this.#deny('order_unknown');
    if (order.place === 'over' || order.asked.price === null || order.asked.trigger !== null)
      return this.#deny('not_amendable');
    const growth = (action.quantity ?? order.asked.quantity) - order.asked.quantity;
    if (growth > 0) {
      this.#noteDay();
      const asked = { ...order.asked, quantity: growth, clientId: null };
      const denied = this.#refusal(asked.instrument) ?? this.#gate(asked);
      if (denied !== null) return this.#deny(denied);
    }
    this.#later(this.#nowMs + this.#terms.requestMs, () =>
      this.exchange.arriveAmend(order, action.price, action.quantity),
    );
  }

  #find(clientId: string): ModelOrder | null {
    return this.exchange.orders.find(({ asked }) => asked.clientId === clientId) ?? null;
  }

  #deny(code: string): void {
    this.denials.push(`${this.#nowMs} ${code}`);
  }

  #refusal(instrument: number): string | null {
    if (this.#isHalted) return 'market_data_stale';
    if (this.#isPaused) return 'paused';
    return this.exchange.market(instrument).isValid ? null : 'market_data_stale';
  }

  #gate(asked: Submit): string | null {
    const { type } = asked;
    if (asked.quantity <= 0) return 'quantity_invalid';
    if (asked.price === null && (type === 'limit' || type === 'stop_limit')) return 'price_invalid';
    if (asked.trigger === null && type !== 'limit' && type !== 'market') return 'trigger_invalid';
    const recent = this.#approvedMs.filter((atMs) => this.#nowMs - atMs < 1_000).length;
    if (recent >= this.#terms.ordersPerSecond) return 'order_rate';
    const denied = asked.reduceOnly ? null : this.#gateGrowth(asked);
    if (denied === null) this.#approvedMs.push(this.#nowMs);
    return denied;
  }

  #gateGrowth({ instrument, side, quantity, price }: Submit): string | null {
    const market = this.exchange.market(instrument);
    const held = this.exchange.account.held(instrument);
    let sum = quantity;
    for (const order of this.exchange.working()) {
      const { asked } = order;
      if (asked.instrument === instrument && asked.side === side && !asked.reduceOnly) sum += left(order);
    }
    const after = held + (side === 'buy' ? sum : -sum);
    const isLess = Math.sign(after) === Math.sign(held) && Math.abs(after) < Math.abs(held);
    if (after === 0 || isLess) return null;
    const equity = this.exchange.equity();
    if (this.#isLost) return 'day_loss';
    const mid = market.twiceMid();
    const at = mid === null ? (market.lastPrice ?? price) : Math.ceil(mid / 2);
    if (at === null) return 'not_running';
    const value = this.exchange.contract(instrument).value(at, Math.abs(after));
    const { maxNotional, gateLeverage } = this.#terms;
    if (maxNotional !== null && value > exact(maxNotional)) return 'position_notional';
    return value > equity * BigInt(gateLeverage) ? 'leverage' : null;
  }

  /** A day begins with the equity it finds; once lost, it stays so. */
  #noteDay(): void {
    const equity = this.exchange.equity();
    const day = Math.floor((this.#openingMs + this.#nowMs) / 86_400_000);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayOpening = equity;
      this.#isLost = false;
    }
    const loss = this.#dayOpening - equity;
    const limit = (this.#dayOpening * BigInt(this.#terms.dayLossPercent)) / 100n;
    this.#isLost ||= loss > 0n && loss >= limit;
  }

  /** What could add risk is cancelled when a day is lost. */
  #clear(): void {
    if (this.#isLost && !this.#isCleared) {
      for (const order of this.exchange.working()) {
        const held = this.exchange.account.held(order.asked.instrument);
        const signed = order.asked.side === 'buy' ? left(order) : -left(order);
        const isReducing = Math.sign(held) === -Math.sign(signed) && Math.abs(signed) <= Math.abs(held);
        if (!order.asked.reduceOnly && !isReducing) this.#cancelLater(order, 'risk_limit');
      }
    }
    this.#isCleared = this.#isLost;
  }

  /** Once a second: is the book too old, has a day begun. */
  #sample(): void {
    const ages = this.exchange.markets.map(({ goodAtMs }) => this.#nowMs - goodAtMs);
    const isStale = Math.max(...ages) > this.#terms.staleMs;
    if (isStale && !this.#isHalted) {
      for (const [at, market] of this.exchange.markets.entries()) {
        if ((ages[at] ?? 0) > this.#terms.staleMs) market.isValid = false;
      }
    }
    this.#isHalted = isStale;
    this.#noteDay();
    this.#clear();
    this.#later(this.#nowMs + 1_000, () => this.#sample());
  }

  #awaitSettlement(instrument: number, settlementMs: number | null): void {
    const before = this.#settlementOf[instrument] ?? Number.NEGATIVE_INFINITY;
    if (settlementMs === null || settlementMs <= before) return;
    this.#settlementOf[instrument] = settlementMs;
    if (settlementMs < this.#nowMs) return;
    this.#later(settlementMs, () => {
      const key = `${instrument} ${settlementMs}`;
      if (!this.#settled.has(key)) this.#heldAt.set(key, this.exchange.account.held(instrument));
    });
  }

  #settle(event: MarketEvent & { readonly do: 'funding' }): void {
    const key = `${event.instrument} ${event.settlementMs}`;
    if (event.settlementMs < 0 || this.#settled.has(key)) return;
    this.#settled.add(key);
    const held = this.#heldAt.get(key) ?? 0;
    if (held === 0) return;
    const { exchange } = this;
    const amount = exchange.account.payment(event.instrument, held, event.rate, BigInt(event.mark));
    const isIsolated = this.#terms.marginMode === 'isolated';
    if (isIsolated && exchange.available() + amount < 0n) exchange.cancelAll(null, 'funding_unpaid');
    exchange.account.pay(this.#nowMs, event.instrument, amount, isIsolated ? exchange.available() : null);
  }
}

function closing(instrument: number, held: number): Submit {
  return {
    ...{ do: 'submit', instrument, type: 'market', quantity: Math.abs(held), price: null, tif: 'ioc' },
    ...{ reduceOnly: true, trigger: null, bracket: null, clientId: null },
    side: held > 0 ? 'sell' : 'buy',
  };
}
