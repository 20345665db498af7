/**
 * Margin and liquidation once more, from docs/fill-model.md ("Margin", "Liquidation"): every question is asked of the
 * inequality itself, at the mark in question; no price is ever solved for.
 */

import { exact } from '../e2e/support/exact-decimal.ts';
import { RATE_UNIT, ceilingOf } from './model-account.ts';
import type { ModelExchange } from './model-exchange.ts';
import { type ModelOrder, left, newOrder, signOf } from './model-order.ts';
import type { Terms } from './scenario.ts';

/** The assumed liquidation fee. */
const FEE = exact('0.0006', 12);

export class ModelMargin {
  readonly #exchange: ModelExchange;
  readonly #terms: Terms;
  #events = 0;
  #orders = 0;

  constructor(exchange: ModelExchange, terms: Terms) {
    this.#exchange = exchange;
    this.#terms = terms;
  }

  /** A reduce-only order beyond where the position is liquidated: one step of the mark further in, and it already is. */
  refuseClosing(order: ModelOrder, waits: boolean): string | null {
    const { instrument, type, price, trigger } = order.asked;
    const isLong = signOf(order) < 0;
    const isBeyond = (ticks: number): boolean => {
      const mark = BigInt(ticks) * this.#exchange.contract(instrument).markOfTick + (isLong ? 1n : -1n);
      return mark > 0n && this.#isUsedUp(instrument, mark);
    };
    if (!waits && price !== null && isBeyond(price))
      return isLong ? 'price_below_liquidation' : 'price_above_liquidation';
    const stop = type === 'stop_market' || type === 'stop_limit' ? (trigger?.price ?? null) : null;
    if (waits && stop !== null && isBeyond(stop))
      return isLong ? 'stop_not_above_liquidation' : 'stop_not_below_liquidation';
    return null;
  }

  /** The step of the risk table, and an isolated position that would not live to see its first mark. */
  refuseOpening(order: ModelOrder, waits: boolean): string | null {
    const { instrument } = order.asked;
    const { account } = this.#exchange;
    const contract = this.#exchange.contract(instrument);
    const price = this.#priceOf(order);
    const growing = this.#growing(order);
    if (growing === 0 || price === null) return null;
    const { cost, quantity } = this.#holding(instrument);
    const isSame = Math.sign(quantity) === signOf(order);
    const before = isSame ? positive(cost) : 0n;
    let sum = before + contract.value(price, growing);
    for (const other of this.#exchange.resting(instrument, signOf(order) > 0))
      if (other !== order) sum += this.#growingValue(other);
    const { tiers } = contract.spec;
    const limits = tiers
      .filter((tier) => tier.max_leverage >= this.#terms.leverage)
      .map((tier) => exact(tier.end_notional));
    if (tiers.length > 0 && sum > limits.reduce((most, limit) => (limit > most ? limit : most), 0n))
      return 'tier_limit_exceeded';
    const mark = this.#exchange.valuations()[instrument] ?? null;
    if (waits || mark === null || this.#terms.marginMode === 'cross') return null;
    const touch = this.#exchange.market(instrument).best(signOf(order) < 0);
    const entry =
      touch === null ? price : signOf(order) > 0 ? Math.min(price, touch) : Math.max(price, touch);
    const opened = contract.value(entry, growing);
    const margin =
      (isSame ? account.margin(instrument) : 0n) + ceilingOf(opened, BigInt(this.#terms.leverage));
    const held = signOf(order) * (growing + (isSame ? Math.abs(quantity) : 0));
    const gain = contract.markValue(mark, held) - BigInt(signOf(order)) * (before + opened);
    return margin + gain <= this.#maintenance(instrument, before + opened) ? 'would_be_liquidated' : null;
  }

  /** A valid mark came: is anything to be liquidated. */
  judge(instrument: number): void {
    const exchange = this.#exchange;
    const mark = exchange.valuations()[instrument] ?? null;
    const isCross = this.#terms.marginMode === 'cross';
    const isDue = (): boolean =>
      isCross ? this.#isCrossUsedUp() : mark !== null && this.#isUsedUp(instrument, mark);
    if (!isDue()) return;
    this.#events++;
    exchange.cancelAll(isCross ? null : instrument, 'liquidation');
    while (isDue()) {
      const next = isCross ? this.#nextOfCross() : instrument;
      if (next === null) break;
      const isWhole = this.#close(next, this.#step(next));
      if (!isWhole && !isCross) break;
    }
  }

  closeOwed(instrument: number): void {
    const holding = this.#holding(instrument);
    const { owed } = holding;
    holding.owed = 0;
    if (owed > 0) this.#close(instrument, Math.min(owed, Math.abs(holding.quantity)));
  }

  /** At market; returns whether the book took it all. */
  #close(instrument: number, quantity: number): boolean {
    const holding = this.#holding(instrument);
    const { nowMs } = this.#exchange;
    const order = newOrder(
      `s1-l${this.#events}-${++this.#orders}`,
      {
        ...{ do: 'submit', instrument, type: 'market', quantity, price: null, tif: 'ioc', reduceOnly: true },
        ...{ trigger: null, bracket: null, clientId: null, side: holding.quantity > 0 ? 'sell' : 'buy' },
      },
      nowMs,
      this.#exchange.market(instrument).twiceMid(),
    );
    this.#exchange.force(order);
    if (left(order) > 0) holding.owed = left(order);
    return left(order) === 0;
  }

  /** Lots to close: down to the end of the step below, all on the lowest. */
  #step(instrument: number): number {
    const { tiers, min_quantity: least } = this.#exchange.contract(instrument).spec;
    const { cost, quantity } = this.#holding(instrument);
    const below = tiers[this.#tier(instrument, positive(cost)) - 1];
    const held = Math.abs(quantity);
    if (below === undefined) return held;
    const kept = Number((BigInt(held) * exact(below.end_notional)) / positive(cost));
    return kept < this.#exchange.contract(instrument).lots(least) ? held : held - kept;
  }

  #nextOfCross(): number | null {
    const rank = (instrument: number): bigint[] => {
      const value = positive(this.#holding(instrument).cost);
      return [BigInt(this.#tier(instrument, value)), this.#maintenance(instrument, value), value];
    };
    const able = [...this.#exchange.account.holdings.keys()].filter(
      (at) =>
        this.#holding(at).quantity !== 0 && this.#holding(at).owed === 0 && this.#exchange.market(at).isValid,
    );
    const sorted = able.toSorted((one, other) => {
      const [mine, its] = [rank(one), rank(other)];
      const at = mine.findIndex((value, index) => value !== its[index]);
      return at < 0 ? 0 : (mine[at] ?? 0n) > (its[at] ?? 0n) ? -1 : 1;
    });
    return sorted[0] ?? null;
  }

  /** Whether the margin that the instrument's position lives on is used up at a mark. */
  #isUsedUp(instrument: number, mark: bigint): boolean {
    const { cost, quantity } = this.#holding(instrument);
    if (quantity === 0) return false;
    if (this.#terms.marginMode === 'cross') return this.#crossSlack(instrument, mark) <= 0n;
    const spare =
      this.#exchange.account.margin(instrument) - this.#maintenance(instrument, positive(cost)) - cost;
    return spare * FINE + this.#fineValue(instrument, mark) <= 0n;
  }

  #isCrossUsedUp(): boolean {
    return (
      this.#exchange.account.holdings.some(({ quantity }) => quantity !== 0) &&
      this.#crossSlack(null, 0n) <= 0n
    );
  }

  /** What is left above maintenance in 10^-16 USDT, one instrument at another mark. */
  #crossSlack(instrument: number | null, mark: bigint): bigint {
    const { account } = this.#exchange;
    const taker = exact(this.#terms.takerFee, 12);
    const charge = (value: bigint, rate: bigint): bigint => ceilingOf(value * rate, RATE_UNIT);
    let money = account.wallet;
    let values = 0n;
    for (const [at, { cost }] of account.holdings.entries()) {
      const value = positive(cost);
      money -= cost + this.#maintenance(at, value) + charge(value, taker) + charge(value, FEE);
      const price = at === instrument ? mark : (this.#exchange.valuations()[at] ?? null);
      values += price === null ? cost * FINE : this.#fineValue(at, price);
    }
    for (const order of this.#exchange.orders) {
      if (order.place !== 'resting') continue;
      const value = this.#growingValue(order);
      money -= this.#maintenance(order.asked.instrument, value) + charge(value, taker);
    }
    return money * FINE + values;
  }

  #fineValue(instrument: number, mark: bigint): bigint {
    const { quantity_decimals: decimals } = this.#exchange.contract(instrument).spec;
    return mark * BigInt(this.#holding(instrument).quantity) * 10n ** BigInt(8 - decimals);
  }

  #maintenance(instrument: number, value: bigint): bigint {
    const { tiers, max_leverage: most } = this.#exchange.contract(instrument).spec;
    const tier = tiers[this.#tier(instrument, value)];
    const rate =
      tier === undefined ? ceilingOf(RATE_UNIT, BigInt(2 * most)) : exact(tier.maintenance_rate, 12);
    return ceilingOf(value * rate, RATE_UNIT);
  }

  #tier(instrument: number, value: bigint): number {
    const { tiers } = this.#exchange.contract(instrument).spec;
    const at = tiers.findIndex((tier) => value <= exact(tier.end_notional));
    return at < 0 ? tiers.length - 1 : at;
  }

  #priceOf({ asked }: ModelOrder): number | null {
    return asked.price ?? this.#exchange.market(asked.instrument).best(asked.side === 'sell');
  }

  #growing(order: ModelOrder): number {
    if (order.asked.reduceOnly) return 0;
    const closing = Math.max(0, -signOf(order) * this.#holding(order.asked.instrument).quantity);
    return Math.max(0, left(order) - closing);
  }

  #growingValue(order: ModelOrder): bigint {
    const price = this.#priceOf(order);
    return price === null
      ? 0n
      : this.#exchange.contract(order.asked.instrument).value(price, this.#growing(order));
  }

  #holding(instrument: number): ModelExchange['account']['holdings'][number] {
    const holding = this.#exchange.account.holdings[instrument];
    if (holding === undefined) throw new Error(`no instrument ${instrument}`);
    return holding;
  }
}

/** 10^-16 USDT in 10^-8. */
const FINE = 10n ** 8n;

function positive(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
