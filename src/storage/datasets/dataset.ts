/** A recorded market as event blocks: what every reader of a data format offers, and all that a backtest knows of it. */

import type { EventBlock } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';

/** Which part of a dataset is played. Times ms UTC; null = from its begin, to its end. */
export interface DatasetSpan {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Closed bars to be known at the start, as far as there are any before it. */
  readonly historyBars: number;
}

/** A part of a dataset, ready to be played. */
export interface DatasetFeed {
  /** Time of the first event, and of the last. */
  readonly startMs: number;
  readonly endMs: number;
  /**
   * The events, the first of them with this sequence number; each call begins anew. A block may be reused after the next
   * is asked for. Throws StorageError `invalid_data` with file and line.
   */
  blocks(firstSequence: number): AsyncIterable<EventBlock>;
}

export interface Dataset {
  /** What decides fills in it: candles alone, public trades without a book, or books. */
  readonly priceSource: 'bars' | 'trades' | 'stream';
  /** Length of the bars that it holds; null where bars are made of its trades, at any length. */
  readonly barMs: number | null;
  /** Coarsest grids that hold its prices and quantities. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** What the data says of itself: what is missing, made up or left out. */
  readonly notes: readonly string[];
  /** Throws StorageError `invalid_data` where nothing lies in the span. */
  feed(instrument: Instrument, span: DatasetSpan): DatasetFeed;
}
