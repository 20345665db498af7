/** The terms of the paper exchange for one session. */

import type { FillTerms } from '../domain/fill-terms.ts';
import type { FillModelTerms } from '../domain/receipt.ts';
import type { Rate } from '../domain/units.ts';

export interface PaperExchangeSettings {
  readonly sessionId: string;
  readonly leverage: number;
  readonly marginMode: 'isolated' | 'cross';
  readonly makerFeeRate: Rate;
  readonly takerFeeRate: Rate;
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
