/**
 * One instrument as one engine knows it: what the venue shows of it (public-book.ts, shared by all that hear the same
 * events), its prices and bars, and whether this engine can trust the book.
 */

import { restoreEach } from '../base/saved-state.ts';
import type { Interval } from '../base/time.ts';
import type { FillTerms } from '../domain/fill-terms.ts';
import type { Instrument } from '../domain/instrument.ts';
import { type MarkPrice, type Rate, markPrice } from '../domain/units.ts';
import type { BarSeries } from './bar-series.ts';
import type { BookTail } from './book-tail.ts';
import type { LongerBars } from './longer-bars.ts';
import { NO_PRICE } from './order-book.ts';
import type { PublicBook } from './public-book.ts';
import type { TickLadderBook } from './tick-ladder-book.ts';
import type { TradeFlow } from './trade-flow.ts';
import type { TradeTape } from './trade-tape.ts';

const SETTLEMENTS_KEPT = 100;

/** One funding settlement, as the venue published it. */
export interface Settlement {
  readonly timeMs: number;
  readonly rate: Rate;
  readonly mark: MarkPrice;
}

export class InstrumentMarket {
  readonly instrument: Instrument;
  readonly bars: BarSeries;
  readonly book: TickLadderBook;
  /** The last full book: what stood behind the window then. */
  readonly tail: BookTail;
  readonly flow: TradeFlow;
  readonly tape: TradeTape;
  /** Bars of longer intervals, by interval, in the order of their lengths. */
  readonly longer: ReadonlyMap<Interval, LongerBars>;
  readonly #public: PublicBook;
  /** Candles are all there is: they decide what fills. */
  readonly hasBarsOnly: boolean;
  /** Public trades are all there is. */
  readonly hasTradesOnly: boolean;
  /** A bar is being played through the orders: its prices are the market, whatever the book says. */
  isPlayingBar = false;
  /** False before the first frame, after a disconnect, and while the book is crossed: nothing fills then. */
  isBookValid = false;
  /** The book is the last good one of a market that is gone: what fills on it is reconstructed, not observed. */
  isLastBook = false;
  /**
   * Engine time at which the last good frame was the market, by the exchange's stamp where it has one; -Infinity before
   * the first.
   */
  bookTimeMs = Number.NEGATIVE_INFINITY;
  /** Last public trade in ticks, or {@link NO_PRICE}. */
  lastPrice = NO_PRICE;
  /** Exchange time of the newest public trade; -Infinity before the first. */
  lastTradeTimeMs = Number.NEGATIVE_INFINITY;
  /** Mark and index as sent; null before the first. */
  mark: MarkPrice | null = null;
  index: MarkPrice | null = null;
  nextSettlementMs: number | null = null;
  /** Rate of the last settlement as the venue says it; null before it did. */
  settledRate: Rate | null = null;
  /** Settlements that the venue published, newest first; at most {@link SETTLEMENTS_KEPT}. */
  settlements: readonly Settlement[] = [];

  constructor(
    instrument: Instrument,
    bars: BarSeries,
    shown: PublicBook,
    source: FillTerms['price_source'] = 'stream',
    longer: ReadonlyMap<Interval, LongerBars> = new Map(),
  ) {
    this.hasBarsOnly = source === 'bars';
    this.hasTradesOnly = source === 'trades';
    this.instrument = instrument;
    this.bars = bars;
    this.book = shown.ladder;
    this.tail = shown.tail;
    this.flow = shown.flow;
    this.tape = shown.tape;
    this.longer = longer;
    this.#public = shown;
  }

  /** Adds a closed bar of the session's interval, and what it closes of the longer ones. */
  addBar(openTimeMs: number, open: number, high: number, low: number, close: number, volume: number): void {
    this.bars.add(openTimeMs, open, high, low, close, volume);
    for (const longer of this.longer.values()) longer.add(openTimeMs, open, high, low, close, volume);
  }

  /** One that was published before counts once. */
  noteSettlement(settlement: Settlement): void {
    if (this.settlements.some(({ timeMs }) => timeMs >= settlement.timeMs)) return;
    this.settlements = [settlement, ...this.settlements.slice(0, SETTLEMENTS_KEPT - 1)];
  }

  /** Exchange time of the last frame; -Infinity before the first. */
  get bookExchangeTimeMs(): number {
    return this.#public.exchangeTimeMs;
  }

  /** Sequence number of the last frame. */
  get bookSequence(): number {
    return this.#public.sequence;
  }

  /** Digest of the best levels, for receipts. */
  get bookDigest(): string {
    return this.#public.digest;
  }

  /** Deepest prices shown: a window shows no more, a full book shows everything (0 and Infinity). */
  get worstBidShown(): number {
    return this.#public.worstBidShown;
  }

  get worstAskShown(): number {
    return this.#public.worstAskShown;
  }

  /** Takes the last frame for the market although it is gone; false where it shows no market. */
  trustLastBook(): boolean {
    const { bestBid, bestAsk } = this.book;
    const isGood = bestBid !== NO_PRICE && bestAsk !== NO_PRICE && bestBid < bestAsk;
    this.isLastBook = isGood;
    this.isBookValid = isGood;
    return isGood;
  }

  /** Best bid + best ask in ticks: twice the mid; null without a valid two-sided book. */
  get midX2(): number | null {
    const { bestBid, bestAsk } = this.book;
    return this.isBookValid && bestBid !== NO_PRICE && bestAsk !== NO_PRICE ? bestBid + bestAsk : null;
  }

  /** Whether books are shown at all. */
  get hasBook(): boolean {
    return !this.hasBarsOnly && !this.hasTradesOnly;
  }

  /** Whether public trades can fill: on a book that can be trusted, or where there is none to trust. */
  get canFillByTrades(): boolean {
    return this.isBookValid || this.hasTradesOnly;
  }

  /** {@link midX2}, or twice the last price where there are no books: what a decision was made on. */
  get decisionMidX2(): number | null {
    const { midX2 } = this;
    return midX2 === null && !this.hasBook && this.lastPrice !== NO_PRICE ? 2 * this.lastPrice : midX2;
  }

  /** A price in ticks to trade against without a book: the mid, else the last trade; null before either. */
  get lastPriceOrMid(): number | null {
    const { midX2 } = this;
    if (midX2 !== null) return midX2 / 2;
    return this.lastPrice === NO_PRICE ? null : this.lastPrice;
  }

  /** Price at which positions are valued: the mark, or the last trade where the source sends no mark; null before either. */
  get valuationPrice(): MarkPrice | null {
    if (this.mark !== null) return this.mark;
    if (this.lastPrice !== NO_PRICE) return markPrice(this.lastPrice * this.instrument.tickMark);
    return null;
  }

  /** Whether the book shows this price, be it with quantity zero. */
  shows(isBid: boolean, price: number): boolean {
    return this.#public.shows(isBid, price);
  }

  /** What the venue shows to everybody is saved where it is kept. */
  save() {
    return {
      bars: this.bars.save(),
      longer: [...this.longer.values()].map((longer) => longer.save()),
      settlements: this.settlements,
      isPlayingBar: this.isPlayingBar,
      isBookValid: this.isBookValid,
      isLastBook: this.isLastBook,
      bookTimeMs: this.bookTimeMs,
      lastPrice: this.lastPrice,
      lastTradeTimeMs: this.lastTradeTimeMs,
      mark: this.mark,
      index: this.index,
      nextSettlementMs: this.nextSettlementMs,
      settledRate: this.settledRate,
    };
  }

  restore(state: ReturnType<InstrumentMarket['save']>): void {
    this.bars.restore(state.bars);
    restoreEach([...this.longer.values()], state.longer);
    this.settlements = state.settlements;
    this.isPlayingBar = state.isPlayingBar;
    this.isBookValid = state.isBookValid;
    this.isLastBook = state.isLastBook;
    this.bookTimeMs = state.bookTimeMs;
    this.lastPrice = state.lastPrice;
    this.lastTradeTimeMs = state.lastTradeTimeMs;
    this.mark = state.mark;
    this.index = state.index;
    this.nextSettlementMs = state.nextSettlementMs;
    this.settledRate = state.settledRate;
  }
}
