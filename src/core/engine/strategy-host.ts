/**
 * Runs a strategy's handlers: shows them the market and the account as known to us, collects their intents, and keeps
 * an exception in user code from reaching the engine.
 */

import { assert, InvariantViolation } from '../base/assert.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { FillRecord, OrderIntent, OrderRecord, PositionSide, Side } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import {
  type Lots,
  type MarkPrice,
  type Money,
  type Rate,
  type Ticks,
  lots,
  ticks,
} from '../domain/units.ts';
import type { AgentVerdict } from '../domain/verdict.ts';
import type { Account } from '../ledger/account.ts';
import type { BarSeries } from '../market/bar-series.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { KnownPositions } from './known-positions.ts';
import type {
  MarketView,
  PublicTrade,
  StrategyHandlers,
  StrategyInstance,
  StrategyMemory,
} from '../strategy/strategy.ts';
import type { EngineParts } from './engine-parts.ts';

type Intents = readonly OrderIntent[] | void;

/** The one public-trade object, reused for every call. */
class TradeView implements PublicTrade {
  instrument = 0;
  exchangeTimeMs = 0;
  takerSide: Side = 'buy';
  price: Ticks = ticks(0);
  quantity: Lots = lots(0);
}

export class StrategyHost implements MarketView {
  readonly handlers: StrategyHandlers;
  readonly #memory: StrategyMemory | null;
  readonly instruments: readonly Instrument[];
  readonly intervalMs: number;
  readonly #name: string;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #onIntent: (intent: OrderIntent) => void;
  readonly #onTimer: (name: string, atMs: number) => void;
  readonly #trade = new TradeView();
  /** Positions as our reported fills make them. */
  readonly #known = new KnownPositions();
  /** Ids of orders sent, or put in place for us, and not yet reported closed. */
  readonly #knownWorking = new Set<string>();
  /** Handlers that threw. */
  errors = 0;
  timeMs = 0;

  constructor(
    strategy: StrategyInstance,
    { intervalMs, markets, account }: Pick<EngineParts, 'intervalMs' | 'markets' | 'account'>,
    outputs: OutputBuffer,
    onIntent: (intent: OrderIntent) => void,
    onTimer: (name: string, atMs: number) => void,
  ) {
    this.#name = strategy.name;
    this.handlers = strategy.handlers;
    this.#memory = strategy.memory ?? null;
    this.intervalMs = intervalMs;
    this.instruments = markets.map((market) => market.instrument);
    this.#markets = markets;
    this.#account = account;
    this.#outputs = outputs;
    this.#onIntent = onIntent;
    this.#onTimer = onTimer;
  }

  /** Whether the strategy declares what it remembers. */
  get hasMemory(): boolean {
    return this.#memory !== null;
  }

  carryPosition(instrument: number, side: PositionSide | undefined, quantity: Lots): void {
    this.#known.add(instrument, side, quantity);
  }

  noteSubmitted(orderId: string): void {
    this.#knownWorking.add(orderId);
  }

  start(): void {
    this.#run('onStart', () => this.handlers.onStart?.(this));
  }

  bar(instrument: number): void {
    if (this.handlers.onBar !== undefined) this.#run('onBar', () => this.handlers.onBar?.(instrument, this));
  }

  timer(name: string): void {
    this.#run('onTimer', () => this.handlers.onTimer?.(name, this));
  }

  /** The hot path: no closure, so nothing is allocated per frame. */
  book(instrument: number): void {
    try {
      this.#handle(this.handlers.onBook?.(instrument, this));
    } catch (error) {
      this.#report('onBook', error);
    }
  }

  trade(
    instrument: number,
    exchangeTimeMs: number,
    isTakerBuy: boolean,
    price: number,
    quantity: number,
  ): void {
    const trade = this.#trade;
    trade.instrument = instrument;
    trade.exchangeTimeMs = exchangeTimeMs;
    trade.takerSide = isTakerBuy ? 'buy' : 'sell';
    trade.price = price as Ticks;
    trade.quantity = quantity as Lots;
    try {
      this.#handle(this.handlers.onTrade?.(trade, this));
    } catch (error) {
      this.#report('onTrade', error);
    }
  }

  reportOrder(order: OrderRecord, isRunning: boolean): void {
    if (isTerminal(order.status)) this.#knownWorking.delete(order.id);
    else this.#knownWorking.add(order.id);
    if (isRunning && this.handlers.onOrder !== undefined)
      this.#run('onOrder', () => this.handlers.onOrder?.(order, this));
  }

  reportFill(fill: FillRecord, isRunning: boolean): void {
    const signed = fill.side === 'buy' ? fill.quantity : -fill.quantity;
    this.#known.add(fill.instrument, fill.positionSide, signed);
    if (isRunning && this.handlers.onFill !== undefined)
      this.#run('onFill', () => this.handlers.onFill?.(fill, this));
  }

  bestBid(instrument: number): Ticks | null {
    const market = this.#market(instrument);
    return market.isBookValid && market.book.bestBid !== NO_PRICE ? (market.book.bestBid as Ticks) : null;
  }

  bestAsk(instrument: number): Ticks | null {
    const market = this.#market(instrument);
    return market.isBookValid && market.book.bestAsk !== NO_PRICE ? (market.book.bestAsk as Ticks) : null;
  }

  lastPrice(instrument: number): Ticks | null {
    const { lastPrice } = this.#market(instrument);
    return lastPrice === NO_PRICE ? null : (lastPrice as Ticks);
  }

  mark(instrument: number): MarkPrice | null {
    return this.#market(instrument).mark;
  }

  settledRate(instrument: number): Rate | null {
    return this.#market(instrument).settledRate;
  }

  nextSettlementMs(instrument: number): number | null {
    return this.#market(instrument).nextSettlementMs;
  }

  barDelta(instrument: number, back: number): Lots | null {
    const { bars, flow } = this.#market(instrument);
    const delta = flow.delta(bars.openTimeMs(back));
    return delta === null ? null : lots(delta);
  }

  note(verdict: AgentVerdict): void {
    this.#outputs.push({ type: 'verdict', timeMs: this.timeMs, verdict });
  }

  bars(instrument: number): BarSeries {
    return this.#market(instrument).bars;
  }

  position(instrument: number, side?: PositionSide): Lots {
    return this.#known.of(instrument, side);
  }

  equity(): Money {
    return this.#account.equity;
  }

  workingOrders(): number {
    return this.#knownWorking.size;
  }

  setTimer(name: string, atMs: number): void {
    this.#onTimer(name, Math.max(atMs, this.timeMs));
  }

  #run(handler: string, call: () => Intents): void {
    try {
      this.#handle(call());
    } catch (error) {
      this.#report(handler, error);
    }
  }

  #handle(intents: Intents): void {
    if (intents === undefined) return;
    for (const intent of intents) this.#onIntent(intent);
  }

  #report(handler: string, error: unknown): void {
    if (error instanceof InvariantViolation) throw error;
    this.errors++;
    const message = error instanceof Error ? error.message : String(error);
    this.#outputs.push({
      type: 'log',
      timeMs: this.timeMs,
      level: 'error',
      event: 'strategy_error',
      msg: `Strategy ${this.#name} failed in ${handler}; its signal is lost`,
      fields: { handler, error: message },
    });
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#markets[instrument];
    assert(market !== undefined, `no instrument ${instrument}`);
    return market;
  }

  /** The strategy's own memory comes back with the strategy; null where it declares none. */
  save() {
    return {
      memory: this.#memory?.state ?? null,
      known: this.#known.save(),
      knownWorking: [...this.#knownWorking],
      errors: this.errors,
      timeMs: this.timeMs,
    };
  }

  restore(state: ReturnType<StrategyHost['save']>): void {
    this.#known.restore(state.known);
    this.#knownWorking.clear();
    for (const id of state.knownWorking) this.#knownWorking.add(id);
    this.errors = state.errors;
    this.timeMs = state.timeMs;
  }
}
