/**
 * The paper exchange: what the venue would have done with our orders, as far as its public data can tell.
 *
 * Orders and cancels arrive after the request latency and are matched against the book as it then stands. Takers walk
 * the displayed levels less what we took before; makers wait in a queue that public trades consume (resting-orders.ts).
 * Nothing fills while the book is not valid. Rules, evidence and limits: docs/fill-model.md.
 */

import { assert } from '../base/assert.ts';
import type { SeededRandom } from '../base/random.ts';
import { notional, timesRateUp } from '../domain/instrument.ts';
import type { ApprovedOrder } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import { type ClosureReason, type RejectionCode, REJECTIONS } from '../domain/reasons.ts';
import { type Lots, type Money, type Ticks, ZERO_MONEY, lots, money, ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { checkArrival } from './arrival-checks.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import { ConsumedLiquidity } from './consumed-liquidity.ts';
import { costLines, recordFill } from './fill-record.ts';
import { parametricPrice } from './impact-model.ts';
import { orderReserve } from './margin.ts';
import { RestingOrders } from './resting-orders.ts';
import { WorkingOrder } from './working-order.ts';

/** Terminal client order ids remembered, so that an id stays unique for the account's life in memory. */
const MAX_CLIENT_IDS = 1_000_000;

export class PaperExchange {
  readonly #settings: PaperExchangeSettings;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #random: SeededRandom;
  readonly #resting: readonly RestingOrders[];
  readonly #consumed: readonly ConsumedLiquidity[];
  /** In flight and resting, by id, oldest first. */
  readonly #working = new Map<string, WorkingOrder>();
  readonly #byClientId = new Map<string, WorkingOrder>();
  #fills = 0;
  #reserved: Money = ZERO_MONEY;
  #nowMs = 0;
  /** Sequence of the event in hand: the evidence of fills. */
  #sequence = 0;
  /** The print being handed out; its exchange saw it at this time. */
  readonly #fillFromPrint = (order: WorkingOrder, quantity: number): void => {
    const price = order.intent.price;
    assert(price !== null, 'a resting order has a price');
    this.#fill(order, lots(quantity), price, 'maker', price, 0, this.#sequence);
    this.#shrinkReduceOnly(order.intent.instrument);
  };

  constructor(
    settings: PaperExchangeSettings,
    markets: readonly InstrumentMarket[],
    account: Account,
    outputs: OutputBuffer,
    random: SeededRandom,
  ) {
    this.#settings = settings;
    this.#markets = markets;
    this.#account = account;
    this.#outputs = outputs;
    this.#random = random;
    this.#resting = markets.map(() => new RestingOrders());
    this.#consumed = markets.map(() => new ConsumedLiquidity());
  }

  /** Margin and fees set aside for working orders. */
  get reserved(): Money {
    return this.#reserved;
  }

  get workingCount(): number {
    return this.#working.size;
  }

  working(): IterableIterator<WorkingOrder> {
    return this.#working.values();
  }

  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    const byId = orderId === null ? undefined : this.#working.get(orderId);
    return byId ?? (clientOrderId === null ? null : (this.#byClientId.get(clientOrderId) ?? null));
  }

  isClientIdUsed(clientOrderId: string): boolean {
    return this.#byClientId.has(clientOrderId);
  }

  /** Takes an approved order on its way: reserves its exposure until it arrives. */
  submit(order: ApprovedOrder, nowMs: number): WorkingOrder {
    const working = new WorkingOrder(order);
    const { intent } = order;
    this.#working.set(working.id, working);
    if (intent.clientOrderId !== null) {
      assert(this.#byClientId.size < MAX_CLIENT_IDS, `more than ${MAX_CLIENT_IDS} client order ids`);
      this.#byClientId.set(intent.clientOrderId, working);
    }
    this.#reserve(working, this.#reserveFor(working));
    this.#say(working, nowMs);
    return working;
  }

  /** Puts a working order of an earlier session back, at the end of its queue. */
  carry(order: WorkingOrder, nowMs: number): void {
    this.#working.set(order.id, order);
    if (order.intent.clientOrderId !== null) this.#byClientId.set(order.intent.clientOrderId, order);
    order.arrivalTimeMs = nowMs;
    this.#reserve(order, this.#reserveFor(order));
    this.#rest(order);
    this.#say(order, nowMs);
  }

  /** The order reaches the exchange: rejected, matched, resting or expired. */
  arrive(order: WorkingOrder, nowMs: number, sequence: number): void {
    if (order.place !== 'in_flight') return;
    this.#nowMs = nowMs;
    this.#sequence = sequence;
    order.arrivalTimeMs = nowMs;
    const market = this.#market(order.intent.instrument);
    const rejection = checkArrival(order, market, this.#account, this.#reserved, this.#settings);
    if (rejection !== null) {
      this.#reject(order, rejection);
      return;
    }
    this.#match(order, market);
    this.#shrinkReduceOnly(order.intent.instrument);
  }

  /** A cancel reaches the exchange; too late is no error: the order's own end was already said. */
  arriveCancel(order: WorkingOrder, nowMs: number, reason: ClosureReason): void {
    if (order.place !== 'resting') return;
    this.#nowMs = nowMs;
    this.#close(order, 'canceled', reason);
  }

  onLevel(instrument: number, isBid: boolean, price: number, displayed: number): void {
    this.#resting[instrument]?.onLevel(isBid, price, displayed);
  }

  /** A frame is complete: what we consumed is compared with it, queues are capped by a replaced window. */
  onFrame(instrument: number, isSnapshot: boolean): void {
    const market = this.#market(instrument);
    this.#consumed[instrument]?.update(market);
    if (isSnapshot) this.#resting[instrument]?.onSnapshot(market);
  }

  /** Whether a print at this price could reach one of our resting orders. */
  isReachedBy(instrument: number, isTakerBuy: boolean, price: number): boolean {
    const resting = this.#resting[instrument];
    if (resting === undefined || resting.size === 0) return false;
    return isTakerBuy ? resting.bestAsk !== NO_PRICE && resting.bestAsk <= price : resting.bestBid >= price;
  }

  onTrade(
    instrument: number,
    isTakerBuy: boolean,
    price: number,
    quantity: number,
    exchangeTimeMs: number,
    nowMs: number,
    sequence: number,
  ): void {
    this.#nowMs = nowMs;
    this.#sequence = sequence;
    const market = this.#market(instrument);
    this.#resting[instrument]?.onTrade(
      isTakerBuy,
      price,
      quantity,
      exchangeTimeMs,
      market.bookExchangeTimeMs,
      this.#fillFromPrint,
    );
  }

  assertConsistent(): void {
    let reserved = 0n;
    for (const order of this.#working.values()) {
      assert(!isTerminal(order.status), `order ${order.id} is ${order.status} and still working`);
      assert(
        order.filled >= 0 && order.filled < order.intent.quantity,
        `order ${order.id} filled ${order.filled}`,
      );
      reserved += order.reserved;
    }
    assert(reserved === this.#reserved, `reserved ${this.#reserved} differs from its orders ${reserved}`);
  }

  #match(order: WorkingOrder, market: InstrumentMarket): void {
    const { intent } = order;
    if (this.#settings.fillModel === 'parametric' && intent.type === 'market') {
      this.#fillParametric(order, market);
      return;
    }
    const limit = intent.price;
    const touch = order.isBid ? market.book.bestAsk : market.book.bestBid;
    const isMarketable =
      touch !== NO_PRICE && (limit === null || (order.isBid ? touch <= limit : touch >= limit));
    if (intent.timeInForce === 'post_only' && isMarketable) {
      this.#close(order, 'expired', 'post_only_would_cross');
      return;
    }
    if (intent.timeInForce === 'fok' && this.#fillable(order, market, touch) < order.remaining) {
      this.#close(order, 'expired', 'fok_not_fillable');
      return;
    }
    if (isMarketable) this.#walk(order, market, touch);
    if (order.place === 'closed') return;
    if (intent.type === 'market') this.#close(order, 'expired', 'market_remainder');
    else if (intent.timeInForce === 'ioc') this.#close(order, 'expired', 'ioc_remainder');
    else {
      this.#rest(order);
      this.#say(order, this.#nowMs);
    }
  }

  /** Takes from the opposite side level by level, never beyond the limit nor what is displayed and not yet taken by us. */
  #walk(order: WorkingOrder, market: InstrumentMarket, touch: number): void {
    const isBid = !order.isBid;
    const consumed = this.#consumed[order.intent.instrument];
    const limit = order.intent.price;
    let price = touch;
    while (price !== NO_PRICE && order.remaining > 0) {
      if (limit !== null && (order.isBid ? price > limit : price < limit)) break;
      const displayed = market.book.quantityAt(isBid, price);
      const available = displayed - (consumed?.taken(isBid, price) ?? 0);
      const quantity = Math.min(available, order.remaining, this.#reduceOnlyRoom(order));
      if (quantity > 0) {
        consumed?.take(isBid, price, quantity);
        this.#fill(order, lots(quantity), ticks(price), 'taker', touch, 0, market.bookSequence);
        if (this.#isClosed(order)) return;
      }
      if (this.#reduceOnlyRoom(order) === 0) return;
      price = market.book.nextWorse(isBid, price);
    }
  }

  #fillable(order: WorkingOrder, market: InstrumentMarket, touch: number): number {
    const isBid = !order.isBid;
    const limit = order.intent.price;
    let sum = 0;
    for (let price = touch; price !== NO_PRICE; price = market.book.nextWorse(isBid, price)) {
      if (limit !== null && (order.isBid ? price > limit : price < limit)) break;
      sum +=
        market.book.quantityAt(isBid, price) -
        (this.#consumed[order.intent.instrument]?.taken(isBid, price) ?? 0);
    }
    return Math.min(sum, this.#reduceOnlyRoom(order));
  }

  #fillParametric(order: WorkingOrder, market: InstrumentMarket): void {
    const reference = market.lastPriceOrMid;
    assert(reference !== null, 'a parametric fill needs a price');
    const quantity = lots(Math.min(order.remaining, this.#reduceOnlyRoom(order)));
    const { price, spreadTicks, slippageTicks } = parametricPrice(
      market.instrument,
      order.intent.side,
      reference,
      quantity,
      this.#random,
    );
    const touch = order.isBid ? Math.ceil(reference) + spreadTicks : Math.floor(reference) - spreadTicks;
    this.#fill(order, quantity, price, 'taker', touch, slippageTicks, this.#sequence);
    if (!this.#isClosed(order)) this.#close(order, 'expired', 'market_remainder');
  }

  #fill(
    order: WorkingOrder,
    quantity: Lots,
    price: Ticks,
    liquidity: 'maker' | 'taker',
    touch: number,
    slippageTicks: number,
    evidenceSequence: number,
  ): void {
    const { intent } = order;
    const market = this.#market(intent.instrument);
    const value = notional(market.instrument, price, quantity);
    const feeRate = liquidity === 'maker' ? this.#settings.makerFeeRate : this.#settings.takerFeeRate;
    order.addFill(quantity, value);
    const fill = recordFill(order, market, {
      id: `${this.#settings.sessionId}-f${++this.#fills}`,
      quantity,
      price,
      liquidity,
      fee: timesRateUp(value, feeRate),
      feeRate,
      timeMs: this.#nowMs,
      touch,
      slippageTicks,
      model: this.#settings.fillModel,
      evidenceSequence,
    });
    this.#account.applyFill(fill, intent.tag);
    this.#outputs.push({ type: 'fill', timeMs: this.#nowMs, fill });
    if (liquidity === 'taker')
      for (const line of costLines(fill, market.instrument, value)) this.#outputs.push(line);
    if (order.status === 'filled') this.#close(order, 'filled', null);
    else {
      this.#reserve(order, this.#reserveFor(order));
      this.#say(order, this.#nowMs);
    }
  }

  /** Lots a reduce-only order may still fill without growing or turning the position; Infinity for other orders. */
  #reduceOnlyRoom(order: WorkingOrder): number {
    if (!order.intent.reduceOnly) return Number.POSITIVE_INFINITY;
    const held = this.#account.position(order.intent.instrument).quantity;
    return order.isBid ? Math.max(0, -held) : Math.max(0, held);
  }

  /** Cancels resting reduce-only orders that the position no longer supports. */
  #shrinkReduceOnly(instrument: number): void {
    const resting = this.#resting[instrument];
    if (resting === undefined || resting.size === 0) return;
    resting.forEachReduceOnly((order) => {
      if (this.#reduceOnlyRoom(order) < order.remaining) this.#close(order, 'canceled', 'reduce_only_shrunk');
    });
  }

  #reserveFor(order: WorkingOrder): Money {
    return orderReserve(order, this.#market(order.intent.instrument), this.#account, this.#settings);
  }

  #reserve(order: WorkingOrder, amount: Money): void {
    this.#reserved = money(this.#reserved - order.reserved + amount);
    order.reserved = amount;
  }

  #rest(order: WorkingOrder): void {
    const { instrument, price } = order.intent;
    assert(price !== null, 'only limit orders rest');
    order.place = 'resting';
    this.#resting[instrument]?.add(order, price, this.#market(instrument));
  }

  #reject(order: WorkingOrder, code: RejectionCode): void {
    const { venueCode, text } = REJECTIONS[code];
    this.#outputs.push({
      type: 'log',
      timeMs: this.#nowMs,
      level: 'warning',
      event: 'order_rejected',
      msg: `Order rejected: ${text}`,
      fields: { order_id: order.id, reason: code, venue_code: venueCode },
    });
    this.#close(order, 'rejected', code);
  }

  #close(order: WorkingOrder, status: WorkingOrder['status'], reason: ClosureReason | null): void {
    const { instrument, price } = order.intent;
    if (order.place === 'resting' && price !== null) this.#resting[instrument]?.remove(order, price);
    order.place = 'closed';
    order.status = status;
    order.reason = reason;
    order.closedTimeMs = this.#nowMs;
    this.#reserve(order, ZERO_MONEY);
    this.#working.delete(order.id);
    this.#say(order, this.#nowMs);
  }

  /** Re-read through a call, because filling closes an order behind the caller's back. */
  #isClosed(order: WorkingOrder): boolean {
    return order.place === 'closed';
  }

  #say(order: WorkingOrder, timeMs: number): void {
    this.#outputs.push({ type: 'order', timeMs, order: order.record() });
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#markets[instrument];
    assert(market !== undefined, `no instrument ${instrument}`);
    return market;
  }
}
