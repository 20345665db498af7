/**
 * One net position and the round trip it belongs to.
 *
 * The cost basis is money: the signed sum of entry price x quantity (long > 0, short < 0). Closing part of a position
 * releases its share of the cost, rounded up, so that realized profit is never overstated and a flat position has a
 * cost of exactly zero.
 */

import { assert } from '../base/assert.ts';
import { divideCeiling } from '../base/fixed-point.ts';
import { type Instrument, markNotional, notional } from '../domain/instrument.ts';
import type { Side } from '../domain/order.ts';
import type { TradeRecord } from '../domain/outputs.ts';
import {
  type Lots,
  type MarkPrice,
  type Money,
  type Ticks,
  ZERO_MONEY,
  lots,
  money,
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
}

export class Position {
  readonly instrument: Instrument;
  /** Signed: > 0 long. */
  quantity: Lots = lots(0);
  /** Signed sum of entry price x quantity of what is held. */
  cost: Money = ZERO_MONEY;
  #trade: OpenTrade | null = null;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** Restores a position of an earlier session; its round trip starts anew with the carried cost. */
  carry(quantity: Lots, cost: Money, openedTimeMs: number): void {
    assert(this.quantity === 0, 'a position is carried over before anything is filled');
    this.quantity = quantity;
    this.cost = cost;
    const trade = this.#openTrade(quantity > 0 ? 'long' : 'short', openedTimeMs, 0);
    trade.entryNotional = money(cost < 0n ? -cost : cost);
    trade.entryQuantity = lots(Math.abs(quantity));
    trade.largest = trade.entryQuantity;
  }

  /**
   * Applies one fill. `fee` > 0 = paid; where a fill closes and reverses, the fee is split by quantity, the closing part
   * rounded up and the rest left to the opening part.
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
    if (opening > 0) this.#open(side, price, lots(opening), openingFee, timeMs, barNumber);
    return { realized, closed };
  }

  /** Adds a funding payment (signed, received > 0) to the round trip in progress. */
  addFunding(amount: Money): void {
    if (this.#trade !== null) this.#trade.funding = money(this.#trade.funding + amount);
  }

  /** Unrealized profit at a mark; rounded toward negative infinity with the mark value. */
  unrealized(mark: MarkPrice): Money {
    if (this.quantity === 0) return ZERO_MONEY;
    return money(markNotional(this.instrument, mark, this.quantity) - this.cost);
  }

  get openedTimeMs(): number | null {
    return this.#trade?.entryTimeMs ?? null;
  }

  assertConsistent(): void {
    assert(this.quantity !== 0 || this.cost === 0n, `flat position has a cost of ${this.cost}`);
    assert(
      this.quantity === 0 || this.quantity > 0 === this.cost > 0n,
      `position ${this.quantity} and cost ${this.cost} differ in sign`,
    );
    assert(
      (this.quantity === 0) === (this.#trade === null),
      'a round trip is open exactly while a position is',
    );
  }

  #close(price: Ticks, quantity: Lots, fee: Money): Money {
    const trade = this.#requireTrade();
    const held = BigInt(Math.abs(this.quantity));
    const released = money(divideCeiling(this.cost * BigInt(quantity), held));
    const signedClosed = lots(this.quantity > 0 ? quantity : -quantity);
    const realized = money(notional(this.instrument, price, signedClosed) - released);
    this.cost = money(this.cost - released);
    this.quantity = lots(this.quantity - signedClosed);
    trade.exitNotional = money(trade.exitNotional + notional(this.instrument, price, quantity));
    trade.exitQuantity = lots(trade.exitQuantity + quantity);
    trade.gross = money(trade.gross + realized);
    trade.fees = money(trade.fees + fee);
    return realized;
  }

  #open(side: Side, price: Ticks, quantity: Lots, fee: Money, timeMs: number, barNumber: number): void {
    const trade = this.#trade ?? this.#openTrade(side === 'buy' ? 'long' : 'short', timeMs, barNumber);
    const signed = lots(side === 'buy' ? quantity : -quantity);
    this.quantity = lots(this.quantity + signed);
    this.cost = money(this.cost + notional(this.instrument, price, signed));
    trade.entryNotional = money(trade.entryNotional + notional(this.instrument, price, quantity));
    trade.entryQuantity = lots(trade.entryQuantity + quantity);
    trade.largest = lots(Math.max(trade.largest, Math.abs(this.quantity)));
    trade.fees = money(trade.fees + fee);
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
      netPnl: money(trade.gross - trade.fees + trade.funding),
      barsHeld: barNumber - trade.entryBar,
    };
  }

  #requireTrade(): OpenTrade {
    assert(this.#trade !== null, 'no round trip is open');
    return this.#trade;
  }
}
