/**
 * The paper exchange once more, from docs/fill-model.md, slowly: checks, matching, queues, triggers, and what a fill costs.
 *
 * Shares no code with src/core/exchange or src/core/ledger. Everything is a list that is looked through from its start.
 */

import { exact } from '../e2e/support/exact-decimal.ts';
import { ModelAccount, ModelContract, RATE_UNIT, ceilingOf } from './model-account.ts';
import { ModelMargin } from './model-margin.ts';
import { ModelMarket } from './model-market.ts';
import { type ModelOrder, fires, firesUpward, left, seeShown, signOf } from './model-order.ts';
import { INSTRUMENTS, type Terms } from './scenario.ts';

export class ModelExchange {
  readonly contracts: readonly ModelContract[];
  readonly markets: readonly ModelMarket[];
  readonly account: ModelAccount;
  readonly margin: ModelMargin;
  readonly orders: ModelOrder[] = [];
  readonly fills: string[] = [];
  /** Every change of an order: id, status, reason, filled, time. */
  readonly changes: string[] = [];
  readonly #terms: Terms;
  #turns = 0;
  nowMs = 0;
  sequence = 0;

  constructor(terms: Terms) {
    this.#terms = terms;
    this.contracts = INSTRUMENTS.slice(0, terms.instruments).map((spec) => new ModelContract(spec));
    this.markets = this.contracts.map(() => new ModelMarket(terms.tailAgeMs));
    this.account = new ModelAccount(this.contracts, terms.leverage);
    this.margin = new ModelMargin(this, terms);
  }

  contract(instrument: number): ModelContract {
    return this.contracts[instrument] as ModelContract;
  }

  market(instrument: number): ModelMarket {
    return this.markets[instrument] as ModelMarket;
  }

  working(): ModelOrder[] {
    return this.orders.filter(({ place }) => place !== 'over');
  }

  /** What positions are valued at: the mark, else the last price. */
  valuations(): (bigint | null)[] {
    return this.markets.map((market, at) => {
      if (market.mark !== null) return market.mark;
      return market.lastPrice === null ? null : BigInt(market.lastPrice) * this.contract(at).markOfTick;
    });
  }

  equity(): bigint {
    return this.account.wallet + this.account.unrealized(this.valuations());
  }

  send(order: ModelOrder): void {
    this.orders.push(order);
    order.reserve = this.#reserveOf(order);
    this.#note(order);
  }

  arrive(order: ModelOrder): void {
    if (order.place !== 'way') return;
    order.arrivalMs = this.nowMs;
    const refusal = this.#refuse(order) ?? this.#refuseTrigger(order);
    if (refusal !== null) {
      this.#end(order, 'rejected', refusal);
      return;
    }
    if (order.asked.trigger !== null && !order.hasFired) {
      order.place = 'waiting';
      order.turn = ++this.#turns;
      this.#note(order);
      return;
    }
    this.#match(order);
    this.#dropReduceOnly(order.asked.instrument);
  }

  arriveCancel(order: ModelOrder, reason: string): void {
    if (order.place === 'resting' || order.place === 'waiting') this.#end(order, 'canceled', reason);
  }

  arriveAmend(order: ModelOrder, price: number | null, quantity: number | null): void {
    if (order.place !== 'resting') return;
    order.place = 'way';
    if (quantity !== null && quantity <= order.filled) {
      this.#end(order, 'canceled', 'amended_below_filled');
      return;
    }
    const { asked } = order;
    order.asked = { ...asked, price: price ?? asked.price, quantity: quantity ?? asked.quantity };
    Object.assign(order, { queue: null, queueByPrints: null, queueAtAcceptance: null });
    Object.assign(order, { shownBefore: null, unanswered: 0, newestPrintMs: Number.NEGATIVE_INFINITY });
    order.reserve = this.#reserveOf(order);
    this.arrive(order);
  }

  /** The venue's own order: at market, at once. */
  force(order: ModelOrder): void {
    order.isForced = true;
    order.arrivalMs = this.nowMs;
    this.orders.push(order);
    this.#note(order);
    this.#match(order);
    this.#dropReduceOnly(order.asked.instrument);
  }

  /** Cancels what is at the exchange, of one instrument or of all. */
  cancelAll(instrument: number | null, reason: string): void {
    for (const order of this.orders) {
      const isMeant = instrument === null || order.asked.instrument === instrument;
      if (isMeant && (order.place === 'resting' || order.place === 'waiting'))
        this.#end(order, 'canceled', reason);
    }
  }

  /** A frame changed what a price shows: nobody ahead of us can be more than that. */
  capQueues(instrument: number, isBid: boolean, price: number): void {
    const shown = this.market(instrument).shown(isBid, price);
    for (const order of this.resting(instrument, isBid)) {
      if (order.asked.price === price) this.#seeQueue(order, shown);
    }
  }

  capAllQueues(instrument: number): void {
    const market = this.market(instrument);
    for (const isBid of [true, false]) {
      for (const order of this.resting(instrument, isBid)) {
        const price = order.asked.price ?? 0;
        if (market.covers(isBid, price)) this.#seeQueue(order, market.shown(isBid, price));
        else order.shownBefore = null;
      }
    }
  }

  /** A print: best price first, then oldest, by at most its size over all our orders. */
  print(instrument: number, takerBuys: boolean, price: number, quantity: number, exchangeMs: number): void {
    const isBid = !takerBuys;
    const isInFrame = exchangeMs <= this.market(instrument).frameExchangeMs;
    let spare = quantity;
    for (const order of this.resting(instrument, isBid)) {
      const own = order.asked.price ?? 0;
      if (isBid ? own < price : own > price) continue;
      if (spare === 0 || order.place !== 'resting') continue;
      if (exchangeMs < (order.arrivalMs ?? Number.POSITIVE_INFINITY)) continue;
      let reaches = quantity;
      if (own === price) {
        const ahead = isInFrame ? order.queueByPrints : order.queue;
        reaches = ahead === null ? 0 : Math.max(0, quantity - ahead);
        order.unanswered += quantity;
        order.newestPrintMs = Math.max(order.newestPrintMs, exchangeMs);
        order.queueByPrints = shorten(order.queueByPrints, quantity);
        if (!isInFrame) order.queue = shorten(order.queue, quantity);
        else if (order.queue !== null && order.queueByPrints !== null)
          order.queue = Math.min(order.queue, order.queueByPrints);
      } else {
        order.queue = 0;
        order.queueByPrints = 0;
      }
      const filled = Math.min(reaches, spare, left(order));
      if (filled === 0) continue;
      spare -= filled;
      this.#fill(order, filled, own, 'maker', own, this.sequence);
      this.#dropReduceOnly(instrument);
    }
  }

  /** A price of a kind changed: what it reaches trades now, oldest first. */
  hear(instrument: number, on: 'mark' | 'last'): void {
    const price = this.#priceOf(instrument, on);
    if (price === null) return;
    const { markOfTick } = this.contract(instrument);
    const reached = this.#waiting(instrument).filter(
      (order) => order.asked.trigger?.on === on && fires(order, price, markOfTick),
    );
    for (const order of reached) {
      if (order.place !== 'waiting') continue;
      order.place = 'way';
      order.hasFired = true;
      if (order.other?.place === 'waiting') this.#end(order.other, 'canceled', 'other_exit_triggered');
      const refusal = this.#refuse(order);
      if (refusal === null) this.#match(order);
      else this.#end(order, 'rejected', refusal);
      this.#dropReduceOnly(instrument);
    }
  }

  #refuse(order: ModelOrder): string | null {
    const { asked } = order;
    const { spec } = this.contract(asked.instrument);
    const contract = this.contract(asked.instrument);
    const market = this.market(asked.instrument);
    const waits = asked.trigger !== null && !order.hasFired;
    if (asked.quantity < contract.lots(spec.min_quantity)) return 'quantity_below_minimum';
    const most = contract.lots(asked.price === null ? spec.max_market_quantity : spec.max_limit_quantity);
    if (asked.quantity > most) return 'quantity_above_maximum';
    if (!waits && asked.price !== null && market.mark !== null) {
      const price = BigInt(asked.price) * contract.markOfTick * RATE_UNIT;
      const band = exact(spec.price_protect, 12);
      if (asked.side === 'buy' && price > market.mark * (RATE_UNIT + band)) return 'buy_price_above_band';
      if (asked.side === 'sell' && price < market.mark * (RATE_UNIT - band)) return 'sell_price_below_band';
    }
    const held = this.account.held(asked.instrument);
    if (asked.reduceOnly && held === 0) return 'reduce_only_without_position';
    if (asked.reduceOnly && Math.sign(held) === signOf(order)) return 'reduce_only_same_direction';
    const beyond = asked.reduceOnly ? this.margin.refuseClosing(order, waits) : null;
    if (beyond !== null) return beyond;
    if (!waits && !market.isValid) return 'no_market';
    if (asked.reduceOnly) return null;
    const danger = this.margin.refuseOpening(order, waits);
    if (danger !== null) return danger;
    return order.reserve > 0n && this.available() < 0n ? 'insufficient_balance' : null;
  }

  #refuseTrigger(order: ModelOrder): string | null {
    const { trigger, type, instrument } = order.asked;
    if (trigger === null || trigger.price === null || type === 'trailing_stop') return null;
    const price = this.#priceOf(instrument, trigger.on);
    if (price === null || !fires(order, price, this.contract(instrument).markOfTick)) return null;
    const kind = type === 'take_profit' ? 'take_profit' : 'stop';
    return `${kind}_not_${firesUpward(order) ? 'above' : 'below'}_${trigger.on}`;
  }

  #match(order: ModelOrder): void {
    const { asked } = order;
    const market = this.market(asked.instrument);
    const isBid = asked.side === 'sell';
    const reach = market.reach(isBid, asked.price, this.nowMs);
    if (asked.tif === 'post_only' && reach.length > 0) {
      this.#end(order, 'expired', 'post_only_would_cross');
      return;
    }
    if (asked.tif === 'fok') {
      let sum = 0;
      for (const { price } of reach) sum += Math.max(0, market.free(isBid, price));
      if (Math.min(sum, this.#room(order)) < left(order)) {
        this.#end(order, 'expired', 'fok_not_fillable');
        return;
      }
    }
    const touch = reach[0]?.price ?? 0;
    for (const { price, isExtrapolated, evidence } of reach) {
      const quantity = Math.min(market.free(isBid, price), left(order), this.#room(order));
      if (quantity <= 0) continue;
      market.take(isBid, price, quantity, this.nowMs);
      this.#fill(order, quantity, price, 'taker', touch, evidence, isExtrapolated);
    }
    if (order.place === 'over') return;
    if (asked.price === null) this.#end(order, 'expired', 'market_remainder');
    else if (asked.tif === 'ioc') this.#end(order, 'expired', 'ioc_remainder');
    else {
      order.place = 'resting';
      order.turn = ++this.#turns;
      const isOwnBid = asked.side === 'buy';
      if (market.isValid && market.covers(isOwnBid, asked.price))
        this.#seeQueue(order, market.shown(isOwnBid, asked.price));
      else if (market.isValid) {
        const ahead = market.tailQueue(isOwnBid, asked.price, this.nowMs);
        Object.assign(order, { queue: ahead, queueByPrints: ahead, queueAtAcceptance: ahead });
      }
      this.#note(order);
    }
  }

  #fill(
    order: ModelOrder,
    quantity: number,
    price: number,
    liquidity: 'maker' | 'taker',
    touch: number,
    evidence: number,
    isExtrapolated = false,
  ): void {
    const { instrument } = order.asked;
    const contract = this.contract(instrument);
    const rate = exact(liquidity === 'maker' ? this.#terms.makerFee : this.#terms.takerFee, 12);
    const fee = ceilingOf(contract.value(price, quantity) * rate, RATE_UNIT);
    order.filled += quantity;
    order.status = left(order) === 0 ? 'filled' : 'partially_filled';
    const costs = this.#costs(order, quantity, price, touch);
    const queue = liquidity === 'maker' ? order.queueAtAcceptance : null;
    this.fills.push(
      `${this.nowMs} ${order.id} ${quantity}@${price} ${liquidity} fee ${fee} queue ${queue} costs ${costs} extrapolated ${isExtrapolated ? quantity : 0} event ${evidence}`,
    );
    const forced = order.isForced ? { isIsolated: this.#terms.marginMode === 'isolated' } : null;
    this.account.fill(this.nowMs, instrument, signOf(order), price, quantity, fee, forced);
    const { exits } = order;
    order.exits = [];
    for (const exit of exits) this.send(exit);
    const [first, second] = exits;
    if (first !== undefined && second !== undefined) Object.assign(first, { other: second });
    if (first !== undefined && second !== undefined) Object.assign(second, { other: first });
    for (const exit of exits)
      Object.assign(exit, { arrivalMs: this.nowMs, place: 'waiting', turn: ++this.#turns });
    if (left(order) === 0) {
      this.#end(order, 'filled', order.isForced ? 'liquidation' : null);
    } else {
      order.reserve = this.#reserveOf(order);
      this.#note(order);
    }
  }

  /** Spread, latency, impact, slippage: each in money, positive where it costs us. */
  #costs(order: ModelOrder, quantity: number, price: number, touch: number): string {
    const mid = this.market(order.asked.instrument).twiceMid();
    const decided = order.decisionTwiceMid;
    if (mid === null || decided === null) return 'unknown';
    const unit = BigInt(signOf(order)) * BigInt(quantity) * this.contract(order.asked.instrument).unit;
    const total = ceilingOf(BigInt(2 * price - decided) * unit, 2n);
    const spread = ceilingOf(BigInt(2 * touch - mid) * unit, 2n);
    const impact = BigInt(price - touch) * unit;
    return `${spread} ${total - spread - impact} ${impact} 0`;
  }

  /** A reduce-only order that is larger than what is left to reduce leaves the book; one that waits, when nothing is left. */
  #dropReduceOnly(instrument: number): void {
    for (const order of this.#waiting(instrument)) {
      if (order.asked.reduceOnly && order.place === 'waiting' && this.#room(order) === 0)
        this.#end(order, 'canceled', 'reduce_only_shrunk');
    }
    for (const isBid of [true, false]) {
      for (const order of this.resting(instrument, isBid)) {
        if (order.asked.reduceOnly && order.place === 'resting' && this.#room(order) < left(order))
          this.#end(order, 'canceled', 'reduce_only_shrunk');
      }
    }
  }

  #room(order: ModelOrder): number {
    if (!order.asked.reduceOnly) return Number.MAX_SAFE_INTEGER;
    return Math.max(0, -signOf(order) * this.account.held(order.asked.instrument));
  }

  #reserveOf(order: ModelOrder): bigint {
    const { asked } = order;
    if (asked.reduceOnly) return 0n;
    const closing = Math.max(0, -signOf(order) * this.account.held(asked.instrument));
    const growing = left(order) - closing;
    const price = asked.price ?? this.market(asked.instrument).best(asked.side === 'sell');
    if (growing <= 0 || price === null) return 0n;
    const value = this.contract(asked.instrument).value(price, growing);
    const fee = ceilingOf(value * exact(this.#terms.takerFee, 12), RATE_UNIT);
    return ceilingOf(value, BigInt(this.#terms.leverage)) + fee;
  }

  available(): bigint {
    let free = this.account.wallet - this.account.positionMargin();
    for (const order of this.working()) free -= order.reserve;
    return this.#terms.marginMode === 'cross' ? free + this.account.unrealized(this.valuations()) : free;
  }

  #priceOf(instrument: number, on: 'mark' | 'last'): bigint | null {
    const { mark, lastPrice } = this.market(instrument);
    if (on === 'mark') return mark;
    return lastPrice === null ? null : BigInt(lastPrice) * this.contract(instrument).markOfTick;
  }

  #seeQueue(order: ModelOrder, shown: number): void {
    seeShown(order, shown, this.market(order.asked.instrument).frameExchangeMs, this.#terms.queueExponent);
  }

  /** Best price first, then oldest. */
  resting(instrument: number, isBid: boolean): ModelOrder[] {
    return this.orders
      .filter(({ place, asked }) => place === 'resting' && asked.instrument === instrument)
      .filter(({ asked }) => (asked.side === 'buy') === isBid)
      .toSorted((one, other) => {
        const gap = (one.asked.price ?? 0) - (other.asked.price ?? 0);
        return gap === 0 ? one.turn - other.turn : isBid ? -gap : gap;
      });
  }

  #waiting(instrument: number): ModelOrder[] {
    return this.orders
      .filter(({ place, asked }) => place === 'waiting' && asked.instrument === instrument)
      .toSorted((one, other) => one.turn - other.turn);
  }

  #end(order: ModelOrder, status: string, reason: string | null): void {
    order.place = 'over';
    order.status = status;
    order.reason = reason;
    order.reserve = 0n;
    this.#note(order);
  }

  #note(order: ModelOrder): void {
    this.changes.push(`${this.nowMs} ${order.id} ${order.status} ${order.reason} ${order.filled}`);
  }
}

function shorten(queue: number | null, by: number): number | null {
  return queue === null ? null : Math.max(0, queue - by);
}
