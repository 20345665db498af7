/** The streams of each socket of the venue, and how long each may be silent. */

import type { VenueInterval } from '../../core/base/time.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { FrameKind } from './decoded-frame.ts';
import { BOOK_CHANNEL, klineChannel } from './endpoints.ts';
import type { FeedStream } from './market-feed.ts';

const BOOK_SILENCE_MS = 5_000;
const PRICE_SILENCE_MS = 5_000;
const TICKER_SILENCE_MS = 10_000;
const KLINE_SILENCE_MS = 10_000;

export function klineStreams(instruments: readonly Instrument[], interval: VenueInterval): FeedStream[] {
  return instruments.map(({ symbol, index }) => ({
    symbol,
    channel: klineChannel(interval),
    kind: FrameKind.kline,
    instrument: index,
    silenceMs: KLINE_SILENCE_MS,
  }));
}

export function tickerStreams(instruments: readonly Instrument[]): FeedStream[] {
  return instruments.flatMap(({ symbol, index }): FeedStream[] => [
    { symbol, instrument: index, channel: BOOK_CHANNEL, kind: FrameKind.book, silenceMs: BOOK_SILENCE_MS },
    { symbol, instrument: index, channel: 'price', kind: FrameKind.price, silenceMs: PRICE_SILENCE_MS },
    { symbol, instrument: index, channel: 'trade', kind: FrameKind.trades, silenceMs: null },
    { symbol, instrument: index, channel: 'ticker', kind: FrameKind.ticker, silenceMs: TICKER_SILENCE_MS },
  ]);
}
