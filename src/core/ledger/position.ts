/**
 * One net position and the round trip it belongs to.
 *
 * The cost basis is money: the signed sum of entry price x quantity (long > 0, short < 0). Closing part of a position
 * releases its share of the cost, rounded up, so that realized profit is never overstated and a flat position has a
 * cost of exactly zero.
 */

import { assert, InvariantViolation } from '../base/assert.ts';
import { divideCeiling } from '../base/fixed-point.ts';
import { type Instrument, markNotional, notional } from '../domain/instrument.ts';
import type { PositionSide, Side } from '../domain/order.ts';
import type { TradeRecord } from '../domain/outputs.ts';
import {
  type Lots,
  type MarkPrice,
  type Money,
  type Ticks,
  ZERO_MONEY,
  lots,
  money,
  ticks,
} from '../domain/units.ts';

/** What one fill did to a position. */
export interface PositionChange {
  /** Profit realized by the closing part; null when nothing was closed. */
  readonly realized: Money | null;
  /** The round trip that the fill closed; null while one goes on. */
  readonly closed: TradeRecord | null;
}

/** The round trip in progress. */
interface OpenTrade {
  readonly side: 'long' | 'short';
  readonly entryTimeMs: number;
  readonly entryBar: number;
  largest: Lots;
  entryNotional: Money;
  entryQuantity: Lots;
  exitNotional: Money;
  exitQuantity: Lots;
  gross: Money;
  fees: Money;
  funding: Money;
  insurance: Money;
  /** What the entries would have lost at the stops of their own brackets; null where one had none. */
  risk: Money | null;
}

export class Position {
  readonly instrument: Instrument;
  /** The one side it may have in hedge mode; null where it is the instrument's net position. */
  readonly slot: PositionSide | null;
  /** Signed: > 0 long. */
  quantity: Lots = lots(0);
  /** Signed sum of entry price x quantity of what is held. */
  cost: Money = ZERO_MONEY;
  /** Funding that the wallet could not pay and that was taken from the position's isolated margin; >= 0. */
  drawn: Money = ZERO_MONEY;
  /** Lots that the venue still has to close in liquidation: the book could not take them; forgotten when flat. */
  owed = 0;
  /** Margin that forced fills released beyond their loss: what later ones lose more is taken from it first. */
  spared: Money = ZERO_MONEY;
  #trade: OpenTrade | null = null;

  constructor(instrument: Instrument, slot: PositionSide | null = null) {
    this.instrument = instrument;
    this.slot = slot;
  }

  /** Sum of entry price x quantity, unsigned. */
  get openValue(): Money {
    return this.cost < 0n ? money(-this.cost) : this.cost;
  }

  /** Isolated margin: open value / leverage, rounded up, less the funding drawn from it. */
  isolatedMargin(leverage: number): Money {
    return money(divideCeiling(this.openValue, BigInt(leverage)) - this.drawn);
  }

  /** Restores a position of an earlier session; its round trip starts anew with the carried cost. */
  carry(quantity: Lots, cost: Money, openedTimeMs: number, risk: Money | null): void {
    assert(this.quantity === 0, 'a position is carried over before anything is filled');
    this.quantity = quantity;
    this.cost = cost;
    const trade = this.#openTrade(quantity > 0 ? 'long' : 'short', openedTimeMs, 0);
    trade.entryNotional = money(cost < 0n ? -cost : cost);
    trade.entryQuantity = lots(Math.abs(quantity));
    trade.largest = trade.entryQuantity;
    trade.risk = risk;
  }

  /**
   * Applies one fill. `fee` > 0 = paid; where a fill closes and reverses, the fee is split by quantity, the closing part
   * rounded up and the rest left to the opening part. `stop`: of the bracket of the order that it fills; null = none.
   */
  applyFill(
    side: Side,
    price: Ticks,
    quantity: Lots,
    fee: Money,
    timeMs: number,
    barNumber: number,
    tradeNumber: number,
    exitReason: string,
    stop: Ticks | null = null,
  ): PositionChange {
    const signed = side === 'buy' ? quantity : -quantity;
    const held = this.quantity;
    const closing =
      held !== 0 && Math.sign(held) !== Math.sign(signed) ? Math.min(Math.abs(held), quantity) : 0;
    let realized: Money | null = null;
    let closed: TradeRecord | null = null;
    let openingFee = fee;
    if (closing > 0) {
      const closingFee =
        closing === quantity ? fee : money(divideCeiling(fee * BigInt(closing), BigInt(quantity)));
      openingFee = money(fee - closingFee);
      realized = this.#close(price, lots(closing), closingFee);
      if (this.quantity === 0) closed = this.#finishTrade(timeMs, barNumber, tradeNumber, exitReason);
    }
    const opening = quantity - closing;
    if (opening > 0) this.#open(side, price, lots(opening), openingFee, timeMs, barNumber, stop);
    return { realized, closed };
  }

  /** Adds a funding payment (signed, received > 0) to the round trip in progress. */
  addFunding(amount: Money): void {
    if (this.#trade !== null) this.#trade.funding = money(this.#trade.funding + amount);
  }

  /** Adds what the venue bears of a loss (>= 0) to the round trip in progress. */
  addInsurance(amount: Money): void {
    const trade = this.#requireTrade();
    trade.insurance = money(trade.insurance + amount);
  }

  /** Profit that closing `quantity` (of what is held, unsigned) at a price realizes; its share of the cost is rounded up. */
  profitOfClosing(price: Ticks, quantity: Lots): Money {
    const signed = lots(this.quantity > 0 ? quantity : -quantity);
    return money(notional(this.instrument, price, signed) - this.#costOf(quantity));
  }

  /** Unrealized profit at a mark; rounded toward negative infinity with the mark value. */
  unrealized(mark: MarkPrice): Money {
    if (this.quantity === 0) return ZERO_MONEY;
    return money(markNotional(this.instrument, mark, this.quantity) - this.cost);
  }

  /** Profit of the round trip in progress at a mark, costs so far included; zero when flat. */
  tradePnl(mark: MarkPrice): Money {
    const trade = this.#trade;
    if (trade === null) return ZERO_MONEY;
    return money(trade.gross - trade.fees + trade.funding + trade.insurance + this.unrealized(mark));
  }

  /** What the entries of the round trip in progress risk at their own stops; null = not known, or flat. */
  get risk(): Money | null {
    return this.#trade?.risk ?? null;
  }

  get openedTimeMs(): number | null {
    return this.#trade?.entryTimeMs ?? null;
  }

  assertConsistent(): void {
    const { quantity, cost, slot } = this;
    const isFlat = quantity === 0;
    const isSigned = isFlat ? cost === 0n : quantity > 0 === cost > 0n;
    // Not `assert`: making the texts for every fill would cost more than the checks.
    if (!isSigned) throw new InvariantViolation(`position ${quantity} and cost ${cost} differ in sign`);
    if (slot !== null && !isFlat && quantity > 0 !== (slot === 'long'))
      throw new InvariantViolation(`the ${slot} position holds ${quantity}`);
    assert(
      (this.quantity === 0) === (this.#trade === null),
      'a round trip is open exactly while a position is',
    );
  }

  #close(price: Ticks, quantity: Lots, fee: Money): Money {
    const trade = this.#requireTrade();
    const realized = this.profitOfClosing(price, quantity);
    const held = BigInt(Math.abs(this.quantity));
    const signedClosed = lots(this.quantity > 0 ? quantity : -quantity);
    this.cost = money(this.cost - this.#costOf(quantity));
    this.quantity = lots(this.quantity - signedClosed);
    // Rounded so that what is left of the margin is never overstated; nothing stays when nothing is held.
    this.drawn = money(this.drawn - (this.drawn * BigInt(quantity)) / held);
    if (this.quantity === 0) {
      this.spared = ZERO_MONEY;
      this.owed = 0;
    }
    trade.exitNotional = money(trade.exitNotional + notional(this.instrument, price, quantity));
    trade.exitQuantity = lots(trade.exitQuantity + quantity);
    trade.gross = money(trade.gross + realized);
    trade.fees = money(trade.fees + fee);
    return realized;
  }

  /** Share of the cost that closing `quantity` releases, rounded up. */
  #costOf(quantity: Lots): Money {
    return money(divideCeiling(this.cost * BigInt(quantity), BigInt(Math.abs(this.quantity))));
  }

  #open(
    side: Side,
    price: Ticks,
    quantity: Lots,
    fee: Money,
    timeMs: number,
    barNumber: number,
    stop: Ticks | null,
  ): void {
    const trade = this.#trade ?? this.#openTrade(side === 'buy' ? 'long' : 'short', timeMs, barNumber);
    const signed = lots(side === 'buy' ? quantity : -quantity);
    this.quantity = lots(this.quantity + signed);
    this.cost = money(this.cost + notional(this.instrument, price, signed));
    trade.entryNotional = money(trade.entryNotional + notional(this.instrument, price, quantity));
    trade.entryQuantity = lots(trade.entryQuantity + quantity);
    trade.largest = lots(Math.max(trade.largest, Math.abs(this.quantity)));
    trade.fees = money(trade.fees + fee);
    const distance = stop === null ? 0 : side === 'buy' ? price - stop : stop - price;
    // A stop in the profit risks nothing that a result could be measured by.
    trade.risk =
      trade.risk === null || distance <= 0
        ? null
        : money(trade.risk + notional(this.instrument, ticks(distance), quantity));
  }

  #openTrade(side: 'long' | 'short', entryTimeMs: number, entryBar: number): OpenTrade {
    this.#trade = {
      side,
      entryTimeMs,
      entryBar,
      largest: lots(0),
      entryNotional: ZERO_MONEY,
      entryQuantity: lots(0),
      exitNotional: ZERO_MONEY,
      exitQuantity: lots(0),
      gross: ZERO_MONEY,
      fees: ZERO_MONEY,
      funding: ZERO_MONEY,
      insurance: ZERO_MONEY,
      risk: ZERO_MONEY,
    };
    return this.#trade;
  }

  #finishTrade(timeMs: number, barNumber: number, id: number, exitReason: string): TradeRecord {
    const trade = this.#requireTrade();
    this.#trade = null;
    return {
      id,
      instrument: this.instrument.index,
      side: trade.side,
      quantity: trade.largest,
      entryTimeMs: trade.entryTimeMs,
      entryNotional: trade.entryNotional,
      entryQuantity: trade.entryQuantity,
      exitTimeMs: timeMs,
      exitNotional: trade.exitNotional,
      exitQuantity: trade.exitQuantity,
      exitReason,
      grossPnl: trade.gross,
      fees: trade.fees,
      funding: trade.funding,
      risk: trade.risk,
      netPnl: money(trade.gross - trade.fees + trade.funding + trade.insurance),
      barsHeld: barNumber - trade.entryBar,
    };
  }

  #requireTrade(): OpenTrade {
    assert(this.#trade !== null, 'no round trip is open');
    return this.#trade;
  }

  save() {
    const { quantity, cost, drawn, owed, spared } = this;
    return { quantity, cost, drawn, owed, spared, trade: this.#trade === null ? null : { ...this.#trade } };
  }

  restore(state: ReturnType<Position['save']>): void {
    this.quantity = state.quantity;
    this.cost = state.cost;
    this.drawn = state.drawn;
    this.owed = state.owed;
    this.spared = state.spared;
    this.#trade = state.trade;
  }
}
