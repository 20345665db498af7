/** Schedules the ends of bars that are built from trades: the first trade of an instrument starts their clock. */

import type { TradeBars } from '../market/trade-bars.ts';
import { Due, type DuePayload } from './due.ts';
import type { Schedule } from './schedule.ts';

export class TradeBarClock {
  readonly #tradeBars: readonly TradeBars[];
  readonly #schedule: Schedule<DuePayload>;

  constructor(tradeBars: readonly TradeBars[], schedule: Schedule<DuePayload>) {
    this.#tradeBars = tradeBars;
    this.#schedule = schedule;
  }

  /** A public trade was applied. Nothing to do where the venue has klines of the interval. */
  note(instrument: number): void {
    const built = this.#tradeBars[instrument];
    if (built !== undefined && !built.isClocked) this.schedule(instrument);
  }

  /** Schedules the end of the bar in progress. */
  schedule(instrument: number): void {
    const built = this.#tradeBars[instrument];
    if (built === undefined) return;
    built.isClocked = true;
    this.#schedule.add(built.endsAtMs, Due.tradeBar, { instrument, atMs: built.endsAtMs });
  }
}
