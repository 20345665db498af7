/**
 * The account of the reference model: positions at cost, wallet, ledger lines, round trips; all money in bigint.
 *
 * Written from docs/fill-model.md ("Money"), not from the program. Money is 10^-8 USDT; what has to be rounded is rounded
 * against the account.
 */

import { exact } from '../e2e/support/exact-decimal.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';

/** Quotient rounded toward positive infinity; the divisor is above zero. */
export function ceilingOf(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return quotient * divisor < dividend ? quotient + 1n : quotient;
}

/** Quotient rounded toward negative infinity. */
function floorOf(dividend: bigint, divisor: bigint): bigint {
  return -ceilingOf(-dividend, divisor);
}

export const RATE_UNIT = 10n ** 12n;

/** The contract's grids. */
export class ModelContract {
  readonly spec: InstrumentSpec;
  /** Money of one tick times one lot. */
  readonly unit: bigint;
  /** 10^-8 USDT of one tick. */
  readonly markOfTick: bigint;

  constructor(spec: InstrumentSpec) {
    this.spec = spec;
    this.unit = 10n ** BigInt(8 - spec.price_decimals - spec.quantity_decimals);
    this.markOfTick = 10n ** BigInt(8 - spec.price_decimals);
  }

  value(price: number, quantity: number): bigint {
    return BigInt(price) * BigInt(quantity) * this.unit;
  }

  /** Value of a signed quantity at a mark. */
  markValue(mark: bigint, quantity: number): bigint {
    return floorOf(mark * BigInt(quantity), 10n ** BigInt(this.spec.quantity_decimals));
  }

  lots(text: string): number {
    return Number(exact(text, this.spec.quantity_decimals));
  }
}

interface Holding {
  quantity: number;
  cost: bigint;
  /** The round trip in progress. */
  side: 'long' | 'short' | null;
  largest: number;
  gross: bigint;
  fees: bigint;
  funding: bigint;
  /** Funding taken from its margin. */
  drawn: bigint;
  /** Margin that forced fills left over. */
  spared: bigint;
  /** Lots that the venue has still to close. */
  owed: number;
}

export class ModelAccount {
  readonly holdings: Holding[];
  wallet = 0n;
  /** One line a movement of the wallet. */
  readonly ledger: string[] = [];
  readonly trips: string[] = [];
  readonly #contracts: readonly ModelContract[];
  readonly #leverage: bigint;

  constructor(contracts: readonly ModelContract[], leverage: number) {
    this.#contracts = contracts;
    this.#leverage = BigInt(leverage);
    this.holdings = contracts.map(() => ({
      quantity: 0,
      cost: 0n,
      side: null,
      largest: 0,
      gross: 0n,
      fees: 0n,
      funding: 0n,
      drawn: 0n,
      spared: 0n,
      owed: 0,
    }));
  }

  held(instrument: number): number {
    return this.#holding(instrument).quantity;
  }

  move(timeMs: number, kind: string, amount: bigint): void {
    this.wallet += amount;
    this.ledger.push(`${timeMs} ${kind} ${amount}`);
  }

  /** `forced`: the venue closes the position. */
  fill(
    timeMs: number,
    instrument: number,
    sign: number,
    price: number,
    quantity: number,
    fee: bigint,
    forced: { readonly isIsolated: boolean } | null,
  ): void {
    const holding = this.#holding(instrument);
    const contract = this.#contracts[instrument] as ModelContract;
    const isOpposite = holding.quantity !== 0 && Math.sign(holding.quantity) !== sign;
    const closing = isOpposite ? Math.min(Math.abs(holding.quantity), quantity) : 0;
    const opening = quantity - closing;
    if (fee !== 0n) this.move(timeMs, 'fee', -fee);
    const forcedFee =
      forced === null ? 0n : ceilingOf(contract.value(price, quantity) * exact('0.0006', 12), RATE_UNIT);
    let openingFee = fee;
    const marginBefore = this.margin(instrument);
    const heldBefore = Math.abs(holding.quantity);
    if (closing > 0) {
      const closingFee = opening === 0 ? fee : ceilingOf(fee * BigInt(closing), BigInt(quantity));
      openingFee = fee - closingFee;
      const direction = Math.sign(holding.quantity);
      const released = ceilingOf(holding.cost * BigInt(closing), BigInt(Math.abs(holding.quantity)));
      const realized = contract.value(price, closing * direction) - released;
      holding.cost -= released;
      holding.quantity -= closing * direction;
      holding.gross += realized;
      holding.fees += closingFee + forcedFee;
      holding.drawn -= (holding.drawn * BigInt(closing)) / BigInt(heldBefore);
      this.move(timeMs, 'realized_pnl', realized);
      if (forcedFee > 0n) this.move(timeMs, 'liquidation_fee', -forcedFee);
      let borne = 0n;
      if (forced?.isIsolated === true) {
        holding.spared +=
          (marginBefore * BigInt(closing)) / BigInt(heldBefore) + realized - closingFee - forcedFee;
        if (holding.spared < 0n) borne = -holding.spared;
        if (holding.spared < 0n) holding.spared = 0n;
      }
      const isFlat = opening === 0 && this.holdings.every((one) => one.quantity === 0);
      if (isFlat && this.wallet + borne < 0n) borne -= this.wallet + borne;
      if (borne > 0n) this.move(timeMs, 'insurance', borne);
      if (holding.quantity === 0) this.#finish(instrument, holding);
    }
    if (opening > 0) {
      holding.side ??= sign > 0 ? 'long' : 'short';
      holding.quantity += opening * sign;
      holding.cost += contract.value(price, opening * sign);
      holding.largest = Math.max(holding.largest, Math.abs(holding.quantity));
      holding.fees += openingFee;
    }
  }

  payment(instrument: number, held: number, rate: number, mark: bigint): bigint {
    const contract = this.#contracts[instrument] as ModelContract;
    return floorOf(-contract.markValue(mark, held) * BigInt(rate), RATE_UNIT);
  }

  /** `available`: what an isolated position's payment may take before its margin; null in cross mode. */
  pay(timeMs: number, instrument: number, amount: bigint, available: bigint | null): void {
    const holding = this.#holding(instrument);
    if (holding.side !== null) holding.funding += amount;
    if (available !== null && holding.quantity !== 0) {
      const lacking = -amount - (available > 0n ? available : 0n);
      if (lacking > 0n) holding.drawn += lacking;
    }
    this.move(timeMs, 'funding', amount);
    if (this.wallet < 0n && this.holdings.every(({ quantity }) => quantity === 0))
      this.move(timeMs, 'insurance', -this.wallet);
  }

  /** `marks`: what each instrument is valued at; null where nothing is known. */
  unrealized(marks: readonly (bigint | null)[]): bigint {
    let sum = 0n;
    for (const [instrument, { quantity, cost }] of this.holdings.entries()) {
      const mark = marks[instrument] ?? null;
      if (quantity !== 0 && mark !== null) {
        sum += (this.#contracts[instrument] as ModelContract).markValue(mark, quantity) - cost;
      }
    }
    return sum;
  }

  positionMargin(): bigint {
    let sum = 0n;
    for (const instrument of this.holdings.keys()) sum += this.margin(instrument);
    return sum;
  }

  margin(instrument: number): bigint {
    const { cost, drawn } = this.#holding(instrument);
    return ceilingOf(cost < 0n ? -cost : cost, this.#leverage) - drawn;
  }

  #finish(instrument: number, holding: Holding): void {
    const { side, largest, gross, fees, funding } = holding;
    this.trips.push(`${instrument} ${side} ${largest} ${gross} ${fees} ${funding}`);
    Object.assign(holding, { side: null, largest: 0, gross: 0n, fees: 0n, funding: 0n, spared: 0n, owed: 0 });
  }

  #holding(instrument: number): Holding {
    const holding = this.holdings[instrument];
    if (holding === undefined) throw new Error(`no instrument ${instrument}`);
    return holding;
  }
}
