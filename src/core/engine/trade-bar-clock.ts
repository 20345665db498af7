/** Ends the bars that are built from trades, each at its own time; the first trade starts the clock. */

import { Due, type DuePayload } from './due.ts';
import type { EngineParts } from './engine-parts.ts';
import type { MarketIntake } from './market-intake.ts';
import type { Schedule } from './schedule.ts';

export class TradeBarClock {
  readonly #parts: EngineParts;
  readonly #schedule: Schedule<DuePayload>;
  readonly #intake: MarketIntake;

  constructor(parts: EngineParts, schedule: Schedule<DuePayload>, intake: MarketIntake) {
    this.#parts = parts;
    this.#schedule = schedule;
    this.#intake = intake;
  }

  /** Call it with every trade. */
  start(instrument: number): void {
    const built = this.#parts.tradeBars[instrument];
    if (built !== undefined && !built.isClocked) this.#add(instrument);
  }

  /** The bar in progress ends now. */
  close(instrument: number): void {
    this.#intake.closeTradeBar(instrument);
    this.#add(instrument);
  }

  #add(instrument: number): void {
    const built = this.#parts.tradeBars[instrument];
    if (built === undefined) return;
    built.isClocked = true;
    this.#schedule.add(built.endsAtMs, Due.tradeBar, { instrument, atMs: built.endsAtMs });
  }
}
