/**
 * The public push channels: from the arguments of a subscription to streams, from the market's state to frames.
 *
 * A frame is `{ch, symbol, ts, data}`; `tickers` has no symbol. Source: the wire reference, section 3.5.
 */

import type { InstrumentMarket } from './market/instrument-market.ts';
import { KLINE_INTERVALS, nextOpenTimeMs, openTimeMs, type KlineInterval } from './market/kline-grid.ts';
import { emptyLevels, klinePush, pricePush, tickerPush, tradePush, wireLevels } from './wire-format.ts';

/** Streams of a group are pushed together by one timer. */
export type StreamGroup = 'depth' | 'price' | 'ticker' | 'kline' | 'trade';

export type Channel =
  | { readonly group: 'depth'; readonly name: string; readonly levels: number | null }
  | { readonly group: 'price'; readonly name: 'price' }
  | { readonly group: 'ticker'; readonly name: 'ticker' | 'tickers' }
  | {
      readonly group: 'kline';
      readonly name: string;
      readonly interval: KlineInterval;
      readonly isMark: boolean;
    }
  | { readonly group: 'trade'; readonly name: 'trade' };

/** The most trades one frame carries; a longer backlog takes several frames. */
const TRADES_PER_FRAME_MAX = 200;

/** The channel of a name; null where the venue knows none. */
export function parseChannel(name: string): Channel | null {
  if (name === 'price') return { group: 'price', name };
  if (name === 'ticker' || name === 'tickers') return { group: 'ticker', name };
  if (name === 'trade') return { group: 'trade', name };
  if (name === 'depth_books') return { group: 'depth', name, levels: null };
  const depth = /^depth_book(1|5|15)$/.exec(name);
  if (depth !== null) return { group: 'depth', name, levels: Number(depth[1]) };
  const kline = /^(market|mark)_kline_(\w+)$/.exec(name);
  const interval = KLINE_INTERVALS.find(({ pushName }) => pushName === kline?.[2]);
  if (kline === null || interval === undefined) return null;
  return { group: 'kline', name, interval, isMark: kline[1] === 'mark' };
}

/** One stream of one socket. */
export interface Stream {
  readonly channel: Channel;
  readonly market: InstrumentMarket;
  /** Sequence of the next trade to push. */
  tradeSequence: number;
}

export interface PushOptions {
  /** `ts` of the frame. */
  readonly stampMs: number;
  readonly padsThinBook: boolean;
  readonly opensEmptyBars: boolean;
}

/** The next frames of a stream; none where there is nothing to say. `tickers` rows are grouped by the caller. */
export function streamFrames(stream: Stream, options: PushOptions): string[] {
  const { channel, market } = stream;
  return streamData(stream, options).map((data) => {
    return frame(channel.name, market.spec.symbol, options.stampMs, data);
  });
}

/** A data frame; without `symbol` the key is left out. */
export function frame(channel: string, symbol: string | null, stampMs: number, data: unknown): string {
  return JSON.stringify(
    symbol === null ? { ch: channel, ts: stampMs, data } : { ch: channel, symbol, ts: stampMs, data },
  );
}

/** The single frame that answers a book subscription of a symbol nobody knows. */
export function emptyBookFrame(
  channel: string,
  symbol: string | null,
  stampMs: number,
  levels: number,
): string {
  return frame(channel, symbol, stampMs, { b: emptyLevels(levels), a: emptyLevels(levels) });
}

function streamData(stream: Stream, options: PushOptions): unknown[] {
  const { channel, market } = stream;
  switch (channel.group) {
    case 'depth': {
      const limit = channel.levels ?? Number.POSITIVE_INFINITY;
      const isPadded = options.padsThinBook && channel.levels !== null;
      const { bids, asks } = market;
      return [{ b: wireLevels(market, bids, limit, isPadded), a: wireLevels(market, asks, limit, isPadded) }];
    }
    case 'price':
      return [pricePush(market)];
    case 'ticker': {
      const day = market.dayBar(options.stampMs);
      return day === null ? [] : [tickerPush(market, day)];
    }
    case 'kline':
      return klineData(market, channel.interval, channel.isMark, options);
    case 'trade':
      return tradeBatches(stream);
  }
}

/** What printed since the last push, oldest first. */
function tradeBatches(stream: Stream): object[][] {
  const { market } = stream;
  const trades = market.tape.since(stream.tradeSequence).map((trade) => tradePush(market, trade));
  stream.tradeSequence = market.tape.sequence;
  const batches: object[][] = [];
  for (let at = 0; at < trades.length; at += TRADES_PER_FRAME_MAX) {
    batches.push(trades.slice(at, at + TRADES_PER_FRAME_MAX));
  }
  return batches;
}

/** The bar that contains the stamp; where empty bars are not opened, the last one that traded. */
function klineData(
  market: InstrumentMarket,
  interval: KlineInterval,
  isMark: boolean,
  options: PushOptions,
): object[] {
  const store = isMark ? market.markBars : market.bars;
  const openMs = openTimeMs(interval, options.stampMs);
  let bar = store.fold(openMs, nextOpenTimeMs(interval, openMs));
  if (bar !== null && bar.lots === 0 && !isMark && !options.opensEmptyBars) {
    bar = store.barAt(interval, openTimeMs(interval, openMs - 1));
  }
  return bar === null ? [] : [klinePush(market, bar, isMark)];
}
