/**
 * The account modes a session trades under: those it asks for, unless the venue would refuse the change.
 *
 * Leverage cannot change with open orders, margin mode and position mode not with a position or an order. What is refused
 * stays as the account has it, and is said with the venue's code.
 */

import { type Instrument, parseMoney } from '../domain/instrument.ts';
import { type RejectionCode, REJECTIONS } from '../domain/reasons.ts';
import type { Output } from '../domain/outputs.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { type Money, ZERO_MONEY, money } from '../domain/units.ts';
import {
  type AccountUse,
  refuseLeverage,
  refuseMarginMode,
  refusePositionMode,
} from '../exchange/risk-tiers.ts';
import type { AccountModes } from '../ledger/account.ts';

/** A change that the venue refuses. */
export interface RefusedTerm {
  readonly term: 'leverage' | 'margin_mode' | 'position_mode';
  readonly asked: string | number;
  readonly kept: string | number;
  readonly code: RejectionCode;
}

export interface TermsInForce {
  readonly modes: AccountModes;
  readonly refused: readonly RefusedTerm[];
}

/** Returns the modes in force; a new account, or one that says nothing of its terms, takes the session's. */
export function termsInForce(start: SessionStart, instruments: readonly Instrument[]): TermsInForce {
  const positionMode = start.position_mode ?? 'one_way';
  const asked: AccountModes = { leverage: start.leverage, marginMode: start.margin_mode, positionMode };
  const { terms: kept } = start.account;
  if (kept === undefined) return { modes: asked, refused: [] };
  const refused: RefusedTerm[] = [];
  const decide = <Value extends string | number>(
    term: RefusedTerm['term'],
    wanted: Value,
    had: Value,
    refuse: () => RejectionCode | null,
  ): Value => {
    const code = wanted === had ? null : refuse();
    if (code === null) return wanted;
    refused.push({ term, asked: wanted, kept: had, code });
    return had;
  };
  const use = useOf(start);
  const leverage = decide('leverage', asked.leverage, kept.leverage, () => {
    for (const instrument of instruments) {
      const openValue = openValueOf(start, instrument);
      const isUsed = start.account.orders.some(({ symbol }) => symbol === instrument.symbol);
      const code = refuseLeverage(instrument, asked.leverage, { ...use, hasOrders: isUsed, openValue });
      if (code !== null) return code;
    }
    return null;
  });
  const marginMode = decide('margin_mode', asked.marginMode, kept.margin_mode, () => refuseMarginMode(use));
  const mode = decide('position_mode', positionMode, kept.position_mode, () => refusePositionMode(use));
  return { modes: { leverage, marginMode, positionMode: mode }, refused };
}

/** The warning about a refused change. */
export function refusedTermLine(timeMs: number, refused: RefusedTerm): Output {
  const { venueCode, text } = REJECTIONS[refused.code];
  return {
    type: 'log',
    timeMs,
    level: 'warning',
    event: 'account_term_refused',
    msg: `The account keeps its ${refused.term} ${refused.kept}: ${text}`,
    fields: {
      term: refused.term,
      asked: refused.asked,
      kept: refused.kept,
      reason: refused.code,
      venue_code: venueCode,
    },
  };
}

function useOf(start: SessionStart): AccountUse {
  const { orders, positions } = start.account;
  return { hasOrders: orders.length > 0, hasPositions: positions.length > 0, openValue: ZERO_MONEY };
}

/** Largest open value of one carried position of the contract. */
function openValueOf(start: SessionStart, instrument: Instrument): Money {
  let largest = 0n;
  for (const { symbol, cost } of start.account.positions) {
    if (symbol !== instrument.symbol) continue;
    const value = parseMoney(cost.replace('-', ''));
    if (value > largest) largest = value;
  }
  return money(largest);
}
