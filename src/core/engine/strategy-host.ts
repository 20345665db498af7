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
import { freezePlain } from '../base/freeze-plain.ts';
import type { Interval } from '../base/time.ts';
import type { FillRecord, OrderIntent, OrderRecord, PositionSide } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import { STRATEGY_DISABLED } from '../domain/outputs.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { Lots, Ticks } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { CallGuard } from '../strategy/call-guard.ts';
import { readIntents } from '../strategy/intent-check.ts';
import { KnownPositions } from './known-positions.ts';
import type { StrategyHandlers, StrategyInstance } from '../strategy/strategy.ts';
import { disabledLine, failureLine, overrunLine } from './strategy-lines.ts';
import { type CallInHand, StrategyView, type ViewedParts } from './strategy-view.ts';
import { StrategyWishes } from './strategy-wishes.ts';
import { TradeView } from './trade-view.ts';

/** Calls that may be cut off before the strategy is disabled. */
const MAX_OVERRUNS = 3;

type HandlerName = keyof StrategyHandlers;

const NO_INTENTS: readonly OrderIntent[] = [];

export class StrategyHost implements CallInHand {
  readonly wishes: StrategyWishes;
  /** Positions as our reported fills make them. */
  readonly known = new KnownPositions();
  /** Ids of orders sent, or put in place for us, and not yet reported closed. */
  readonly knownWorking = new Set<string>();
  readonly #view: StrategyView;
  readonly #intervalMs: number;
  readonly #name: string;
  readonly #ownInterval: Interval;
  readonly #markets: readonly InstrumentMarket[];
  readonly #outputs: OutputBuffer;
  readonly #onIntent: (intent: OrderIntent) => void;
  readonly #trade = new TradeView();
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
  isCalling = false;
  /** What the call returned, in our own copies; text = what is wrong with it. */
  #result: readonly OrderIntent[] | string = NO_INTENTS;
  #failure: { readonly error: unknown } | null = null;
  #calls = 0;
  #overruns = 0;
  isDisabled = false;
  /** Calls that threw, returned nonsense or were cut off. */
  errors = 0;
  timeMs = 0;

  constructor(
    strategy: StrategyInstance,
    parts: ViewedParts,
    outputs: OutputBuffer,
    onIntent: (intent: OrderIntent) => void,
    onTimer: (name: string, atMs: number) => void,
  ) {
    this.#name = strategy.name;
    this.#handlers = strategy.handlers;
    this.#memory = strategy.memory ?? null;
    this.#guard = strategy.guard ?? null;
    this.#renew = strategy.renew ?? null;
    this.#intervalMs = parts.intervalMs;
    this.#ownInterval = parts.interval;
    this.#interval = parts.interval;
    this.#markets = parts.markets;
    this.#outputs = outputs;
    this.#onIntent = onIntent;
    this.wishes = new StrategyWishes(outputs, parts.markets.length, onTimer);
    this.#view = new StrategyView(parts, this);
  }

  carryPosition(instrument: number, side: PositionSide | undefined, quantity: Lots): void {
    this.known.add(instrument, side, quantity);
  }

  noteSubmitted(orderId: string): void {
    this.knownWorking.add(orderId);
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
      if (series.lastOpenTimeMs + lengthMs !== bars.lastOpenTimeMs + this.#intervalMs) continue;
      this.#instrument = instrument;
      this.#interval = interval;
      this.#call('onBar');
    }
  }

  timer(name: string): void {
    this.wishes.timersWaiting--;
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
    if (isTerminal(order.status)) this.knownWorking.delete(order.id);
    else this.knownWorking.add(order.id);
    this.#order = freezePlain(order);
    if (isRunning) this.#call('onOrder');
  }

  reportFill(fill: FillRecord, isRunning: boolean): void {
    const signed = fill.side === 'buy' ? fill.quantity : -fill.quantity;
    this.known.add(fill.instrument, fill.positionSide, signed);
    this.#fill = freezePlain(fill);
    if (isRunning) this.#call('onFill');
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
    this.#result = NO_INTENTS;
    this.#failure = null;
    this.wishes.grant(this.timeMs);
    if (failure !== null) this.#report(handler, failure.error);
    else if (typeof result === 'string') this.#report(handler, result);
    else for (const intent of result) this.#onIntent(intent);
  }

  #isWithinTime(handler: string, call: () => void): boolean {
    const number = ++this.#calls;
    this.isCalling = true;
    if (this.#guard === null) call();
    const isWithin = this.#guard === null || this.#guard.run(number, handler, call, this.timeMs);
    this.isCalling = false;
    return isWithin;
  }

  readonly #attempt = (): void => {
    try {
      const returned = this.#invoke();
      // Read within the call, and once: what it returned is the strategy's own, and may be anything.
      this.#result = returned === undefined ? NO_INTENTS : readIntents(returned, this.#markets.length);
      // Nobody waits for it: its failure would end the process.
      if (isPromise(returned)) returned.then(doNothing, doNothing);
    } catch (error) {
      this.#failure = { error };
    }
  };

  #invoke(): unknown {
    const handlers = this.#handlers;
    const view = this.#view;
    switch (this.#handler) {
      case 'onStart':
        return handlers.onStart?.(view);
      case 'onBar':
        return handlers.onBar?.(this.#instrument, view, this.#interval);
      case 'onTrade':
        return handlers.onTrade?.(this.#trade, view);
      case 'onBook':
        return handlers.onBook?.(this.#instrument, view);
      case 'onFill':
        return this.#fill === null ? undefined : handlers.onFill?.(this.#fill, view);
      case 'onOrder':
        return this.#order === null ? undefined : handlers.onOrder?.(this.#order, view);
      case 'onTimer':
        return handlers.onTimer?.(this.#text, view);
      default:
        return assertNever(this.#handler, 'handler');
    }
  }

  /** The call was cut off: whatever it was about to do is forgotten, its half-written memory too. */
  #overran(handler: string): void {
    this.#result = NO_INTENTS;
    this.#failure = null;
    this.wishes.drop();
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
      known: this.known.save(),
      knownWorking: [...this.knownWorking],
      ...{ calls: this.#calls, overruns: this.#overruns, isDisabled: this.isDisabled },
      ...{ errors: this.errors, timeMs: this.timeMs, timersWaiting: this.wishes.timersWaiting },
    };
  }

  restore(state: ReturnType<StrategyHost['save']>): void {
    this.known.restore(state.known);
    this.knownWorking.clear();
    for (const id of state.knownWorking) this.knownWorking.add(id);
    this.#calls = state.calls;
    this.#overruns = state.overruns;
    this.isDisabled = state.isDisabled;
    this.wishes.timersWaiting = state.timersWaiting;
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
