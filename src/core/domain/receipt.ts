/**
 * What a fill rests on: what the strategy saw, what the order met, what justifies the fill, and what it cost.
 *
 * Prices in ticks, quantities in lots, times in ms UTC of the engine. Unknown values are null. A receipt is made once per
 * fill, never per market event.
 */

import type { Lots, Money, Ticks } from './units.ts';

/** Best prices of a book; null on a side, or a book, that could not be trusted. */
export interface TouchSeen {
  readonly bestBid: Ticks | null;
  readonly bestAsk: Ticks | null;
}

/** The book that decided the fill: at arrival for takers, at the print for makers. */
export interface BookSeen extends TouchSeen {
  /** Sequence number of its last frame in the event log. */
  readonly sequence: number;
  /** The exchange's stamp of that frame; null where it has none. */
  readonly exchangeTimeMs: number | null;
  /** Digest of its best levels; see book-digest.ts. */
  readonly hash: string;
}

/** The level that a taker took from. */
export interface LevelTaken {
  /** 1 = the best price at arrival. */
  readonly number: number;
  readonly price: Ticks;
  readonly displayed: Lots;
  /** Part of the display that earlier fills of ours had taken already. */
  readonly takenBefore: Lots;
  readonly filled: Lots;
  /** Beyond the levels that were visible. */
  readonly isExtrapolated: boolean;
}

/** How a maker came to the front. */
export interface QueueStory {
  readonly acceptedTimeMs: number;
  /** Frame of the book it joined. */
  readonly bookSequence: number;
  readonly touch: TouchSeen;
  /** Displayed ahead of it then; null while the book did not show its price. */
  readonly aheadAtAcceptance: Lots | null;
  /** Lots of that queue which public trades took, and how many prints that were. */
  readonly tradedAhead: Lots;
  readonly printsAhead: number;
  /** Lots that the model counts as cancelled ahead of it. */
  readonly canceledAhead: Lots;
  /** Lots that left it because the display had become smaller than what was counted ahead. */
  readonly cappedAhead: Lots;
  /** What stood ahead when the print came; null where the print went through the price, and no queue counted. */
  readonly aheadBeforePrint: Lots | null;
}

/** The public trade that filled a maker. */
export interface PrintTaken {
  readonly sequence: number;
  readonly exchangeTimeMs: number;
  readonly price: Ticks;
  readonly quantity: Lots;
}

/** The rules that decided, with their parameters. */
export interface FillModelTerms {
  readonly name: 'book' | 'parametric';
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface FillReceipt {
  readonly decision: TouchSeen;
  /** From decision to arrival; null where the order came from an earlier session, or from its entry's first fill. */
  readonly requestLatencyMs: number | null;
  readonly responseLatencyMs: number;
  /** Null for fills of the parametric model. */
  readonly book: BookSeen | null;
  readonly level: LevelTaken | null;
  readonly queue: QueueStory | null;
  readonly print: PrintTaken | null;
  /** VIP tier; null where the session knows only its rates. */
  readonly feeTier: number | null;
  readonly model: FillModelTerms;
  /** (Fill price - mid at decision) x quantity, positive against us: the sum of the four costs of the fill. */
  readonly totalCost: Money | null;
}
