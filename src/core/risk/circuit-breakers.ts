/**
 * Circuit breakers: limits that, once reached, keep new risk away for a cool-down, whatever happens in the meantime.
 *
 * `drawdown`: the account's equity fell by a share of its highest; after the cool-down the highest counts from what is left
 * then. `consecutive_losses`: so many round trips in a row lost money, costs included; after it the count begins anew.
 * Invariants: a breaker that is not set knows nothing; all that one knows is plain data ({@link CircuitBreakers.describe})
 * and comes back as it was, so that neither a crash nor a new session ends a cool-down early.
 */

import { formatMoney, parseMoney } from '../domain/instrument.ts';
import type { DenialReason } from '../domain/reasons.ts';
import type { BreakerDocument } from '../domain/session-start.ts';
import { type Money, money } from '../domain/units.ts';
import { percentOf } from './loss-limits.ts';

export interface BreakerLimits {
  /** null = not set. */
  readonly maxDrawdownPercent: number | null;
  readonly maxConsecutiveLosses: number | null;
  readonly cooldownMs: number;
}

export type BreakerTrip = Extract<DenialReason, { code: 'drawdown' | 'consecutive_losses' }>;

export class CircuitBreakers {
  readonly #limits: BreakerLimits;
  #peak: Money | null = null;
  #drawdownUntilMs: number | null = null;
  #lossesInRow = 0;
  #lossesUntilMs: number | null = null;
  /** Changes with what its answers rest on, the equity left aside. */
  version = 0;

  /** `carried`: of the account's last session; what is not limited any more is forgotten. */
  constructor(limits: BreakerLimits, carried: BreakerDocument = {}) {
    this.#limits = limits;
    if (limits.maxDrawdownPercent !== null) {
      this.#peak = carried.peak_equity === undefined ? null : parseMoney(carried.peak_equity);
      this.#drawdownUntilMs = carried.drawdown_until_ms ?? null;
    }
    if (limits.maxConsecutiveLosses !== null) {
      this.#lossesInRow = carried.losses_in_row ?? 0;
      this.#lossesUntilMs = carried.losses_until_ms ?? null;
    }
  }

  /** Notes the account's equity at a time, ends cool-downs that are over; returns a breaker that it trips now. */
  update(timeMs: number, equity: Money): BreakerTrip | null {
    if (this.#lossesUntilMs !== null && timeMs >= this.#lossesUntilMs) {
      this.#lossesUntilMs = null;
      this.#lossesInRow = 0;
      this.version++;
    }
    const { maxDrawdownPercent } = this.#limits;
    if (maxDrawdownPercent === null) return null;
    if (this.#drawdownUntilMs !== null) {
      if (timeMs < this.#drawdownUntilMs) return null;
      this.#drawdownUntilMs = null;
      this.#peak = equity;
      this.version++;
    }
    const peak = this.#peak === null || equity > this.#peak ? equity : this.#peak;
    if (peak !== this.#peak) this.version++;
    this.#peak = peak;
    const lost = money(peak - equity);
    if (lost <= 0n || lost < percentOf(peak, maxDrawdownPercent)) return null;
    this.#drawdownUntilMs = timeMs + this.#limits.cooldownMs;
    this.version++;
    return this.#drawdown(equity);
  }

  /** Notes a closed round trip; returns the breaker that it trips. */
  noteTrade(timeMs: number, netPnl: Money): BreakerTrip | null {
    const { maxConsecutiveLosses, cooldownMs } = this.#limits;
    if (maxConsecutiveLosses === null || this.#lossesUntilMs !== null) return null;
    this.#lossesInRow = netPnl < 0n ? this.#lossesInRow + 1 : 0;
    if (this.#lossesInRow < maxConsecutiveLosses) return null;
    this.#lossesUntilMs = timeMs + cooldownMs;
    this.version++;
    return this.#losses();
  }

  /** Why no new risk may be taken now; null while no breaker cools down. Call {@link update} first. */
  refusal(equity: Money): BreakerTrip | null {
    return this.#losses() ?? this.#drawdown(equity);
  }

  /** Above `floor` and up to `peak` the equity changes nothing; null where it never does. Call {@link update} first. */
  get range(): { readonly floor: Money; readonly peak: Money } | null {
    const { maxDrawdownPercent } = this.#limits;
    const peak = this.#peak;
    if (maxDrawdownPercent === null || peak === null || this.#drawdownUntilMs !== null) return null;
    return { floor: money(peak - percentOf(peak, maxDrawdownPercent)), peak };
  }

  /** When the next cool-down ends; Infinity where none is under way. */
  get cooldownEndMs(): number {
    return Math.min(
      this.#drawdownUntilMs ?? Number.POSITIVE_INFINITY,
      this.#lossesUntilMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** What it knows, as the account carries it; null where nothing is set. */
  describe(): BreakerDocument | null {
    const { maxDrawdownPercent, maxConsecutiveLosses } = this.#limits;
    if (maxDrawdownPercent === null && maxConsecutiveLosses === null) return null;
    return {
      ...(this.#peak === null ? {} : { peak_equity: formatMoney(this.#peak) }),
      ...(this.#drawdownUntilMs === null ? {} : { drawdown_until_ms: this.#drawdownUntilMs }),
      ...(maxConsecutiveLosses === null ? {} : { losses_in_row: this.#lossesInRow }),
      ...(this.#lossesUntilMs === null ? {} : { losses_until_ms: this.#lossesUntilMs }),
    };
  }

  #drawdown(equity: Money): BreakerTrip | null {
    const { maxDrawdownPercent } = this.#limits;
    if (this.#drawdownUntilMs === null || this.#peak === null || maxDrawdownPercent === null) return null;
    return {
      code: 'drawdown',
      drawdown: formatMoney(money(this.#peak - equity)),
      limit: formatMoney(percentOf(this.#peak, maxDrawdownPercent)),
      peak: formatMoney(this.#peak),
      equity: formatMoney(equity),
      untilMs: this.#drawdownUntilMs,
    };
  }

  #losses(): BreakerTrip | null {
    const { maxConsecutiveLosses } = this.#limits;
    if (this.#lossesUntilMs === null || maxConsecutiveLosses === null) return null;
    return {
      code: 'consecutive_losses',
      losses: this.#lossesInRow,
      limit: maxConsecutiveLosses,
      untilMs: this.#lossesUntilMs,
    };
  }

  /** As it stands inside of a session; {@link describe} is for between two. */
  save() {
    return {
      peak: this.#peak,
      drawdownUntilMs: this.#drawdownUntilMs,
      lossesInRow: this.#lossesInRow,
      lossesUntilMs: this.#lossesUntilMs,
    };
  }

  restore(state: ReturnType<CircuitBreakers['save']>): void {
    this.#peak = state.peak;
    this.#drawdownUntilMs = state.drawdownUntilMs;
    this.#lossesInRow = state.lossesInRow;
    this.#lossesUntilMs = state.lossesUntilMs;
  }
}
