/**
 * What keeps a call of a strategy from taking longer than it may. Given from outside: the core has no clock.
 *
 * Whether a call was cut off is an input like any other: it is recorded as an event, with the number of the call, and a
 * replay is told so and does not make the call.
 */

/** Which of a session's exchanges the strategy trades at: its own, or a shadow's. */
export type StrategyRole = 'realistic' | 'optimistic' | 'pessimistic';

/** A call that was cut off. */
export interface StrategyOverrun {
  readonly role: StrategyRole;
  /** Number of the call among all calls of that strategy, from 1. */
  readonly call: number;
  /** The handler, or `create`. */
  readonly handler: string;
}

export interface CallGuard {
  /**
   * Makes the call, which never throws; returns false where it was cut off, or was so when it was recorded. `timeMs`: the
   * engine's time.
   */
  run(number: number, handler: string, call: () => void, timeMs: number): boolean;
}
