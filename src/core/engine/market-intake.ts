/**
 * Applies market events to what is publicly known and lets the exchange and the strategy react, in that order.
 *
 * The hot path: nothing is allocated per row.
 */

import { assert } from '../base/assert.ts';
import { restoreEach } from '../base/saved-state.ts';
import { SECOND_MS } from '../base/time.ts';
import type { FeedState } from '../domain/commands.ts';
import {
  type EventBlock,
  type FrameEventKind,
  BAR_CLOSE,
  BAR_HIGH,
  BAR_LENGTH,
  BAR_LOW,
  BAR_OPEN,
  BAR_OPEN_TIME,
  BAR_VOLUME,
  EventKind,
  FLAG_BUY,
  FLAG_HISTORY,
  FLAG_RECONSTRUCTED,
  FUNDING_MARK,
  FUNDING_RATE,
  FUNDING_TIME,
  MARK_INDEX,
  MARK_MARK,
  MARK_NEXT_SETTLEMENT,
  MARK_SETTLED_RATE,
} from '../domain/event-block.ts';
import type { TriggerSource } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { markPrice, rate } from '../domain/units.ts';
import type { Bar, BarPlay } from '../exchange/bar.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import type { DataWatch } from './data-watch.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Lifecycle } from './lifecycle.ts';
import { LiquidationDesk } from './liquidation-desk.ts';
import { type Complaint, QualityStretch } from './quality-stretch.ts';
import type { StrategyHost } from './strategy-host.ts';

/** Data that reaches us this long after its stamp is recorded as late; a healthy feed takes a tenth of a second. */
export const LATE_MS = 2 * SECOND_MS;
/** A trade's own time has whole seconds, so prints in order can seem this far out of it. */
const TRADE_TIME_GRID_MS = SECOND_MS;

const CROSSED: Complaint = { kind: 'crossed', detail: 'best bid at or above best ask; nothing filled' };
const ONE_SIDED: Complaint = { kind: 'stale', detail: 'a side of the book is empty; nothing filled' };
const LATE_BOOK: Complaint = {
  kind: 'late',
  detail: `books arrived more than ${LATE_MS} ms after their stamp`,
};
const LATE_TRADES: Complaint = {
  kind: 'late',
  detail: `trades arrived more than ${LATE_MS} ms after their stamp`,
};

type Mutable<Fields> = { -readonly [Field in keyof Fields]: Fields[Field] };

const NO_BAR: Bar = { openTimeMs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };

export class MarketIntake {
  readonly #parts: EngineParts;
  readonly #host: StrategyHost;
  readonly #lifecycle: Lifecycle;
  readonly #markBars: (Bar | null)[];
  readonly #hearsBooks: boolean;
  readonly #hearsTrades: boolean;
  readonly #watch: DataWatch;
  readonly #liquidation: LiquidationDesk;
  readonly #hearReports: () => void;
  readonly #staleMs: number;
  /** The bar in hand, reused; and how it is played, by instrument. */
  readonly #bar = { ...NO_BAR };
  readonly #plays: readonly Mutable<BarPlay>[];
  #playedMs = 0;
  #playedSequence = 0;
  readonly #bookStretches: readonly QualityStretch[];
  readonly #tradeStretches: readonly QualityStretch[];

  constructor(
    start: SessionStart,
    parts: EngineParts,
    host: StrategyHost,
    lifecycle: Lifecycle,
    watch: DataWatch,
    outputs: OutputBuffer,
    onLiquidation: (detail: string) => void,
    hearReports: () => void,
  ) {
    this.#hearReports = hearReports;
    this.#parts = parts;
    this.#host = host;
    this.#lifecycle = lifecycle;
    this.#watch = watch;
    this.#markBars = parts.markets.map(() => null);
    this.#liquidation = new LiquidationDesk(start, parts, outputs, onLiquidation);
    this.#staleMs = start.stale_timeout_ms;
    this.#plays = parts.markets.map((market) => ({
      bar: this.#bar,
      ...{ endMs: 0, markBar: null, isReconstructed: false },
      judgeMargin: () => this.#liquidation.onMark(market, this.#playedMs, this.#playedSequence),
    }));
    this.#hearsBooks = host.handlers.onBook !== undefined;
    this.#hearsTrades = host.handlers.onTrade !== undefined;
    this.#bookStretches = parts.markets.map((_, index) => new QualityStretch(outputs, index, 'book'));
    this.#tradeStretches = parts.markets.map((_, index) => new QualityStretch(outputs, index, 'trade'));
  }

  /** Records what is still wrong with the data: the session stops trading. */
  close(nowMs: number): void {
    for (const stretch of [...this.#bookStretches, ...this.#tradeStretches]) stretch.note(nowMs, null);
  }

  /** A book frame that lies in the rows from `row` to before `end`; the market shows it already. */
  frame(
    kind: FrameEventKind,
    block: EventBlock,
    row: number,
    end: number,
    nowMs: number,
    sequence: number,
  ): void {
    if (kind === EventKind.bookTail) return;
    const instrument = block.instrument[row] ?? 0;
    const market = this.#market(instrument);
    const isSnapshot = kind === EventKind.bookSnapshot;
    if (!isSnapshot) this.#parts.exchange.onLevels(instrument, block, row, end);
    this.#judge(market, instrument, nowMs);
    this.#parts.exchange.onFrame(instrument, isSnapshot, nowMs);
    if (market.isBookValid && this.#lifecycle.canFill)
      this.#parts.exchange.onQuote(instrument, nowMs, sequence);
    if (this.#lifecycle.canFill) this.#liquidation.onFrame(market, nowMs, sequence);
    if (market.isBookValid && this.#hearsBooks && this.#lifecycle.isTrading) this.#host.book(instrument);
  }

  trade(block: EventBlock, row: number, nowMs: number, sequence: number): void {
    const instrument = block.instrument[row] ?? 0;
    const price = block.price[row] ?? 0;
    const quantity = block.quantity[row] ?? 0;
    const isTakerBuy = ((block.flags[row] ?? 0) & FLAG_BUY) !== 0;
    const exchangeTimeMs = block.exchangeTimeMs[row] ?? 0;
    const market = this.#market(instrument);
    const isLate = nowMs - this.#watch.shownMs(nowMs, exchangeTimeMs) > LATE_MS;
    this.#tradeStretches[instrument]?.note(nowMs, isLate ? LATE_TRADES : null);
    // A print from before the newest one tells nothing of the price now.
    const isNewest = exchangeTimeMs >= market.lastTradeTimeMs - TRADE_TIME_GRID_MS;
    if (isNewest) market.lastPrice = price;
    market.lastTradeTimeMs = Math.max(market.lastTradeTimeMs, Math.min(exchangeTimeMs, nowMs));
    this.#parts.tradeBars[instrument]?.addTrade(nowMs, price, quantity);
    const { exchange } = this.#parts;
    exchange.observeTrade(instrument, isTakerBuy, price, quantity);
    if (
      market.canFillByTrades &&
      this.#lifecycle.canFill &&
      exchange.isReachedBy(instrument, isTakerBuy, price)
    ) {
      exchange.onTrade(instrument, isTakerBuy, price, quantity, exchangeTimeMs, nowMs, sequence);
    }
    if (isNewest) this.#firePrice('last', instrument, market, nowMs, sequence);
    if (isNewest && market.hasTradesOnly) this.#firePrice('mark', instrument, market, nowMs, sequence);
    if (isNewest && market.mark === null) this.#judgeMargin(market, exchangeTimeMs, nowMs, sequence);
    if (this.#hearsTrades && this.#lifecycle.isTrading) {
      this.#host.trade(instrument, exchangeTimeMs, isTakerBuy, price, quantity);
    }
  }

  /**
   * A closed bar: played through the orders where nothing finer is known; one that tells of its own time is then added
   * unless it is not newer than the last. Returns until when a reconstructed one tells what happened; null for others.
   */
  bar(block: EventBlock, row: number, nowMs: number, sequence: number): number | null {
    const instrument = block.instrument[row] ?? 0;
    const flags = block.flags[row] ?? 0;
    const bar = this.#bar;
    readBar(block, row, bar);
    const lengthMs = block.wide[(block.price[row] ?? 0) + BAR_LENGTH] ?? 0;
    const market = this.#market(instrument);
    const isReconstructed = (flags & FLAG_RECONSTRUCTED) !== 0;
    const isHistory = (flags & FLAG_HISTORY) !== 0;
    const isOwnLength = lengthMs === this.#parts.intervalMs;
    if (isReconstructed || (market.hasBarsOnly && isOwnLength)) {
      this.#play(instrument, market, bar, lengthMs, isReconstructed, isHistory, nowMs, sequence);
    }
    // What is played through afterwards is known as a bar by the history or the filled gap that comes with it.
    if (isReconstructed) return bar.openTimeMs + lengthMs;
    // The strategy learns what filled inside a bar before it hears of the bar.
    if (market.hasBarsOnly) this.#hearReports();
    if (!isOwnLength || bar.openTimeMs <= market.bars.lastOpenTimeMs) return null;
    market.addBar(bar.openTimeMs, bar.open, bar.high, bar.low, bar.close, bar.volume);
    if (!isHistory && this.#lifecycle.isTrading) this.#host.bar(instrument);
    return null;
  }

  /** What the venue published of a funding settlement. */
  settlement(block: EventBlock, row: number): void {
    const at = block.price[row] ?? 0;
    this.#market(block.instrument[row] ?? 0).noteSettlement({
      timeMs: block.wide[at + FUNDING_TIME] ?? Number.NaN,
      rate: rate(block.wide[at + FUNDING_RATE] ?? Number.NaN),
      mark: markPrice(block.wide[at + FUNDING_MARK] ?? Number.NaN),
    });
  }

  /** The mark's bar counts with the bar of the same span, which follows it. */
  markBar(block: EventBlock, row: number): void {
    const bar = { ...NO_BAR };
    readBar(block, row, bar);
    this.#markBars[block.instrument[row] ?? 0] = bar;
  }

  #play(
    instrument: number,
    market: InstrumentMarket,
    bar: Bar,
    lengthMs: number,
    isReconstructed: boolean,
    isHistory: boolean,
    nowMs: number,
    sequence: number,
  ): void {
    const endMs = bar.openTimeMs + lengthMs;
    const pending = this.#markBars[instrument] ?? null;
    const markBar = pending?.openTimeMs === bar.openTimeMs ? pending : null;
    this.#markBars[instrument] = null;
    if (isHistory) {
      market.lastPrice = bar.close;
    } else if (this.#lifecycle.state !== 'ended') {
      this.#playedMs = nowMs;
      this.#playedSequence = sequence;
      const play = this.#plays[instrument];
      assert(play !== undefined, 'no such instrument');
      play.endMs = endMs;
      play.markBar = markBar;
      play.isReconstructed = isReconstructed;
      this.#parts.exchange.onBar(instrument, play, nowMs, sequence);
    }
    // Time that is played through is no time without data; what stands in the book is no market all the same.
    market.bookTimeMs = Math.max(market.bookTimeMs, Math.min(nowMs, endMs));
  }

  /** Gives out the bar that trades built and that ends now. */
  closeTradeBar(instrument: number): void {
    const built = this.#parts.tradeBars[instrument];
    assert(built !== undefined, 'this session builds no bars from trades');
    if (built.isWhole) {
      this.#market(instrument).addBar(
        built.openTimeMs,
        built.open,
        built.high,
        built.low,
        built.close,
        built.volume,
      );
      if (this.#lifecycle.isTrading) this.#host.bar(instrument);
    }
    built.roll();
  }

  mark(block: EventBlock, row: number, nowMs: number, sequence: number): void {
    const instrument = block.instrument[row] ?? 0;
    const market = this.#market(instrument);
    const at = block.price[row] ?? 0;
    const index = block.wide[at + MARK_INDEX] ?? Number.NaN;
    const next = block.wide[at + MARK_NEXT_SETTLEMENT] ?? Number.NaN;
    market.mark = markPrice(block.wide[at + MARK_MARK] ?? Number.NaN);
    market.index = Number.isNaN(index) ? null : markPrice(index);
    const settledRate = block.wide[at + MARK_SETTLED_RATE] ?? Number.NaN;
    market.nextSettlementMs = Number.isNaN(next) ? null : next;
    if (!Number.isNaN(settledRate)) market.settledRate = rate(settledRate);
    this.#firePrice('mark', instrument, market, nowMs, sequence);
    this.#judgeMargin(market, block.exchangeTimeMs[row] ?? 0, nowMs, sequence);
  }

  /** Stops come first: on its way to where it liquidates, the price passed them. A stale mark liquidates nobody. */
  #judgeMargin(market: InstrumentMarket, exchangeTimeMs: number, nowMs: number, sequence: number): void {
    if (!this.#lifecycle.canFill) return;
    if (nowMs - this.#watch.shownMs(nowMs, exchangeTimeMs) > this.#staleMs) return;
    this.#liquidation.onMark(market, nowMs, sequence);
  }

  /** Lets conditional orders hear a price; while nothing can fill, nothing fires. */
  #firePrice(
    source: TriggerSource,
    instrument: number,
    market: InstrumentMarket,
    nowMs: number,
    sequence: number,
  ): void {
    const { exchange } = this.#parts;
    if (!exchange.hasConditional(instrument) || !market.canFillByTrades || !this.#lifecycle.canFill) return;
    exchange.onPrice(source, instrument, nowMs, sequence);
  }

  /** A ticker's last price counts until the first public trade is seen. */
  lastPrice(block: EventBlock, row: number): void {
    const market = this.#market(block.instrument[row] ?? 0);
    if (market.lastPrice === NO_PRICE) market.lastPrice = block.price[row] ?? NO_PRICE;
  }

  /** While the market connection is gone no book can be trusted: its next frame makes it good again. */
  feed(state: FeedState): void {
    if (state.feed !== 'ticker' || state.state === 'connected') return;
    for (const market of this.#parts.markets) if (!market.isLastBook) market.isBookValid = false;
  }

  /** Decides whether the book can be trusted, how old it is, and keeps the record of the time it was not good. */
  #judge(market: InstrumentMarket, instrument: number, nowMs: number): void {
    const { bestBid, bestAsk } = market.book;
    const isTwoSided = bestBid !== NO_PRICE && bestAsk !== NO_PRICE;
    const isCrossed = isTwoSided && bestBid >= bestAsk;
    const isGood = isTwoSided && !isCrossed;
    const shownMs = this.#watch.shownMs(nowMs, market.bookExchangeTimeMs);
    // A good book that arrives too old is the newest there is, and still no market. One that seems older than the book before
    // it makes nothing staler: the venue's clock may have stepped back, which its next sample tells.
    if (isGood) market.bookTimeMs = Math.max(market.bookTimeMs, shownMs);
    market.isBookValid = isGood && nowMs - shownMs <= this.#lifecycle.staleMs;
    market.isLastBook = false;
    const complaint = isCrossed
      ? CROSSED
      : !isTwoSided
        ? ONE_SIDED
        : nowMs - shownMs > LATE_MS
          ? LATE_BOOK
          : null;
    this.#bookStretches[instrument]?.note(nowMs, complaint);
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#parts.markets[instrument];
    assert(market !== undefined, 'no such instrument');
    return market;
  }

  save() {
    return {
      markBars: [...this.#markBars],
      liquidation: this.#liquidation.save(),
      bookStretches: this.#bookStretches.map((stretch) => stretch.save()),
      tradeStretches: this.#tradeStretches.map((stretch) => stretch.save()),
    };
  }

  restore(state: ReturnType<MarketIntake['save']>): void {
    this.#markBars.splice(0, this.#markBars.length, ...state.markBars);
    this.#liquidation.restore(state.liquidation);
    restoreEach(this.#bookStretches, state.bookStretches);
    restoreEach(this.#tradeStretches, state.tradeStretches);
  }
}

function readBar(block: EventBlock, row: number, into: Mutable<Bar>): void {
  const { wide } = block;
  const at = block.price[row] ?? 0;
  into.openTimeMs = wide[at + BAR_OPEN_TIME] ?? 0;
  into.open = wide[at + BAR_OPEN] ?? 0;
  into.high = wide[at + BAR_HIGH] ?? 0;
  into.low = wide[at + BAR_LOW] ?? 0;
  into.close = wide[at + BAR_CLOSE] ?? 0;
  into.volume = wide[at + BAR_VOLUME] ?? 0;
}
