/** Where trials run: what threads of this machine and workers on others have in common. */

import type { DatasetSpan } from '../../storage/datasets/dataset.ts';
import type { EventTape } from '../../storage/datasets/event-tape.ts';
import type { MarketContract } from '../backtest-market.ts';
import type { Trial } from './sweep-space.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';

/** The market of a search: a tape for each contract, and what another machine needs to record the same ones. */
export interface TrialMarket {
  readonly tapes: readonly EventTape[];
  readonly recipe: TapeRecipe;
}

/** From which files the tapes were recorded, and which part of them. */
export interface TapeRecipe extends DatasetSpan {
  readonly contracts: readonly MarketContract[];
  /** SHA-256 over the files' bytes, hex: a worker whose files differ refuses. */
  readonly filesHash: string;
}

export interface TrialRunner {
  /** Runs every trial once and hands each outcome over, in any order. Throws what a trial throws. */
  run(
    ground: TrialGround,
    market: TrialMarket,
    trials: readonly Trial[],
    onOutcome: (outcome: TrialOutcome) => void,
  ): Promise<void>;
  close(): Promise<void>;
}
