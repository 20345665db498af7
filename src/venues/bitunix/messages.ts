/**
 * Shapes of what the venue sends: REST payloads and socket frames.
 *
 * Strict on decimals (exact text, no exponent), lenient only where documentation and wire are known to differ: numbers
 * for text, one object for an array of one, text for times. Unknown keys are ignored: the venue adds fields.
 */

import { z } from 'zod';

const MAX_DECIMAL_LENGTH = 40;

/** Decimal text. A JSON number is accepted where its shortest text is the number sent (at most 15 digits). */
const decimal = z.union([
  z
    .string()
    .max(MAX_DECIMAL_LENGTH)
    .regex(/^-?\d+(\.\d+)?$/, 'not a decimal number'),
  z
    .number()
    .transform(String)
    .refine(
      (text) => /^-?\d+(\.\d+)?$/.test(text) && text.replace(/\D/g, '').length <= 15,
      'not an exact decimal number',
    ),
]);

/** Integer ms as a number or as digits. */
const timeMs = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,16}$/, 'not a time in ms')
    .transform(Number)
    .refine(Number.isSafeInteger, 'time beyond 2^53'),
]);

export const envelope = z.object({
  code: z.union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ]),
  msg: z.string().optional(),
  message: z.string().optional(),
  data: z.unknown(),
});

/** One contract; only what identifies it is required here, the rest where it is traded. */
export const tradingPair = z.object({
  symbol: z.string().min(1),
  base: z.string(),
  quote: z.string(),
  minTradeVolume: decimal.optional(),
  maxLimitOrderVolume: decimal.optional(),
  maxMarketOrderVolume: decimal.optional(),
  basePrecision: z.int().min(0).max(18).optional(),
  quotePrecision: z.int().min(0).max(18).optional(),
  minLeverage: z.int().positive().optional(),
  maxLeverage: z.int().positive().optional(),
  priceProtectScope: decimal.optional(),
  symbolStatus: z.string().optional(),
  isApiSupported: z.boolean().optional(),
});
export type TradingPair = z.infer<typeof tradingPair>;
export const tradingPairs = z.array(tradingPair);

/** `baseVol` and `quoteVol` have swapped their meaning during 2026: decide per row by the price. */
export const klineRow = z.object({
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  quoteVol: decimal,
  baseVol: decimal,
  time: timeMs,
});
export type KlineRow = z.infer<typeof klineRow>;
export const klineRows = z.array(klineRow);

const bookSide = z.array(z.tuple([decimal, decimal]));
export const depth = z.object({ asks: bookSide, bids: bookSide });
export type Depth = z.infer<typeof depth>;

export const tickerRow = z.object({
  symbol: z.string(),
  markPrice: decimal,
  lastPrice: decimal,
  open: decimal,
  quoteVol: decimal,
  baseVol: decimal,
  high: decimal,
  low: decimal,
});
export type TickerRow = z.infer<typeof tickerRow>;
export const tickerRows = z.array(tickerRow);

/** `fundingRate` in percent per interval: a running value, not the settled one. */
export const fundingRate = z.object({
  symbol: z.string(),
  markPrice: decimal,
  indexPrice: decimal.nullish(),
  fundingRate: decimal,
  fundingInterval: z.union([
    z.int().positive(),
    z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number),
  ]),
  nextFundingTime: timeMs,
});
export type FundingRateRow = z.infer<typeof fundingRate>;
/** Documented as an array of one, live a single object. */
export const fundingRateReply = z.union([fundingRate, z.tuple([fundingRate]).transform(([row]) => row)]);

/** `fundingRate` as a fraction. */
export const fundingHistoryRows = z.array(
  z.object({ fundingRate: decimal, fundingTime: timeMs, markPrice: decimal }),
);

export const tierRows = z.array(
  z.object({
    symbol: z.string(),
    level: z.int(),
    startValue: decimal,
    endValue: decimal,
    leverage: z.int().positive(),
    maintenanceMarginRate: decimal,
  }),
);

/** A level, or the empty pair with which the venue fills a window. */
const wireLevel = z.tuple([z.union([decimal, z.literal('')]), z.union([decimal, z.literal('')])]);

const isoTime = z.string().max(40);

const dataFrame = { ch: z.string(), symbol: z.string(), ts: timeMs };

export const bookFrame = z.object({
  ...dataFrame,
  data: z.object({ b: z.array(wireLevel), a: z.array(wireLevel) }),
});

export const tradeFrame = z.object({
  ...dataFrame,
  data: z.array(
    z.object({
      t: isoTime,
      p: decimal,
      v: decimal,
      s: z
        .string()
        .toLowerCase()
        .pipe(z.enum(['buy', 'sell'])),
    }),
  ),
});

/** `fr`: rate settled at `ft`, percent. Index, rate and times are null or empty on contracts that have none yet. */
export const priceFrame = z.object({
  ...dataFrame,
  data: z.object({
    ip: z.union([decimal, z.literal('')]).nullish(),
    mp: decimal,
    fr: z.union([decimal, z.literal('')]).nullish(),
    ft: isoTime.nullish(),
    nft: isoTime.nullish(),
  }),
});

export const tickerFrame = z.object({
  ...dataFrame,
  data: z.object({
    s: z.string().optional(),
    o: decimal,
    la: decimal,
    h: decimal,
    l: decimal,
    b: decimal,
    q: decimal,
    r: decimal.optional(),
  }),
});

/** No open time and no closed flag; `b` coin volume, `q` quote volume. */
export const klineFrame = z.object({
  ...dataFrame,
  data: z.object({ o: decimal, h: decimal, l: decimal, c: decimal, b: decimal, q: decimal }),
});
