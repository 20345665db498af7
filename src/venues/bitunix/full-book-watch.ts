/**
 * Fetches the full book of one contract now and then: an estimate of what lies behind the displayed window.
 *
 * Each reply becomes one tail event of the nearest {@link MAX_TAIL_LEVELS} levels of a side, without an exchange time: the
 * venue tells none. Invariant: one request at a time, the next an interval after the last was answered; requests draw from
 * the client's one rate limiter. A reply that fails or does not fit the contract's grid is logged and left out.
 */

import { DecimalError } from '../../core/base/fixed-point.ts';
import { EventKind, MAX_TAIL_LEVELS, NO_TIME } from '../../core/domain/event-block.ts';
import { type Instrument, parsePrice, parseQuantity } from '../../core/domain/instrument.ts';
import type { Lots, Ticks } from '../../core/domain/units.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { Scheduler, Timer } from '../transport/scheduler.ts';
import type { Depth } from './messages.ts';

/** The first request waits until the start's own are out. */
const FIRST_AFTER_MS = 1_000;

export interface FullBookWatchOptions {
  readonly instrument: Instrument;
  readonly intervalMs: number;
  readonly inlet: EventInlet;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly fetchBook: (signal: AbortSignal) => Promise<Depth>;
  readonly onFatal: (error: VenueError) => void;
}

type Level = readonly [price: Ticks, quantity: Lots];

export class FullBookWatch {
  readonly #options: FullBookWatchOptions;
  readonly #ended = new AbortController();
  #timer: Timer | null = null;

  constructor(options: FullBookWatchOptions) {
    this.#options = options;
    this.#wait(FIRST_AFTER_MS);
  }

  stop(): void {
    this.#ended.abort();
    this.#timer?.cancel();
  }

  #wait(delayMs: number): void {
    this.#timer = this.#options.scheduler.after(delayMs, () => void this.#fetch());
  }

  async #fetch(): Promise<void> {
    const { fetchBook, logger, instrument, intervalMs, onFatal } = this.#options;
    try {
      const book = await fetchBook(this.#ended.signal);
      if (!this.#ended.signal.aborted) this.#append(book);
    } catch (error) {
      if (!(error instanceof VenueError || error instanceof DecimalError)) throw error;
      if (this.#ended.signal.aborted) return;
      if (error instanceof VenueError && error.errorClass === 'fatal') onFatal(error);
      logger.log('warning', 'full_book_failed', error.message, { symbol: instrument.symbol });
    }
    if (!this.#ended.signal.aborted) this.#wait(intervalMs);
  }

  /** Throws DecimalError for a level off the contract's grid, VenueError for sides that are not in order. */
  #append(book: Depth): void {
    const { instrument, inlet } = this.#options;
    const bids = nearestLevels(book.bids, instrument, true);
    const asks = nearestLevels(book.asks, instrument, false);
    const count = bids.length + asks.length;
    const block = inlet.open(count + 1);
    const nowMs = inlet.nowMs();
    block.appendBook(EventKind.bookTail, instrument.index, nowMs, NO_TIME, count);
    for (const [row, [price, quantity]] of [...bids, ...asks].entries()) {
      const isBid = row < bids.length;
      block.appendLevel(instrument.index, nowMs, NO_TIME, isBid, price, quantity, row + 1 === count);
    }
    inlet.ready();
  }
}

function nearestLevels(rows: Depth['bids'], instrument: Instrument, isBid: boolean): Level[] {
  const levels: Level[] = [];
  let previous = isBid ? Number.POSITIVE_INFINITY : 0;
  for (const [priceText, quantityText] of rows) {
    if (levels.length === MAX_TAIL_LEVELS) break;
    const quantity = parseQuantity(instrument, quantityText);
    if (quantity <= 0) continue;
    const price = parsePrice(instrument, priceText);
    if (price <= 0 || (isBid ? price >= previous : price <= previous))
      throw new VenueError('transient', null, 'full book: levels out of order');
    previous = price;
    levels.push([price, quantity]);
  }
  return levels;
}
