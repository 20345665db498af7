/**
 * Loss limits on the account's real equity: the UTC day's, which allows only reducing orders until the next day, and the
 * account's, which ends the session.
 *
 * Invariant: a day whose limit was reached stays so until the next one, also where the equity recovers.
 */

import { DAY_MS } from '../base/time.ts';
import { type Money, money } from '../domain/units.ts';

export interface LossLimitSettings {
  readonly maxDayLossPercent: number;
  readonly maxAccountLossPercent: number;
  /** Wallet with which the account was opened. */
  readonly openingBalance: Money;
}

export class LossLimits {
  readonly #settings: LossLimitSettings;
  /** UTC day number. */
  #day: number | null;
  #dayOpening: Money;
  #isDayLost: boolean;
  /** Changes with what its answers rest on, the equity left aside. */
  version = 0;

  /**
   * `day`, `dayOpening`, `isDayLost`: of an account carried over within the same day; null begins with the next
   * {@link update}.
   */
  constructor(settings: LossLimitSettings, day: number | null, dayOpening: Money | null, isDayLost = false) {
    this.#settings = settings;
    this.#day = dayOpening === null ? null : day;
    this.#dayOpening = dayOpening ?? money(0n);
    this.#isDayLost = isDayLost && this.#day !== null;
  }

  get day(): number | null {
    return this.#day;
  }

  get dayOpening(): Money {
    return this.#dayOpening;
  }

  /** Whether the day in hand reached its limit. */
  get isDayLost(): boolean {
    return this.#isDayLost;
  }

  /** Notes the equity at a time; the first of a UTC day opens it. Returns the loss where it reaches its limit just now. */
  update(timeMs: number, equity: Money): { loss: Money; limit: Money } | null {
    const day = Math.floor(timeMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayOpening = equity;
      this.#isDayLost = false;
      this.version++;
    }
    return this.#isDayLost ? null : this.dayLoss(equity);
  }

  /** The day's loss and its limit once the limit was reached, else null; the loss may have become smaller since. */
  dayLoss(equity: Money): { loss: Money; limit: Money } | null {
    const loss = money(this.#dayOpening - equity);
    if (loss <= 0n && !this.#isDayLost) return null;
    const limit = percentOf(this.#dayOpening, this.#settings.maxDayLossPercent);
    if (!this.#isDayLost && loss >= limit && loss > 0n) {
      this.#isDayLost = true;
      this.version++;
    }
    return this.#isDayLost ? { loss, limit } : null;
  }

  /** The account's loss and its limit once the limit is reached, else null. */
  accountLoss(equity: Money): { loss: Money; limit: Money } | null {
    const loss = money(this.#settings.openingBalance - equity);
    if (loss <= 0n) return null;
    const limit = percentOf(this.#settings.openingBalance, this.#settings.maxAccountLossPercent);
    return loss >= limit ? { loss, limit } : null;
  }

  /** Above this equity no limit is reached that was not before; call {@link update} first. */
  get floor(): Money {
    const { openingBalance, maxAccountLossPercent, maxDayLossPercent } = this.#settings;
    const ofAccount = money(openingBalance - percentOf(openingBalance, maxAccountLossPercent));
    const ofDay = money(this.#dayOpening - percentOf(this.#dayOpening, maxDayLossPercent));
    return this.#isDayLost || ofAccount > ofDay ? ofAccount : ofDay;
  }

  /** When the UTC day ends that a time lies in. */
  dayEndMs(timeMs: number): number {
    return (Math.floor(timeMs / DAY_MS) + 1) * DAY_MS;
  }

  save() {
    return { day: this.#day, dayOpening: this.#dayOpening, isDayLost: this.#isDayLost };
  }

  restore(state: ReturnType<LossLimits['save']>): void {
    this.#day = state.day;
    this.#dayOpening = state.dayOpening;
    this.#isDayLost = state.isDayLost;
  }
}

/** Share of an amount, the percentage taken to four decimals, rounded down. */
export function percentOf(amount: Money, percent: number): Money {
  return money((amount * BigInt(Math.round(percent * 10_000))) / 1_000_000n);
}
