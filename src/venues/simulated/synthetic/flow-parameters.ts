/**
 * The numbers behind the synthetic order flow, calibrated against recorded sessions of a BTC perpetual.
 *
 * Returns are in units of the log price, rates per second, quantities in base coin. What they lead to is measured by
 * `bench/market-statistics.ts` and stated in `docs/simulated-market.md`.
 */

export interface FlowParameters {
  /** Length of a step of the flow; all events of a step carry its end time. */
  readonly stepMs: number;

  /** Price legs: constant drift that changes sign from leg to leg, in log price per minute. */
  readonly legMinMs: number;
  readonly legMaxMs: number;
  readonly legDriftMin: number;
  readonly legDriftMax: number;
  /** Noise of the latent price, log price per square root of a second, in the regimes calm, normal and burst. */
  readonly noise: readonly [number, number, number];
  /** Mean length of the regimes in seconds. */
  readonly regimeSeconds: readonly [number, number, number];
  /** Market orders a second without excitation, by regime. */
  readonly orderRate: readonly [number, number, number];
  /** Excitation: each market order adds `excitation` orders a second, which decay at `excitationDecay` a second. */
  readonly excitation: number;
  readonly excitationDecay: number;
  readonly orderRateMax: number;
  /** Jumps of the latent price: a second's probability and the standard deviation. */
  readonly jumpRate: number;
  readonly jumpSize: number;

  /** Market order size: log-normal. */
  readonly orderMedian: number;
  readonly orderSigma: number;
  /** The largest market order. */
  readonly orderMax: number;
  /** Level size: log-normal around a mean that grows with the distance from the best price. */
  readonly levelMean: number;
  readonly levelSigma: number;
  /** Distance in levels over which the mean level size doubles. */
  readonly levelGrowth: number;
  /** Placements and cancellations a second on both sides together. */
  readonly bookRate: number;
  /** Levels a side: refilled to `levelsFull` below `levelsMin`, cut to it above `levelsMax`. */
  readonly levelsMin: number;
  readonly levelsFull: number;
  readonly levelsMax: number;
}

export const BTC_FLOW: FlowParameters = {
  stepMs: 10,
  legMinMs: 100_000,
  legMaxMs: 140_000,
  legDriftMin: 6e-4,
  legDriftMax: 8.5e-4,
  noise: [1.4e-5, 3e-5, 8e-5],
  regimeSeconds: [40, 45, 8],
  orderRate: [2, 4.5, 12],
  excitation: 2.2,
  excitationDecay: 4.5,
  orderRateMax: 150,
  jumpRate: 1 / 90,
  jumpSize: 1.2e-4,
  orderMedian: 0.02,
  orderSigma: 2.1,
  orderMax: 60,
  levelMean: 1.4,
  levelSigma: 1.1,
  levelGrowth: 150,
  bookRate: 160,
  levelsMin: 260,
  levelsFull: 400,
  levelsMax: 640,
};
