/** Runs trials on threads of this machine, over the same tapes in shared memory. */

import type { Trial } from './sweep-space.ts';
import { TrialPool } from './trial-pool.ts';
import type { TrialGround, TrialOutcome } from './trial-run.ts';
import type { TrialMarket, TrialRunner } from './trial-runner.ts';

/** Tasks waiting in a pool: enough that no thread ever waits for the next. */
const AHEAD_A_THREAD = 2;

export class ThreadRunner implements TrialRunner {
  readonly #pool: TrialPool;
  readonly #inFlight: number;

  constructor(threads: number) {
    this.#pool = new TrialPool(threads);
    this.#inFlight = threads * AHEAD_A_THREAD;
  }

  async run(
    ground: TrialGround,
    { tapes }: TrialMarket,
    trials: readonly Trial[],
    onOutcome: (outcome: TrialOutcome) => void,
  ): Promise<void> {
    const rest = trials.values();
    const lanes = Array.from({ length: this.#inFlight }, async () => {
      for (const trial of rest) onOutcome(await this.#pool.run({ ground, tapes, trial }));
    });
    await Promise.all(lanes);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
