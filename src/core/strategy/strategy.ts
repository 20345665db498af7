/**
 * What a strategy is: a name, a schema of its parameters, the history it needs, and handlers.
 *
 * Handlers are synchronous, see a read-only view of what had arrived by then, and return order intents. A handler that
 * throws, or returns what is no list of intents, loses its signal; one that takes too long loses its memory too; the
 * session goes on and reports it. What a strategy remembers it declares as plain data (`state`), so that a snapshot of the
 * session can keep it; one that declares nothing is brought back by a full replay.
 */

import type { ZodType } from 'zod';
import { type PlainData, decodeState, encodeState } from '../base/saved-state.ts';
import type { Instrument } from '../domain/instrument.ts';
import type {
  Bracket,
  FillRecord,
  OrderIntent,
  OrderRecord,
  OrderType,
  PositionSide,
  Side,
  TimeInForce,
  Trigger,
} from '../domain/order.ts';
import type { Lots, MarkPrice, Money, Rate, Ticks } from '../domain/units.ts';
import type { AgentVerdict } from '../domain/verdict.ts';
import type { Interval } from '../base/time.ts';
import type { BarSeries } from '../market/bar-series.ts';
import type { BookLevels } from '../market/book-levels.ts';
import type { Settlement } from '../market/instrument-market.ts';
import type { TradeTape } from '../market/trade-tape.ts';
import type { CallGuard } from './call-guard.ts';
import { requireDefinition, requireHandlers, requireHistoryBars } from './strategy-shape.ts';

/** A public trade as strategies see it; the object is reused. */
export interface PublicTrade {
  readonly instrument: number;
  readonly exchangeTimeMs: number;
  readonly takerSide: Side;
  readonly price: Ticks;
  readonly quantity: Lots;
}

/** The market and the account as they were known when a handler was called. The object is reused. */
export interface MarketView {
  readonly timeMs: number;
  readonly instruments: readonly Instrument[];
  /** Best prices in ticks; null while the book is not valid or a side is empty. */
  bestBid(instrument: number): Ticks | null;
  bestAsk(instrument: number): Ticks | null;
  lastPrice(instrument: number): Ticks | null;
  mark(instrument: number): MarkPrice | null;
  /** Length of the session's bars. */
  readonly intervalMs: number;
  /** Funding rate of the last settlement, fraction; null before the venue said it. */
  settledRate(instrument: number): Rate | null;
  /** Exchange time of the next funding settlement; null before the venue said it. */
  nextSettlementMs(instrument: number): number | null;
  /** Taker buys less taker sells of a closed bar, lots; null where not every trade of it was heard. */
  barDelta(instrument: number, back: number): Lots | null;
  /** Puts a verdict on record: it is stored with the session and shown beside the bar. */
  note(verdict: AgentVerdict): void;
  /** Closed bars of the session's interval, or of a longer one that the strategy declares. */
  bars(instrument: number, interval?: Interval): BarSeries;
  /** The displayed book, at most `count` levels a side, best first; null while it cannot be trusted. */
  bookLevels(instrument: number, count: number): BookLevels | null;
  /** The last public trades that were heard, newest first. */
  trades(instrument: number): TradeTape;
  /** Funding settlements that the venue published while the session ran, newest first. */
  settlements(instrument: number): readonly Settlement[];
  /** Signed position after the fills that had been reported to us; in hedge mode long and short together, or the side named. */
  position(instrument: number, side?: PositionSide): Lots;
  equity(): Money;
  /** Orders submitted and not yet reported closed. */
  workingOrders(): number;
  /** Asks for `onTimer(name)` at an engine time, at the earliest now. */
  setTimer(name: string, atMs: number): void;
}

/** Absent handlers cost nothing. */
export interface StrategyHandlers {
  /** Called once, when the session begins to run. */
  onStart?(view: MarketView): readonly OrderIntent[] | void;
  /** A bar of the session's interval closed, or one of a longer interval that it declares: the shortest comes first. */
  onBar?(instrument: number, view: MarketView, interval: Interval): readonly OrderIntent[] | void;
  onTrade?(trade: PublicTrade, view: MarketView): readonly OrderIntent[] | void;
  /** A complete, valid book frame was applied. */
  onBook?(instrument: number, view: MarketView): readonly OrderIntent[] | void;
  /** A fill was reported to us (one response latency after it happened). */
  onFill?(fill: FillRecord, view: MarketView): readonly OrderIntent[] | void;
  onOrder?(order: OrderRecord, view: MarketView): readonly OrderIntent[] | void;
  onTimer?(name: string, view: MarketView): readonly OrderIntent[] | void;
}

export interface StrategyDefinition<
  Params = unknown,
  State extends PlainData | undefined = PlainData | undefined,
> {
  readonly name: string;
  readonly params: ZodType<Params>;
  /** Closed bars it needs before its first order. */
  historyBars(params: Params): number;
  /** Longer intervals that it reads beside the session's, each with the closed bars it needs of it. */
  intervals?(params: Params): Readonly<Partial<Record<Interval, number>>>;
  /**
   * What it remembers at its start: all of its memory, in plain data that the handlers may change; `{}` for a strategy that
   * remembers nothing. Without it the strategy's variables are its own, and only a replay of the whole log brings them back.
   */
  state?(params: Params): State;
  /** `state`: what {@link state} gave, or what a snapshot kept of it. */
  create(params: Params, state: State): StrategyHandlers;
}

/** A strategy with its parameters filled in: what the engine runs. */
export interface StrategyInstance {
  readonly name: string;
  /** Parameters after defaults, as recorded. */
  readonly params: unknown;
  readonly historyBars: number;
  /** Longer intervals and the bars needed of each; absent = the session's own alone. */
  readonly intervals?: Readonly<Record<string, number>>;
  readonly handlers: StrategyHandlers;
  /** Absent for a strategy that declares no state. */
  readonly memory?: StrategyMemory;
  /** Makes handlers with a fresh memory, for after a call that was cut off; absent = the strategy cannot go on then. */
  readonly renew?: () => StrategyHandlers;
  /** Keeps its calls within their time; absent = nothing does. */
  readonly guard?: CallGuard;
}

/** The declared state of one instance. */
export interface StrategyMemory {
  /** As it stands: read it before the next event. What it holds may turn out not to be plain data. */
  readonly state: PlainData;
  /** The same strategy, remembering what was saved of `state`. */
  recall(saved: PlainData): StrategyInstance;
}

/** Declares a strategy; gives the parameters and the state their types. Throws TypeError where a part of it is missing. */
export function defineStrategy<Params, State extends PlainData | undefined>(
  definition: StrategyDefinition<Params, State>,
): StrategyDefinition<Params, State> {
  requireDefinition(definition);
  return definition;
}

/**
 * Checks parameters and creates the handlers. Throws ZodError on parameters that do not fit the schema, NotPlainError on a
 * state that is no plain data, TypeError on a need of bars that is none and on what are no handlers.
 */
export function instantiateStrategy<Params, State extends PlainData | undefined>(
  definition: StrategyDefinition<Params, State>,
  params: unknown,
): StrategyInstance {
  const checked = definition.params.parse(params);
  const fresh = (): State => {
    const initial = definition.state?.(checked);
    return (initial === undefined ? undefined : copyOf(initial)) as State;
  };
  const make = (from: State): StrategyInstance => {
    let state = from;
    const instance = {
      name: definition.name,
      params: checked,
      historyBars: requireHistoryBars(definition.historyBars(checked)),
      ...(definition.intervals === undefined ? {} : { intervals: definition.intervals(checked) }),
      handlers: requireHandlers(definition.create(checked, state)),
      renew: () => {
        state = fresh();
        return requireHandlers(definition.create(checked, state));
      },
    };
    if (state === undefined) return instance;
    const recall = (saved: PlainData): StrategyInstance => make(copyOf(saved) as State);
    return {
      ...instance,
      memory: {
        get state() {
          return state ?? null;
        },
        recall,
      },
    };
  };
  return make(fresh());
}

/** A memory of its own: nobody else's changes reach it. */
function copyOf(saved: PlainData): unknown {
  return decodeState(encodeState(saved));
}

/** Options of {@link submit} that have a usual value. */
export interface SubmitOptions {
  readonly timeInForce?: TimeInForce;
  readonly reduceOnly?: boolean;
  /** Which position the order belongs to in hedge mode; absent = the one it would open, or reduce. */
  readonly positionSide?: PositionSide;
  readonly clientOrderId?: string | null;
  /** Take-profit and stop-loss that follow the entry. */
  readonly bracket?: Bracket | null;
  readonly tag?: string;
}

/** An intent to trade at market. `quantity` in lots. */
export function marketOrder(
  instrument: number,
  side: Side,
  quantity: Lots,
  options: SubmitOptions = {},
): OrderIntent {
  return intent(instrument, side, 'market', quantity, null, { timeInForce: 'ioc', ...options });
}

/** An intent to place a limit order; good till cancelled unless `options` say otherwise. */
export function limitOrder(
  instrument: number,
  side: Side,
  quantity: Lots,
  price: Ticks,
  options: SubmitOptions = {},
): OrderIntent {
  return intent(instrument, side, 'limit', quantity, price, options);
}

/**
 * An intent that waits at the exchange for its trigger. `price`: the limit it then trades at, null = at market (a
 * `stop_limit` needs one).
 */
export function conditionalOrder(
  instrument: number,
  side: Side,
  type: 'stop_market' | 'stop_limit' | 'take_profit' | 'trailing_stop',
  quantity: Lots,
  trigger: Trigger,
  price: Ticks | null,
  options: SubmitOptions = {},
): OrderIntent {
  return intent(instrument, side, type, quantity, price, { ...options, trigger });
}

function intent(
  instrument: number,
  side: Side,
  type: OrderType,
  quantity: Lots,
  price: Ticks | null,
  options: SubmitOptions & { readonly trigger?: Trigger },
): OrderIntent {
  return {
    action: 'submit',
    instrument,
    side,
    type,
    quantity,
    price,
    timeInForce: options.timeInForce ?? 'gtc',
    reduceOnly: options.reduceOnly ?? false,
    ...(options.positionSide === undefined ? {} : { positionSide: options.positionSide }),
    trigger: options.trigger ?? null,
    bracket: options.bracket ?? null,
    clientOrderId: options.clientOrderId ?? null,
    tag: options.tag ?? 'signal',
  };
}
