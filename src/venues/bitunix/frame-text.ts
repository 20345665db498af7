/** A decoded frame as text that two decoders can be compared by: every field of its kind, and only those. */

import { type DecodedFrame, FrameKind } from './decoded-frame.ts';

export function frameText(frame: DecodedFrame): string {
  const { kind, instrument, exchangeTimeMs } = frame;
  switch (kind) {
    case FrameKind.refused:
      return 'refused';
    case FrameKind.greeting:
    case FrameKind.pong:
    case FrameKind.control:
      return `control ${kind}`;
    case FrameKind.book: {
      const bids = pairs(frame.bidPrice, frame.bidQuantity, frame.bids);
      const asks = pairs(frame.askPrice, frame.askQuantity, frame.asks);
      return `book ${instrument} ${exchangeTimeMs} ${bids} | ${asks} | ${frame.emptyLevels}`;
    }
    case FrameKind.trades: {
      const rows = pairs(frame.tradePrice, frame.tradeQuantity, frame.trades);
      const times = frame.tradeTimeMs.subarray(0, frame.trades).join(' ');
      return `trades ${instrument} ${exchangeTimeMs} ${rows} | ${times} | ${frame.tradeIsBuy.subarray(0, frame.trades).join('')}`;
    }
    case FrameKind.price: {
      const { mark, index, settledRate, lastSettlementMs, nextSettlementMs } = frame;
      return `price ${instrument} ${exchangeTimeMs} ${mark} ${index} ${settledRate} ${lastSettlementMs} ${nextSettlementMs}`;
    }
    case FrameKind.ticker:
      return `ticker ${instrument} ${exchangeTimeMs} ${frame.lastPrice}`;
    case FrameKind.kline: {
      const { open, high, low, close, baseVolume, quoteVolume, klineLengthMs } = frame;
      return `kline ${instrument} ${exchangeTimeMs} ${klineLengthMs} ${open} ${high} ${low} ${close} ${baseVolume} ${quoteVolume}`;
    }
  }
}

function pairs(prices: Int32Array, quantities: Float64Array, rows: number): string {
  return Array.from({ length: rows }, (_, row) => `${prices[row]}:${quantities[row]}`).join(' ');
}
