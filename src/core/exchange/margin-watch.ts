/**
 * Watches the marks for the moment at which margin is used up: per mark a few numbers, the exact sums only near it.
 *
 * Isolated positions: the exact marks are worked out when the account changes and compared as integers. Cross: the slack
 * (equity - maintenance) is carried along in a number from mark to mark; only when it comes within {@link GUARD} of zero
 * are the exact sums made, and the number is renewed from them. Nothing is allocated per mark.
 */

import { MARK_DECIMALS } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import {
  type MaintenanceTerms,
  type PendingOrders,
  NO_PENDING,
  crossSlack,
  isolatedLine,
  liquidationMark,
} from './maintenance.ts';

/** Money units (1 USDT) below which the exact sums decide: far above what a number can have lost since its renewal. */
const GUARD = 100_000_000;
/** The number is renewed after this many marks, so that roundings cannot add up to the guard. */
const RENEW_AFTER = 4_096;

export class MarginWatch {
  readonly #account: Account;
  readonly #markets: readonly InstrumentMarket[];
  readonly #terms: MaintenanceTerms;
  readonly #pending: () => PendingOrders;
  readonly #slots: number;
  /** Isolated, by position: a mark at or below `#low`, or at or above `#high`, uses its margin up. */
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Cross, by instrument: money per mark unit, and the mark in the slack. */
  readonly #perMark: Float64Array;
  readonly #seenMark: Float64Array;
  #slack = 0;
  #age = 0;
  #seenVersion = -1;
  #seenPending: PendingOrders = NO_PENDING;

  constructor(
    account: Account,
    markets: readonly InstrumentMarket[],
    terms: MaintenanceTerms,
    pending: () => PendingOrders,
  ) {
    this.#account = account;
    this.#markets = markets;
    this.#terms = terms;
    this.#pending = pending;
    this.#slots = account.modes.positionMode === 'hedge' ? 2 : 1;
    this.#low = new Float64Array(account.positions.length);
    this.#high = new Float64Array(account.positions.length);
    this.#perMark = new Float64Array(markets.length);
    this.#seenMark = new Float64Array(markets.length);
  }

  /** Whether margin can be used up at this mark: never false when it is; when true, the exact condition decides. */
  mayBeUsedUp(instrument: number, mark: number): boolean {
    return this.#account.modes.marginMode === 'isolated'
      ? this.#isolated(instrument, mark)
      : this.#cross(instrument, mark);
  }

  #isolated(instrument: number, mark: number): boolean {
    if (this.#seenVersion !== this.#account.version) this.#solveIsolated();
    const first = instrument * this.#slots;
    for (let slot = first; slot < first + this.#slots; slot++) {
      if (mark <= (this.#low[slot] ?? 0) || mark >= (this.#high[slot] ?? Number.POSITIVE_INFINITY))
        return true;
    }
    return false;
  }

  #cross(instrument: number, mark: number): boolean {
    const pending = this.#pending();
    if (this.#seenVersion !== this.#account.version || this.#seenPending !== pending) {
      this.#seenPending = pending;
      this.#renew();
    }
    // A mark where there was no price before: what it is worth is not in the slack yet.
    if (Number.isNaN(this.#seenMark[instrument])) this.#renew();
    const perMark = this.#perMark[instrument] ?? 0;
    this.#slack += perMark * (mark - (this.#seenMark[instrument] ?? 0));
    this.#seenMark[instrument] = mark;
    if (this.#slack > GUARD && ++this.#age < RENEW_AFTER) return false;
    this.#renew();
    return this.#slack <= GUARD && !this.#account.isFlat;
  }

  #solveIsolated(): void {
    const { positions } = this.#account;
    for (let slot = 0; slot < positions.length; slot++) {
      const position = positions[slot];
      const line = position === undefined ? null : isolatedLine(position, this.#account, this.#terms);
      const solved = line === null ? null : liquidationMark(line);
      const isLong = (line?.quantity ?? 0) > 0;
      this.#low[slot] = isLong && solved !== null ? solved : 0;
      this.#high[slot] = !isLong && solved !== null ? solved : Number.POSITIVE_INFINITY;
    }
    this.#seenVersion = this.#account.version;
  }

  #renew(): void {
    const account = this.#account;
    const slack = crossSlack(account, this.#markets, this.#terms, this.#pending());
    for (const market of this.#markets) {
      const { index, quantityDecimals } = market.instrument;
      const net = account.netQuantity(index);
      const price = market.valuationPrice;
      this.#perMark[index] = price === null ? 0 : net / 10 ** quantityDecimals;
      this.#seenMark[index] = price ?? Number.NaN;
    }
    this.#slack = Number(slack) / 10 ** MARK_DECIMALS;
    this.#age = 0;
    this.#seenVersion = account.version;
  }

  /** `pending`: what the resting orders need now; whether it was seen is part of the state. */
  save(pending: PendingOrders) {
    return {
      low: [...this.#low],
      high: [...this.#high],
      perMark: [...this.#perMark],
      seenMark: [...this.#seenMark],
      slack: this.#slack,
      age: this.#age,
      seenVersion: this.#seenVersion,
      hasSeenPending: this.#seenPending === pending,
    };
  }

  restore(state: ReturnType<MarginWatch['save']>, pending: PendingOrders): void {
    this.#low.set(state.low);
    this.#high.set(state.high);
    this.#perMark.set(state.perMark);
    this.#seenMark.set(state.seenMark);
    this.#slack = state.slack;
    this.#age = state.age;
    this.#seenVersion = state.seenVersion;
    this.#seenPending = state.hasSeenPending ? pending : { ...NO_PENDING };
  }
}
