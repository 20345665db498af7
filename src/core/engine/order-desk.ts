/**
 * The way of an intent: risk gate, reservation, request latency, exchange. Also cancels and the closing of everything.
 */

import type { AmendIntent, OrderIntent, OrderRecord, SubmitIntent } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { ClosureReason, DenialReason } from '../domain/reasons.ts';
import { markNotional } from '../domain/instrument.ts';
import { type Lots, type Money, type Ticks, ZERO_MONEY, lots, money, ticks } from '../domain/units.ts';
import type { LatencyModel } from '../exchange/latency-model.ts';
import type { PaperExchange } from '../exchange/paper-exchange.ts';
import type { WorkingOrder } from '../exchange/working-order.ts';
import type { Account } from '../ledger/account.ts';
import type { Position } from '../ledger/position.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { CircuitBreakers } from '../risk/circuit-breakers.ts';
import type { LossLimits } from '../risk/loss-limits.ts';
import type { Decision, RiskGate } from '../risk/risk-gate.ts';
import type { EngineParts } from './engine-parts.ts';

/** What the desk asks of the engine. */
export interface DeskLink {
  nowMs(): number;
  /** How long the instrument's newest bar is overdue: new risk waits for it; null while it is not. */
  overdueMs(instrument: number): number | null;
  /** Why no new order may leave now; null when trading is on. */
  refusal(instrument: number): DenialReason | null;
  scheduleArrival(order: WorkingOrder, dueMs: number): void;
  scheduleCancel(order: WorkingOrder, reason: ClosureReason, dueMs: number): void;
  scheduleAmend(order: WorkingOrder, price: Ticks | null, quantity: Lots | null, dueMs: number): void;
  noteSubmitted(orderId: string): void;
  /** The strategy is told, in its time, how an order stands; nobody else, because nothing has changed. */
  answer(order: OrderRecord): void;
}

export class OrderDesk {
  readonly #sessionId: string;
  readonly #markets: readonly InstrumentMarket[];
  readonly #account: Account;
  readonly #exchange: PaperExchange;
  readonly #gate: RiskGate;
  readonly #losses: LossLimits;
  readonly #breakers: CircuitBreakers;
  readonly #latency: LatencyModel;
  readonly #outputs: OutputBuffer;
  readonly #link: DeskLink;
  #orders = 0;

  constructor(
    sessionId: string,
    { markets, account, exchange, gate, losses, breakers, latency }: EngineParts,
    outputs: OutputBuffer,
    link: DeskLink,
  ) {
    this.#sessionId = sessionId;
    this.#markets = markets;
    this.#account = account;
    this.#exchange = exchange;
    this.#gate = gate;
    this.#losses = losses;
    this.#breakers = breakers;
    this.#latency = latency;
    this.#outputs = outputs;
    this.#link = link;
  }

  handle(intent: OrderIntent): void {
    if (intent.action === 'submit') this.#submit(this.#placed(intent), this.#link.refusal(intent.instrument));
    else if (intent.action === 'cancel') this.#cancel(intent.orderId, intent.clientOrderId);
    else if (intent.action === 'amend') this.#amend(intent);
    else this.flatten('flatten');
  }

  /** Cancels every working order, then closes every position at market with reduce-only orders. */
  flatten(tag: string): void {
    this.cancelAll('cancel_requested');
    this.closePositions(tag);
  }

  cancelAll(reason: ClosureReason): void {
    for (const order of [...this.#exchange.working()]) this.#sendCancel(order, reason);
  }

  /** Cancels working orders that could add risk: of one position, or of all. What can only reduce stays. */
  cancelEntries(only: Position | null = null): void {
    for (const order of [...this.#exchange.working()]) {
      const { intent } = order;
      const position = this.#account.position(intent.instrument, intent.positionSide);
      if (intent.reduceOnly || order.isForced || (only !== null && position !== only)) continue;
      const isAgainst = position.quantity > 0 === (intent.side === 'sell') && position.quantity !== 0;
      if (!isAgainst || order.remaining > Math.abs(position.quantity)) this.#sendCancel(order, 'risk_limit');
    }
  }

  /** Sends a closing order for each open position; they leave even when new risk is refused. */
  closePositions(tag: string): void {
    for (const position of this.#account.positions) this.closePosition(position, tag);
  }

  closePosition(position: Position, tag: string): void {
    if (position.quantity === 0) return;
    this.#submit(
      {
        action: 'submit',
        instrument: position.instrument.index,
        side: position.quantity > 0 ? 'sell' : 'buy',
        type: 'market',
        quantity: lots(Math.abs(position.quantity)),
        price: null,
        trigger: null,
        bracket: null,
        timeInForce: 'ioc',
        reduceOnly: true,
        ...(position.slot === null ? {} : { positionSide: position.slot }),
        clientOrderId: null,
        tag,
      },
      null,
    );
  }

  /**
   * Names the position an order belongs to. One-way has but one, whatever was named. In hedge mode the order opens the
   * position of its own direction, or (reduce-only) closes the other, unless it names one; what closes is reduce-only.
   */
  #placed(intent: SubmitIntent): SubmitIntent {
    const isOneWay = this.#account.modes.positionMode === 'one_way';
    if (isOneWay && intent.positionSide === undefined) return intent;
    const { positionSide: named, ...bare } = intent;
    if (isOneWay) return bare;
    const isBuy = intent.side === 'buy';
    const positionSide = named ?? (isBuy === intent.reduceOnly ? 'short' : 'long');
    const isClosing = isBuy !== (positionSide === 'long');
    return { ...bare, positionSide, reduceOnly: intent.reduceOnly || isClosing };
  }

  #submit(intent: SubmitIntent, refusal: DenialReason | null): void {
    const nowMs = this.#link.nowMs();
    const { clientOrderId } = intent;
    const working = clientOrderId === null ? null : this.#exchange.find(null, clientOrderId);
    const first = working?.record() ?? this.#exchange.findFormer(clientOrderId);
    if (first !== null) {
      // The same id names the same order, whatever else the repetition asks for: the answer is how that order stands.
      this.#link.answer(first);
      return;
    }
    const id = `${this.#sessionId}-o${++this.#orders}`;
    const decision = this.#decide(id, intent, refusal);
    if (decision.approved === null) {
      this.#deny(id, intent, decision.denied);
      return;
    }
    this.#link.noteSubmitted(id);
    const order = this.#exchange.submit(decision.approved, nowMs);
    this.#link.scheduleArrival(order, this.#latency.requestArrivalMs(nowMs));
  }

  #decide(id: string, intent: SubmitIntent, refusal: DenialReason | null): Decision {
    const nowMs = this.#link.nowMs();
    const market = this.#markets[intent.instrument];
    if (market === undefined) throw new RangeError(`the session has no instrument ${intent.instrument}`);
    const touch = market.midX2 === null ? market.lastPrice : Math.ceil(market.midX2 / 2);
    const { equity } = this.#account;
    this.#losses.update(nowMs, equity);
    this.#breakers.update(nowMs, equity);
    return this.#gate.decide(
      {
        id,
        intent,
        decisionTimeMs: nowMs,
        decisionMidX2: market.decisionMidX2,
        decisionBid: market.midX2 === null ? null : market.book.bestBid,
      },
      {
        nowMs,
        refusal,
        instrument: market.instrument,
        equity,
        held: this.#account.position(intent.instrument, intent.positionSide).quantity,
        pendingSameSide: this.#exchange.openLots(
          intent.instrument,
          intent.positionSide,
          intent.side === 'buy',
        ),
        price: touch > 0 ? ticks(touch) : null,
        otherNotional: this.#otherNotional(intent),
        dayLoss: this.#losses.dayLoss(equity),
        breaker: this.#breakers.refusal(equity),
        barsOverdueMs: this.#link.overdueMs(intent.instrument),
      },
    );
  }

  #deny(id: string, intent: SubmitIntent, reason: DenialReason): void {
    const timeMs = this.#link.nowMs();
    this.#outputs.push({ type: 'denial', timeMs, orderId: id, intent, reason });
    this.#outputs.push({
      type: 'order',
      timeMs,
      order: {
        id,
        clientOrderId: intent.clientOrderId,
        instrument: intent.instrument,
        side: intent.side,
        type: intent.type,
        quantity: intent.quantity,
        price: intent.price,
        timeInForce: intent.timeInForce,
        reduceOnly: intent.reduceOnly,
        trigger: intent.trigger,
        tag: intent.tag,
        ...(intent.positionSide === undefined ? {} : { positionSide: intent.positionSide }),
        status: 'denied',
        reason: reason.code,
        decisionTimeMs: timeMs,
        arrivalTimeMs: null,
        closedTimeMs: timeMs,
        filled: lots(0),
        filledNotional: ZERO_MONEY,
      },
    });
  }

  #cancel(orderId: string | null, clientOrderId: string | null): void {
    const order = this.#exchange.find(orderId, clientOrderId);
    if (order !== null) {
      this.#sendCancel(order, 'cancel_requested');
      return;
    }
    // Cancelling what is already closed is the ordinary race with a fill; cancelling what never was is worth saying.
    if (this.#exchange.findFormer(clientOrderId) === null) {
      const reason = { code: 'order_unknown', orderId: orderId ?? clientOrderId ?? '' } as const;
      this.#outputs.push({ type: 'denial', timeMs: this.#link.nowMs(), orderId, intent: null, reason });
    }
  }

  /** Growth passes the gate as a new order of that size would; the order itself keeps its approval. */
  #amend(intent: AmendIntent): void {
    const nowMs = this.#link.nowMs();
    const order = this.#exchange.find(intent.orderId, intent.clientOrderId);
    const orderId = intent.orderId ?? intent.clientOrderId ?? '';
    if (order === null || order.intent.price === null || order.intent.trigger !== null) {
      const known = order ?? this.#exchange.findFormer(intent.clientOrderId);
      const reason: DenialReason =
        known === null
          ? { code: 'order_unknown', orderId }
          : { code: 'not_amendable', orderId, status: known.status };
      this.#outputs.push({ type: 'denial', timeMs: nowMs, orderId: known?.id ?? null, intent: null, reason });
      return;
    }
    const growth = (intent.quantity ?? order.intent.quantity) - order.intent.quantity;
    const asked = { ...order.intent, quantity: lots(Math.max(growth, 1)), clientOrderId: null };
    const denied =
      growth > 0 ? this.#decide(order.id, asked, this.#link.refusal(asked.instrument)).denied : null;
    if (denied !== null) {
      this.#outputs.push({ type: 'denial', timeMs: nowMs, orderId: order.id, intent: asked, reason: denied });
      return;
    }
    this.#link.scheduleAmend(order, intent.price, intent.quantity, this.#latency.requestArrivalMs(nowMs));
  }

  #sendCancel(order: WorkingOrder, reason: ClosureReason): void {
    this.#link.scheduleCancel(order, reason, this.#latency.requestArrivalMs(this.#link.nowMs()));
  }

  /** What every other position would be worth at most, valued at the mark, if its working orders of one side filled. */
  #otherNotional(intent: SubmitIntent): Money {
    if (!this.#gate.limitsTotal) return ZERO_MONEY;
    const own = this.#account.position(intent.instrument, intent.positionSide);
    let sum = 0n;
    for (const position of this.#account.positions) {
      if (position === own) continue;
      const { index } = position.instrument;
      const side = position.slot ?? undefined;
      const most = Math.max(
        Math.abs(position.quantity + this.#exchange.openLots(index, side, true)),
        Math.abs(position.quantity - this.#exchange.openLots(index, side, false)),
      );
      const price = this.#markets[index]?.valuationPrice ?? null;
      // Without a price there are no orders yet either.
      if (most > 0)
        sum += price === null ? position.openValue : markNotional(position.instrument, price, lots(most));
    }
    return money(sum);
  }

  save() {
    return { orders: this.#orders };
  }

  restore({ orders }: ReturnType<OrderDesk['save']>): void {
    this.#orders = orders;
  }
}
