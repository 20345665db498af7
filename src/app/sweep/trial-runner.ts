/** Where trials run: what threads of this machine and workers on others have in common. */

import type { EventTape } from '../../storage/datasets/event-tape.ts';
import type { DatasetPaths } from '../../storage/datasets/open-dataset.ts';
import type { Trial } from './sweep-space.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';

/** The market of a search: the tape, and what another machine needs to record the same one. */
export interface TrialMarket {
  readonly tape: EventTape;
  readonly recipe: TapeRecipe;
}

/** From which files a tape was recorded. */
export interface TapeRecipe extends DatasetPaths {
  /** SHA-256 over the files' bytes, hex: a worker whose files differ refuses. */
  readonly filesHash: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly historyBars: number;
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
