/** The thread side of {@link ThreadRunner}: runs the trial that it is given. */

import type { EventTape } from '../../storage/datasets/event-tape.ts';
import type { Trial } from './sweep-space.ts';
import { type TrialGround, type TrialOutcome, runTrial } from './trial-run.ts';

export interface TrialTask {
  readonly ground: TrialGround;
  readonly tape: EventTape;
  readonly trial: Trial;
}

export function work({ ground, tape, trial }: TrialTask): Promise<TrialOutcome> {
  return runTrial(ground, tape, trial);
}
