/**
 * What one socket frame said, in integers: preallocated and overwritten by the next frame.
 *
 * Invariant: fields that do not belong to `kind` are leftovers; nothing reads them. Prices are ticks, quantities lots of
 * the frame's instrument.
 */

export const FrameKind = {
  /** Not usable: quarantined, `reason` says why. */
  refused: 0,
  greeting: 1,
  pong: 2,
  /** Any other frame without a channel; `document` holds it. */
  control: 3,
  book: 4,
  trades: 5,
  price: 6,
  ticker: 7,
  kline: 8,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** The venue's whole BTC book has about 17,300 bids and 6,300 asks. */
export const MAX_LEVELS = 32_768;
export const MAX_TRADES = 4_096;

export const INT32_MAX = 2_147_483_647;

export class DecodedFrame {
  kind: FrameKind = FrameKind.refused;
  reason: string | null = null;
  document: unknown = null;

  /** Index of the registered instrument. */
  instrument = -1;
  /** The venue's stamp of the frame, ms. */
  exchangeTimeMs = 0;

  /** Levels with a price and a quantity above zero, best first. */
  bids = 0;
  asks = 0;
  /** Levels of empty text: a frame of nothing else names a symbol that the venue does not have. */
  emptyLevels = 0;
  readonly bidPrice = new Int32Array(MAX_LEVELS);
  readonly bidQuantity = new Float64Array(MAX_LEVELS);
  readonly askPrice = new Int32Array(MAX_LEVELS);
  readonly askQuantity = new Float64Array(MAX_LEVELS);

  trades = 0;
  /** The trade's own time, ms; whole seconds on the live wire. */
  readonly tradeTimeMs = new Float64Array(MAX_TRADES);
  readonly tradePrice = new Int32Array(MAX_TRADES);
  readonly tradeQuantity = new Float64Array(MAX_TRADES);
  /** 1 where the taker bought. */
  readonly tradeIsBuy = new Uint8Array(MAX_TRADES);

  /** Mark and index in mark units, settled rate as a fraction in rate units; NaN where the venue did not say. */
  mark = 0;
  index = Number.NaN;
  settledRate = Number.NaN;
  lastSettlementMs = Number.NaN;
  nextSettlementMs = Number.NaN;

  lastPrice = 0;

  klineLengthMs = 0;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  /** Coin and quote volume, both in lots, rounded down: the second only serves to check the first. */
  baseVolume = 0;
  quoteVolume = 0;

  refuse(reason: string): void {
    this.kind = FrameKind.refused;
    this.reason = reason;
  }
}

/** Checks what both decoders promise of a book: sides strictly ordered, best first. */
export function isOrderedBook(frame: DecodedFrame): boolean {
  for (let row = 1; row < frame.bids; row++) {
    if ((frame.bidPrice[row] ?? 0) >= (frame.bidPrice[row - 1] ?? 0)) return false;
  }
  for (let row = 1; row < frame.asks; row++) {
    if ((frame.askPrice[row] ?? 0) <= (frame.askPrice[row - 1] ?? 0)) return false;
  }
  return true;
}
