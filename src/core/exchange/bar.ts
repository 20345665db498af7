/** A closed bar, and how it is played through orders. */

/** A bar in hand; prices in ticks, of a mark bar in mark units. */
export interface Bar {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Lots. */
  readonly volume: number;
}

/** A bar that is to be played through the orders of an instrument. */
export interface BarPlay {
  readonly bar: Bar;
  readonly endMs: number;
  /** The mark's own bar of the same span; null where there is none. */
  readonly markBar: Bar | null;
  readonly isReconstructed: boolean;
  /** Judges margins at the valuation price in force; called at the extremes of the bar, after its stops. */
  readonly judgeMargin: () => void;
}
