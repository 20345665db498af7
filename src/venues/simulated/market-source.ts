/** What the venue needs of a market, whether it is made up by a seed or played from a recording. */

import type { InstrumentMarket } from './market/instrument-market.ts';

export interface MarketSource {
  readonly instruments: readonly InstrumentMarket[];
  /** First instant of the market on the venue clock (UTC ms); before it the market stands still. */
  readonly startMs: number;
  /** Length of the recording; null for a market without an end. */
  readonly durationMs: number | null;
  /** Whether the recording is over: the market is frozen and the venue pushes nothing any more. */
  readonly ended: boolean;
  /** What a user should know about how this market came about, one sentence each. */
  readonly notes: readonly string[];
  /**
   * Runs every market event up to and including `timeMs` (venue clock) in order. Times that go back are ignored: how the
   * calls cut the time has no influence on the market.
   */
  advance(timeMs: number): void;
}

/** The venue's clock: UTC ms. It may be shifted, scaled or stepped; the server paces itself by the machine's own clock. */
export interface VenueClock {
  nowMs(): number;
}
