/**
 * The parameters of the paper exchange's fills: part of the start document, hence in the spelling of files.
 *
 * What each means, its evidence and its limits: docs/fill-model.md. The defaults are those of the configuration.
 */

/** How long messages travel. `constant` keeps the session's request and response latency; times in ms. */
export interface LatencyTerms {
  readonly model: 'constant' | 'distribution' | 'measured';
  /** Distribution: no message is faster than this. */
  readonly minimum_ms: number;
  /** Distribution: the 99th percentiles; the medians are the session's request and response latency. */
  readonly request_p99_ms: number;
  readonly response_p99_ms: number;
}

/** Prices of taker fills where there is no book. */
export interface ParametricTerms {
  readonly model: 'linear' | 'square_root';
  /** Linear: depth of the imagined market, USDT. */
  readonly simulated_liquidity: number;
  /** Square root: impact = coefficient x sigma of a bar x sqrt(quantity / bar volume), as a fraction of the price. */
  readonly coefficient: number;
  readonly half_spread_bps: number;
  /** Largest random slippage; uniform from zero. */
  readonly max_slippage_bps: number;
  /** Largest share of one bar's volume that all our fills on that bar may have. */
  readonly max_volume_share: number;
}

export interface FillTerms {
  /**
   * `bars`: the session has candles only; orders fill by the rules for bars. `trades`: public trades without a book; takers
   * pay the parametric price round the last one, resting orders fill by trades through their price.
   */
  readonly price_source: 'stream' | 'bars' | 'trades';
  readonly latency: LatencyTerms;
  /** Power of the share of unexplained decreases that is taken from the queue ahead of us; larger = fewer. */
  readonly queue_exponent: number;
  /** A full book older than this is no tail. */
  readonly tail_max_age_ms: number;
  readonly parametric: ParametricTerms;
  /** Set for the two shadows of a session's band only. */
  readonly stance?: 'optimistic' | 'pessimistic';
}

export const DEFAULT_FILL_TERMS: FillTerms = {
  price_source: 'stream',
  latency: { model: 'constant', minimum_ms: 20, request_p99_ms: 400, response_p99_ms: 200 },
  queue_exponent: 3,
  tail_max_age_ms: 120_000,
  parametric: {
    model: 'linear',
    simulated_liquidity: 1_000_000,
    coefficient: 1,
    half_spread_bps: 0.5,
    max_slippage_bps: 1,
    max_volume_share: 0.1,
  },
};
