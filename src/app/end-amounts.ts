/** What an account began and ended with, as the final report is told it. */

import { createInstrument, formatMoney } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EndFacts } from './compose-report.ts';
import { describePositions } from './held-positions.ts';

type EndAmounts = Pick<
  EndFacts,
  'positions' | 'startingEquity' | 'endingEquity' | 'openingWallet' | 'endingWallet' | 'openingPositions'
>;

/** Of an engine that has ended, or of one that stands where its recording stops. */
export function endAmounts(engine: Engine, { account, instruments }: SessionStart): EndAmounts {
  const { equity, wallet, positions } = engine.status();
  return {
    positions: describePositions(positions, instruments.map(createInstrument)),
    startingEquity: formatMoney(engine.startingEquity),
    endingEquity: formatMoney(equity),
    openingWallet: account.kind === 'carried' ? account.wallet : '0',
    endingWallet: formatMoney(wallet),
    openingPositions: account.positions,
  };
}
