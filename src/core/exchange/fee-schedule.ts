/**
 * Futures fee rates of the venue by VIP tier, as decimal fractions of notional.
 *
 * Source: https://www.bitunix.com/service/handling-fee (2026-09-22). No API returns the account's tier, so it is configured.
 */

export interface FeeTier {
  readonly maker: string;
  readonly taker: string;
}

/** Index = VIP tier, 0 to 8. */
export const FEE_TIERS: readonly FeeTier[] = [
  { maker: '0.0002', taker: '0.0006' },
  { maker: '0.0002', taker: '0.0005' },
  { maker: '0.00016', taker: '0.0005' },
  { maker: '0.00014', taker: '0.0004' },
  { maker: '0.00012', taker: '0.000375' },
  { maker: '0.0001', taker: '0.00035' },
  { maker: '0.00008', taker: '0.000315' },
  { maker: '0.00006', taker: '0.0003' },
  { maker: '0', taker: '0.00026' },
];
