/**
 * What a strategy is shown: the market and the account as they were known when its handler was called.
 *
 * Nothing can be changed through it: the view, its class and the bars and trades that it hands out are frozen, lists are
 * copies. What a handler tries all the same throws into the handler. The same object serves every call.
 */

import type { Interval } from '../base/time.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { PositionSide } from '../domain/order.ts';
import { type Lots, type MarkPrice, type Money, type Rate, type Ticks, lots } from '../domain/units.ts';
import type { AgentVerdict } from '../domain/verdict.ts';
import type { BarSeries } from '../market/bar-series.ts';
import { type BookLevels, readLevels } from '../market/book-levels.ts';
import type { InstrumentMarket, Settlement } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { TradeTape } from '../market/trade-tape.ts';
import type { MarketView } from '../strategy/strategy.ts';
import type { EngineParts } from './engine-parts.ts';
import type { KnownPositions } from './known-positions.ts';
import type { StrategyWishes } from './strategy-wishes.ts';

/** The call that is made, and what is known to the one who is called. */
export interface CallInHand {
  readonly timeMs: number;
  readonly isCalling: boolean;
  readonly known: KnownPositions;
  /** Ids of orders sent, or put in place for us, and not yet reported closed. */
  readonly knownWorking: ReadonlySet<string>;
  readonly wishes: StrategyWishes;
}

export type ViewedParts = Pick<EngineParts, 'interval' | 'intervalMs' | 'markets' | 'account'>;

export class StrategyView implements MarketView {
  readonly instruments: readonly Instrument[];
  readonly intervalMs: number;
  readonly #ownInterval: Interval;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: ViewedParts['account'];
  readonly #call: CallInHand;

  constructor({ interval, intervalMs, markets, account }: ViewedParts, call: CallInHand) {
    this.intervalMs = intervalMs;
    this.#ownInterval = interval;
    this.instruments = Object.freeze(markets.map(({ instrument }) => instrument));
    this.#markets = markets;
    this.#account = account;
    this.#call = call;
    Object.freeze(this);
  }

  get timeMs(): number {
    return this.#call.timeMs;
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
    this.#call.wishes.addNote(verdict);
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
    return this.#market(instrument).settlements.map((settlement) => ({ ...settlement }));
  }

  position(instrument: number, side?: PositionSide): Lots {
    return this.#call.known.of(instrument, side);
  }

  equity(): Money {
    return this.#account.equity;
  }

  workingOrders(): number {
    return this.#call.knownWorking.size;
  }

  setTimer(name: string, atMs: number): void {
    this.#assertCalling();
    this.#call.wishes.addTimer(name, atMs);
  }

  #assertCalling(): void {
    if (!this.#call.isCalling) throw new TypeError('the view is good only while a handler runs');
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#markets[instrument];
    if (market === undefined) throw new RangeError(`the session has no instrument ${instrument}`);
    return market;
  }
}

Object.freeze(StrategyView.prototype);
