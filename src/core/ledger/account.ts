/**
 * The paper account: wallet, positions and what they are worth.
 *
 * Invariants, asserted by {@link Account.assertConsistent} after every event that moved anything: the ledger balances,
 * positions equal the signed sum of their fills, and equity = wallet + unrealized by construction.
 */

import { assert } from '../base/assert.ts';
import { divideCeiling } from '../base/fixed-point.ts';
import { formatMarkPrice, formatMoney, formatRate, markNotional } from '../domain/instrument.ts';
import type { FillRecord } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import {
  RATE_ONE,
  ZERO_MONEY,
  type Lots,
  type MarkPrice,
  type Money,
  type Rate,
  money,
} from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { divideFloor } from '../base/fixed-point.ts';
import { Ledger, NO_REFERENCE } from './ledger.ts';
import { Position } from './position.ts';

export class Account {
  readonly ledger = new Ledger();
  readonly positions: readonly Position[];
  readonly leverage: number;
  readonly #markets: readonly InstrumentMarket[];
  readonly #outputs: OutputBuffer;
  /** Signed sum of this session's fills and carried quantity, kept apart from the positions as their check. */
  readonly #signedFills: number[];
  #trades = 0;
  #isDirty = false;

  constructor(markets: readonly InstrumentMarket[], leverage: number, outputs: OutputBuffer) {
    this.#markets = markets;
    this.leverage = leverage;
    this.#outputs = outputs;
    this.positions = markets.map((market) => new Position(market.instrument));
    this.#signedFills = markets.map(() => 0);
  }

  deposit(timeMs: number, amount: Money): void {
    this.#post(timeMs, this.ledger.post(timeMs, 'deposit', amount, NO_REFERENCE));
  }

  carryPosition(instrument: number, quantity: Lots, cost: Money, openedTimeMs: number): void {
    this.position(instrument).carry(quantity, cost, openedTimeMs);
    this.#signedFills[instrument] = quantity;
    this.#isDirty = true;
  }

  position(instrument: number): Position {
    const position = this.positions[instrument];
    assert(position !== undefined, `no instrument ${instrument}`);
    return position;
  }

  /** Books a fill: fee, realized profit, and the closed round trip where there is one. */
  applyFill(fill: FillRecord, exitReason: string): void {
    const position = this.position(fill.instrument);
    this.#signedFills[fill.instrument] =
      (this.#signedFills[fill.instrument] ?? 0) + (fill.side === 'buy' ? fill.quantity : -fill.quantity);
    const barNumber = this.#markets[fill.instrument]?.bars.total ?? 0;
    const change = position.applyFill(
      fill.side,
      fill.price,
      fill.quantity,
      fill.fee,
      fill.timeMs,
      barNumber,
      this.#trades + 1,
      exitReason,
    );
    const reference = { ...NO_REFERENCE, instrument: fill.instrument, fillId: fill.id };
    if (fill.fee !== 0n) {
      this.#post(
        fill.timeMs,
        this.ledger.post(fill.timeMs, 'fee', money(-fill.fee), { ...reference, rate: fill.feeRate }),
      );
    }
    if (change.realized !== null) {
      this.#post(fill.timeMs, this.ledger.post(fill.timeMs, 'realized_pnl', change.realized, reference));
    }
    if (change.closed !== null) {
      this.#trades++;
      this.#outputs.push({ type: 'trade', timeMs: fill.timeMs, trade: change.closed });
    }
    this.#isDirty = true;
  }

  /**
   * Books the funding payment of one settlement on the quantity held at its instant.
   *
   * payment = -(quantity x mark x rate), rounded toward negative infinity: a payment is never understated, a receipt
   * never overstated. With a positive rate longs pay and shorts receive. Source: the venue's help page on funding rates.
   */
  applyFunding(
    timeMs: number,
    instrument: number,
    held: Lots,
    settlementMs: number,
    fraction: Rate,
    mark: MarkPrice,
  ): void {
    const position = this.position(instrument);
    const value = markNotional(position.instrument, mark, held);
    const amount = money(divideFloor(-value * BigInt(fraction), RATE_ONE));
    position.addFunding(amount);
    const entry = this.ledger.post(timeMs, 'funding', amount, {
      ...NO_REFERENCE,
      instrument,
      settlementTimeMs: settlementMs,
      rate: fraction,
      markPrice: mark,
    });
    this.#post(timeMs, entry);
    this.#outputs.push({
      type: 'log',
      timeMs,
      level: 'info',
      event: 'funding_fee',
      msg: 'Funding Fee',
      fields: {
        symbol: position.instrument.symbol,
        rate: formatRate(fraction),
        mark_price: formatMarkPrice(mark),
        amount: formatMoney(amount),
        settlement_time_ms: settlementMs,
      },
    });
  }

  get wallet(): Money {
    return this.ledger.wallet;
  }

  /** Sum of unrealized profit at the valuation price; a position that cannot be valued yet counts zero. */
  get unrealized(): Money {
    let sum = 0n;
    for (const position of this.positions) {
      const price =
        position.quantity === 0 ? null : (this.#markets[position.instrument.index]?.valuationPrice ?? null);
      if (price !== null) sum += position.unrealized(price);
    }
    return sum === 0n ? ZERO_MONEY : money(sum);
  }

  get equity(): Money {
    return money(this.wallet + this.unrealized);
  }

  /** Initial margin bound by the positions: cost / leverage, rounded up. */
  get positionMargin(): Money {
    let sum = 0n;
    for (const position of this.positions) {
      const cost = position.cost < 0n ? -position.cost : position.cost;
      sum += divideCeiling(cost, BigInt(this.leverage));
    }
    return money(sum);
  }

  get isFlat(): boolean {
    return this.positions.every((position) => position.quantity === 0);
  }

  /** Checks every identity when something moved since the last check. */
  assertConsistent(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.ledger.assertBalanced();
    for (const position of this.positions) {
      position.assertConsistent();
      const sum = this.#signedFills[position.instrument.index];
      assert(
        sum === position.quantity,
        `position ${position.quantity} differs from its fills ${String(sum)}`,
      );
    }
  }

  #post(timeMs: number, entry: ReturnType<Ledger['post']>): void {
    this.#isDirty = true;
    this.#outputs.push({ type: 'ledger', timeMs, entry });
  }
}
