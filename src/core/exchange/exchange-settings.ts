/** The terms of the paper exchange for one session. */

import type { FillTerms } from '../domain/fill-terms.ts';
import type { FillModelTerms } from '../domain/receipt.ts';
import type { LiquidationStart } from '../domain/session-start.ts';
import type { Rate } from '../domain/units.ts';
import type { TierRule } from './risk-tiers.ts';

export interface PaperExchangeSettings {
  readonly sessionId: string;
  readonly makerFeeRate: Rate;
  readonly takerFeeRate: Rate;
  /** Of notional, beside the taker fee, for a fill that the venue forces. */
  readonly liquidationFeeRate: Rate;
  readonly tierRule: TierRule;
  readonly fillModel: 'book' | 'parametric';
  readonly fills: FillTerms;
  /** VIP tier of the rates; null where only they are known. */
  readonly feeTier: number | null;
  /** When a report that leaves the exchange now reaches us. */
  readonly reportArrivalMs: (nowMs: number) => number;
  /** The rules of `fillModel` as receipts name them. */
  readonly terms: FillModelTerms;
  /** The rules for bars, likewise. */
  readonly barTerms: FillModelTerms;
}

/**
 * How liquidations are treated unless configured. The venue charges for them but publishes no rate: as much again as the
 * taker fee of VIP 0 is assumed.
 */
export const LIQUIDATION_DEFAULTS: LiquidationStart = {
  on_event: 'end',
  fee_rate: '0.0006',
  tier_rule: 'position',
};
