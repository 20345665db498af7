/**
 * What is unknown about the real venue, as knobs with their defaults.
 *
 * The numbers in brackets are points of the conformance list in the wire reference (section 9). Pacing, limits and idle
 * rules run on the machine's monotonic clock; only stamps and the market run on the venue clock.
 */

export interface VenueKnobs {
  /** Seeds every random choice of the server (jitter, idle limits). */
  readonly seed: number;
  /** Time between the arrival of a REST request and its answer. */
  readonly restDelayMs: number;
  /** [2] Requests per second, per IP and endpoint. */
  readonly restRequestsPerSecond: number;
  /** [2] How a request over the limit is refused. */
  readonly rateLimitCode: 10005 | 10006;
  readonly rateLimitStatus: 200 | 429;
  /** [2] Whether all endpoints share one limit. */
  readonly isRateLimitShared: boolean;
  /** [5] What a kline limit above 200 does. */
  readonly klineLimitAbove: 'cap' | 'reject';
  /** [5] Whether the forming bar is left out when `endTime` is given. */
  readonly hidesOpenBar: boolean;
  /** [5] `new`: quoteVol is USDT, baseVol is coins; `old`: the other way round. */
  readonly klineVolumeNaming: 'new' | 'old';
  /** [5] Which end survives when a bounded range holds more than `limit` bars. */
  readonly klineKeep: 'newest' | 'oldest';
  /** [7] Whether the funding history honours `startTime` beside the documented `starTime`. */
  readonly honoursStartTime: boolean;
  /** [8] Whether a subscription is acknowledged (one client claims so; never seen live). */
  readonly acknowledgesSubscribe: boolean;
  /** [8] Channel subscriptions per connection. */
  readonly subscriptionsMax: number;
  /** [9] Time to the drop after a protocol ping as the first client frame. */
  readonly protocolPingDropMs: number;
  /** [10] Silence after which a socket is dropped: nothing ever sent, and (drawn between two bounds) after the last frame. */
  readonly idleUnsentMs: number;
  readonly idleMinMs: number;
  readonly idleMaxMs: number;
  /** [11] Client frames a second. */
  readonly clientFramesPerSecond: number;
  /** [11] Drops for too many frames within ten minutes after which an IP is refused; 0 = never. */
  readonly dropsBeforeRefusal: number;
  /** [12] Mean and bounds of the push timers. */
  readonly depthMeanMs: number;
  readonly depthMinMs: number;
  readonly depthMaxMs: number;
  readonly priceMs: number;
  readonly tickerMs: number;
  readonly klineMs: number;
  readonly tradeBatchMs: number;
  /** [12] `ts` lies up to this long before the push. */
  readonly stampLagMaxMs: number;
  /** [12] Time between a push and its delivery. */
  readonly deliveryDelayMs: number;
  /** [13] Whether a thin book is padded to N levels with empty strings. */
  readonly padsThinBook: boolean;
  /** [15] Whether a new bar is pushed before its first trade, with zero volume. */
  readonly opensEmptyBars: boolean;
  /** [16] Lifetime after which a connection is dropped; 0 = none. */
  readonly connectionLifetimeMs: number;
}

export const DEFAULT_KNOBS: VenueKnobs = {
  seed: 1,
  restDelayMs: 20,
  restRequestsPerSecond: 10,
  rateLimitCode: 10006,
  rateLimitStatus: 200,
  isRateLimitShared: false,
  klineLimitAbove: 'cap',
  hidesOpenBar: true,
  klineVolumeNaming: 'new',
  klineKeep: 'newest',
  honoursStartTime: false,
  acknowledgesSubscribe: false,
  subscriptionsMax: 300,
  protocolPingDropMs: 1_500,
  idleUnsentMs: 60_500,
  idleMinMs: 65_000,
  idleMaxMs: 82_000,
  clientFramesPerSecond: 5,
  dropsBeforeRefusal: 5,
  depthMeanMs: 310,
  depthMinMs: 45,
  depthMaxMs: 590,
  priceMs: 505,
  tickerMs: 1_450,
  klineMs: 500,
  tradeBatchMs: 50,
  stampLagMaxMs: 5,
  deliveryDelayMs: 50,
  padsThinBook: true,
  opensEmptyBars: true,
  connectionLifetimeMs: 0,
};
