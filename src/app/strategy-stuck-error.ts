/** A call of a user's strategy that did not come back, and ended the run that it was made in. */

import { displayTime } from '../report/display-text.ts';
import { type MarkedCall, patienceAt } from './call-mark.ts';

/** A strategy that does not come back leaves no result. */
export const EXIT_STUCK = 1;

export interface StuckFacts {
  /** The strategy's file. */
  readonly strategy: string;
  readonly patienceMs: number;
  /** What else tells this run from others, as a part of the sentence. */
  readonly detail?: string;
}

export class StrategyStuckError extends Error {
  readonly code = 'strategy_stuck';
  readonly retryable = false;

  constructor(call: MarkedCall, facts: StuckFacts) {
    super(stuckSentence(call, facts));
    this.name = 'StrategyStuckError';
  }
}

/** Names the strategy, the call and the market's time. */
export function stuckSentence(
  { place, call, timeMs }: MarkedCall,
  { strategy, patienceMs, detail = '' }: StuckFacts,
): string {
  const seconds = patienceAt(place, patienceMs) / 1_000;
  const what =
    place === 'load'
      ? 'the file itself'
      : timeMs === null
        ? place
        : `${place} at ${displayTime(timeMs)} of the market (its call ${call})`;
  return `strategy_stuck: ${strategy}${detail}: ${what} did not come back within ${seconds} s; the run was ended and has no result`;
}
