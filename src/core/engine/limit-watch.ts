/**
 * Watches the prices for the moment at which the account's equity can reach a limit: per look a few numbers, the exact sums
 * only near one.
 *
 * After a look that found nothing it keeps how far the equity may move, either way, before another could find more. What the
 * positions gained or lost since is worked out as a number; only within {@link GUARD} of a limit, or when the account or the
 * limits changed, the exact sums decide. Nothing is carried from look to look, so nothing adds up; nothing is allocated. It
 * is no state of its own: without it every look would be exact and find the same.
 */

import { MARK_DECIMALS, type Money, MONEY_DECIMALS } from '../domain/units.ts';
import type { EngineParts } from './engine-parts.ts';

/** Money units (1 USDT): far above what a number can be off. */
const GUARD = 100_000_000;

export class LimitWatch {
  readonly #parts: Pick<EngineParts, 'account' | 'losses' | 'breakers' | 'markets'>;
  /** By instrument: money per mark unit, and the mark at the last exact look. */
  readonly #perMark: Float64Array;
  readonly #seenMark: Float64Array;
  #accountVersion = -1;
  #lossesVersion = -1;
  #breakersVersion = -1;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** How far the equity may move from what it was at the last exact look, money units. */
  #down = 0;
  #up = 0;

  constructor(parts: Pick<EngineParts, 'account' | 'losses' | 'breakers' | 'markets'>) {
    this.#parts = parts;
    this.#perMark = new Float64Array(parts.markets.length);
    this.#seenMark = new Float64Array(parts.markets.length);
  }

  /** Whether an exact look now can find what the last one did not: never false when it does. */
  mayFind(nowMs: number): boolean {
    const { account, losses, breakers, markets } = this.#parts;
    if (nowMs >= this.#untilMs || this.#accountVersion !== account.version) return true;
    if (this.#lossesVersion !== losses.version || this.#breakersVersion !== breakers.version) return true;
    let moved = 0;
    for (let index = 0; index < markets.length; index++) {
      const perMark = this.#perMark[index] ?? 0;
      if (perMark !== 0)
        moved += perMark * ((markets[index]?.valuationPrice ?? Number.NaN) - (this.#seenMark[index] ?? 0));
    }
    return !(moved > this.#down && moved < this.#up);
  }

  /** Call it after an exact look that found nothing, with the equity it saw; every position could be valued. */
  renew(nowMs: number, equity: Money): void {
    const { account, losses, breakers, markets } = this.#parts;
    this.#accountVersion = account.version;
    this.#lossesVersion = losses.version;
    this.#breakersVersion = breakers.version;
    this.#untilMs = Math.min(losses.dayEndMs(nowMs), breakers.cooldownEndMs);
    const { range } = breakers;
    const floor = range === null || range.floor < losses.floor ? losses.floor : range.floor;
    this.#down = Number(floor - equity) + GUARD;
    this.#up = range === null ? Number.POSITIVE_INFINITY : Number(range.peak - equity) - GUARD;
    for (const { instrument, valuationPrice } of markets) {
      const { index, quantityDecimals } = instrument;
      const scale = 10 ** (MARK_DECIMALS + quantityDecimals - MONEY_DECIMALS);
      this.#perMark[index] = account.netQuantity(index) / scale;
      this.#seenMark[index] = valuationPrice ?? Number.NaN;
    }
  }
}
