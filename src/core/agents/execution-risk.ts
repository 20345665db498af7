/**
 * Execution risk: how much of a setup may be traded, from the account's real equity and the distance to the stop.
 *
 * quantity = equity x risk share / (distance x value of a tick and lot), rounded down to lots, at most the share of equity
 * that one position may have as notional x leverage. Halved in a volatile market and after losses in a row; nothing during
 * the cooldown after a loss. The risk gate judges every order again.
 */

import type { Instrument } from '../domain/instrument.ts';
import { type Lots, type Money, lots } from '../domain/units.ts';
import type { Regime } from './market-intake.ts';
import type { Setup } from './setup-signal.ts';

export interface RiskParams {
  /** Share of equity lost when the stop is hit at its price, percent. */
  readonly riskPercent: number;
  /** Largest notional of a position as a multiple of equity. */
  readonly maxLeverage: number;
  readonly cooldownBars: number;
  /** Losses in a row from which the size is halved. */
  readonly halveAfterLosses: number;
}

/** What the account's recent trades say. */
export interface TradeRecord {
  readonly lossesInRow: number;
  /** Bars since the last losing trade closed; null for none. */
  readonly barsSinceLoss: number | null;
}

export interface SizeReading {
  readonly quantity: Lots | null;
  readonly verdict: 'full_size' | 'half_size' | 'cooldown' | 'too_small' | 'no_equity';
  readonly reason: string;
  readonly numbers: Readonly<Record<string, number | null>>;
}

/** Decimals to which shares are taken: percentages and multiples are exact to this. */
const SHARE_SCALE = 10_000;

export function sizePosition(
  instrument: Instrument,
  setup: Setup,
  equity: Money,
  regime: Regime,
  record: TradeRecord,
  params: RiskParams,
): SizeReading {
  const distance = Math.abs(setup.reference - setup.stop);
  const numbers = {
    stop_distance_ticks: distance,
    losses_in_row: record.lossesInRow,
    bars_since_loss: record.barsSinceLoss,
  };
  if (equity <= 0n)
    return { quantity: null, verdict: 'no_equity', reason: 'the account has no equity', numbers };
  if (record.barsSinceLoss !== null && record.barsSinceLoss < params.cooldownBars) {
    const reason = `${params.cooldownBars - record.barsSinceLoss} bars of cooldown after a loss are left`;
    return { quantity: null, verdict: 'cooldown', reason, numbers };
  }
  const isHalved = regime === 'volatile' || record.lossesInRow >= params.halveAfterLosses;
  const share = BigInt(Math.floor((params.riskPercent / 100) * SHARE_SCALE * (isHalved ? 0.5 : 1)));
  const atRisk = (equity * share) / BigInt(SHARE_SCALE);
  const byStop = atRisk / (BigInt(distance) * instrument.tickLotMoney);
  const ceiling = (equity * BigInt(Math.floor(params.maxLeverage * SHARE_SCALE))) / BigInt(SHARE_SCALE);
  const byLeverage = ceiling / (BigInt(setup.reference) * instrument.tickLotMoney);
  const quantity = lots(Number(byStop < byLeverage ? byStop : byLeverage));
  if (quantity < instrument.minQuantity) {
    return {
      quantity: null,
      verdict: 'too_small',
      reason: 'the size that the risk allows is below the smallest order',
      numbers: { ...numbers, quantity_lots: quantity, minimum_lots: instrument.minQuantity },
    };
  }
  const why = regime === 'volatile' ? 'the market is volatile' : `${record.lossesInRow} losses in a row`;
  return {
    quantity,
    verdict: isHalved ? 'half_size' : 'full_size',
    reason: isHalved ? `half size: ${why}` : 'size from equity and the distance to the stop',
    numbers: { ...numbers, quantity_lots: quantity },
  };
}
