/**
 * Everything the venue can say about one contract now: book, trades, bars, mark and index, funding, 24-hour figures.
 *
 * The market sources drive it event by event; the wire only reads it. Invariant: the last price, the bars and the tape
 * come from the same {@link InstrumentMarket.print} calls.
 */

import { BarHistory } from './bar-history.ts';
import { BarStore, type Bar } from './bar-store.ts';
import { BookSide } from './book-side.ts';
import { FundingSchedule } from './funding-schedule.ts';
import type { InstrumentSpec } from './instrument-spec.ts';
import { ReferencePrices } from './reference-prices.ts';
import { TradeTape } from './trade-tape.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const RATE_UNIT = 1e8;

export interface InstrumentMarketParameters {
  readonly spec: InstrumentSpec;
  readonly seed: number;
  /** First live minute (a whole minute of venue time). */
  readonly originMs: number;
  /** Price at the first live instant; the generated history ends on it. */
  readonly originTicks: number;
  readonly minuteVolatility: number;
  readonly meanMinuteLots: number;
  /** Minutes of bars before the first live one; absent = years. */
  readonly historyMinutes?: number | undefined;
  readonly fundingOffsetMs: number;
  /** (mid - index) / index before the live start. */
  readonly typicalPremium: number;
}

export class InstrumentMarket {
  readonly spec: InstrumentSpec;
  readonly bids = new BookSide(true);
  readonly asks = new BookSide(false);
  readonly tape = new TradeTape();
  readonly bars: BarStore;
  readonly markBars: BarStore;
  readonly reference: ReferencePrices;
  readonly funding: FundingSchedule;
  /** Reference units in a tick. */
  readonly referencePerTick: number;

  constructor(parameters: InstrumentMarketParameters) {
    const { spec, seed, originMs, originTicks, minuteVolatility, meanMinuteLots, historyMinutes } =
      parameters;
    this.spec = spec;
    this.referencePerTick = 10 ** (spec.referenceDecimals - spec.priceDecimals);
    const generated = { seed, originMs, minuteVolatility, meanMinuteLots, historyMinutes };
    const history = new BarHistory({ ...generated, originTicks });
    this.bars = new BarStore(history);
    const scale = this.referencePerTick;
    const markOrigin = originTicks * scale;
    const markHistory = scale === 1 ? history : new BarHistory({ ...generated, originTicks: markOrigin });
    this.markBars = new BarStore(markHistory);
    const index = Math.round(markOrigin / (1 + parameters.typicalPremium));
    this.reference = new ReferencePrices(index, markOrigin);
    this.funding = new FundingSchedule({
      seed,
      originMs,
      intervalHours: spec.fundingIntervalHours,
      offsetMs: parameters.fundingOffsetMs,
      maxRate: spec.maxFundingRate,
      typicalPremium: parameters.typicalPremium,
      markBefore: (timeMs) => this.markBars.fold(timeMs, timeMs + MINUTE_MS)?.open ?? markOrigin,
    });
  }

  /** Price of the last public trade. */
  get lastTicks(): number {
    return this.bars.lastTicks;
  }

  /** Half the sum of the best prices in ticks; the last price while a side is empty. */
  midTicks(): number {
    const bid = this.bids.best();
    const ask = this.asks.best();
    return bid === null || ask === null ? this.lastTicks : (bid + ask) / 2;
  }

  /** Publishes one trade. */
  print(timeMs: number, ticks: number, lots: number, isBuy: boolean): void {
    this.tape.append({ timeMs, ticks, lots, isBuy });
    this.bars.add(timeMs, ticks, lots);
  }

  /** Computes the mark price from the book, the index and the funding state, and folds it into the mark bars. */
  deriveMark(timeMs: number): void {
    const scale = this.referencePerTick;
    this.reference.deriveMark({
      index: this.reference.index,
      mid: this.midTicks() * scale,
      last: this.lastTicks * scale,
      settledRate: this.funding.lastSettlement().rate / RATE_UNIT,
      remainingShare: Math.max(0, this.funding.nextSettlementMs - timeMs) / this.funding.intervalMs,
    });
    this.markBars.add(timeMs, this.reference.mark, 0);
  }

  /** Opens the bars of the minute of `timeMs`, so that a minute without a trade has one too. */
  rollTo(timeMs: number): void {
    this.bars.rollTo(timeMs);
    this.markBars.rollTo(timeMs);
  }

  /** The rolling 24 hours up to `timeMs`, in whole minutes. */
  dayBar(timeMs: number): Bar | null {
    const endMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    return this.bars.fold(endMs - DAY_MINUTES * MINUTE_MS, endMs);
  }
}
