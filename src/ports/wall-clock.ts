/** The machine's clocks, injectable: the shell reads no other. */

export interface WallClock {
  /** Local UTC time, ms, can step. */
  nowMs(): number;
  /** Monotonic ms with fraction, arbitrary origin. */
  monotonicMs(): number;
}

/** The real clocks. */
export const systemClock: WallClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
