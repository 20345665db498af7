/**
 * Taker buys less taker sells of each bar, from public trades.
 *
 * A bar counts only when it was heard from its beginning to its end: after a loss of the feed the bar in progress and all
 * before it are unknown. A whole bar in which nothing traded has a delta of zero. Memory is fixed: the last
 * {@link FLOW_BARS} bars.
 */

/** Bars remembered. */
const FLOW_BARS = 512;

export class TradeFlow {
  readonly #barMs: number;
  readonly #openTimeMs = new Float64Array(FLOW_BARS).fill(Number.NaN);
  readonly #delta = new Float64Array(FLOW_BARS);
  /** Bars that open before this were heard in part at best; NaN while nothing is heard. */
  #wholeFromMs = Number.NaN;

  constructor(barMs: number) {
    this.#barMs = barMs;
  }

  /** The feed is heard from now on; what traded before is not known. */
  begin(timeMs: number): void {
    this.#wholeFromMs = Math.ceil(timeMs / this.#barMs) * this.#barMs;
  }

  /** The feed is lost. */
  end(): void {
    this.#wholeFromMs = Number.NaN;
  }

  /** Adds a public trade by the exchange's stamp; quantity in lots. */
  addTrade(exchangeTimeMs: number, isTakerBuy: boolean, quantity: number): void {
    const openMs = Math.floor(exchangeTimeMs / this.#barMs) * this.#barMs;
    const at = (openMs / this.#barMs) % FLOW_BARS;
    if (this.#openTimeMs[at] !== openMs) {
      this.#openTimeMs[at] = openMs;
      this.#delta[at] = 0;
    }
    this.#delta[at] = (this.#delta[at] ?? 0) + (isTakerBuy ? quantity : -quantity);
  }

  /** Delta of the bar that opened then, lots; null where not all of it was heard. */
  delta(openTimeMs: number): number | null {
    if (!(openTimeMs >= this.#wholeFromMs)) return null;
    const at = (openTimeMs / this.#barMs) % FLOW_BARS;
    return this.#openTimeMs[at] === openTimeMs ? (this.#delta[at] ?? 0) : 0;
  }

  /** Bars that were never heard are left out: slot, open time and delta of the others in turn. */
  save() {
    const heard: number[] = [];
    for (const [slot, openMs] of this.#openTimeMs.entries()) {
      if (!Number.isNaN(openMs)) heard.push(slot, openMs, this.#delta[slot] ?? 0);
    }
    return { wholeFromMs: this.#wholeFromMs, heard };
  }

  restore({ wholeFromMs, heard }: ReturnType<TradeFlow['save']>): void {
    this.#wholeFromMs = wholeFromMs;
    this.#openTimeMs.fill(Number.NaN);
    for (let at = 0; at < heard.length; at += 3) {
      this.#openTimeMs[heard[at] ?? 0] = heard[at + 1] ?? Number.NaN;
      this.#delta[heard[at] ?? 0] = heard[at + 2] ?? 0;
    }
  }
}
