/**
 * Runs a strategy's handlers: shows them the market and the account as known to us, collects their intents, and keeps
 * whatever user code does from reaching the engine.
 *
 * What a handler throws is the strategy's error, whatever it is, because the view changes nothing: timers and verdicts are
 * kept until the call is over, and intents act only once all of them were checked. A call that was cut off leaves nothing
 * behind, not even the strategy's memory, which may be half written: it starts anew, and is disabled after
 * {@link MAX_OVERRUNS}. What was cut off is known by the number of the call, so that a replay can leave it out.
 */

import { assertNever } from '../base/assert.ts';
import type { Interval } from '../base/time.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { FillRecord, OrderIntent, OrderRecord, PositionSide } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import { STRATEGY_DISABLED } from '../domain/outputs.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import { type Lots, type MarkPrice, type Money, type Rate, type Ticks, lots } from '../domain/units.ts';
import type { AgentVerdict } from '../domain/verdict.ts';
import type { Account } from '../ledger/account.ts';
import type { BarSeries } from '../market/bar-series.ts';
import { type BookLevels, readLevels } from '../market/book-levels.ts';
import type { InstrumentMarket, Settlement } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { TradeTape } from '../market/trade-tape.ts';
import type { CallGuard } from '../strategy/call-guard.ts';
import { checkIntents } from '../strategy/intent-check.ts';
import { KnownPositions } from './known-positions.ts';
import type { MarketView, StrategyHandlers, StrategyInstance } from '../strategy/strategy.ts';
import type { EngineParts } from './engine-parts.ts';
import { disabledLine, failureLine, overrunLine } from './strategy-lines.ts';
import { StrategyWishes } from './strategy-wishes.ts';
import { TradeView } from './trade-view.ts';

/** Calls that may be cut off before the strategy is disabled. */
const MAX_OVERRUNS = 3;

type HandlerName = keyof StrategyHandlers;

export class StrategyHost implements MarketView {
  readonly instruments: readonly Instrument[];
  readonly intervalMs: number;
  readonly #name: string;
  readonly #ownInterval: Interval;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #onIntent: (intent: OrderIntent) => void;
  readonly #wishes: StrategyWishes;
  readonly #trade = new TradeView();
  /** Positions as our reported fills make them. */
  readonly #known = new KnownPositions();
  /** Ids of orders sent, or put in place for us, and not yet reported closed. */
  readonly #knownWorking = new Set<string>();
  readonly #guard: CallGuard | null;
  readonly #renew: (() => StrategyHandlers) | null;
  readonly #memory: StrategyInstance['memory'] | null;
  #handlers: StrategyHandlers;
  /** What the call in hand is about. */
  #handler: HandlerName = 'onStart';
  #instrument = 0;
  #interval: Interval;
  #text = '';
  #order: OrderRecord | null = null;
  #fill: FillRecord | null = null;
  #isCalling = false;
  #result: unknown = undefined;
  #failure: { readonly error: unknown } | null = null;
  #calls = 0;
  #overruns = 0;
  isDisabled = false;
  /** Calls that threw, returned nonsense or were cut off. */
  errors = 0;
  timeMs = 0;

  constructor(
    strategy: StrategyInstance,
    {
      interval,
      intervalMs,
      markets,
      account,
    }: Pick<EngineParts, 'interval' | 'intervalMs' | 'markets' | 'account'>,
    outputs: OutputBuffer,
    onIntent: (intent: OrderIntent) => void,
    onTimer: (name: string, atMs: number) => void,
  ) {
    this.#name = strategy.name;
    this.#handlers = strategy.handlers;
    this.#memory = strategy.memory ?? null;
    this.#guard = strategy.guard ?? null;
    this.#renew = strategy.renew ?? null;
    this.intervalMs = intervalMs;
    this.#ownInterval = interval;
    this.#interval = interval;
    this.instruments = markets.map((market) => market.instrument);
    this.#markets = markets;
    this.#account = account;
    this.#outputs = outputs;
    this.#onIntent = onIntent;
    this.#wishes = new StrategyWishes(outputs, markets.length, onTimer);
  }

  carryPosition(instrument: number, side: PositionSide | undefined, quantity: Lots): void {
    this.#known.add(instrument, side, quantity);
  }

  noteSubmitted(orderId: string): void {
    this.#knownWorking.add(orderId);
  }

  /** As they are now; which of them there are never changes. */
  get handlers(): StrategyHandlers {
    return this.#handlers;
  }

  start(): void {
    this.#call('onStart');
  }

  bar(instrument: number): void {
    this.#instrument = instrument;
    this.#interval = this.#ownInterval;
    this.#call('onBar');
    const { bars, longer } = this.#market(instrument);
    if (longer.size === 0) return;
    for (const [interval, { series, lengthMs }] of longer) {
      if (series.lastOpenTimeMs + lengthMs !== bars.lastOpenTimeMs + this.intervalMs) continue;
      this.#instrument = instrument;
      this.#interval = interval;
      this.#call('onBar');
    }
  }

  timer(name: string): void {
    this.#wishes.timersWaiting--;
    this.#text = name;
    this.#call('onTimer');
  }

  /** The hot path, as {@link trade}: nothing is allocated per frame. */
  book(instrument: number): void {
    this.#instrument = instrument;
    this.#call('onBook');
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
    this.#call('onTrade');
  }

  reportOrder(order: OrderRecord, isRunning: boolean): void {
    if (isTerminal(order.status)) this.#knownWorking.delete(order.id);
    else this.#knownWorking.add(order.id);
    this.#order = order;
    if (isRunning) this.#call('onOrder');
  }

  reportFill(fill: FillRecord, isRunning: boolean): void {
    const signed = fill.side === 'buy' ? fill.quantity : -fill.quantity;
    this.#known.add(fill.instrument, fill.positionSide, signed);
    this.#fill = fill;
    if (isRunning) this.#call('onFill');
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
    this.#assertCalling();
    this.#wishes.addNote(verdict);
  }

  bars(instrument: number, interval: Interval = this.#ownInterval): BarSeries {
    const { bars, longer } = this.#market(instrument);
    if (interval === this.#ownInterval) return bars;
    const { series } = longer.get(interval) ?? {};
    if (series === undefined) throw new RangeError(`the strategy declares no interval ${interval}`);
    return series;
  }

  bookLevels(instrument: number, count: number): BookLevels | null {
    const market = this.#market(instrument);
    return market.isBookValid ? readLevels(market.book, count) : null;
  }

  trades(instrument: number): TradeTape {
    return this.#market(instrument).tape;
  }

  settlements(instrument: number): readonly Settlement[] {
    return this.#market(instrument).settlements;
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
    this.#assertCalling();
    this.#wishes.addTimer(name, atMs);
  }

  #assertCalling(): void {
    if (!this.#isCalling) throw new TypeError('the view is good only while a handler runs');
  }

  #call(handler: HandlerName): void {
    if (this.isDisabled || this.#handlers[handler] === undefined) return;
    this.#handler = handler;
    if (!this.#isWithinTime(handler, this.#attempt)) {
      this.#overran(handler);
      return;
    }
    const result = this.#result;
    const failure = this.#failure;
    this.#result = undefined;
    this.#failure = null;
    this.#wishes.grant(this.timeMs);
    if (failure !== null) {
      this.#report(handler, failure.error);
      return;
    }
    if (result === undefined) return;
    const intents = checkIntents(result, this.instruments.length);
    if (typeof intents !== 'string') for (const intent of intents) this.#onIntent(intent);
    else this.#report(handler, intents);
  }

  #isWithinTime(handler: string, call: () => void): boolean {
    const number = ++this.#calls;
    this.#isCalling = true;
    if (this.#guard === null) call();
    const isWithin = this.#guard === null || this.#guard.run(number, handler, call, this.timeMs);
    this.#isCalling = false;
    return isWithin;
  }

  readonly #attempt = (): void => {
    try {
      this.#result = this.#invoke();
      // Nobody waits for it: its failure would end the process.
      if (isPromise(this.#result)) this.#result.then(doNothing, doNothing);
    } catch (error) {
      this.#failure = { error };
    }
  };

  #invoke(): unknown {
    const handlers = this.#handlers;
    switch (this.#handler) {
      case 'onStart':
        return handlers.onStart?.(this);
      case 'onBar':
        return handlers.onBar?.(this.#instrument, this, this.#interval);
      case 'onTrade':
        return handlers.onTrade?.(this.#trade, this);
      case 'onBook':
        return handlers.onBook?.(this.#instrument, this);
      case 'onFill':
        return this.#fill === null ? undefined : handlers.onFill?.(this.#fill, this);
      case 'onOrder':
        return this.#order === null ? undefined : handlers.onOrder?.(this.#order, this);
      case 'onTimer':
        return handlers.onTimer?.(this.#text, this);
      default:
        return assertNever(this.#handler, 'handler');
    }
  }

  /** The call was cut off: whatever it was about to do is forgotten, its half-written memory too. */
  #overran(handler: string): void {
    this.#result = undefined;
    this.#failure = null;
    this.#wishes.drop();
    this.errors++;
    this.#overruns++;
    const numbers = { call: this.#calls, overruns: this.#overruns, limit: MAX_OVERRUNS };
    this.#outputs.push(overrunLine(this.timeMs, this.#name, handler, numbers));
    if (this.#overruns < MAX_OVERRUNS && this.#startAnew()) this.#call('onStart');
    else if (!this.isDisabled) this.#disable();
  }

  #startAnew(): boolean {
    const renew = this.#renew;
    let handlers: StrategyHandlers | null = null;
    const create = (): void => {
      try {
        handlers = renew?.() ?? null;
      } catch {
        // Without handlers it cannot go on.
      }
    };
    if (!this.#isWithinTime('create', create) || handlers === null) return false;
    this.#handlers = handlers;
    return true;
  }

  /** Nobody minds its orders and positions any more: they are closed, and the session goes on without it. */
  #disable(): void {
    this.isDisabled = true;
    const { timeMs } = this;
    this.#outputs.push(disabledLine(timeMs, this.#name, this.#overruns));
    // On record among the states of the session: what runs from here on is no success.
    this.#outputs.push({ type: 'lifecycle', timeMs, state: 'running', reason: STRATEGY_DISABLED });
    this.#onIntent({ action: 'flatten' });
  }

  #report(handler: string, error: unknown): void {
    this.errors++;
    this.#outputs.push(failureLine(this.timeMs, this.#name, handler, error));
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#markets[instrument];
    if (market === undefined) throw new RangeError(`the session has no instrument ${instrument}`);
    return market;
  }

  /** The strategy's own memory comes back with the strategy; null where it declares none. */
  save() {
    return {
      memory: this.#memory?.state ?? null,
      known: this.#known.save(),
      knownWorking: [...this.#knownWorking],
      ...{ calls: this.#calls, overruns: this.#overruns, isDisabled: this.isDisabled },
      ...{ errors: this.errors, timeMs: this.timeMs, timersWaiting: this.#wishes.timersWaiting },
    };
  }

  restore(state: ReturnType<StrategyHost['save']>): void {
    this.#known.restore(state.known);
    this.#knownWorking.clear();
    for (const id of state.knownWorking) this.#knownWorking.add(id);
    this.#calls = state.calls;
    this.#overruns = state.overruns;
    this.isDisabled = state.isDisabled;
    this.#wishes.timersWaiting = state.timersWaiting;
    this.errors = state.errors;
    this.timeMs = state.timeMs;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function doNothing(): void {
  // What an asynchronous handler comes to has no place in a session.
}
