/**
 * The venue's shapes as rows of the event block: the last place that knows venue words.
 *
 * Invariant: one frame becomes whole events in one synchronous stretch, all with the same receive time.
 */

import { EventKind, NO_TIME } from '../../core/domain/event-block.ts';
import { type MarkPrice, type Rate, lots, markPrice, rate, ticks } from '../../core/domain/units.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { DecodedFrame } from './decoded-frame.ts';

/** Appends the book as a snapshot: bids best first, then asks. */
export function appendBook(frame: DecodedFrame, inlet: EventInlet): void {
  const levels = frame.bids + frame.asks;
  const block = inlet.open(levels + 1);
  const nowMs = inlet.nowMs();
  const { instrument, exchangeTimeMs } = frame;
  block.appendBook(EventKind.bookSnapshot, instrument, nowMs, exchangeTimeMs, levels);
  for (let row = 0; row < frame.bids; row++) {
    const price = ticks(frame.bidPrice[row] ?? 0);
    const quantity = lots(frame.bidQuantity[row] ?? 0);
    block.appendLevel(instrument, nowMs, exchangeTimeMs, true, price, quantity, row + 1 === levels);
  }
  for (let row = 0; row < frame.asks; row++) {
    const price = ticks(frame.askPrice[row] ?? 0);
    const quantity = lots(frame.askQuantity[row] ?? 0);
    block.appendLevel(
      instrument,
      nowMs,
      exchangeTimeMs,
      false,
      price,
      quantity,
      frame.bids + row + 1 === levels,
    );
  }
  inlet.ready();
}

/** Appends the trades of the frame for which `isNew` holds. `previousMs`: stamp of the trade frame before, NaN for none. */
export function appendTrades(
  frame: DecodedFrame,
  inlet: EventInlet,
  previousMs: number,
  isNew: (row: number) => boolean,
): void {
  const block = inlet.open(frame.trades);
  const nowMs = inlet.nowMs();
  for (let row = 0; row < frame.trades; row++) {
    if (!isNew(row)) continue;
    const timeMs = tradeTimeMs(frame.tradeTimeMs[row] ?? NO_TIME, previousMs);
    const side = frame.tradeIsBuy[row] === 1 ? 'buy' : 'sell';
    const price = ticks(frame.tradePrice[row] ?? 0);
    block.appendTrade(frame.instrument, nowMs, timeMs, side, price, lots(frame.tradeQuantity[row] ?? 0));
  }
  inlet.ready();
}

/**
 * The earliest that a trade can have happened: its own time has whole seconds only, and it came after the trade frame
 * before its own. The earliest, because a print must never count for an order that arrived after it.
 */
export function tradeTimeMs(ownMs: number, previousMs: number): number {
  const isWithin = ownMs % 1_000 === 0 && previousMs > ownMs && previousMs < ownMs + 1_000;
  return isWithin ? previousMs : ownMs;
}

export function appendPrice(frame: DecodedFrame, inlet: EventInlet): void {
  const block = inlet.open(1);
  block.appendMark(frame.instrument, inlet.nowMs(), frame.exchangeTimeMs, {
    mark: markPrice(frame.mark),
    index: known<MarkPrice>(frame.index, markPrice),
    settledRate: known<Rate>(frame.settledRate, rate),
    lastSettlementMs: known(frame.lastSettlementMs, (ms) => ms),
    nextSettlementMs: known(frame.nextSettlementMs, (ms) => ms),
  });
  inlet.ready();
}

export function appendTicker(frame: DecodedFrame, inlet: EventInlet): void {
  const block = inlet.open(1);
  block.appendLastPrice(frame.instrument, inlet.nowMs(), frame.exchangeTimeMs, ticks(frame.lastPrice));
  inlet.ready();
}

function known<T>(value: number, make: (value: number) => T): T | null {
  return Number.isNaN(value) ? null : make(value);
}
