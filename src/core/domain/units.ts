/**
 * Branded numbers: what an integer counts is part of its type.
 *
 * Prices and quantities of orders, books, trades and fills are integers of their instrument's grid; money is an exact
 * integer of 10^-8 USDT. The constructors assert that a number is a safe integer; they never round.
 */

import { InvariantViolation } from '../base/assert.ts';

declare const unit: unique symbol;

/** A price in whole ticks of its instrument. */
export type Ticks = number & { readonly [unit]: 'ticks' };

/** A quantity in whole lots of its instrument; signed where it is a position. */
export type Lots = number & { readonly [unit]: 'lots' };

/** A mark or index price in 10^-{@link MARK_DECIMALS} USDT: a finer grid than ticks. */
export type MarkPrice = number & { readonly [unit]: 'mark' };

/** A rate (fee, funding, margin) as a fraction in 10^-{@link RATE_DECIMALS}. */
export type Rate = number & { readonly [unit]: 'rate' };

/** An amount of money in 10^-{@link MONEY_DECIMALS} USDT. */
export type Money = bigint & { readonly [unit]: 'money' };

export const MARK_DECIMALS = 8;
export const RATE_DECIMALS = 12;
export const MONEY_DECIMALS = 8;

export const RATE_ONE = 10n ** BigInt(RATE_DECIMALS);
export const ZERO_MONEY = 0n as Money;

function safe(value: number, what: string): number {
  // Not `assert`: making its text for every number would cost more than the check.
  if (!Number.isSafeInteger(value))
    throw new InvariantViolation(`${what} must be a safe integer, found ${value}`);
  return value;
}

export function ticks(value: number): Ticks {
  return safe(value, 'ticks') as Ticks;
}

export function lots(value: number): Lots {
  return safe(value, 'lots') as Lots;
}

export function markPrice(value: number): MarkPrice {
  return safe(value, 'mark price') as MarkPrice;
}

export function rate(value: number): Rate {
  return safe(value, 'rate') as Rate;
}

export function money(value: bigint): Money {
  return value as Money;
}
