/**
 * The paper exchange: what the venue would have done with our orders, as far as its public data can tell.
 *
 * Orders and cancels arrive after the request latency and are matched against the book as it then stands. Takers walk
 * the displayed levels less what we took before; makers wait in a queue that public trades consume (resting-orders.ts).
 * Nothing fills while the book is not valid. Rules, evidence and limits: docs/fill-model.md.
 */

import { assert } from '../base/assert.ts';
import type { SeededRandom } from '../base/random.ts';
import { restoreEach } from '../base/saved-state.ts';
import type { EventBlock } from '../domain/event-block.ts';
import type { ApprovedOrder, OrderRecord, PositionSide, TriggerSource } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { ClosureReason, RejectionCode } from '../domain/reasons.ts';
import { type Lots, type Money, type Ticks, ZERO_MONEY } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { BarPlay } from './bar.ts';
import { type BarLink, type BarMatching, barRules } from './bar-matching.ts';
import { type ArrivalContext, checkArrival } from './arrival-checks.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import { ConditionalOrders, checkTrigger } from './conditional-orders.ts';
import { FillBooking } from './fill-booking.ts';
import type { FillBasis } from './fill-record.ts';
import { MarginModel } from './margin-model.ts';
import { orderReserve } from './margin.ts';
import { OrderIndex } from './order-index.ts';
import { PrintMatching } from './print-matching.ts';
import { cancelUnsupported, reduceOnlyRoom } from './reduce-only.ts';
import { rejectionLine } from './rejection-line.ts';
import { RestingOrders } from './resting-orders.ts';
import { type MatchingLink, TakerMatching } from './taker-matching.ts';
import { WorkingOrder, pairExits } from './working-order.ts';

export class PaperExchange {
  /** The margin of the account's positions: its liquidation prices. */
  readonly margin: MarginModel;
  readonly #settings: PaperExchangeSettings;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #resting: readonly RestingOrders[];
  readonly #conditional: readonly ConditionalOrders[];
  readonly #matching: TakerMatching;
  readonly #prints: readonly PrintMatching[];
  readonly #bars: readonly BarMatching[];
  #isOver = false;
  readonly #orders = new OrderIndex();
  readonly #arrivals: ArrivalContext;
  /** Time and sequence number of the event in hand. */
  #nowMs = 0;
  #sequence = 0;
  readonly #booking: FillBooking;

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
    this.margin = new MarginModel(account, markets, this.#orders, settings);
    this.#arrivals = { account, orders: this.#orders, margin: this.margin, fillModel: settings.fillModel };
    this.#resting = markets.map((market) => new RestingOrders(market, settings.fills));
    this.#booking = new FillBooking(settings, account, outputs);
    this.#conditional = markets.map(() => new ConditionalOrders());
    const link: MatchingLink & BarLink = {
      reduceOnlyRoom: (order) => reduceOnlyRoom(order, account),
      fill: (order, quantity, price, basis) => this.#fill(order, quantity, price, basis),
      close: (order, status, reason) => this.#close(order, status, reason),
      rest: (order) => this.#rest(order),
      fire: (order, market) => this.#fire(order, market, { ...this.#arrivals, fillModel: 'parametric' }),
      shrink: (instrument) => this.#shrinkReduceOnly(instrument),
      sequence: () => this.#sequence,
      nowMs: () => this.#nowMs,
    };
    this.#matching = new TakerMatching(markets, settings.fills, random, link);
    this.#prints = this.#resting.map((resting) => new PrintMatching(resting, link));
    this.#bars = barRules(markets, account, this.#conditional, this.#resting, settings.fills, random, link);
  }

  assertConsistent(): void {
    this.#orders.assertConsistent();
  }

  get workingCount(): number {
    return this.#orders.size;
  }

  /** Margin and fees set aside for working orders. */
  get reserved(): Money {
    return this.#orders.reserved;
  }

  /** Lots that working orders of one side of a position may still fill; reduce-only ones left out. */
  openLots(instrument: number, position: PositionSide | undefined, isBid: boolean): Lots {
    return this.#orders.openLots(instrument, position, isBid);
  }

  working(): IterableIterator<WorkingOrder> {
    return this.#orders.working();
  }

  /** A working order by our id or by the strategy's own; null where there is none. */
  find(orderId: string | null, clientOrderId: string | null): WorkingOrder | null {
    return this.#orders.find(orderId, clientOrderId);
  }

  /** The closed order of a strategy's own id; null where none had it. */
  findFormer(clientOrderId: string | null): OrderRecord | null {
    return clientOrderId === null ? null : this.#orders.findFormer(clientOrderId);
  }

  /** Takes an approved order on its way: reserves its exposure until it arrives. */
  submit(order: ApprovedOrder, nowMs: number): WorkingOrder {
    const working = new WorkingOrder(order);
    this.#orders.add(working);
    this.#orders.reserve(working, this.#reserveFor(working));
    this.#say(working, nowMs);
    return working;
  }

  /** Puts a working order of an earlier session back, at the end of its queue. */
  carry(order: WorkingOrder, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#orders.add(order);
    order.arrivalTimeMs = nowMs;
    this.#orders.reserve(order, this.#reserveFor(order));
    if (order.intent.trigger === null) return this.#rest(order);
    this.#conditional[order.intent.instrument]?.add(order);
    this.#say(order, nowMs);
  }

  /** The order reaches the exchange: rejected, matched, resting or expired. */
  arrive(order: WorkingOrder, nowMs: number, sequence: number): void {
    if (order.place !== 'in_flight') return;
    this.#enter(nowMs, sequence);
    order.arrivalTimeMs = nowMs;
    order.requestLatencyMs ??= nowMs - order.decisionTimeMs;
    const market = this.#market(order.intent.instrument);
    const rejection = checkArrival(order, market, this.#arrivals) ?? checkTrigger(order, market);
    if (rejection !== null) {
      this.#reject(order, rejection);
    } else if (order.isConditional) {
      this.#conditional[order.intent.instrument]?.add(order);
      this.#say(order, nowMs);
    } else {
      this.#match(order, market);
      this.#shrinkReduceOnly(order.intent.instrument);
    }
  }

  /** An amendment reaches the exchange: the order leaves its queue and is matched anew; too late is no error. */
  arriveAmend(
    order: WorkingOrder,
    price: Ticks | null,
    quantity: Lots | null,
    nowMs: number,
    sequence: number,
  ): void {
    const { intent } = order;
    if (order.place !== 'resting' || intent.price === null) return;
    this.#enter(nowMs, sequence);
    this.#resting[intent.instrument]?.remove(order, intent.price);
    order.place = 'in_flight';
    if (quantity !== null && quantity <= order.filled)
      return this.#close(order, 'canceled', 'amended_below_filled');
    order.amend({ ...intent, price: price ?? intent.price, quantity: quantity ?? intent.quantity });
    this.#orders.reserve(order, this.#reserveFor(order));
    this.arrive(order, nowMs, sequence);
  }

  /** The mark or the last price of an instrument changed: orders whose trigger it reaches are matched. */
  onPrice(source: TriggerSource, instrument: number, nowMs: number, sequence: number): void {
    const waiting = this.#conditional[instrument];
    if (waiting === undefined || waiting.size === 0) return;
    this.#enter(nowMs, sequence);
    const market = this.#market(instrument);
    for (const order of waiting.reached(source, market)) {
      if (order.place !== 'waiting') continue;
      if (this.#fire(order, market, this.#arrivals)) this.#match(order, market);
      this.#shrinkReduceOnly(instrument);
    }
  }

  /** Takes a waiting order out and checks it as at its arrival; false where it is refused. */
  #fire(order: WorkingOrder, market: InstrumentMarket, context: ArrivalContext): boolean {
    this.#conditional[order.intent.instrument]?.remove(order);
    order.place = 'in_flight';
    order.hasFired = true;
    if (order.sibling?.place === 'waiting') this.#close(order.sibling, 'canceled', 'other_exit_triggered');
    const rejection = checkArrival(order, market, context);
    if (rejection !== null) this.#reject(order, rejection);
    return rejection === null;
  }

  /** Plays a bar through the orders of an instrument; false for one that was played already. */
  onBar(instrument: number, play: BarPlay, nowMs: number, sequence: number): boolean {
    this.#enter(nowMs, sequence);
    return this.#bars[instrument]?.apply(play) ?? false;
  }

  /** No bar will follow: what still arrives in a session of bars trades at the last close. */
  endBars(): void {
    this.#isOver = true;
  }

  /** The venue closes (part of) a position: matched at once and unchecked; what the book does not show stays open. */
  forceClose(approved: ApprovedOrder, nowMs: number, sequence: number): WorkingOrder {
    const order = WorkingOrder.forced(approved, nowMs);
    this.#enter(nowMs, sequence);
    this.#orders.add(order);
    this.#say(order, nowMs);
    this.#match(order, this.#market(order.intent.instrument));
    this.#shrinkReduceOnly(order.intent.instrument);
    return order;
  }

  /** The venue cancels the orders at it, of one instrument or (null) of all; what is in flight arrives as it would. */
  cancelForced(instrument: number | null, nowMs: number, reason: ClosureReason): void {
    this.#nowMs = nowMs;
    for (const order of this.#orders.atExchange(instrument)) this.#close(order, 'canceled', reason);
  }

  /** Whether anything waits for a trigger on the instrument. */
  hasConditional(instrument: number): boolean {
    return (this.#conditional[instrument]?.size ?? 0) > 0;
  }

  /** A cancel reaches the exchange; too late is no error: the order's own end was already said. */
  arriveCancel(order: WorkingOrder, nowMs: number, reason: ClosureReason): void {
    if (order.place === 'in_flight' || order.place === 'closed') return;
    this.#nowMs = nowMs;
    this.#close(order, 'canceled', reason);
  }

  /** A frame changed the levels in the rows after `row` and before `end`. */
  onLevels(instrument: number, block: EventBlock, row: number, end: number): void {
    this.#resting[instrument]?.onLevels(block, row, end);
  }

  /** A frame is complete: what we consumed is compared with it, queues are capped by a replaced window. */
  onFrame(instrument: number, isSnapshot: boolean, nowMs: number): void {
    this.#matching.onFrame(this.#market(instrument), nowMs);
    if (isSnapshot) this.#resting[instrument]?.onSnapshot();
  }

  /** Any public trade, whether it reaches our orders or not: what it took of the display is watched. */
  observeTrade(instrument: number, isTakerBuy: boolean, price: number, quantity: number): void {
    this.#matching.observeTrade(instrument, isTakerBuy, price, quantity);
  }

  /** The book moved: what its quotes reach fills in the optimistic exchange, and in no other. */
  onQuote(instrument: number, nowMs: number, sequence: number): void {
    if (this.#settings.fills.stance !== 'optimistic') return;
    this.#enter(nowMs, sequence);
    this.#prints[instrument]?.onQuote(this.#market(instrument), sequence);
  }

  /** Whether a print at this price could reach one of our resting orders. */
  isReachedBy(instrument: number, isTakerBuy: boolean, price: number): boolean {
    return this.#resting[instrument]?.isReachedBy(isTakerBuy, price) ?? false;
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
    this.#enter(nowMs, sequence);
    this.#prints[instrument]?.onTrade(
      this.#market(instrument),
      isTakerBuy,
      price,
      quantity,
      exchangeTimeMs,
      sequence,
    );
  }

  #enter(nowMs: number, sequence: number): void {
    this.#nowMs = nowMs;
    this.#sequence = sequence;
  }

  #match(order: WorkingOrder, market: InstrumentMarket): void {
    // While a bar is played nobody but the venue sends an order: it closes a position.
    if (market.isPlayingBar) return this.#bars[order.intent.instrument]?.force(order);
    if (this.#settings.fills.price_source === 'bars' && !this.#isOver && !order.isForced) {
      this.#bars[order.intent.instrument]?.queue(order);
      return this.#say(order, this.#nowMs);
    }
    const rest = this.#matching.match(order, market, this.#settings.fillModel === 'parametric');
    if (order.isClosed) return;
    if (rest === 'rests') this.#rest(order);
    else this.#close(order, 'expired', rest);
  }

  #fill(order: WorkingOrder, quantity: Lots, price: Ticks, basis: FillBasis): void {
    this.#booking.book(order, this.#market(order.intent.instrument), quantity, price, basis, this.#nowMs);
    this.#activateBracket(order);
    if (order.status === 'filled') this.#close(order, 'filled', order.isForced ? 'liquidation' : null);
    else {
      this.#orders.reserve(order, this.#reserveFor(order));
      this.#say(order, this.#nowMs);
    }
  }

  /** The first fill of an entry puts its exits in place. */
  #activateBracket(entry: WorkingOrder): void {
    if (entry.attached.length === 0) return;
    const exits = entry.attached.map((approved) => this.submit(approved, this.#nowMs));
    entry.attached = [];
    pairExits(exits, this.#nowMs);
    for (const exit of exits) this.#conditional[exit.intent.instrument]?.add(exit);
  }

  #shrinkReduceOnly(instrument: number): void {
    const cancel = (order: WorkingOrder): void => this.#close(order, 'canceled', 'reduce_only_shrunk');
    cancelUnsupported(this.#conditional[instrument], this.#resting[instrument], this.#account, cancel);
  }

  #reserveFor(order: WorkingOrder): Money {
    const market = this.#market(order.intent.instrument);
    return orderReserve(order, market, this.#account, this.#settings.takerFeeRate);
  }

  #rest(order: WorkingOrder): void {
    const { instrument, price } = order.intent;
    assert(price !== null, 'only limit orders rest');
    order.place = 'resting';
    this.#orders.version++;
    order.acceptedTimeMs = this.#nowMs;
    this.#resting[instrument]?.add(order, price, this.#nowMs);
    this.#say(order, this.#nowMs);
  }

  #reject(order: WorkingOrder, code: RejectionCode): void {
    this.#outputs.push(rejectionLine(order.id, code, this.#nowMs));
    this.#close(order, 'rejected', code);
  }

  #close(order: WorkingOrder, status: WorkingOrder['status'], reason: ClosureReason | null): void {
    const { instrument, price } = order.intent;
    if (order.place === 'resting' && price !== null) this.#resting[instrument]?.remove(order, price);
    if (order.place === 'waiting') this.#conditional[instrument]?.remove(order);
    if (order.place === 'queued') this.#bars[instrument]?.remove(order);
    order.place = 'closed';
    order.status = status;
    order.reason = reason;
    order.closedTimeMs = this.#nowMs;
    this.#orders.reserve(order, ZERO_MONEY);
    this.#orders.remove(order);
    this.#say(order, this.#nowMs);
  }

  #say(order: WorkingOrder, timeMs: number): void {
    this.#outputs.push({ type: 'order', timeMs, order: order.record() });
  }

  #market(instrument: number): InstrumentMarket {
    const market = this.#markets[instrument];
    assert(market !== undefined, 'no such instrument');
    return market;
  }

  save() {
    return {
      orders: this.#orders.save(),
      resting: this.#resting.map((resting) => resting.save()),
      conditional: this.#conditional.map((conditional) => conditional.save()),
      bars: this.#bars.map((bars) => bars.save()),
      matching: this.#matching.save(),
      margin: this.margin.save(),
      booking: this.#booking.save(),
      moment: [this.#isOver, this.#nowMs, this.#sequence] as const,
    };
  }

  restore(state: ReturnType<PaperExchange['save']>): void {
    const find = this.#orders.restore(state.orders);
    restoreEach(this.#resting, state.resting, find);
    restoreEach(this.#conditional, state.conditional, find);
    restoreEach(this.#bars, state.bars, find);
    this.#matching.restore(state.matching);
    this.margin.restore(state.margin);
    this.#booking.restore(state.booking);
    [this.#isOver, this.#nowMs, this.#sequence] = state.moment;
  }
}
