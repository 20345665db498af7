/**
 * The paper account: wallet, positions and what they are worth.
 *
 * Invariants, asserted by {@link Account.assertConsistent} after every event that moved anything: the ledger balances,
 * positions equal the signed sum of their fills, and equity = wallet + unrealized by construction.
 */

import { assert, InvariantViolation } from '../base/assert.ts';
import { divideFloor } from '../base/fixed-point.ts';
import { restoreEach } from '../base/saved-state.ts';
import {
  formatMarkPrice,
  formatMoney,
  formatRate,
  markNotional,
  notional,
  timesRateUp,
} from '../domain/instrument.ts';
import type { FillRecord, PositionSide } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import {
  RATE_ONE,
  ZERO_MONEY,
  type Lots,
  type MarkPrice,
  type Money,
  type Rate,
  type Ticks,
  lots,
  money,
} from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { Ledger, NO_REFERENCE } from './ledger.ts';
import { Position } from './position.ts';

/** The venue's account modes. One-way: one net position per instrument; hedge: a long and a short side by side. */
export interface AccountModes {
  readonly leverage: number;
  readonly marginMode: 'isolated' | 'cross';
  readonly positionMode: 'one_way' | 'hedge';
}

/** The charges of a fill that the venue forced. */
export interface ForcedTerms {
  readonly feeRate: Rate;
}

export class Account {
  readonly ledger = new Ledger();
  /** One-way: one an instrument, in their order. Hedge: two an instrument, its long before its short. */
  readonly positions: readonly Position[];
  readonly modes: AccountModes;
  /** Changes with everything that moves money or positions: tells whoever derives numbers from them to do so again. */
  version = 0;
  readonly #markets: readonly InstrumentMarket[];
  readonly #outputs: OutputBuffer;
  /** Signed sum of this session's fills and carried quantity, kept apart from the positions as their check. */
  readonly #signedFills: number[];
  #trades = 0;
  #isDirty = false;

  constructor(markets: readonly InstrumentMarket[], modes: AccountModes, outputs: OutputBuffer) {
    this.#markets = markets;
    this.modes = modes;
    this.#outputs = outputs;
    this.positions = markets.flatMap(({ instrument }) =>
      modes.positionMode === 'hedge'
        ? [new Position(instrument, 'long'), new Position(instrument, 'short')]
        : [new Position(instrument)],
    );
    this.#signedFills = this.positions.map(() => 0);
  }

  deposit(timeMs: number, amount: Money): void {
    this.#post(timeMs, this.ledger.post(timeMs, 'deposit', amount, NO_REFERENCE));
  }

  carryPosition(
    instrument: number,
    side: PositionSide | undefined,
    quantity: Lots,
    cost: Money,
    drawn: Money,
    openedTimeMs: number,
    risk: Money | null = null,
  ): void {
    const position = this.position(instrument, side);
    position.carry(quantity, cost, openedTimeMs, risk);
    position.drawn = drawn;
    this.#signedFills[this.#slot(instrument, side)] = quantity;
    this.#noteChange();
  }

  /** `side` names the position in hedge mode and is ignored in one-way mode. */
  position(instrument: number, side: PositionSide | undefined): Position {
    const position = this.positions[this.#slot(instrument, side)];
    assert(position !== undefined, 'no such instrument');
    return position;
  }

  /** Signed quantity of an instrument, long and short together. */
  netQuantity(instrument: number): Lots {
    if (this.modes.positionMode === 'one_way') return this.positions[instrument]?.quantity ?? lots(0);
    const long = this.positions[2 * instrument]?.quantity ?? 0;
    return lots(long + (this.positions[2 * instrument + 1]?.quantity ?? 0));
  }

  /**
   * Books a fill: fee, realized profit, and the closed round trip where there is one. `forced`: the venue closed the
   * position; its fee comes on top, and what the fill loses beyond the margin it may use is borne by the insurance fund.
   * `stop`: of the bracket of the order that it fills.
   */
  applyFill(
    fill: FillRecord,
    exitReason: string,
    forced: ForcedTerms | null = null,
    stop: Ticks | null = null,
  ): void {
    const position = this.position(fill.instrument, fill.positionSide);
    const slot = this.#slot(fill.instrument, fill.positionSide);
    this.#signedFills[slot] =
      (this.#signedFills[slot] ?? 0) + (fill.side === 'buy' ? fill.quantity : -fill.quantity);
    const barNumber = this.#markets[fill.instrument]?.bars.total ?? 0;
    const forcedFee =
      forced === null
        ? ZERO_MONEY
        : timesRateUp(notional(position.instrument, fill.price, fill.quantity), forced.feeRate);
    const insurance = this.#insuranceFor(position, fill, forcedFee, forced !== null);
    if (insurance > 0n) position.addInsurance(insurance);
    const change = position.applyFill(
      fill.side,
      fill.price,
      fill.quantity,
      money(fill.fee + forcedFee),
      fill.timeMs,
      barNumber,
      this.#trades + 1,
      exitReason,
      stop,
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
    if (forced !== null && forcedFee !== 0n) {
      const charge = { ...reference, rate: forced.feeRate };
      this.#post(fill.timeMs, this.ledger.post(fill.timeMs, 'liquidation_fee', money(-forcedFee), charge));
    }
    if (insurance > 0n) {
      this.#post(fill.timeMs, this.ledger.post(fill.timeMs, 'insurance', insurance, reference));
    }
    if (change.closed !== null) {
      this.#trades++;
      this.#outputs.push({ type: 'trade', timeMs: fill.timeMs, trade: change.closed });
    }
    this.#noteChange();
  }

  /**
   * What the insurance fund bears of a fill before it is applied: of an isolated position that the venue closes, the loss
   * beyond the margin of what is closed; of an account that the fill leaves flat, what its wallet would lack.
   */
  #insuranceFor(position: Position, fill: FillRecord, forcedFee: Money, isForced: boolean): Money {
    const held = Math.abs(position.quantity);
    const isClosing = held !== 0 && position.quantity > 0 === (fill.side === 'sell');
    const quantity = lots(isClosing ? Math.min(held, fill.quantity) : 0);
    if (quantity === 0) return ZERO_MONEY;
    const gain = position.profitOfClosing(fill.price, quantity) - fill.fee - forcedFee;
    let borne = 0n;
    if (isForced && this.modes.marginMode === 'isolated') {
      const margin = position.isolatedMargin(this.modes.leverage);
      const spare = (margin * BigInt(quantity)) / BigInt(held) + gain;
      const after = position.spared + spare;
      borne = after < 0n ? -after : 0n;
      position.spared = money(after < 0n ? 0n : after);
    }
    const walletAfter = this.wallet + gain + borne;
    const isLast = quantity === held && fill.quantity === held;
    if (
      isLast &&
      walletAfter < 0n &&
      this.positions.every((other) => other === position || other.quantity === 0)
    )
      borne -= walletAfter;
    return money(borne);
  }

  /**
   * Books the funding payment of one settlement on the quantity held at its instant.
   *
   * `available`: money of the wallet that nothing binds; what an isolated position must pay beyond it is drawn from its
   * margin. Source: the venue's help page on funding rates.
   */
  applyFunding(
    timeMs: number,
    position: Position,
    held: Lots,
    settlementMs: number,
    fraction: Rate,
    mark: MarkPrice,
    available: Money,
  ): void {
    const instrument = position.instrument.index;
    const amount = fundingPayment(position, held, fraction, mark);
    position.addFunding(amount);
    const lacking = -amount - (available > 0n ? available : 0n);
    if (this.modes.marginMode === 'isolated' && lacking > 0n && position.quantity !== 0)
      position.drawn = money(position.drawn + lacking);
    const entry = this.ledger.post(timeMs, 'funding', amount, {
      ...NO_REFERENCE,
      instrument,
      settlementTimeMs: settlementMs,
      rate: fraction,
      markPrice: mark,
    });
    this.#post(timeMs, entry);
    // A rate published after the position was closed can ask for more than is left.
    if (this.wallet < 0n && this.isFlat) {
      const lack = money(-this.wallet);
      this.#post(timeMs, this.ledger.post(timeMs, 'insurance', lack, { ...NO_REFERENCE, instrument }));
    }
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

  /** Initial margin bound by the positions: open value / leverage, rounded up, less what funding drew from it. */
  get positionMargin(): Money {
    let sum = 0n;
    for (const position of this.positions) sum += position.isolatedMargin(this.modes.leverage);
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
    for (let slot = 0; slot < this.positions.length; slot++) {
      const position = this.positions[slot];
      if (position === undefined) continue;
      position.assertConsistent();
      const sum = this.#signedFills[slot];
      // Not `assert`, here and below: making the text for every fill would cost more than the check.
      if (sum !== position.quantity)
        throw new InvariantViolation(`position ${position.quantity} differs from its fills ${String(sum)}`);
    }
    if (this.wallet < 0n && this.isFlat) throw new InvariantViolation(`a flat account owes ${this.wallet}`);
  }

  #slot(instrument: number, side: PositionSide | undefined): number {
    if (this.modes.positionMode === 'one_way') return instrument;
    assert(side !== undefined, 'an order of a hedge account names its position');
    return 2 * instrument + (side === 'long' ? 0 : 1);
  }

  #noteChange(): void {
    this.#isDirty = true;
    this.version++;
  }

  #post(timeMs: number, entry: ReturnType<Ledger['post']>): void {
    this.#noteChange();
    this.#outputs.push({ type: 'ledger', timeMs, entry });
  }

  save() {
    return {
      ledger: this.ledger.save(),
      positions: this.positions.map((position) => position.save()),
      version: this.version,
      signedFills: [...this.#signedFills],
      trades: this.#trades,
      isDirty: this.#isDirty,
    };
  }

  restore(state: ReturnType<Account['save']>): void {
    this.ledger.restore(state.ledger);
    restoreEach(this.positions, state.positions);
    this.version = state.version;
    this.#signedFills.splice(0, Number.POSITIVE_INFINITY, ...state.signedFills);
    this.#trades = state.trades;
    this.#isDirty = state.isDirty;
  }
}

/**
 * Returns the funding payment for `held` (signed) of a position at one settlement; negative means the account pays.
 *
 * payment = -(quantity x mark x rate), rounded toward negative infinity: a payment is never understated, a receipt never
 * overstated. With a positive rate longs pay and shorts receive. Source: the venue's help page on funding rates.
 */
export function fundingPayment(position: Position, held: Lots, fraction: Rate, mark: MarkPrice): Money {
  const value = markNotional(position.instrument, mark, held);
  return money(divideFloor(-value * BigInt(fraction), RATE_ONE));
}
