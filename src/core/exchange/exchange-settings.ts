/** The terms of the paper exchange for one session. */

import type { FillTerms } from '../domain/fill-terms.ts';
import type { Rate } from '../domain/units.ts';

export interface PaperExchangeSettings {
  readonly sessionId: string;
  readonly leverage: number;
  readonly marginMode: 'isolated' | 'cross';
  readonly makerFeeRate: Rate;
  readonly takerFeeRate: Rate;
  readonly fillModel: 'book' | 'parametric';
  readonly fills: FillTerms;
}
