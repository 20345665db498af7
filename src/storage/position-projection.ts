/** Positions as the journal shows them, from fills alone; the engine's ledger decides what they are worth. */

import { divideFloor } from '../core/base/fixed-point.ts';
import { type Instrument, notional } from '../core/domain/instrument.ts';
import type { FillRecord } from '../core/domain/order.ts';
import { type Lots, type Money, lots, money } from '../core/domain/units.ts';

export interface HeldPosition {
  /** Signed. */
  readonly quantity: Lots;
  /** Signed sum of entry price x quantity of what is held. */
  readonly entryNotional: Money;
}

/**
 * Returns the position after a fill, at average cost: a reduction takes its share of the entry notional, the rest
 * rounded toward negative infinity; what goes through zero opens anew at the fill's price.
 */
export function applyFill(held: HeldPosition, fill: FillRecord, instrument: Instrument): HeldPosition {
  const change = fill.side === 'buy' ? fill.quantity : lots(0 - fill.quantity);
  const quantity = lots(held.quantity + change);
  const isIncrease = held.quantity === 0 || Math.sign(held.quantity) === Math.sign(change);
  if (isIncrease) {
    return { quantity, entryNotional: money(held.entryNotional + notional(instrument, fill.price, change)) };
  }
  const isThroughZero = quantity !== 0 && Math.sign(quantity) === Math.sign(change);
  if (isThroughZero) return { quantity, entryNotional: notional(instrument, fill.price, quantity) };
  const share = BigInt(Math.abs(quantity));
  return {
    quantity,
    entryNotional: money(divideFloor(held.entryNotional * share, BigInt(Math.abs(held.quantity)))),
  };
}
