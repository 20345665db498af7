/** Positions as the strategy knows them: the sum of the fills that were reported to it, by instrument and side. */

import type { PositionSide } from '../domain/order.ts';
import { type Lots, lots } from '../domain/units.ts';

export class KnownPositions {
  /** Signed lots: both sides together, long, short. */
  readonly #net: number[] = [];
  readonly #long: number[] = [];
  readonly #short: number[] = [];

  /** `signed`: what a fill added; `side`: its position in hedge mode. */
  add(instrument: number, side: PositionSide | undefined, signed: number): void {
    this.#net[instrument] = (this.#net[instrument] ?? 0) + signed;
    if (side === undefined) return;
    const own = side === 'long' ? this.#long : this.#short;
    own[instrument] = (own[instrument] ?? 0) + signed;
  }

  /** Signed; without a side, both together. */
  of(instrument: number, side: PositionSide | undefined): Lots {
    const held = side === undefined ? this.#net : side === 'long' ? this.#long : this.#short;
    return lots(held[instrument] ?? 0);
  }

  save() {
    return { net: dense(this.#net), long: dense(this.#long), short: dense(this.#short) };
  }

  restore({ net, long, short }: ReturnType<KnownPositions['save']>): void {
    for (const [held, saved] of [
      [this.#net, net],
      [this.#long, long],
      [this.#short, short],
    ] as const)
      held.splice(0, held.length, ...saved);
  }
}

function dense(held: readonly number[]): number[] {
  return Array.from(held, (quantity: number | undefined) => quantity ?? 0);
}
