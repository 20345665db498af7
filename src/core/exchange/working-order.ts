/** An order on its way to, at, or gone from the paper exchange: the one mutable form. */

import type { ApprovedOrder, OrderRecord, OrderStatus, SubmitIntent } from '../domain/order.ts';
import type { DenialReason, ClosureReason } from '../domain/reasons.ts';
import { type Lots, type Money, ZERO_MONEY, lots, money } from '../domain/units.ts';

/**
 * Where the order is: sent and not yet at the exchange, waiting there for its trigger, for the next bar's open, resting in
 * the book, or closed.
 */
export type OrderPlace = 'in_flight' | 'waiting' | 'queued' | 'resting' | 'closed';

export class WorkingOrder {
  readonly id: string;
  /** As the gate let it pass. */
  readonly #approved: ApprovedOrder;
  /** As submitted, or as last amended. */
  intent: SubmitIntent;
  /** Exits that become active with its first fill; emptied then. */
  attached: readonly ApprovedOrder[];
  /** The other exit of its bracket: cancelled when this one fires. */
  sibling: WorkingOrder | null = null;
  /** Its trigger was reached; set for conditional orders only. */
  hasFired = false;
  /** The venue's own order that closes a position in liquidation. */
  isForced = false;
  /** Best price a trailing stop has followed, in mark units; NaN before its activation. */
  trailedFrom = Number.NaN;
  readonly decisionTimeMs: number;
  readonly decisionMidX2: number | null;
  readonly decisionBid: number | null;
  place: OrderPlace = 'in_flight';
  status: OrderStatus = 'new';
  reason: DenialReason['code'] | ClosureReason | null = null;
  arrivalTimeMs: number | null = null;
  /** How long it travelled; null before its arrival, and where it did not travel in this session. */
  requestLatencyMs: number | null = null;
  closedTimeMs: number | null = null;
  filled: Lots = lots(0);
  filledNotional: Money = ZERO_MONEY;
  /** Initial margin and fee set aside for the part that would grow a position. */
  reserved: Money = ZERO_MONEY;
  /** What of it the order index counts as still to fill, at which price (0: none). */
  readonly counted = { lots: 0, price: 0 };
  /** Displayed lots ahead of us; Infinity while the book does not show our price. */
  queueAhead = Number.POSITIVE_INFINITY;
  /** The queue ahead if only public trades had shortened it: what a print older than the last frame is held against. */
  queueAheadByTrades = Number.POSITIVE_INFINITY;
  /** Lots last displayed at our price; NaN while the book does not show it. */
  displayed = Number.NaN;
  /** Printed at our price and not yet set against a displayed decrease; exchange time of the newest such print. */
  unexplainedTrades = 0;
  lastPrintMs = Number.NEGATIVE_INFINITY;
  /** Queue ahead at acceptance; null for takers and while unknown. */
  queueAheadAtAcceptance: Lots | null = null;
  /** The book it joined: frame, touch (NaN where it could not be trusted) and time; then what shortened its queue, in lots. */
  acceptedSequence = 0;
  acceptedBid = Number.NaN;
  acceptedAsk = Number.NaN;
  acceptedTimeMs = Number.NaN;
  tradedAhead = 0;
  printsAhead = 0;
  canceledAhead = 0;
  cappedAhead = 0;
  /** What stood ahead of it when the print in hand came; NaN where that went through its price. */
  aheadBeforePrint = Number.NaN;

  constructor(order: ApprovedOrder) {
    this.#approved = order;
    this.id = order.id;
    this.intent = order.intent;
    this.attached = order.attached;
    this.decisionTimeMs = order.decisionTimeMs;
    this.decisionMidX2 = order.decisionMidX2;
    this.decisionBid = order.decisionBid;
  }

  /** The venue's own order: it is at the exchange as it is made. */
  static forced(approved: ApprovedOrder, nowMs: number): WorkingOrder {
    const order = new WorkingOrder(approved);
    order.isForced = true;
    order.arrivalTimeMs = nowMs;
    order.requestLatencyMs = 0;
    return order;
  }

  /** Whether it is still to wait for its trigger. */
  get isConditional(): boolean {
    return this.intent.trigger !== null && !this.hasFired;
  }

  get isClosed(): boolean {
    return this.place === 'closed';
  }

  get isBid(): boolean {
    return this.intent.side === 'buy';
  }

  get remaining(): Lots {
    return lots(this.intent.quantity - this.filled);
  }

  /** Replaces the terms; the queue place is lost. */
  amend(intent: SubmitIntent): void {
    this.intent = intent;
    this.queueAhead = Number.POSITIVE_INFINITY;
    this.queueAheadByTrades = Number.POSITIVE_INFINITY;
    this.displayed = Number.NaN;
    this.unexplainedTrades = 0;
    this.lastPrintMs = Number.NEGATIVE_INFINITY;
    this.queueAheadAtAcceptance = null;
    this.tradedAhead = 0;
    this.printsAhead = 0;
    this.canceledAhead = 0;
    this.cappedAhead = 0;
  }

  addFill(quantity: Lots, value: Money): void {
    this.filled = lots(this.filled + quantity);
    this.filledNotional = money(this.filledNotional + value);
    this.status = this.filled === this.intent.quantity ? 'filled' : 'partially_filled';
  }

  /** An immutable copy for the outside. */
  record(): OrderRecord {
    const { intent } = this;
    const { positionSide } = intent;
    const record: OrderRecord = {
      id: this.id,
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
      status: this.status,
      reason: this.reason,
      decisionTimeMs: this.decisionTimeMs,
      arrivalTimeMs: this.arrivalTimeMs,
      closedTimeMs: this.closedTimeMs,
      filled: this.filled,
      filledNotional: this.filledNotional,
    };
    return positionSide === undefined ? record : { ...record, positionSide };
  }

  /** All of it but its sibling, of which only a working one still matters; saved by its id. */
  save() {
    return {
      approved: this.#approved,
      sibling: this.sibling === null || this.sibling.isClosed ? null : this.sibling.id,
      terms: {
        intent: this.intent,
        attached: this.attached,
        hasFired: this.hasFired,
        isForced: this.isForced,
        trailedFrom: this.trailedFrom,
        place: this.place,
        status: this.status,
        reason: this.reason,
        arrivalTimeMs: this.arrivalTimeMs,
        requestLatencyMs: this.requestLatencyMs,
        closedTimeMs: this.closedTimeMs,
        filled: this.filled,
        filledNotional: this.filledNotional,
        reserved: this.reserved,
        queueAhead: this.queueAhead,
        queueAheadByTrades: this.queueAheadByTrades,
        displayed: this.displayed,
        unexplainedTrades: this.unexplainedTrades,
        lastPrintMs: this.lastPrintMs,
        queueAheadAtAcceptance: this.queueAheadAtAcceptance,
        acceptedSequence: this.acceptedSequence,
        acceptedBid: this.acceptedBid,
        acceptedAsk: this.acceptedAsk,
        acceptedTimeMs: this.acceptedTimeMs,
        tradedAhead: this.tradedAhead,
        printsAhead: this.printsAhead,
        canceledAhead: this.canceledAhead,
        cappedAhead: this.cappedAhead,
        aheadBeforePrint: this.aheadBeforePrint,
      },
    };
  }

  /** Its sibling is still to be found: see {@link OrderIndex.restore}. */
  static restore({ approved, terms }: ReturnType<WorkingOrder['save']>): WorkingOrder {
    return Object.assign(new WorkingOrder(approved), terms);
  }
}

/** Finds a working order by its id; one that is saved elsewhere by that alone. */
export type OrderLookup = (orderId: string) => WorkingOrder;

/** Puts the exits of a bracket in place: they are at the exchange, and cancel each other; one alone has no other. */
export function pairExits(exits: readonly WorkingOrder[], nowMs: number): void {
  for (const exit of exits) exit.arrivalTimeMs = nowMs;
  const [first, second] = exits;
  if (first === undefined || second === undefined) return;
  first.sibling = second;
  second.sibling = first;
}
