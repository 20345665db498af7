/**
 * The last public trades of one instrument, in the order they happened.
 *
 * Limit: the tape keeps TAPE_LENGTH trades; who reads more seldom than that misses the older ones.
 */

const TAPE_LENGTH = 8_192;

export interface TapeTrade {
  readonly timeMs: number;
  readonly ticks: number;
  readonly lots: number;
  /** Whether the taker bought. */
  readonly isBuy: boolean;
}

export class TradeTape {
  readonly #ring: TapeTrade[] = [];
  #count = 0;

  /** Number of trades since the start: the sequence number of the next trade. */
  get sequence(): number {
    return this.#count;
  }

  append(trade: TapeTrade): void {
    this.#ring[this.#count % TAPE_LENGTH] = trade;
    this.#count++;
  }

  /** Trades with a sequence number of `sequence` and above, oldest first, without those the tape has forgotten. */
  since(sequence: number): TapeTrade[] {
    const trades: TapeTrade[] = [];
    for (let at = Math.max(sequence, this.#count - TAPE_LENGTH, 0); at < this.#count; at++) {
      const trade = this.#ring[at % TAPE_LENGTH];
      if (trade !== undefined) trades.push(trade);
    }
    return trades;
  }
}
