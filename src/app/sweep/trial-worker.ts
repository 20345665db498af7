/** The thread side of {@link TrialPool}: runs the trial that it is given. */

import type { EventTape } from '../../storage/datasets/event-tape.ts';
import { CallMark } from '../call-mark.ts';
import type { Trial } from './sweep-space.ts';
import { type TrialGround, type TrialOutcome, runTrial } from './trial-run.ts';

export interface TrialTask {
  readonly ground: TrialGround;
  readonly tapes: readonly EventTape[];
  readonly trial: Trial;
  /** Of the mark under which the strategy's calls are made; null = nobody looks. */
  readonly calls: SharedArrayBuffer | null;
}

export function work({ ground, tapes, trial, calls }: TrialTask): Promise<TrialOutcome> {
  return runTrial(ground, tapes, trial, calls === null ? null : new CallMark(calls));
}
