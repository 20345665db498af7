/**
 * What a strategy is: a name, a schema of its parameters, the history it needs, and handlers.
 *
 * Handlers are synchronous, see a read-only view of what had arrived by then, and return order intents. A handler that
 * throws loses its signal; the session goes on and reports it.
 */

import type { ZodType } from 'zod';
import type { Instrument } from '../domain/instrument.ts';
import type { FillRecord, OrderIntent, OrderRecord, Side, TimeInForce } from '../domain/order.ts';
import type { Lots, MarkPrice, Money, Ticks } from '../domain/units.ts';
import type { BarSeries } from '../market/bar-series.ts';

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
  /** Closed bars of the session's interval. */
  bars(instrument: number): BarSeries;
  /** Signed position after the fills that had been reported to us. */
  position(instrument: number): Lots;
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
  /** A bar of the session's interval closed. */
  onBar?(instrument: number, view: MarketView): readonly OrderIntent[] | void;
  onTrade?(trade: PublicTrade, view: MarketView): readonly OrderIntent[] | void;
  /** A complete, valid book frame was applied. */
  onBook?(instrument: number, view: MarketView): readonly OrderIntent[] | void;
  /** A fill was reported to us (one response latency after it happened). */
  onFill?(fill: FillRecord, view: MarketView): readonly OrderIntent[] | void;
  onOrder?(order: OrderRecord, view: MarketView): readonly OrderIntent[] | void;
  onTimer?(name: string, view: MarketView): readonly OrderIntent[] | void;
}

export interface StrategyDefinition<Params = unknown> {
  readonly name: string;
  readonly params: ZodType<Params>;
  /** Closed bars it needs before its first order. */
  historyBars(params: Params): number;
  create(params: Params): StrategyHandlers;
}

/** A strategy with its parameters filled in: what the engine runs. */
export interface StrategyInstance {
  readonly name: string;
  /** Parameters after defaults, as recorded. */
  readonly params: unknown;
  readonly historyBars: number;
  readonly handlers: StrategyHandlers;
}

/** Declares a strategy; gives the parameters their types. */
export function defineStrategy<Params>(definition: StrategyDefinition<Params>): StrategyDefinition<Params> {
  return definition;
}

/** Checks parameters and creates the handlers. Throws ZodError on parameters that do not fit the schema. */
export function instantiateStrategy<Params>(
  definition: StrategyDefinition<Params>,
  params: unknown,
): StrategyInstance {
  const checked = definition.params.parse(params);
  return {
    name: definition.name,
    params: checked,
    historyBars: definition.historyBars(checked),
    handlers: definition.create(checked),
  };
}

/** Options of {@link submit} that have a usual value. */
export interface SubmitOptions {
  readonly timeInForce?: TimeInForce;
  readonly reduceOnly?: boolean;
  readonly clientOrderId?: string | null;
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

function intent(
  instrument: number,
  side: Side,
  type: 'market' | 'limit',
  quantity: Lots,
  price: Ticks | null,
  options: SubmitOptions,
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
    clientOrderId: options.clientOrderId ?? null,
    tag: options.tag ?? 'signal',
  };
}
