/**
 * The margin of one account as a whole: what each position needs, at which mark it is liquidated, whether it is now.
 *
 * The one place that is asked for a liquidation price: the checks at arrival, the liquidation itself and what people see
 * get the same answer.
 */

import { timesRateUp } from '../domain/instrument.ts';
import { type MarkPrice, type Money, ZERO_MONEY, money } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { Position } from '../ledger/position.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import {
  type MaintenanceTerms,
  type MarginLine,
  type PendingOrders,
  NO_PENDING,
  crossLine,
  crossSlack,
  isUsedUp,
  isolatedLine,
  liquidationMark,
} from './maintenance.ts';
import { growingValue } from './margin.ts';
import { MarginWatch } from './margin-watch.ts';
import type { OrderIndex } from './order-index.ts';
import { maintenanceRate } from './risk-tiers.ts';

export class MarginModel {
  readonly terms: MaintenanceTerms;
  readonly watch: MarginWatch;
  readonly #account: Account;
  readonly #markets: readonly InstrumentMarket[];
  readonly #orders: OrderIndex;
  #pending: PendingOrders = NO_PENDING;
  #ordersVersion = 0;
  #accountVersion = -1;

  constructor(
    account: Account,
    markets: readonly InstrumentMarket[],
    orders: OrderIndex,
    terms: MaintenanceTerms,
  ) {
    this.terms = terms;
    this.#account = account;
    this.#markets = markets;
    this.#orders = orders;
    this.watch = new MarginWatch(account, markets, terms, () => this.pending());
  }

  /** What the resting orders add to the needs of a cross account; the same object until something changed. */
  pending(): PendingOrders {
    if (this.#ordersVersion === this.#orders.version && this.#accountVersion === this.#account.version)
      return this.#pending;
    this.#ordersVersion = this.#orders.version;
    this.#accountVersion = this.#account.version;
    const sums = this.#sumPending();
    const { maintenance, openingFees } = this.#pending;
    if (sums.maintenance !== maintenance || sums.openingFees !== openingFees) this.#pending = sums;
    return this.#pending;
  }

  /** The margin that a position lives on; null when nothing of it moves with the mark. */
  line(position: Position): MarginLine | null {
    return this.#account.modes.marginMode === 'isolated'
      ? isolatedLine(position, this.#account, this.terms)
      : crossLine(this.#account, this.#markets, position.instrument.index, this.terms, this.pending());
  }

  /** The mark at which a position is liquidated, other marks as they stand; null for none. */
  liquidationMark(position: Position): MarkPrice | null {
    const line = position.quantity === 0 ? null : this.line(position);
    return line === null ? null : liquidationMark(line);
  }

  /** Whether the margin of an isolated position is used up at the mark of its instrument; false while there is none. */
  isIsolatedUsedUp(position: Position): boolean {
    const line = isolatedLine(position, this.#account, this.terms);
    const mark = this.#markets[position.instrument.index]?.valuationPrice ?? null;
    return line !== null && mark !== null && isUsedUp(line, mark);
  }

  /** Whether the margin of a cross account is used up at the marks as they stand; false when it is flat. */
  isCrossUsedUp(): boolean {
    if (this.#account.isFlat) return false;
    return crossSlack(this.#account, this.#markets, this.terms, this.pending()) <= 0n;
  }

  #sumPending(): PendingOrders {
    const { modes } = this.#account;
    let maintenance: Money = ZERO_MONEY;
    let openingFees: Money = ZERO_MONEY;
    for (const order of this.#orders.working()) {
      const market = this.#markets[order.intent.instrument];
      if (order.place !== 'resting' || market === undefined) continue;
      const value = growingValue(order, market, this.#account);
      const fraction = maintenanceRate(market.instrument, value, modes.leverage, this.terms.tierRule);
      maintenance = money(maintenance + timesRateUp(value, fraction));
      openingFees = money(openingFees + timesRateUp(value, this.terms.takerFeeRate));
    }
    return { maintenance, openingFees };
  }

  save() {
    return {
      pending: this.#pending,
      ordersVersion: this.#ordersVersion,
      accountVersion: this.#accountVersion,
      watch: this.watch.save(this.#pending),
    };
  }

  restore(state: ReturnType<MarginModel['save']>): void {
    this.#pending = state.pending;
    this.#ordersVersion = state.ordersVersion;
    this.#accountVersion = state.accountVersion;
    this.watch.restore(state.watch, state.pending);
  }
}
